"""The receiver's heartbeat: what makes the time that callbacks could be taken begin anew."""

import asyncio

from enrichcore.store import MemoryStore, StoreUnavailable
from runners.daemon.daemon import Role
from runners.daemon.heartbeat import Heartbeat, Presence
from runners.daemon.receiver import Turned


class Beats:
    """Stands where the store does, and does at each beat what it is told to."""

    def __init__(self, *does):
        self.does, self.anew, self.left = list(does), [], 0

    def beat(self, _runner_id, *, anew):
        """Keep one."""
        self.anew.append(anew)
        self.does.pop(0)()

    def leave(self, _runner_id):
        """Keep that."""
        self.left += 1


def beaten(*does):
    """Whether the time began anew at each beat, of which each does one of these, and how often the receiver left."""

    async def live():
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        beats = Beats(*does, lambda: loop.call_soon_threadsafe(stop.set))
        heart = Heartbeat(beats, beat_s=0.001)
        beats.does = [lambda one=one: one(heart) for one in does] + beats.does[len(does) :]
        await asyncio.wait_for(heart.run(stop), 10)
        return beats.anew, beats.left

    return asyncio.run(live())


def well(_heart):
    """Nothing happens."""


def away(_heart):
    """The database is away."""
    raise StoreUnavailable("gone")


def refuse(heart):
    """A callback meets a database that is away."""
    heart.interrupt()


def test_the_time_begins_with_the_first_beat_and_goes_on():
    """Until the receiver stops, and says so."""
    assert beaten(well, well) == ([True, False, False], 1)


def test_a_beat_that_fails_begins_it_anew():
    """Callbacks met no database either."""
    assert beaten(well, away, away, well) == ([True, False, True, True, False], 1)


def test_a_callback_that_was_refused_begins_it_anew():
    """However short the outage, between two beats or during one."""
    assert beaten(well, refuse, well) == ([True, False, True, False], 1)


def test_callbacks_that_were_turned_away_are_counted_with_the_beat():
    """All of them in one commit, and later where the database is away."""

    async def live(store):
        stop, turned = asyncio.Event(), Turned()
        for _ in range(3):
            turned.note("crm_data", "enrich_person")
        kept, tries = store.append, iter([StoreUnavailable("gone")])

        def append(commit):
            if (fault := next(tries, None)) is not None:
                raise fault
            stopped = kept(commit)
            loop.call_soon_threadsafe(stop.set)
            return stopped

        loop = asyncio.get_running_loop()
        store.append = append
        await asyncio.wait_for(Heartbeat(store, turned, beat_s=0.001).run(stop), 10)
        return store.answer_counts()

    assert asyncio.run(live(MemoryStore())) == {"unauthorized": 3}


def test_a_process_says_which_roles_it_runs_until_it_stops():
    """Also after the database was away."""
    store, fails = MemoryStore(), [StoreUnavailable("away")]
    here = store.here

    async def live():
        stop, heard, loop = asyncio.Event(), asyncio.Event(), asyncio.get_running_loop()

        def may_fail(runner_id, roles, behind):
            if fails:
                raise fails.pop()
            here(runner_id, roles, behind)
            loop.call_soon_threadsafe(heard.set)

        store.here = may_fail
        running = asyncio.create_task(Presence(store, [Role.SENDER, Role.WEB], beat_s=0.001).run(stop))
        await asyncio.wait_for(heard.wait(), 10)
        up = store.roles_up()
        stop.set()
        await running
        return up

    assert asyncio.run(live()) == {"sender", "web"}
    assert store.roles_up() == frozenset()


def test_a_fault_that_keeps_a_process_from_being_heard_of_is_logged_once(caplog):
    """A database that is away is told of by whoever needs it; anything else by nobody but this."""
    store, faults = (
        MemoryStore(),
        [StoreUnavailable("away"), ValueError("ours"), ValueError("ours"), ValueError("ours")],
    )

    async def live():
        stop, loop = asyncio.Event(), asyncio.get_running_loop()

        def fails(*_):
            if not faults:
                loop.call_soon_threadsafe(stop.set)
                return
            raise faults.pop(0)

        store.here = fails
        await asyncio.wait_for(Presence(store, [Role.SENDER], beat_s=0.001).run(stop), 10)

    asyncio.run(live())
    (record,) = caplog.records
    assert record.exc_info[0] is ValueError
