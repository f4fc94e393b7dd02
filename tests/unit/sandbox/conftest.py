"""The sandbox, for a test to play a scenario in."""

import asyncio

import pytest

from tests.unit.sandbox.sandbox_world import sandbox


@pytest.fixture
def in_sandbox():
    """Runs `scenario(world)` in a sandbox of its own."""

    def run(scenario, faults=None, **settings):
        async def play():
            async with sandbox(faults, **settings) as world:
                return await scenario(world)

        return asyncio.run(play())

    return run
