"""What `retry` tells of a batch in which it finds nothing, or in which something else runs than today's configuration says."""

import sys
from pathlib import Path

import pytest
from attrs import evolve

from enrichcore.domain.life_cycle import State
from runners.retrying import nothing_to_retry, other_functions

sys.path.append(str(Path(__file__).parent))
from world import COMPANY, World


@pytest.fixture
def world():
    """A world with a batch whose company rows are out."""
    world = World()
    world.batch = world.launch()
    world.send()
    return world


def test_how_the_steps_stand_is_told_where_nothing_ended_so(world):
    """In the order of the life cycle, with what was looked for."""
    said = nothing_to_retry(world.application, world.batch.batch_id, None, None, "")
    assert said == "Nothing is failed or timed_out: 3 waiting_for_company"
    said = nothing_to_retry(world.application, world.batch.batch_id, COMPANY, State.SKIPPED, "")
    assert said == f"Nothing of {COMPANY} is skipped: 3 waiting_for_company"


def test_what_would_run_others_again_is_named(world):
    """What ended well is not, for it would be paid for again."""
    world.application.cancel(world.batch.batch_id, by="ann")
    said = nothing_to_retry(world.application, world.batch.batch_id, None, None, "")
    assert said == "Nothing is failed or timed_out: 3 cancelled; with the state cancelled others would run again"
    said = nothing_to_retry(world.application, world.batch.batch_id, None, State.CANCELLED, "no such words")
    assert said.startswith(
        "Nothing is cancelled for a reason with the words 'no such words': 3 cancelled; `enrichcore explain"
    )


def test_a_local_step_that_runs_the_function_of_its_launch_says_so():
    """A retry never takes the function that the configuration names by now."""
    world = World()
    batch = world.launch(world.apollo(), "apollo_scrape")
    assert other_functions(world.application, batch.batch_id, None) == []
    stream = world.registry.workstreams["apollo_scrape"]
    first, *rest = stream.pipeline.steps
    pipeline = evolve(
        stream.pipeline, steps=(evolve(first, function="enrichcore.ingest.steps:split_raw_apollo_scrape"), *rest)
    )
    world.registry = evolve(
        world.registry, workstreams={**world.registry.workstreams, "apollo_scrape": evolve(stream, pipeline=pipeline)}
    )
    (note,) = other_functions(world.another(), batch.batch_id, None)
    assert note.startswith(
        f"{first.workflow} runs {first.function} again, which the batch was launched with; enrichcore.ingest.steps:split_raw_apollo_scrape"
    )
    assert other_functions(world.another(), batch.batch_id, rest[0].workflow) == []
