"""What is made of a response or of an error in its place: not delivered only where surely no byte left."""

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from types import SimpleNamespace
from urllib.parse import quote

import aiohttp
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.domain.step_run import Outcome
from enrichcore.registry.secret import Secret
from runners.daemon.outcomes import name_of_error, outcome_of_error, retry_after, words_of
from tests.unit.daemon.webhook import a_send

PLACE = SimpleNamespace(host="clay.example", port=443, is_ssl=True, ssl=True)
REFUSED = OSError(111, "refused")


def as_told(cause: BaseException) -> httpx.HTTPError:
    """As httpx-aiohttp tells an error of a connection, whether the connection was there or not."""
    told = httpx.ConnectTimeout("told")
    told.__cause__ = cause
    return told


@pytest.mark.parametrize(
    "error",
    [
        as_told(aiohttp.ClientConnectorError(PLACE, REFUSED)),
        as_told(aiohttp.ClientConnectorDNSError(PLACE, socket.gaierror(-2, "unknown"))),
        as_told(aiohttp.ClientConnectorCertificateError(PLACE, ValueError("self-signed"))),
        as_told(aiohttp.ConnectionTimeoutError("slow")),
        httpx.PoolTimeout("none free"),
        httpx.UnsupportedProtocol("gopher"),
        httpx.InvalidURL("no host"),
    ],
    ids=name_of_error,
)
def test_without_a_connection_nothing_was_delivered(error):
    """A row that met one of these is sent again and costs no attempt."""
    assert outcome_of_error(error) is Outcome.NOT_DELIVERED


@pytest.mark.parametrize(
    "error",
    [
        as_told(aiohttp.ServerDisconnectedError()),
        as_told(aiohttp.ClientOSError(104, "reset")),
        as_told(aiohttp.SocketTimeoutError("slow")),
        as_told(aiohttp.ClientPayloadError("half")),
        as_told(ConnectionResetError()),
        httpx.ConnectTimeout("without a cause"),
        httpx.ReadTimeout("slow"),
        httpx.DecodingError("no gzip"),
        ValueError("of ours"),
    ],
    ids=name_of_error,
)
def test_whatever_else_went_wrong_is_a_doubt(error):
    """The row may have been read before it."""
    assert outcome_of_error(error) is Outcome.UNKNOWN


SECRET_PATH = "/v3/sources/webhook/pull-in-data-5e1f?key=a b/c&more=1"
SEND = a_send(Secret(f"https://clay.example{quote(SECRET_PATH, safe='/?&=')}"), auth=Secret("an/auth value"))


@pytest.mark.parametrize(
    "said",
    [
        f"Cannot POST {quote(SECRET_PATH, safe='/?&=')}",
        f"Cannot POST {SECRET_PATH}",
        "Cannot POST /v3/sources/webhook/pull-in-data-5e1f",
        "no webhook PULL-IN-DATA-5E1F is known",
        f"<pre>{escape(SEND.url.reveal())}</pre>",
        f'{{"path": "{SEND.url.reveal()}"}}'.replace("/", "\\/"),
        f"see https://login.example/?next={quote(SEND.url.reveal(), safe='')}",
        "the key an/auth value is wrong",
        "the key an%2fauth%20value is wrong",
        "x" * 150 + SEND.url.reveal(),
        SEND.url.reveal() * 200,
        "Cannot\0 POST /v3/sources/webhook/\0pull-in-data-5e1f",
    ],
)
def test_no_secret_comes_back_in_what_a_third_party_says(said):
    """Neither the webhook's address, nor its path, nor the long parts of it, nor the client's key, however written."""
    kept = words_of(said, SEND)
    assert "***" in kept
    for part in ("pull-in-data", "5e1f", "auth", "key=", "a b/c", "webhook/"):
        assert part not in kept.lower()


def test_what_a_third_party_says_is_kept_otherwise():
    """Its beginning, without what no event can hold."""
    assert words_of("No\0t fo\ud800und: table 7 is gone", SEND) == "Not found: table 7 is gone"
    assert words_of("x" * 100_000, SEND) == "x" * 200
    assert words_of("go to /", a_send(Secret("http://clay.example/"))) == "go to /"


NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SOON, TOMORROW = NOW + timedelta(seconds=90), NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("header", "until"),
    [
        ("90", SOON),
        ("00000000090", SOON),
        ("0", None),
        ("Mon, 02 Mar 2026 09:01:30 GMT", SOON),
        ("Mon, 02 Mar 2026 09:01:30 -0000", SOON),
        ("Mon, 02 Mar 2026 10:01:30 +0100", SOON),
        ("Mon, 02 Mar 2020 09:00:00 GMT", None),
        ("86401", TOMORROW),
        ("9" * 5000, TOMORROW),
        ("Mon, 02 Mar 2099 09:00:00 GMT", TOMORROW),
        ("Fri, 31 Dec 9999 23:59:59 GMT", TOMORROW),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
        ("", None),
        ("\u00b2", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("Mon, 99 Mar 2026 09:00:00 GMT", None),
        ("Mon, 02 Mar 2026 09:00:00 +99999999", None),
    ],
)
def test_a_third_party_says_how_long_it_wants_to_be_left_alone(header, until):
    """In seconds or as a date, a day at most; what is neither is no wish."""
    assert retry_after(header, NOW) == until


@given(skew=st.timedeltas(-timedelta(days=300), timedelta(days=300)), asked_s=st.integers(-100, 10_000))
def test_a_date_to_wait_for_is_one_of_the_clock_that_named_it(skew, asked_s):
    """A third party whose clock is wrong asks for as long a pause as it means, by the date of its own response."""
    theirs = (NOW + skew).replace(microsecond=0)
    header, said_at = (format_datetime(at, usegmt=True) for at in (theirs + timedelta(seconds=asked_s), theirs))
    until = NOW + timedelta(seconds=asked_s) if asked_s > 0 else None
    assert retry_after(header, NOW, said_at=said_at) == until
