"""The sender asking providers over real sockets: what it makes of what they say, and of what they do not."""

import asyncio
import contextlib
import gzip
import logging
import socket
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from attrs import define, field

from enrichcore.domain.pipeline import Kind
from enrichcore.domain.step_run import Outcome
from enrichcore.registry import HttpRequest, RenderedRequest, Secret
from runners.daemon.asking import LARGEST_ANSWER, asking_client, outcome_of_asking
from runners.daemon.outcomes import words_of
from runners.daemon.sender import _GOODBYE_S, Sender, kept_open
from tests.unit.daemon.webhook import PATIENCE_S, Claiming, a_send, listening, response


class Reports:
    """Stands where the writer does, and keeps what it is given."""

    waiting = 0

    def __init__(self):
        self.given = []

    async def report(self, report):
        """Keep a report."""
        self.given.append(report)


@define
class Provider:
    """A server that reads each request to its end and then does what it is told."""

    says: bytes = b""
    #: Whether it says so only once the asker has left.
    waits: bool = False
    port: int = 0
    #: Heads and bodies, as they came.
    asked: list = field(factory=list)

    async def serve(self, reader, writer):
        """Answer one request."""
        with contextlib.closing(writer):
            head = await reader.readuntil(b"\r\n\r\n")
            lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
            length = int(lengths[0].split(b":")[1]) if lengths else 0
            self.asked.append((head, await reader.readexactly(length)))
            if self.waits:
                await reader.read()
            writer.write(self.says)
            with contextlib.suppress(ConnectionError):
                await writer.drain()


@asynccontextmanager
async def providing(**does):
    """A provider that listens."""
    provider = Provider(**does)
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    provider.port = server.sockets[0].getsockname()[1]
    try:
        yield provider
    finally:
        server.close()
        await server.wait_closed()


def asked(*, template=None, facts=None, port=None, within_s=30, not_found=(404,), **does):
    """What a sender makes of one request, and what the provider saw of it."""

    async def ask():
        reports = Reports()
        async with providing(**does) as provider, asking_client(kept_open(4)) as client:
            to = port or provider.port
            parts = {
                "method": "GET",
                "url": f"http://127.0.0.1:{to}/find?name={{person_full_name}}",
                **(template or {}),
            }
            for name in ("url", "body"):
                if name in parts:
                    parts[name] = Secret(parts[name].replace("PORT", str(to)))
            for name in ("headers", "query"):
                parts[name] = {key: Secret(value) for key, value in parts.get(name, {}).items()}
            request = HttpRequest(**{"not_found": not_found, **parts})
            send = a_send(
                request.url,
                request=request.render({"person_full_name": "Ann & Bob/ö?+%", **(facts or {})}),
                response_within=timedelta(seconds=within_s),
                lease_until=datetime.now(UTC) + timedelta(minutes=2),
            )
            sender = Sender(None, reports)
            await asyncio.wait_for(sender._send(client, send), PATIENCE_S)
            while sender._unrecorded:
                await asyncio.wait(sender._unrecorded)
        (report,) = reports.given
        return report, provider.asked

    return asyncio.run(ask())


def test_a_response_is_the_answer():
    """Its bytes are kept as they are."""
    body = b'{"email":  "a@quillhaven.example"}\n'
    report, seen = asked(says=response("200 OK", body))
    assert (report.outcome.outcome, report.outcome.http_status, report.response.body) == (Outcome.DELIVERED, 200, body)
    assert len(seen) == 1


