"""One answer ends the waits of thousands, on a real PostgreSQL, in one commit that asks no more often than for a few."""

from collections import Counter

import pytest

from enrichcore.domain import events as e
from enrichcore.store.postgres import PostgresClaims
from enrichcore.store.replaying import inline_rows
from tests.contracts.world import APOLLO_COMPANY, World, configuration, person, tuned, watch_commits

pytestmark = pytest.mark.postgres

#: So many that a question for each of them would be seen.
MANY = 1_500


def answered(world, people, monkeypatch):
    """A company that so many people wait for is answered: what was asked meanwhile, how often, and what was committed."""
    world.launch(*(person(f"ann{number}", f"of{people}") for number in range(people)))
    (send,) = [send for send in world.send() if send.workflow == APOLLO_COMPANY]
    asked, commits, ask = Counter(), [], PostgresClaims._rows

    def counted(claims, name, **params):
        asked[name] += 1
        return ask(claims, name, **params)

    with monkeypatch.context() as patch:
        patch.setattr(PostgresClaims, "_rows", counted)
        watch_commits(world.store, patch, lambda commit: commits.append(commit) or None)
        world.answer(send)
    (commit,) = commits
    return asked, commit


def test_an_answer_that_ends_thousands_of_waits_is_one_commit_and_few_questions(store, monkeypatch):
    """Nobody is left behind, nothing is sent twice, and a replay gives the same rows."""
    world = World(store, tuned(configuration(), lane={"rate": 1e6, "burst": 10**6, "max_in_flight": 10**6}))
    few, _ = answered(world, 20, monkeypatch)
    many, commit = answered(world, MANY, monkeypatch)
    assert many == few
    served = [one.event for one in commit.events if isinstance(one.event, e.CompanyServed)]
    assert len({one.stream_id for one in commit.events if isinstance(one.event, e.CompanyServed)}) == MANY
    assert {(event.ended, event.reused) for event in served} == {("completed", False)}
    assert store.inline_rows() == inline_rows(store.log(0, 100_000))
    sent = world.send(2 * MANY)
    assert len(sent) == len({send.payload["person_id"] for send in sent}) == MANY
