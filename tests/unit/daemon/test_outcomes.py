"""What is made of an error in a response's place: not delivered only where surely no byte left."""

import socket
from types import SimpleNamespace

import aiohttp
import httpx
import pytest

from enrichcore.domain.step_run import Outcome
from runners.daemon.outcomes import name_of_error, outcome_of_error

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
