"""The campaign's audit finds what was lost and what went out twice; a scorecard of zeros is worth something only then."""

import hashlib

import pytest
from attrs import evolve, fields_dict

from benchmarks.chaos_audit import (
    Evidence,
    Fault,
    broken_promises,
    doubles,
    highest_in_a_second,
    jain,
    lost_answers,
    overtaken,
    recoveries,
    repeated_answers,
    takeovers,
    timely,
    unannounced_posts,
    uncounted,
    unended,
)
from enrichcore.domain import events as e
from enrichcore.domain.pipeline import OnDoubt
from enrichcore.domain.step_run import Outcome
from enrichcore.store import MemoryStore
from tests.contracts.world import APOLLO_COMPANY, World, configuration, person, tuned


def posted(world, send, *, taken=True):
    """The ledger's line for a POST that was just made."""
    return {
        "hook": "hook",
        "item_id": str(send.run_id),
        "workflow": send.workflow,
        "idempotency_key": send.key,
        "at": world.clock.now.timestamp(),
        "status": 200,
        "taken": taken,
        "faults": [],
    }


def brought(send, body, outcome="200"):
    """The ledger's line for a callback."""
    return {
        "item_id": str(send.run_id),
        "at": 0.0,
        "seconds": 0.01,
        "outcome": outcome,
        "acknowledged": outcome == "200",
        "body_sha256": hashlib.sha256(body).hexdigest(),
    }


def evidence(world, **given):
    """What a world left behind."""
    pipelines = {batch.batch_id: batch.pipeline for batch, _ in world.store.batches()}
    return Evidence(
        **{"log": world.store.log(0, 10_000), "pipelines": pipelines, "posts": [], "callbacks": [], **given}
    )


@pytest.fixture
def world():
    """One person's company was sent, and nothing more happened."""
    found = World(MemoryStore(), tuned(configuration(), APOLLO_COMPANY, attempts=2, on_doubt=OnDoubt.RESEND))
    found.launch(person("ann"))
    return found


def test_a_life_without_faults_has_no_finding(world):
    """All that was sent was announced, all that was acknowledged is kept, and everything ended."""
    posts, callbacks = [], []
    while sends := world.send():
        for send in sends:
            body = world.body(send)
            posts.append(posted(world, send))
            callbacks += [brought(send, body)] * 2
            assert world.answer(send, body).status == "accepted"
    told = evidence(world, posts=posts, callbacks=callbacks)
    assert broken_promises(told) == []
    assert doubles(told).count == 0


def test_an_acknowledged_answer_that_is_not_in_the_log_is_lost(world):
    """The same body of another item is no help."""
    (send,) = world.send()
    world.answer(send)
    told = evidence(world, callbacks=[brought(send, world.body(send)), brought(send, b'{"another": 1}')])
    assert len(lost_answers(told)) == 1


@pytest.mark.parametrize("kept", [True, False])
def test_an_answer_that_was_refused_must_be_in_the_unmatched_log(world, kept):
    """Its sender is told that it is no use; it is kept all the same."""
    (send,) = world.send()
    if kept:
        world.answer(send, b"<html>busy</html>")
    told = evidence(world, callbacks=[brought(send, b"<html>busy</html>", "400")])
    assert bool(lost_answers(told)) is not kept


def test_an_answer_before_its_post_is_answered_is_early(world):
    """As the log has it."""
    (send,) = world.claim()
    world.answer(send)
    assert timely(world.store.log(0, 10_000)).early == 1


def test_an_answer_after_the_time_out_is_late_and_completes_its_step(world):
    """One that did not would break a promise; one that says that the provider failed completes nothing."""
    for _ in range(2):
        (send,) = world.send()
        world.clock.tick(hours=7)
        world.app.wake()
    assert timely(world.store.log(0, 10_000)).late == 0
    world.answer(send)
    log = world.store.log(0, 10_000)
    found = timely(log)
    assert (found.early, found.late, found.completed, found.useless) == (0, 1, 1, [])
    kept = [evolve(one, event=_as_kept(one.event)) if isinstance(one.event, e.StepAnswered) else one for one in log]
    assert len(timely(kept).useless) == 1
    assert any("had timed out" in sentence for sentence in broken_promises(evidence(world, log=kept)))


def _as_kept(answered):
    """The same answer, as if it were of no use."""
    return e.AnswerKept(**{name.lstrip("_"): getattr(answered, name) for name in fields_dict(e.AnswerKept)
                           if hasattr(answered, name)})  # fmt: skip


