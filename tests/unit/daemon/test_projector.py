"""The projector goes on, whatever went wrong."""

import asyncio

import psycopg
import pytest

from runners.daemon.projector import Projector


@pytest.mark.parametrize("fault", [psycopg.OperationalError("gone"), ValueError("a fault of a rule")])
def test_a_fault_is_no_end_of_the_role(fault):
    """It is logged, and what is new is folded the next time, also when that is the last before the end."""

    async def live():
        stop, folded, loop = asyncio.Event(), [], asyncio.get_running_loop()

        def catch_up():
            folded.append(len(folded))
            if len(folded) == 1:
                raise fault
            loop.call_soon_threadsafe(stop.set)
            return 0

        await asyncio.wait_for(Projector(catch_up).run(stop), 10)
        return folded

    assert asyncio.run(live()) == [0, 1, 2]


def test_a_fault_at_the_very_end_does_not_keep_the_process_from_stopping():
    """The next process folds what is left."""

    async def live():
        stop = asyncio.Event()
        stop.set()
        await asyncio.wait_for(Projector(lambda: 1 / 0).run(stop), 10)

    asyncio.run(live())
