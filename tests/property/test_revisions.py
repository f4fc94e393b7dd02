"""What a revised answer changed, as people are told, is what it says otherwise than those before it in the folded state."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from enrichcore.application.revisions import in_words, revisions
from enrichcore.domain import events as e
from enrichcore.domain.ids import ItemId
from enrichcore.domain.step_run import decide_answer, fold
from enrichcore.domain.step_state import StepRun
from enrichcore.testing.strategies import answers

NOW, ITEM = datetime(2026, 9, 1, tzinfo=UTC), ItemId(UUID(int=1))


@given(st.lists(st.tuples(st.sampled_from(["title", "email"]), answers()), min_size=1, max_size=12))
def test_each_revision_names_exactly_the_fields_that_it_changed(came):
    """Whatever came before it, to this step and to others."""
    runs = {name: StepRun(workflow=name) for name in ("title", "email")}
    log, expected, told = [], {}, {"title": {}, "email": {}}
    for name, answer in came:
        for event in decide_answer(runs[name], ITEM, answer, now=NOW):
            version, before = len(log) + 1, dict(told[name])
            log.append(e.Recorded(stream_id=ITEM, version=version, at=NOW, event=event))
            runs[name] = fold(runs[name], event, at=NOW, version=version)
            after = runs[name].facts
            told[name].update(after)
            if isinstance(event, e.AnswerRevised):
                expected[version] = {
                    one: (before.get(one), after[one]) for one in after if before.get(one) != after[one]
                }
    assert revisions(log) == expected


def test_people_are_told_before_and_after():
    """A long value is cut, and what was not known is nothing."""
    changed = {"company_city": (None, "Leipzig"), "person_title": ("Buyer", "x" * 200)}
    assert in_words(changed) == f"company_city: nothing → Leipzig, person_title: Buyer → {'x' * 80}…"
