"""Asking a provider whose response is the answer: the request of an `http` step on the wire, and what comes back.

httpx's own transport carries these requests: aiohttp's sends a GET again by itself when a connection breaks, and each
request may cost credits. A request that cannot be written at all fails its own row before anything leaves.
"""

import asyncio
import re
from collections.abc import Awaitable, Iterator
from datetime import timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx
from attrs import frozen

from enrichcore.application import Send
from enrichcore.application.sending import Response
from enrichcore.domain.lane import outcome_of_status
from enrichcore.domain.step_run import SURELY_NOT, Outcome
from enrichcore.registry import RenderedRequest

#: As the receiver takes callbacks.
LARGEST_ANSWER: Final = 4 * 1024 * 1024
_CONNECT_S: Final = 10.0
#: Raised before anything of a request left.
_NEVER_LEFT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
#: Statuses by which some providers say that they found nothing.
_MAY_MEAN_NOTHING: Final = frozenset({400, 404, 422})
#: A part of a header or body that is at least this long may be a key.
_SHORTEST_KEY: Final = 12


class CannotBeWritten(Exception):
    """No HTTP request can be made of it, so nothing left."""


@frozen(kw_only=True)
class Told:
    """A response, read as far as an answer may go."""

    status: int
    headers: httpx.Headers
    body: bytes
    too_large: bool


def asking_client(limits: httpx.Limits) -> httpx.AsyncClient:
    """What carries the requests of `http` steps; it keeps no cookies, for one tenant's would go out with another's request."""
    nowhere = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    return httpx.AsyncClient(limits=limits, follow_redirects=False, cookies=nowhere)


async def ask(client: httpx.AsyncClient, send: Send, left: timedelta) -> Told:
    """Ask, and read the response.

    Args:
        client: `asking_client`'s.
        send: a claimed attempt with a request.
        left: how much of its lease is left; the request must have left before what the response may take.

    Raises:
        CannotBeWritten: Nothing left.
        Exception: Whatever went wrong on the way; `outcome_of_asking` tells what that means.
    """
    connect_s = max(min(_CONNECT_S, (left - send.response_within).total_seconds() / 2), 0.001)
    answer_s = send.response_within.total_seconds()
    request = _written(client, send, httpx.Timeout(answer_s, connect=connect_s, pool=connect_s))
    asking = client.send(request, stream=True)
    return await told_by(asking, LARGEST_ANSWER, 2 * connect_s + answer_s, is_answer=True)


async def told_by(asking: Awaitable[httpx.Response], most: int, within_s: float, *, is_answer: bool) -> Told:
    """What is told within so many seconds, with no more of its body than `most` bytes; its connection is let go.

    A status that says that the row was not taken needs no body.

    Args:
        asking: gives the response.
        most: bytes of the body that are read.
        within_s: for all of it.
        is_answer: whether the body is an answer, not only words for people, which nobody has to be able to unpack.

    Raises:
        Exception: Whatever went wrong where the status alone does not tell enough.
    """
    response: httpx.Response | None = None
    body = bytearray()
    try:
        # Each part of a response may take its time; all of it together may not.
        async with asyncio.timeout(within_s):
            response = await asking
            await _read(response, body, most)
    except Exception as error:
        if response is None:
            raise
        unpacked = is_answer or not isinstance(error, httpx.DecodingError)
        if unpacked and outcome_of_status(response.status_code) not in SURELY_NOT:
            raise
    return Told(
        status=response.status_code, headers=response.headers, body=bytes(body[:most]), too_large=len(body) > most
    )


async def _read(response: httpx.Response, body: bytearray, most: int) -> None:
    try:
        async for part in response.aiter_bytes():
            body += part
            if len(body) > most:
                break
    finally:
        await response.aclose()


def _written(client: httpx.AsyncClient, send: Send, timeout: httpx.Timeout) -> httpx.Request:
    asked = send.request
    assert asked is not None  # noqa: S101 - asked for `http` steps only
    headers = {"accept": "application/json", "idempotency-key": send.key}
    if asked.body is not None and asked.json:
        headers["content-type"] = "application/json"
    headers |= {name.lower(): value for name, value in asked.headers.items()}
    try:
        url = httpx.URL(asked.url)
        return client.build_request(
            asked.method,
            url.copy_merge_params(dict(asked.query)) if asked.query else url,
            # What is known of a person may hold any letter.
            headers=[(name.encode(), value.encode("utf-8", "replace")) for name, value in headers.items()],
            content=None if asked.body is None else asked.body.encode("utf-8", "replace"),
            timeout=timeout,
        )
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise CannotBeWritten(type(error).__name__) from error


def outcome_of_asking(error: BaseException) -> Outcome:
    """Whether a request that ended with this error surely did not leave, or nobody knows."""
    if isinstance(error, CannotBeWritten | httpx.LocalProtocolError):
        return Outcome.ROW_REFUSED
    return Outcome.NOT_DELIVERED if isinstance(error, _NEVER_LEFT) else Outcome.UNKNOWN


def outcome_of_told(told: Told, send: Send) -> Outcome:
    """What a status says of the request."""
    found_nothing = send.request is not None and told.status in send.request.not_found
    return Outcome.DELIVERED if found_nothing else outcome_of_status(told.status)


def answer_in(told: Told, send: Send, words: str) -> Response:
    """The answer that a response is.

    Args:
        told: the response, of a request that was delivered.
        send: what was asked.
        words: the beginning of what it says, without our secrets.
    """
    assert send.request is not None  # noqa: S101 - as above
    nothing = f"HTTP {told.status}: {words}".rstrip(": ") if told.status in send.request.not_found else ""
    return Response(body=told.body, nothing_found=nothing, too_large=told.too_large)


def hint_of(status: int) -> str:
    """What to do where a refusal may only mean that nothing was found."""
    if status not in _MAY_MEAN_NOTHING:
        return ""
    return f" (if that is how it says that nothing was found, give the step not_found = [{status}])"


def secrets_in(request: RenderedRequest) -> Iterator[str]:
    """Whatever in a request may be a key, or tells of a person."""
    yield request.url
    for value in (*request.headers.values(), *request.query.values()):
        yield value
        yield from (word for word in value.split() if len(word) >= _SHORTEST_KEY)
    yield from (part for part in re.split(r"[^\w.+/=@-]+", request.body or "") if len(part) >= _SHORTEST_KEY)
