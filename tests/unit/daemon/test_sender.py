"""The sender over real sockets: what it makes of webhooks that answer, refuse, and lose the connection."""

import asyncio
import logging
import socket
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from enrichcore.application.sending import Pace
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Kind
from enrichcore.domain.step_run import Outcome
from enrichcore.registry.secret import Secret
from enrichcore.store import MemoryStore, StoreUnavailable
from runners.daemon import sender
from runners.daemon.posting import LARGEST_RESPONSE, Poster
from runners.daemon.sender import BACKLOG, Sender, kept_open, within_lease
from runners.daemon.writer import GroupWriter
from tests.contracts.unheard_contract import cut_off
from tests.contracts.world import World, configuration, person
from tests.unit.daemon.webhook import PATIENCE_S, Claiming, Reports, a_send, listening, posted, response

HALF = b"HTTP/1.1 200 OK\r\nContent-Le"


@pytest.mark.parametrize(
    "does",
    [{}, {"resets": True}, {"says": HALF}, {"says": response("200 OK", b"ok")[:-1]}],
    ids=["closed", "reset", "half a head", "half a body"],
)
def test_a_connection_that_is_lost_once_the_row_was_read_is_a_doubt(does):
    """The third party has the row; whether it took it, nobody knows."""
    seen, rows = posted(**does)
    assert (seen.outcome, rows) == (Outcome.UNKNOWN, 1)


def test_a_refused_connection_is_no_delivery():
    """Nothing left."""

    async def post():
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            url = Secret(f"http://127.0.0.1:{nobody.getsockname()[1]}/hook")
            reports = Reports()
            async with Poster(kept_open(4)) as client:
                await Sender(None, reports)._send(client, a_send(url))
        return reports.outcomes

    (seen,) = asyncio.run(post())
    assert (seen.outcome, seen.reason) == (Outcome.NOT_DELIVERED, "could not connect (ClientConnectorError)")


def test_a_webhook_that_names_its_path_tells_no_secret():
    """What is kept of its words goes into events, which anyone with the database reads."""
    path = "/v3/sources/webhook/pull-in-data-5e1f"
    seen, _ = posted(path=path, says=response("404 Not Found", f"Cannot POST {path}".encode()))
    assert (seen.outcome, seen.reason) == (Outcome.LANE_REFUSED, "HTTP 404: Cannot POST ***")


@pytest.mark.parametrize(
    ("status", "level"),
    [
        ("404 Not Found", logging.WARNING),
        ("500 Oops", logging.WARNING),
        ("429 Slow down", logging.INFO),
        ("200 OK", None),
    ],
)
def test_what_goes_wrong_is_logged_once_in_a_while(caplog, status, level):
    """Not for each of a thousand rows; a third party that asks for patience is no trouble."""
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    async def post():
        sender = Sender(None, Reports(), clock=lambda: now)
        async with listening(says=response(status)) as webhook, Poster(kept_open(4)) as client:
            for _ in range(3):
                row = a_send(webhook.url(), lease_until=now + timedelta(minutes=1))
                await asyncio.wait_for(sender._send(client, row), PATIENCE_S)

    caplog.set_level(logging.INFO, "enrichcore")
    asyncio.run(post())
    told = [record for record in caplog.records if "w/f: a row was" in record.getMessage()]
    assert [record.levelno for record in told] == ([level] if level else [])


@pytest.mark.parametrize("asked", ["5", "9" * 5000, "Fri, 31 Dec 9999 23:59:59 GMT", "²".encode().decode("latin-1")])
def test_a_row_that_was_put_off_tells_how_long_its_lane_is_to_be_left_alone(asked):
    """With its outcome, so that the two are recorded together; whatever the third party asks for."""
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    send = a_send(Secret("set when the webhook listens"), lease_until=now + timedelta(minutes=1))
    seen, rows = posted(says=response("429 Too Many Requests", retry_after=asked), send=send, clock=lambda: now)
    assert (seen.outcome, seen.http_status, rows) == (Outcome.NOT_DELIVERED, 429, 1)
    assert now < seen.hold <= now + timedelta(days=1)


@pytest.mark.parametrize("status", ["200 OK", "402 Payment Required", "500 Oops"])
def test_whoever_does_not_put_a_row_off_asks_for_no_pause(status):
    """Whatever its headers say."""
    assert posted(says=response(status, retry_after="5"))[0].hold is None


@pytest.mark.parametrize("charset", ["hex", "utf-7", "undefined", "no-such"])
def test_a_response_in_any_charset_is_read(charset):
    """Some codecs make no text, or refuse everything."""
    says = response("422 Unprocessable Content", b"no domain", content_type=f"text/plain; charset={charset}")
    seen, _ = posted(says=says)
    assert (seen.outcome, seen.reason) == (Outcome.ROW_REFUSED, "HTTP 422: no domain")


