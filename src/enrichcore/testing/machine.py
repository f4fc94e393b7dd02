"""A rule-based machine for a configuration of your own: whatever happens in whatever order, does it keep its promises?

    TestOurPipelines = pipeline_machine(load(Path("enrichcore.toml"), env=Placeholders())).TestCase

Each run imports a few people, launches some of them, and then lets anything happen: rows are sent by two runners, delivered,
refused, lost on the way; runners die at named moments; answers come early, late, twice or as garbage; people pause, cancel,
retry and settle; time passes to just when something is due. In the end everything is held against everything, and what is
still open must come to its end by itself. Nothing leaves the process, and no credit is spent.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from hypothesis.strategies import SearchStrategy

from enrichcore.domain import events as e
from enrichcore.domain.life_cycle import ENDS
from enrichcore.domain.step_run import Outcome
from enrichcore.registry import Registry
from enrichcore.store import MemoryStore
from enrichcore.store.commit import Store
from enrichcore.testing.crash_points import CrashPoint
from enrichcore.testing.people import COMPANIES, NAMES, people
from enrichcore.testing.rehearsal import Command, Fate, Rehearsal, Strike
from enrichcore.testing.verdict import Rules

_LOG: Final = logging.getLogger("enrichcore")
ANY: Final = st.integers(0, 40)

#: Answers of every rank and of no use at all; what is not an object stands for a result, bytes for a whole body.
BODIES: Final[tuple[Any, ...]] = (
    {"result": {"title": "Chief Buyer", "first_name": "Ann"}},
    {"result": {"title": "Owner"}},
    {"result": {"name": "Quillhaven", "domain": "quillhaven.example", "employee_count": 214}},
    {"work_email": "ann@quillhaven.example"},
    {"result": None},
    {"error": "no credits"},
    b"<html>busy</html>",
)

_FATES: Final[tuple[Fate, ...]] = (
    Fate(outcome=Outcome.DELIVERED, taken=True),
    Fate(outcome=Outcome.DELIVERED, taken=True),
    Fate(outcome=Outcome.DELIVERED, taken=True, answered_first=True),
    Fate(outcome=Outcome.DELIVERED, taken=True, late=True),
    Fate(outcome=Outcome.UNKNOWN, taken=True),
    Fate(outcome=Outcome.UNKNOWN, taken=True, late=True),
    Fate(outcome=Outcome.UNKNOWN, taken=False),
    Fate(outcome=Outcome.NOT_DELIVERED, taken=False),
    Fate(outcome=Outcome.ROW_REFUSED, taken=False),
    Fate(outcome=Outcome.LANE_REFUSED, taken=False),
)


class Placeholders(Mapping[str, str]):
    """An environment in which every variable is set: to an address that leads nowhere, another one for each name."""

    def __getitem__(self, name: str) -> str:
        return f"https://placeholder.invalid/{name}"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def works(bodies: SearchStrategy[Any]) -> SearchStrategy[Command]:
    """Commands of runners and of the third party.

    Args:
        bodies: what answers say.
    """
    fates = st.lists(st.sampled_from(_FATES), min_size=1, max_size=4).map(tuple)
    return st.one_of(
        st.tuples(st.just("work"), fates, bodies),
        st.tuples(st.just("work"), fates, bodies),
        st.tuples(st.just("answer"), ANY, bodies, st.booleans(), st.integers(1, 2)),
        st.tuples(st.just("answer"), ANY, bodies, st.booleans(), st.integers(1, 2)),
        st.tuples(st.just("report"), ANY),
        st.tuples(st.just("wake"), st.sampled_from([None, timedelta(0), timedelta(days=1)])),
    )


def decisions() -> SearchStrategy[Command]:
    """Commands of people, and what batches do by themselves."""
    return st.one_of(
        st.tuples(st.just("launch"), ANY),
        st.tuples(st.just("fill"), ANY),
        st.tuples(st.just("pause"), ANY),
        st.tuples(st.just("resume"), ANY),
        st.tuples(st.just("cancel"), ANY),
        st.tuples(st.just("retry"), ANY, st.none() | st.sampled_from(sorted(ENDS))),
        st.tuples(st.just("settle"), ANY, st.sampled_from(e.Settlement)),
        st.tuples(st.just("turn")),
        st.tuples(st.just("stop_lane"), ANY),
        st.tuples(st.just("open_lanes")),
        st.tuples(st.just("meet"), ANY, st.sampled_from(NAMES), st.sampled_from(COMPANIES)),
        st.tuples(st.just("configure"), ANY),
        st.tuples(st.just("lose_functions")),
        st.tuples(st.just("find_functions")),
    )


def commands(bodies: SearchStrategy[Any]) -> SearchStrategy[Command]:
    """Anything; rows go out and come back more often than people change their minds."""
    return st.one_of(works(bodies), works(bodies), decisions())


def strikes(others: SearchStrategy[Command]) -> SearchStrategy[Strike]:
    """What happens when a moment of a command is reached: the other runner does something, and this one may die, or lose its connection."""
    ends = st.sampled_from([{}, {"dies": True}, {"cut": True}])
    points = st.sampled_from(CrashPoint)
    return st.builds(
        lambda point, meanwhile, end: Strike(point=point, meanwhile=meanwhile, **end), points, st.none() | others, ends
    )


SPELLS: Final = st.sampled_from(
    [None, None, None, timedelta(seconds=10), timedelta(minutes=2), timedelta(hours=1), timedelta(hours=7)]
)


def pipeline_machine(
    registry: Registry,
    *,
    sends_at_most: int | None = None,
    local_failures: bool = False,
    bodies: SearchStrategy[Any] | None = None,
    persons: SearchStrategy[list[dict[str, str]]] | None = None,
    store: Callable[[], Store] = MemoryStore,
) -> type[RuleBasedStateMachine]:
    """A rule-based machine for hypothesis that holds a configuration against all promises.

    Every workstream takes part for every client that has a webhook for each of its steps.

    Args:
        registry: the configuration.
        sends_at_most: most times that the third party may get one row without a person's word. By default it is each
            step's `attempts`; give 1 to make sure that no setting ever pays twice.
        local_failures: whether a function of a local step may fail; by default a failure is a fault.
        bodies: what answers say: mappings, results, or whole bodies as bytes; by default some of every rank.
        persons: the people of a file; by default a few that share companies and lack this or that.
        store: makes the store of each run; in memory by default.

    Raises:
        ValueError: No client has a webhook for every step of any workstream.
    """
    if not Rehearsal(registry=registry, store=MemoryStore()).launchable:
        raise ValueError("no client has a webhook for every step of a workstream: there is nothing to rehearse")
    said = st.sampled_from(BODIES) if bodies is None else bodies
    anything = commands(said)
    rows = people() if persons is None else persons

    class PipelineMachine(RuleBasedStateMachine):
        """Two runners, a third party and people, on the given configuration."""

        world: Rehearsal | None = None
        level = logging.NOTSET

        @initialize(files=st.lists(st.tuples(ANY, rows), min_size=1, max_size=2), behind_s=st.sampled_from([0, 20]))
        def open(self, files: list[tuple[int, list[dict[str, str]]]], behind_s: int) -> None:
            """Import everybody, and launch the first file."""
            # Drawn faults are logged as real ones are, by the thousand.
            self.level = _LOG.level
            _LOG.setLevel(logging.CRITICAL)
            self.world = self.begin(timedelta(seconds=behind_s))
            for which, some in files:
                self.world.upload(which, some)
            self.world.do(0, ("launch", 0))

        def begin(self, behind: timedelta) -> Rehearsal:
            """An empty world."""
            return Rehearsal(
                registry=registry,
                store=store(),
                behind=behind,
                rules=Rules(sends_at_most=sends_at_most, local_failures=local_failures),
            )

        @rule(by=st.integers(0, 1), some=st.lists(anything, min_size=1, max_size=4))
        def one_after_the_other(self, by: int, some: list[Command]) -> None:
            """Some commands, by either runner."""
            for command in some:
                self.rehearsal.do(by, command)

        @rule(strike=strikes(anything), command=anything)
        def in_the_middle(self, strike: Strike, command: Command) -> None:
            """A runner dies, or another one comes in between, at a named moment."""
            self.rehearsal.struck(strike, command)

        @rule(spell=SPELLS)
        def time_passes(self, spell: timedelta | None) -> None:
            """For everybody, often to just when something is due."""
            self.rehearsal.pass_time(spell)

        @property
        def rehearsal(self) -> Rehearsal:
            """The world, once it is open."""
            assert self.world is not None  # noqa: S101 - hypothesis calls `open` before any rule
            return self.world

        def teardown(self) -> None:
            """What must hold in the end."""
            if self.world is not None:
                try:
                    self.world.end()
                finally:
                    _LOG.setLevel(self.level)
                    self.world.store.close()

    return PipelineMachine