def test_rows_whose_answers_came_after_those_to_later_rows_are_counted(world):
    """By webhook, each row once, and by its first callback."""
    posts = [
        {"item_id": f"i{number}", "workflow": "w", "hook": hook, "taken": number != 3}
        for number, hook in enumerate("aaaab")
    ]

    def came(number, at):
        return {"item_id": f"i{number}", "url": "http://x/callbacks/s/w?token=t", "at": at + 0.1, "seconds": 0.1}

    in_order = [came(number, float(number)) for number in range(5)]
    assert overtaken(evidence(world, posts=posts, callbacks=in_order)) == 0
    mixed = [came(2, 1.0), came(4, 1.0), came(1, 2.0), came(0, 3.0), came(1, 0.5)]
    assert overtaken(evidence(world, posts=posts, callbacks=mixed)) == 2


def test_an_answer_that_nobody_took_is_lost(world):
    """The third party gave up."""
    assert lost_answers(evidence(world, given_up=1)) == ["an answer was given up by the third party"]


def test_a_post_that_nothing_announced_is_found(world):
    """Without its StepSending, before it, or under a key that was used before."""
    (send,) = world.send()
    sound = posted(world, send)
    assert unannounced_posts(evidence(world, posts=[sound])) == []
    for wrong in ([sound | {"idempotency_key": "x"}], [sound | {"at": 0.0}], [sound, sound]):
        assert unannounced_posts(evidence(world, posts=wrong))


def test_a_row_that_was_taken_twice_is_explained_by_what_was_decided_between(world):
    """Here the step's policy: it was in doubt, and an attempt was left."""
    (first,) = world.claim()
    world.report([first], Outcome.UNKNOWN)
    (second,) = world.send()
    found = doubles(evidence(world, posts=[posted(world, first), posted(world, second)]))
    assert (found.count, found.explained, found.unexplained) == (1, {"in doubt, policy resent": 1}, [])


def test_a_row_that_was_taken_though_it_was_reported_as_refused_is_not_explained(world):
    """Whoever classified the first POST's outcome was wrong."""
    (first,) = world.claim()
    world.report([first], Outcome.NOT_DELIVERED)
    world.clock.tick(minutes=1)
    world.app.wake()
    (second,) = world.send()
    posts = [posted(world, first), posted(world, second)]
    assert doubles(evidence(world, posts=posts)).unexplained
    assert doubles(evidence(world, posts=[posts[0] | {"taken": False}, posts[1]])).count == 0


def test_what_has_not_ended_is_found(world):
    """An item that still waits."""
    assert len(unended(world.store.log(0, 10_000))) == 1


def test_an_answer_that_is_recorded_twice_is_found(world):
    """The same content in one generation."""
    (send,) = world.send()
    world.answer(send)
    log = world.store.log(0, 10_000)
    assert repeated_answers(log) == []
    (answer,) = [one for one in log if isinstance(one.event, e.StepAnswered)]
    assert len(repeated_answers([*log, evolve(answer, version=99)])) == 1


def test_a_death_is_followed_by_a_commit_and_by_the_end_of_its_leases(world):
    """Both are measured from the kill."""
    world.claim()
    killed = Fault(what="runner killed", at=world.clock.now.timestamp(), until=world.clock.now.timestamp())
    world.clock.tick(seconds=70)
    world.app.wake()
    told = evidence(world, faults=[killed])
    assert takeovers(told) == [70.0]
    assert dict(recoveries(told)) == {"runner killed": [70.0]}


@pytest.mark.parametrize(
    ("times", "most"), [([], 0), ([0.0, 0.5, 0.999, 1.0], 3), ([0.0, 1.0, 2.0], 1), ([5.0, 5.0, 4.5], 3)]
)
def test_the_busiest_second_slides(times, most):
    """It may begin at any moment, and its end belongs to the next."""
    assert highest_in_a_second(times) == most


@pytest.mark.parametrize(("values", "index"), [([5, 5, 5], 1.0), ([9, 0, 0], 1 / 3), ([], 1.0), ([0, 0], 1.0)])
def test_fairness_is_jains_index(values, index):
    """1 where all have the same, 1/n where one has it all."""
    assert jain(values) == pytest.approx(index)


def test_callbacks_that_were_told_something_and_not_counted_are_found():
    """Those that reached nobody, or were told to come again, need not be counted; more counted than told is no loss."""
    callbacks = [
        {"acknowledged": True, "outcome": "200"},
        {"acknowledged": False, "outcome": "404"},
        {"acknowledged": False, "outcome": "503"},
        {"acknowledged": False, "outcome": "unreachable"},
    ]
    assert uncounted(callbacks, {"accepted": 1, "unknown": 2}) == []
    assert uncounted(callbacks, {"accepted": 1}) == ["1 callbacks were told what became of them, and not counted"]