def test_a_response_that_never_ends_is_a_doubt(monkeypatch):
    """Each of its parts comes in time; all of it together may not take for ever."""
    monkeypatch.setattr(sender, "_CONNECT_S", 0.1)
    monkeypatch.setattr(sender, "_ANSWER_S", 0.2)
    seen, rows = posted(says=b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n", goes_on=b".")
    assert (seen.outcome, seen.reason, rows) == (Outcome.UNKNOWN, "no response (TimeoutError)", 1)


@pytest.mark.parametrize(
    ("says", "outcome", "reason"),
    [
        (response("429 Slow down", b"wait", retry_after="7")[:-1], Outcome.NOT_DELIVERED, "HTTP 429: wai"),
        (response("402 Payment Required", b"out of credits", content_encoding="gzip"), Outcome.LANE_REFUSED, "HTTP 402: "),
        (b"HTTP/1.1 422 No\r\ntransfer-encoding: chunked\r\n\r\n5\r\nno", Outcome.ROW_REFUSED, "HTTP 422: no"),
    ],
    ids=["half a body", "no gzip", "half a chunk"],
)  # fmt: skip
def test_a_refusal_is_heard_though_its_words_are_cut_off(says, outcome, reason):
    """The status says that the row was not taken; a doubt would keep it from being sent until its deadline."""
    seen, _ = posted(says=says)
    assert (seen.outcome, seen.reason) == (outcome, reason)
    assert (seen.hold is not None) == (outcome is Outcome.NOT_DELIVERED)


def test_a_row_is_taken_though_the_words_to_it_cannot_be_unpacked():
    """They came to their end, so that nothing is in doubt; were it, ten such rows would slow the lane down."""
    seen, _ = posted(says=response("200 OK", b"ok", content_encoding="gzip"))
    assert (seen.outcome, seen.http_status) == (Outcome.DELIVERED, 200)


def test_a_refusal_whose_words_never_end_is_heard(monkeypatch):
    """The pause that it asks for is kept, too."""
    monkeypatch.setattr(sender, "_CONNECT_S", 0.1)
    monkeypatch.setattr(sender, "_ANSWER_S", 0.2)
    seen, _ = posted(says=b"HTTP/1.1 503 Busy\r\nretry-after: 9\r\ncontent-length: 1000000\r\n\r\n", goes_on=b".")
    assert (seen.outcome, seen.hold is not None) == (Outcome.NOT_DELIVERED, True)


def test_of_a_response_that_is_too_long_the_beginning_is_read():
    """What it says of the row stands in its first line."""
    head = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 1000000000\r\n\r\ntoo wide "
    seen, _ = posted(says=head, goes_on=b"." * LARGEST_RESPONSE)
    assert (seen.outcome, seen.reason[:18]) == (Outcome.ROW_REFUSED, "HTTP 413: too wide")


def test_no_cookie_of_one_row_goes_out_with_another():
    """Rows of all tenants leave by one sender."""

    async def post():
        reports = Reports()
        says = response("200 OK", set_cookie="tenant=acme; Path=/")
        async with listening(says=says) as webhook, Poster(kept_open(4)) as poster:
            for _ in range(2):
                # Jars keep none of an address that is a number.
                await Sender(None, reports)._send(poster, a_send(Secret(f"http://localhost:{webhook.port}/hook")))
        return webhook.heads

    first, second = asyncio.run(post())
    assert b"cookie" not in second.lower()
    assert first.lower().count(b"user-agent: enrichcore") == 1


def test_rows_go_through_the_proxy_that_the_environment_names(monkeypatch):
    """As all that goes out of some networks must; without a word of cookies there either."""

    async def post():
        reports = Reports()
        async with listening(says=response("200 OK", set_cookie="a=b; Path=/")) as proxy:
            monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
            monkeypatch.delenv("NO_PROXY", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)
            async with Poster(kept_open(4)) as poster:
                for _ in range(2):
                    await Sender(None, reports)._send(poster, a_send(Secret("http://hooks.example/row")))
        return reports.outcomes, proxy.heads

    seen, heads = asyncio.run(post())
    assert [one.outcome for one in seen] == [Outcome.DELIVERED] * 2
    assert all(
        head.startswith(b"POST http://hooks.example/row ") and b"\r\ncookie" not in head.lower() for head in heads
    )


def test_a_row_whose_lease_is_over_does_not_leave():
    """The runner slept between claim and POST: a second attempt may be out, so the first is handed back unsent."""
    send = a_send(Secret("set when the webhook listens"))
    seen, rows = posted(send=send, clock=lambda: send.lease_until)
    assert (seen.outcome, seen.reason, rows) == (Outcome.NOT_DELIVERED, "not sent: its lease was over", 0)


@pytest.mark.parametrize(("left_s", "connect_s"), [(60, 10), (4, 4), (-1, 0.001)])
def test_a_row_that_meets_no_connection_within_its_lease_does_not_leave_later(left_s, connect_s):
    """The wait for a free connection and for a new one ends with the lease; that for an answer does not."""
    limits = within_lease(timedelta(seconds=left_s))
    assert (limits.connect, limits.pool, limits.read) == (connect_s, connect_s, 30)


def test_an_idle_connection_is_given_up_before_the_webhook_gives_it_up():
    """Servers of Node close it after five seconds, and a row that is sent at that moment would be in doubt."""
    assert kept_open(64).keepalive_expiry < 5


def to(url, registry):
    """The configuration with every webhook at that address."""
    clients = {
        slug: evolve(client, webhooks={place: evolve(webhook, url=url) for place, webhook in client.webhooks.items()})
        for slug, client in registry.clients.items()
    }
    return evolve(registry, clients=clients)


def test_a_row_whose_connection_was_lost_is_posted_once_and_stands_in_doubt():
    """However long the sender goes on: only its answer, its deadline or a person moves it."""

    async def live():
        async with listening() as webhook:
            world = World(MemoryStore(), to(webhook.url(), configuration()))
            world.launch(person("ann"))
            writer, stop = GroupWriter(world.app), asyncio.Event()
            claimed = counted(world.app)
            writing = asyncio.create_task(writer.run())
            sending = asyncio.create_task(Sender(world.app, writer, clock=world.clock).run(stop))
            async with asyncio.timeout(PATIENCE_S):
                while not doubtful(world):
                    await claimed.acquire()
                for _ in range(3):
                    world.clock.tick(hours=1)
                    world.app.wake()
                    await claimed.acquire()
                stop.set()
                await sending
                writer.close()
                await writing
            return world, len(webhook.rows)

    world, rows = asyncio.run(live())
    assert (doubtful(world), rows) == (1, 1)


def test_a_claim_that_fails_does_not_end_the_sender(monkeypatch):
    """Whatever the fault was: it pauses and claims again."""
    monkeypatch.setattr("runners.daemon.sender._RETRY_S", 0.01)

    async def live():
        stop, loop, faults = asyncio.Event(), asyncio.get_running_loop(), [StoreUnavailable("gone"), ValueError("ours")]

        class Stumbling(Claiming):
            def claim(self, _limit, _kind):
                if faults:
                    raise faults.pop()
                loop.call_soon_threadsafe(stop.set)
                return []

        await asyncio.wait_for(Sender(Stumbling(), Reports()).run(stop), PATIENCE_S)

    asyncio.run(live())


def test_rows_leave_no_faster_than_what_comes_back_is_recorded():
    """So callbacks are answered soon, however many rows are ready."""

    class Behind(Reports):
        looked = 0

        @property
        def waiting(self):
            """Too much at first, then less."""
            self.looked += 1
            return BACKLOG + 5 if self.looked < 4 else BACKLOG - 40

    async def live():
        stop, loop, limits, behind = asyncio.Event(), asyncio.get_running_loop(), [], Behind()

        class Claims(Claiming):
            def claim(self, limit, _kind):
                limits.append((behind.looked, limit))
                loop.call_soon_threadsafe(stop.set)
                return []

        await asyncio.wait_for(Sender(Claims(), behind).run(stop), PATIENCE_S)
        return limits

    ((looked, limit),) = asyncio.run(live())
    assert (looked >= 4, limit) == (True, 40)


def counted(application) -> asyncio.Semaphore:
    """Released each time the sender claims."""
    claimed, claim, loop = asyncio.Semaphore(0), application.claim, asyncio.get_running_loop()

    def claiming(limit, kind):
        loop.call_soon_threadsafe(claimed.release)
        return claim(limit, kind)

    application.claim = claiming
    return claimed


def doubtful(world) -> int:
    """How many step runs stand in doubt."""
    return sum(step.state == State.IN_DOUBT for step in world.store.inline_rows()[1])


def test_a_webhook_that_does_not_answer_does_not_keep_a_runner_from_stopping(monkeypatch):
    """What is on the wire has some seconds; then its row is in doubt, and says why, before the process is killed."""
    monkeypatch.setitem(sender._GOODBYE_S, Kind.WEBHOOK, 0.05)

    async def live():
        arrived, over = asyncio.Event(), asyncio.Event()

        async def say_nothing(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            arrived.set()
            await over.wait()
            writer.close()

        server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        world = World(MemoryStore(), to(Secret(f"http://127.0.0.1:{port}/hook"), configuration()))
        world.launch(person("ann"))
        writer, stop = GroupWriter(world.app), asyncio.Event()
        writing = asyncio.create_task(writer.run())
        sending = asyncio.create_task(Sender(world.app, writer, clock=world.clock).run(stop))
        async with asyncio.timeout(PATIENCE_S):
            await arrived.wait()
            stop.set()
            await sending
            writer.close()
            await writing
        over.set()
        server.close()
        return world

    world = asyncio.run(live())
    (step,) = [step for step in world.store.inline_rows()[1] if step.state == State.IN_DOUBT]
    assert step.reason == "the runner stopped before the response came"


def test_rows_that_were_held_up_leave_at_their_pace_or_are_handed_back():
    """Those that wait when the runner stops were never sent, and cost no attempt."""

    async def live():
        async with listening(says=response("200 OK")) as webhook:
            stop, reports = asyncio.Event(), Reports()
            pace = Pace(group="acme", rate=0.001, burst=2)
            claims = [[a_send(webhook.url(), attempt=number, paces=(pace,)) for number in range(5)]]

            class Stalled(Claiming):
                def claim(self, _limit, _kind):
                    return claims.pop() if claims else []

            sending = asyncio.create_task(Sender(Stalled(), reports).run(stop))
            async with asyncio.timeout(PATIENCE_S):
                while len(reports.outcomes) < 2:
                    await asyncio.wait({sending}, timeout=0.01)
                stop.set()
                await sending
            return len(webhook.rows), {one.attempt: (one.outcome, one.reason) for one in reports.outcomes}

    rows, told = asyncio.run(live())
    assert rows == 2
    assert told == dict.fromkeys(range(2), (Outcome.DELIVERED, "")) | dict.fromkeys(
        range(2, 5), (Outcome.NOT_DELIVERED, "not sent: the runner was stopping")
    )


@pytest.mark.parametrize("status", ["429 Too Many Requests", "402 Payment Required"])
def test_rows_that_were_claimed_do_not_leave_once_their_lane_is_held_or_refused(status):
    """Those that had not begun are handed back, until a claim that began when that was recorded has rows of the lane again."""

    async def live():
        async with listening(says=response(status, b"enough", retry_after="60")) as webhook:
            stop, reports, loop, one_more = asyncio.Event(), Recording(), asyncio.get_running_loop(), asyncio.Event()
            # The claim that is under way when the first row is answered was begun before anybody could know.
            claims = [[a_send(webhook.url(), attempt=number)] for number in range(4)]

            class Claims(Claiming):
                def claim(self, _limit, _kind):
                    number = 4 - len(claims)
                    if number == 1:
                        asyncio.run_coroutine_threadsafe(reports.begun.wait(), loop).result(PATIENCE_S)
                    if number == 2:
                        loop.call_soon_threadsafe(reports.may_end.set)
                        asyncio.run_coroutine_threadsafe(reports.ended.wait(), loop).result(PATIENCE_S)
                    if not claims:
                        loop.call_soon_threadsafe(one_more.set)
                    return claims.pop(0) if claims else []

            sending = asyncio.create_task(Sender(Claims(), reports).run(stop))
            async with asyncio.timeout(PATIENCE_S):
                await one_more.wait()
                stop.set()
                await sending
            return len(webhook.rows), [(one.attempt, one.reason) for one in reports.outcomes]

    rows, told = asyncio.run(live())
    said = f"HTTP {status[:3]}: enough"
    assert rows == 2
    held = f"not sent: a row before it was told {said}"
    assert sorted(told) == [(0, said), (1, held), (2, held), (3, said)]


class Recording(Reports):
    """Records nothing before it is let, and tells of the first."""

    def __init__(self):
        super().__init__()
        self.begun, self.may_end, self.ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def report(self, one):
        """Record it."""
        self.begun.set()
        await self.may_end.wait()
        await super().report(one)
        asyncio.get_running_loop().call_soon(self.ended.set)


def test_a_runner_that_stops_hands_back_what_its_last_claim_took_unheard(monkeypatch):
    """Nothing of it was sent, and no later claim will come."""
    monkeypatch.setattr("runners.daemon.sender._RETRY_S", PATIENCE_S)

    async def live():
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        world = World(MemoryStore())
        world.launch(person("ann"))
        application = cut_off(world)
        claim = application.claim

        def claiming(limit, kind):
            loop.call_soon_threadsafe(stop.set)
            return claim(limit, kind)

        application.claim = claiming
        await asyncio.wait_for(Sender(application, Reports(), clock=world.clock).run(stop), PATIENCE_S)
        return [row.state for row in world.store.inline_rows()[1] if row.attempt]

    assert asyncio.run(live()) == [State.RETRY_WAIT]