def test_values_arrive_as_they_are():
    """In the URL, in the query, in headers and in a JSON body, whatever letters they have."""
    template = {
        "method": "POST",
        "url": "http://127.0.0.1:PORT/people/{person_full_name}?name={person_full_name}",
        "query": {"again": "{person_full_name}"},
        "headers": {"X-Name": "{person_full_name}", "Idempotency-Key": "own"},
        "body": '{"name": "{person_full_name}"}',
    }
    report, ((head, body),) = asked(template=template, says=response("200 OK", b"{}"))
    assert report.outcome.outcome is Outcome.DELIVERED
    target, headers = head.decode().split("\r\n", 1)
    parts = urlsplit(target.split(" ")[1])
    assert parts.path == "/people/Ann%20%26%20Bob%2F%C3%B6%3F%2B%25"
    assert parse_qs(parts.query) == {"name": ["Ann & Bob/ö?+%"], "again": ["Ann & Bob/ö?+%"]}
    assert body.decode() == '{"name": "Ann & Bob/ö?+%"}'
    told = {line.split(": ")[0].lower(): line.split(": ", 1)[1] for line in headers.strip().split("\r\n")}
    assert (told["x-name"], told["idempotency-key"]) == ("Ann & Bob/ö?+%", "own")
    assert (told["content-type"], told["accept"]) == ("application/json", "application/json")


def test_each_request_has_the_attempts_key():
    """A provider that knows such keys charges a repeated one once."""
    _, ((head, _),) = asked(says=response("200 OK", b"{}"))
    assert b"\r\nidempotency-key: k\r\n" in head


def test_a_compressed_response_is_unpacked():
    """What is kept is what it says."""
    says = response("200 OK", gzip.compress(b'{"email": null}'), content_encoding="gzip")
    assert asked(says=says)[0].response.body == b'{"email": null}'


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("400 Bad", Outcome.ROW_REFUSED),
        ("401 Who", Outcome.LANE_REFUSED),
        ("402 Pay", Outcome.LANE_REFUSED),
        ("429 Slow down", Outcome.NOT_DELIVERED),
        ("500 Oops", Outcome.UNKNOWN),
        ("503 Away", Outcome.NOT_DELIVERED),
        ("301 Elsewhere", Outcome.LANE_REFUSED),
        ("303 See there", Outcome.UNKNOWN),
    ],
)
def test_a_status_says_of_a_request_what_it_says_of_a_row(status, outcome):
    """The same table as for webhooks, and no answer comes of it."""
    report, _ = asked(says=response(status, b"why", retry_after="7"))
    assert (report.outcome.outcome, report.response) == (outcome, None)
    assert "why" in report.outcome.reason
    assert bool(report.outcome.hold) is (outcome is Outcome.NOT_DELIVERED)


def test_a_status_may_mean_that_nothing_was_found():
    """Where the step says so; else its lane stops, with a word on what to do."""
    says = response("404 Not Found", b'{"message": "no such person"}')
    report, _ = asked(says=says)
    assert report.outcome.outcome is Outcome.DELIVERED
    assert report.response.nothing_found == 'HTTP 404: {"message": "no such person"}'
    report, _ = asked(says=says, not_found=())
    assert (report.outcome.outcome, report.response) == (Outcome.LANE_REFUSED, None)
    assert "not_found = [404]" in report.outcome.reason


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
def test_a_connection_that_is_lost_is_a_doubt_and_no_method_is_sent_again(method):
    """Each request may cost credits, also those that HTTP calls idempotent."""
    report, seen = asked(template={"method": method}, says=b"HTTP/1.1 200 OK\r\nContent-Le")
    assert (report.outcome.outcome, len(seen)) == (Outcome.UNKNOWN, 1)


def test_a_provider_that_takes_too_long_is_a_doubt():
    """However it spreads its words over time."""
    report, _ = asked(says=response("200 OK", b"{}"), waits=True, within_s=0.05)
    assert (report.outcome.outcome, report.outcome.reason) == (Outcome.UNKNOWN, "no response (ReadTimeout)")


