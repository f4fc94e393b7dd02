"""The promises that a log is held against find the log that breaks them."""

from enrichcore.domain import step_control
from enrichcore.domain.life_cycle import State
from enrichcore.store import MemoryStore
from enrichcore.testing.promises import broken
from tests.contracts.world import APOLLO_PERSON, World, person


def taken_back(world):
    """A batch that was cancelled while its person's row was out, and taken back; what is broken by it."""
    batch = world.launch(person("ann"))
    world.play_to(APOLLO_PERSON)
    world.send()
    world.app.cancel(batch.batch_id, by="ann")
    world.app.retry(batch.batch_id, by="ann", state=State.CANCELLED)
    pipelines = {one.batch_id: one.pipeline for one, _ in world.store.batches()}
    return broken(world.store.log(0, 10_000), pipelines)


def test_a_cancelled_step_that_is_asked_again_while_its_row_is_out_is_found(monkeypatch):
    """It would be paid for twice, though nobody asked for that."""
    assert taken_back(World(MemoryStore())) == []
    monkeypatch.setattr(step_control, "decide_restore", lambda *_, **__: ())
    (found,) = taken_back(World(MemoryStore()))
    assert found.startswith(APOLLO_PERSON)
    assert found.endswith("is asked again while its row is out")
