"""Group commit: what came together is recorded together, what came meanwhile waits its turn, and one fault stays alone."""

import asyncio
from threading import Semaphore
from uuid import UUID

import pytest

from enrichcore.application import Ack, AckStatus, Incoming
from enrichcore.application.sending import Response
from enrichcore.store import StoreUnavailable
from runners.daemon.writer import GroupWriter

CLIENT = UUID(int=1)
PATIENCE_S = 10


class Books:
    """Records what it is given, each time it is let; a body or outcome that says "bad" cannot be recorded."""

    def __init__(self):
        self.groups = []
        #: Faults to raise before anything is recorded, first one first.
        self.faults = []
        #: What was set aside, and faults to raise before that.
        self.aside, self.aside_faults = [], []
        self.entered, self.let = Semaphore(0), Semaphore(0)

    def record(self, reports, incoming):
        self.entered.release()
        assert self.let.acquire(timeout=PATIENCE_S)
        if self.faults:
            raise self.faults.pop(0)
        if any(one.body == b"bad" for one in incoming) or "bad" in reports:
            raise ValueError("one of them is bad")
        self.groups.append((list(reports), [one.body for one in incoming]))
        return [Ack(status=AckStatus.ACCEPTED, item_id=one.body.decode()) for one in incoming]

    def set_aside(self, incoming, fault):
        self._aside(incoming.body)
        return Ack(status=AckStatus.SET_ASIDE, item_id=f"aside: {fault}")

    def set_response_aside(self, report, _fault):
        self._aside(str(report))

    def _aside(self, what):
        if self.aside_faults:
            raise self.aside_faults.pop(0)
        self.aside.append(what)


def came(body: bytes) -> Incoming:
    """A callback with that body."""
    return Incoming(client_id=CLIENT, workstream="w", workflow="f", body=body)


def told(books, *things, then=(), during=1):
    """What each waiter is told, of things that come together and of others that come during a commit, by its number."""

    async def play():
        writer = GroupWriter(books)
        waiting = [asyncio.ensure_future(thing(writer)) for thing in things]
        await asyncio.sleep(0)
        writing = asyncio.create_task(writer.run())
        for number in range(1, during + 1):
            assert await asyncio.to_thread(books.entered.acquire, timeout=PATIENCE_S)
            if number < during:
                books.let.release()
        waiting += [asyncio.ensure_future(thing(writer)) for thing in then]
        await asyncio.sleep(0)
        books.let.release(1000)
        results = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), PATIENCE_S)
        writer.close()
        await asyncio.wait_for(writing, PATIENCE_S)
        return [result.item_id if isinstance(result, Ack) else result for result in results]

    return asyncio.run(play())


def answer(body):
    """An answer that comes."""
    return lambda writer: writer.answer(came(body))


class Sent(str):
    """A report by its name, of a row whose answer does not come in the response."""

    __slots__ = ()
    response = None


class Responded(Sent):
    """A report by its name, of a request whose response is its answer."""

    __slots__ = ()
    response = Response(body=b"{}")


def report(name):
    """An outcome that is learnt."""
    return lambda writer: writer.report(Sent(name))


def test_what_is_there_is_recorded_in_one_commit():
    """Answers and outcomes that came before the commit began go together."""
    books = Books()
    assert told(books, answer(b"a"), report("sent"), answer(b"b")) == ["a", None, "b"]
    assert books.groups == [(["sent"], [b"a", b"b"])]


def test_what_comes_during_a_commit_is_recorded_by_the_next():
    """Nothing waits for a timer."""
    books = Books()
    assert told(books, answer(b"a"), then=[answer(b"b"), answer(b"c")]) == ["a", "b", "c"]
    assert books.groups == [([], [b"a"]), ([], [b"b", b"c"])]


def test_one_that_cannot_be_recorded_is_set_aside_alone():
    """Its neighbours are recorded, in smaller commits; its sender is told that it is kept."""
    books = Books()
    results = told(books, *(answer(name) for name in (b"a", b"b", b"bad", b"c")), report("sent"), report("bad"))
    assert [str(result) for result in results] == [
        "a", "b", "aside: one of them is bad", "c", "None", "one of them is bad",
    ]  # fmt: skip
    assert books.aside == [b"bad"]


@pytest.mark.parametrize("during", [1, 2, 3])
def test_what_comes_while_a_bad_one_is_being_found_is_not_lost(during):
    """The search for the bad one takes several commits, and callbacks go on coming."""
    later = [answer(b"b"), report("sent"), answer(b"c")]
    results = told(Books(), answer(b"bad"), answer(b"a"), then=later, during=during)
    assert [str(result) for result in results] == ["aside: one of them is bad", "a", "b", "None", "c"]


def test_one_that_cannot_even_be_set_aside_is_refused():
    """Its sender learns that nothing was stored, and why; the others go on."""
    books = Books()
    books.aside_faults = [StoreUnavailable("gone")]
    assert [str(result) for result in told(books, answer(b"bad"), answer(b"a"))] == ["gone", "a"]


def test_a_response_that_cannot_be_recorded_is_set_aside_with_its_outcome():
    """When the database is back, should it be away just then."""
    books = Books()
    books.aside_faults = [StoreUnavailable("gone")]
    assert told(books, lambda writer: writer.report(Responded("bad")), answer(b"a")) == [None, "a"]
    assert books.aside == ["bad"]


