"""What `launch` and `status` tell of a launch that was interrupted."""

import sys
from pathlib import Path

import pytest

from enrichcore.application import launching
from runners.cli.batches import progress_of
from runners.cli.uploads import _interrupted

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
    assert f"enrichcore cancel {batch.batch_id}" in str(_interrupted(world.application, batch.upload_id))
    (shown,) = progress_of(world.application)
    assert (shown["filled"], shown["items_total"], shown["item_count"]) == (False, 1, 3)


def test_an_interrupted_launch_that_recorded_nothing_says_so(world):
    """There is nothing to stop."""
    assert "before anything was started" in str(_interrupted(world.application, world.uploaded.upload_id))
