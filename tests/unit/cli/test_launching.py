"""What `launch` and `status` tell of a launch that was interrupted."""

import sys
from pathlib import Path

import pytest

from enrichcore.application import UploadUnderWay, launching
from enrichcore.store.commit import StoreUnavailable
from runners.cli.batches import progress_of
from runners.cli.uploads import _launched, _what_became

sys.path.append(str(Path(__file__).parent))
from world import World


@pytest.fixture
def world():
    """A world with an upload."""
    world = World()
    world.uploaded = world.upload()
    return world


def interrupt(_done):
    """As Ctrl-C in the middle."""
    raise KeyboardInterrupt


def test_an_interrupted_launch_names_its_batch_and_what_becomes_of_it(world, monkeypatch):
    """It goes on and costs money, so whoever stopped it must learn how to stop it for good; `status` counts what is made."""
    monkeypatch.setattr(launching, "ITEMS_PER_COMMIT", 1)
    with pytest.raises(KeyboardInterrupt):
        world.application.launch(world.uploaded.upload_id, progress=interrupt)
    ((batch, _),) = world.store.batches()
    assert f"enrichcore cancel {batch.batch_id}" in _what_became(world.application, batch.upload_id, again=False)
    (shown,) = progress_of(world.application)
    assert (shown["filled"], shown["items_total"], shown["item_count"]) == (False, 1, 3)


def test_an_interrupted_launch_that_recorded_nothing_says_so(world):
    """There is nothing to stop."""
    assert "before anything was started" in _what_became(world.application, world.uploaded.upload_id, again=False)


def test_a_launch_of_which_nobody_can_be_asked_says_how_it_is_brought_to_its_end(world, monkeypatch):
    """The database is away: it may have recorded the batch or not."""

    def away(*_):
        raise StoreUnavailable("gone")

    monkeypatch.setattr(world.store, "batches", away)
    told = _what_became(world.application, world.uploaded.upload_id, again=False)
    assert f"`enrichcore launch {world.uploaded.upload_id}` goes on with it, or starts one" in told


def test_a_launch_that_was_interrupted_is_brought_to_its_end_by_the_same_command(world, monkeypatch, capsys):
    """Once: the batch is the same, and whoever says it a third time is told that it is under way."""
    monkeypatch.setattr(launching, "ITEMS_PER_COMMIT", 1)
    with pytest.raises(KeyboardInterrupt):
        world.application.launch(world.uploaded.upload_id, progress=interrupt, again=False)
    ((begun, _),) = world.store.batches()
    batch = _launched(world.application, world.uploaded.upload_id, lambda _: None, again=False)
    assert (batch.batch_id, batch.filled, len(world.items(batch))) == (begun.batch_id, True, 3)
    assert f"Batch {batch.batch_id} was started before" in capsys.readouterr().err
    with pytest.raises(UploadUnderWay):
        _launched(world.application, world.uploaded.upload_id, lambda _: None, again=False)
    assert len(world.store.batches()) == 1
