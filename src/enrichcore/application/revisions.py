"""What a run's events say of its answers, for people who ask: what a newer one changed, and which were bought earlier."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank

#: Characters of a value that people are shown.
_SHOWN: Final = 80

#: Field → what the answer in force said before, and what the newer one says.
Changed = Mapping[str, tuple[Any, Any]]


def revisions(stream: Iterable[e.Recorded]) -> dict[int, Changed]:
    """By version of each `AnswerRevised` of a run: the fields of leads of which it says something else than the one before.

    What it does not tell is no change: of that leads keep what was told.
    """
    found: dict[int, Changed] = {}
    in_force: dict[str, tuple[Rank, Mapping[str, Any]]] = {}
    company = False
    for one in stream:
        event = one.event
        company = company or isinstance(event, e.CompanyRunStarted)
        if not isinstance(event, e.StepAnswered | e.AnswerRevised):
            continue
        # A company's run asks one thing, by whatever workflow.
        step = "" if company else event.workflow
        rank, facts = in_force.get(step, (Rank.ERROR, {}))
        if event.rank < rank:
            continue
        in_force[step] = (event.rank, {**facts, **event.facts})
        if isinstance(event, e.AnswerRevised):
            found[one.version] = _differences(facts, event.facts)
    return found


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changed:
    return {name: (before.get(name), after[name]) for name in sorted(after) if before.get(name) != after[name]}


def before_and_after(changed: Changed) -> dict[str, Any]:
    """The same for programs."""
    return {name: {"before": before, "after": after} for name, (before, after) in changed.items()}


def in_words(changed: Changed) -> str:
    """The same for people."""
    shown = ((name, *map(_shown, values)) for name, values in changed.items())
    return ", ".join(f"{name}: {before} → {after}" for name, before, after in shown)


def _shown(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def reused_steps(stream: Iterable[e.Recorded]) -> list[str]:
    """Workflows of an item that an answer to another row serves, with no POST and no credit of its own."""
    reused: dict[str, bool] = {}
    for one in stream:
        match one.event:
            case e.CompanyServed(workflow=workflow, reused=by_another):
                reused[workflow] = by_another
            case e.StepAnswered(workflow=workflow, source=source) | e.AnswerRevised(workflow=workflow, source=source):
                reused[workflow] = source is e.Source.REUSE
            case e.RetryRequested(workflow=workflow):
                reused.pop(workflow, None)
    return [workflow for workflow, by_another in reused.items() if by_another]
