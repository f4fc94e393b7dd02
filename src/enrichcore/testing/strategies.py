"""Hypothesis strategies for what the outside world may do, and for what a configuration may say.

Values are drawn from small ranges on purpose: doubled answers, shared keys and spent attempts are where faults hide, and
they come up only when draws repeat. An answer's hash is that of its body, and its body tells all of it, so two drawn
answers with one hash are the same answer.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from enrichcore.domain.answers import Rank
from enrichcore.domain.events import Source
from enrichcore.domain.keys import Key, KeyKind
from enrichcore.domain.pipeline import Condition, Entity, Kind, OnDoubt, OnFailure, Pipeline, Presence, Step
from enrichcore.domain.step_run import Answer, Outcome, PostOutcome

#: Facts that drawn conditions ask for and drawn answers give.
FACTS: Final = ("person_email", "person_title", "company_domain", "company_name")


_NO_TOKEN: Final = st.just("")
_ANY_RANK: Final = st.sampled_from(Rank)
_ANY_KIND: Final = st.sampled_from(Kind)
_ANY_ENTITY: Final = st.sampled_from(Entity)


def _returns_nothing(_facts: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


def _gives_a_name(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"company_name": f"{facts.get('company_name', 'Unnamed')} (normalised)"}


def _breaks(_facts: Mapping[str, Any]) -> Mapping[str, Any]:
    raise ValueError("this row cannot be read")


#: Local functions that drawn steps name: one gives data, one gives nothing, one raises.
FUNCTIONS: Final = MappingProxyType(
    {
        "enrichcore.testing.strategies:gives_a_name": _gives_a_name,
        "enrichcore.testing.strategies:returns_nothing": _returns_nothing,
        "enrichcore.testing.strategies:breaks": _breaks,
    }
)


def prices() -> SearchStrategy[Decimal]:
    """Credits for one POST: none, a part, one, or several."""
    return st.sampled_from([Decimal(0), Decimal("0.5"), Decimal(1), Decimal(3)])


def spells(within: timedelta) -> SearchStrategy[timedelta]:
    """Lengths of time around a limit: nothing, just short of it, exactly it, beyond it, and far beyond it."""
    moment = timedelta(microseconds=1)
    return st.sampled_from([timedelta(0), within / 3, within - moment, within, within + moment, 5 * within])


@st.composite
def answers(
    draw: st.DrawFn,
    *,
    tokens: SearchStrategy[str] = _NO_TOKEN,
    facts: Sequence[str] = FACTS,
    ranks: SearchStrategy[Rank] = _ANY_RANK,
) -> Answer:
    """Answers of every rank, which tell their cost or not, and which often say the same.

    Args:
        draw: hypothesis's own.
        tokens: tokens that the answer may carry; none by default.
        facts: fields that a data answer may give.
        ranks: ranks that the answer may have; all by default.
    """
    rank = draw(ranks)
    given = draw(st.dictionaries(st.sampled_from(facts), st.sampled_from(["one", "two"]), min_size=1, max_size=2))
    held = given if rank is Rank.DATA else {}
    error = draw(st.sampled_from(["quota", "provider down"])) if rank is Rank.ERROR else ""
    told = draw(st.none() | prices())
    content = {"rank": rank.name, "facts": held, "error": error, "credits": None if told is None else str(told)}
    body = json.dumps(content, sort_keys=True).encode()
    return Answer(
        body=body,
        content_hash=sha256(body).hexdigest(),
        rank=rank,
        source=draw(st.sampled_from([Source.CALLBACK, Source.RESPONSE, Source.MATCHED])),
        token=draw(tokens),
        facts=held,
        credits=told,
        error=error,
    )


@st.composite
def post_outcomes(draw: st.DrawFn, *, attempts: SearchStrategy[int], now: datetime) -> PostOutcome:
    """What a runner may report of a POST, true or not, at any time.

    Args:
        draw: hypothesis's own.
        attempts: numbers of the POSTs that it may be of.
        now: when it is reported; a pause that it asks for begins here.
    """
    return PostOutcome(
        attempt=draw(attempts),
        outcome=draw(st.sampled_from(Outcome)),
        reason="as drawn",
        http_status=draw(st.sampled_from([0, 200, 202, 429, 500])),
        due=now + draw(st.sampled_from([timedelta(0), timedelta(seconds=30), timedelta(hours=1)])),
    )


def conditions(facts: Sequence[str] = FACTS) -> SearchStrategy[Condition]:
    """Conditions of a step over the given fields."""
    return st.builds(Condition, field=st.sampled_from(facts), presence=st.sampled_from(Presence))


@st.composite
def steps(
    draw: st.DrawFn,
    *,
    workflow: str = "enrich",
    kinds: SearchStrategy[Kind] = _ANY_KIND,
    entities: SearchStrategy[Entity] = _ANY_ENTITY,
    functions: Sequence[str] = tuple(FUNCTIONS),
) -> Step:
    """Steps of every kind with every policy; one to three attempts, answers within minutes or hours.

    Args:
        draw: hypothesis's own.
        workflow: the step's slug.
        kinds: kinds that the step may have; all by default.
        entities: whom the step may concern; both by default.
        functions: names that a local step may call.
    """
    kind = draw(kinds)
    entity = draw(entities)
    local = kind is Kind.LOCAL
    return Step(
        workflow=workflow,
        kind=kind,
        entity=entity,
        result="" if local else draw(st.sampled_from([f"{entity}_profile", f"{entity}_more"])),
        function=draw(st.sampled_from(functions)) if local else "",
        answer_within=draw(st.sampled_from([timedelta(minutes=30), timedelta(hours=6)])),
        attempts=draw(st.integers(min_value=1, max_value=3)),
        on_doubt=draw(st.sampled_from(OnDoubt)),
        on_failure=draw(st.sampled_from(OnFailure)),
        reuse_within=draw(st.sampled_from([timedelta(0), timedelta(hours=1), timedelta(days=30)])),
        when=draw(st.none() | conditions()),
    )


@st.composite
def pipelines(draw: st.DrawFn, *, workstream: str = "drawn", max_steps: int = 5) -> Pipeline:
    """Pipelines of one step or more, each with its own slug.

    Args:
        draw: hypothesis's own.
        workstream: the pipeline's slug; its steps are named after it.
        max_steps: most steps that it may have, 1 or more.
    """
    count = draw(st.integers(min_value=1, max_value=max_steps))
    chosen = tuple(draw(steps(workflow=f"{workstream}_{number}")) for number in range(count))
    return Pipeline(workstream=workstream, steps=chosen)


_KINDS: Final = MappingProxyType(
    {
        Entity.PERSON: (KeyKind.PERSON_LINKEDIN, KeyKind.PERSON_EMAIL, KeyKind.PERSON_NAME),
        Entity.COMPANY: (KeyKind.COMPANY_DOMAIN, KeyKind.COMPANY_LINKEDIN, KeyKind.COMPANY_NAME),
    }
)


def row_keys(
    entity: Entity, *, values: Sequence[str] = ("a", "b", "c"), min_size: int = 0
) -> SearchStrategy[list[Key]]:
    """Keys that one row may give for a person or a company, strongest first, several of a kind among them."""
    order = {kind: number for number, kind in enumerate(_KINDS[entity])}
    kinds = st.sampled_from(_KINDS[entity])
    drawn = st.lists(st.builds(Key, kinds, st.sampled_from(values)), min_size=min_size, max_size=5, unique=True)
    return drawn.map(lambda keys: sorted(keys, key=lambda key: order[key.kind]))