def test_a_sender_that_stops_does_not_wait_for_a_slow_provider_for_ever(monkeypatch):
    """What it still waits for is in doubt at once, and that is recorded."""
    monkeypatch.setitem(_GOODBYE_S, Kind.HTTP, 0.05)

    async def live():
        stop, reports = asyncio.Event(), Reports()

        class One(Claiming):
            def claim(self, _limit, _kind):
                return [self.rows.pop()] if self.rows else []

        async with providing(says=response("200 OK", b"{}"), waits=True) as provider:
            request = HttpRequest(method="GET", url=provider_url(provider))
            one = One()
            one.rows = [a_send(request.url, request=request.render({}), response_within=timedelta(minutes=9),
                               lease_until=datetime.now(UTC) + timedelta(minutes=10))]  # fmt: skip
            sending = asyncio.create_task(Sender(one, reports, kind=Kind.HTTP).run(stop))
            async with asyncio.timeout(PATIENCE_S):
                while not provider.asked:
                    await asyncio.wait({sending}, timeout=0.01)
                stop.set()
                await sending
        return reports.given

    (report,) = asyncio.run(live())
    assert (report.outcome.outcome, report.response) == (Outcome.UNKNOWN, None)
    assert report.outcome.reason == "the runner stopped before the response came"


def provider_url(provider) -> Secret:
    """Where it listens."""
    return Secret(f"http://127.0.0.1:{provider.port}/find")


def test_a_provider_that_cannot_be_reached_was_not_asked():
    """The request is tried again later."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        report, _ = asked(port=nobody.getsockname()[1])
    assert (report.outcome.outcome, report.outcome.reason) == (
        Outcome.NOT_DELIVERED,
        "could not be asked (ConnectError)",
    )


def test_a_request_that_cannot_be_written_fails_its_row():
    """Nothing left, and trying again would change nothing."""
    report, seen = asked(template={"url": "http://127.0.0.1:PORT/" + "x" * 70_000})
    assert (report.outcome.outcome, seen) == (Outcome.ROW_REFUSED, [])


def test_a_head_that_is_none_fails_its_row():
    """The client library finds that before it sends; trying again would change nothing."""
    assert outcome_of_asking(httpx.LocalProtocolError("Illegal header value")) is Outcome.ROW_REFUSED


def test_a_response_that_is_too_large_is_cut():
    """And marked, so that nobody takes its beginning for an answer."""
    report, _ = asked(says=response("200 OK", b"[" + b"1," * (LARGEST_ANSWER // 2 + 9)))
    assert (report.response.too_large, len(report.response.body)) == (True, LARGEST_ANSWER)


def test_no_key_is_told(caplog):
    """Not in the reason, nor in the log, wherever in the request it stands."""
    caplog.set_level(logging.DEBUG)
    template = {
        "method": "POST",
        "url": "http://127.0.0.1:PORT/find?key=url-key-0123456789",
        "query": {"k": "query-key-0123456789"},
        "headers": {"authorization": "Bearer header-key-0123456789"},
        "body": '{"api_key": "body-key-0123456789"}',
    }
    keys = [f"{place}-key-0123456789" for place in ("url", "query", "header", "body")]
    report, _ = asked(template=template, says=response("401 No", " ".join(keys).encode()))
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert not [key for key in keys if key in report.outcome.reason + logged]
    assert not [key for key in keys if key in repr(report)]


def test_words_without_a_request_are_masked_as_before():
    """A row's reason knows its webhook's URL only."""
    assert words_of("hello", a_send(Secret("http://x.example/secret-path-1"))) == "hello"


def test_a_rendered_request_shows_nothing():
    """It holds keys, and what is known of a person."""
    rendered = RenderedRequest(method="GET", url="https://x.example/?e=ann", headers={"a": "b"}, query={}, body="c")
    assert "ann" not in repr(rendered)


def test_no_cookie_of_one_request_goes_out_with_another():
    """Requests of all tenants leave by one client."""

    async def ask_twice():
        says = response("200 OK", set_cookie="tenant=acme; Path=/")
        async with listening(says=says) as provider, asking_client(kept_open(1)) as client:
            for _ in range(2):
                await client.post(provider.url().reveal(), content=b"{}")
        return provider.heads

    _, second = asyncio.run(ask_twice())
    assert b"cookie" not in second.lower()