def test_without_the_database_answers_are_refused_and_outcomes_are_kept():
    """An answer comes again when it is refused; what became of a POST is learnt only once."""
    books = Books()
    books.faults = [StoreUnavailable("gone"), StoreUnavailable("gone")]
    results = told(books, answer(b"a"), report("sent"))
    assert isinstance(results[0], StoreUnavailable)
    assert results[1] is None
    assert books.groups == [(["sent"], [])]


MB = 1024 * 1024


def sizes(books) -> list[tuple[int, list[int]]]:
    """Of each group: how many outcomes, and how many megabytes each body had."""
    return [(len(reports), [len(body) // MB for body in bodies]) for reports, bodies in books.groups]


def test_a_commit_is_bounded_in_bytes():
    """However many large bodies come at once, no statement comes near what the database refuses."""
    books = Books()
    told(books, *(answer(b"x" * (3 * MB)) for _ in range(25)), report("sent"))
    assert sizes(books) == [(1, [3] * 10), (0, [3] * 10), (0, [3] * 5)]


def test_a_body_too_large_for_an_answer_is_recorded_by_itself():
    """Nothing else is lost with it where it is too much for the database."""
    books = Books()
    huge = b"x" * (16 * MB)
    told(books, answer(b"a"), answer(huge), answer(huge), answer(b"b"), report("sent"), report("sent too"))
    assert sizes(books) == [(2, [0]), (0, [16]), (0, [16]), (0, [0])]


def test_outcomes_do_not_share_the_commit_of_a_huge_body():
    """They go before it."""
    books = Books()
    told(books, answer(b"x" * (16 * MB)), report("sent"))
    assert sizes(books) == [(1, []), (0, [16])]


class HugelyResponded(Sent):
    """A report by its name, of a request whose response is too large for an answer."""

    __slots__ = ()
    response = Response(body=b"x" * (16 * MB), too_large=True)


def test_answers_do_not_share_the_commit_of_a_huge_response():
    """They go after it."""
    books = Books()
    told(books, answer(b"a"), lambda writer: writer.report(HugelyResponded("sent")))
    assert sizes(books) == [(1, []), (0, [0])]


class Away:
    """A database that is away."""

    def record(self, reports, incoming):
        """Fail."""
        raise StoreUnavailable("gone")


def test_a_process_that_stops_gives_up_what_the_database_does_not_take(caplog):
    """It ends, says how many outcomes are lost, and their rows fall in doubt with their lease."""

    async def stop():
        writer = GroupWriter(Away(), last_tries_s=0)
        writing = asyncio.create_task(writer.run())
        lost = [asyncio.ensure_future(writer.report(Sent(name))) for name in ("sent", "sent too")]
        await asyncio.sleep(0)
        writer.close()
        await asyncio.wait_for(writing, PATIENCE_S)
        return await asyncio.gather(*lost, return_exceptions=True)

    assert [type(error) for error in asyncio.run(stop())] == [StoreUnavailable, StoreUnavailable]
    assert "2 outcomes could not be recorded" in caplog.text


def test_a_process_that_stops_still_records_what_the_database_takes_soon():
    """It tries for some seconds."""
    books = Books()
    books.let.release(1000)
    books.faults = [StoreUnavailable("gone")]

    async def stop():
        writer = GroupWriter(books)
        writing = asyncio.create_task(writer.run())
        sent = asyncio.ensure_future(writer.report(Sent("sent")))
        await asyncio.sleep(0)
        writer.close()
        await asyncio.wait_for(writing, PATIENCE_S)
        return await sent

    assert asyncio.run(stop()) is None
    assert books.groups == [(["sent"], [])]


def test_whoever_waits_when_the_writer_ends_by_itself_is_told():
    """No callback and no sender waits for ever, and none that comes later does."""

    async def end():
        books = Books()
        writer = GroupWriter(books)
        writing = asyncio.create_task(writer.run())
        waiting = [asyncio.ensure_future(thing(writer)) for thing in (answer(b"a"), report("sent"))]
        assert await asyncio.to_thread(books.entered.acquire, timeout=PATIENCE_S)
        writing.cancel()
        books.let.release(1000)
        told_then = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), PATIENCE_S)
        return told_then + await asyncio.gather(writer.answer(came(b"b")), return_exceptions=True)

    assert [type(error) for error in asyncio.run(end())] == [StoreUnavailable] * 3


def test_trouble_is_told_until_a_commit_goes_well_again(caplog):
    """The log says once that nothing is recorded, readiness says why, and both know when it is over."""
    books = Books()
    books.let.release(3)
    books.faults = [StoreUnavailable("No space left on device"), StoreUnavailable("No space left on device")]

    async def live():
        writer = GroupWriter(books)
        running = asyncio.create_task(writer.run())
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await writer.answer(came(b"1"))
        assert writer.trouble() == "No space left on device"
        await writer.answer(came(b"2"))
        assert writer.trouble() == ""
        writer.close()
        await running

    asyncio.run(live())
    assert [record.message for record in caplog.records] == [
        "nothing can be recorded, and no callback is taken: No space left on device",
        "what comes in is recorded again",
    ]
