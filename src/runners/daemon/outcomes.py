"""What a sender makes of a response, or of an error in its place: pure, so that every case is a line of a test.

Not delivered means: surely before the first byte of the row left. Whatever else went wrong is a doubt, because a third
party that lost the connection may have read the row first.

Words of others enter through `words_of` only, which takes our secrets out of them.
"""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import quote, unquote, urlsplit

import aiohttp
import httpx

from enrichcore.application import Send
from enrichcore.domain.step_run import Outcome
from enrichcore.registry.secret import MASK
from runners.daemon.asking import secrets_in

#: Raised before there is a connection. httpx-aiohttp tells all of aiohttp's connection errors, also those of a connection
#: that had carried the row, as `httpx.ConnectTimeout`; only aiohttp's own error, its cause, tells them apart.
_NO_CONNECTION: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


def outcome_of_error(error: BaseException) -> Outcome:
    """Whether a POST that ended with this error surely did not leave, or nobody knows."""
    never_left = isinstance(error, _NO_CONNECTION) or isinstance(error.__cause__, _NO_CONNECTION)
    return Outcome.NOT_DELIVERED if never_left else Outcome.UNKNOWN


def name_of_error(error: BaseException) -> str:
    """The class of what went wrong, as whoever raised it first calls it; its text may hold the webhook's URL."""
    # What lasted too long was cancelled for it, which is nobody's reason.
    return type(error if isinstance(error, TimeoutError) else error.__cause__ or error).__name__


#: Characters of a response that are kept as a reason, and that are looked at for them.
_KEPT: Final = 200
_LOOKED_AT: Final = 8192
#: Shorter texts are no secrets: replacing them would only garble what is said.
_SHORTEST: Final = 4
#: A part of a path or query that is at least this long may be the secret of the webhook by itself.
_SHORTEST_PART: Final = 12
#: Longest pause that a third party may ask for.
_LONGEST_PAUSE: Final = timedelta(days=1)
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")


def retry_after(header: str, now: datetime, *, said_at: str = "") -> datetime | None:
    """When a `Retry-After` header allows the next try, within a day: it holds seconds or an HTTP date (RFC 9110, 10.2.3).

    None where it asks for no pause: who says "too many" and "at once" is asked again at the usual pace.

    Args:
        header: its value.
        now: our time.
        said_at: the response's `Date`: a date is one of the third party's own clock, which may be another than ours.
    """
    text = header.strip()
    if text.isascii() and text.isdigit():
        seconds = int(text.lstrip("0")[:6] or 0)
        return now + min(timedelta(seconds=seconds), _LONGEST_PAUSE) if seconds else None
    until = _moment(text)
    if until is None:
        return None
    pause = until - (_moment(said_at) or now)
    return now + min(pause, _LONGEST_PAUSE) if pause > timedelta(0) else None


def _moment(header: str) -> datetime | None:
    """An HTTP date; None where it is none."""
    try:
        named = parsedate_to_datetime(header)
        return (named if named.tzinfo is not None else named.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def words_of(said: str, send: Send) -> str:
    """The beginning of what a third party said, fit for an event: without the webhook's address and secret.

    Many servers name the path that they were asked for, and a webhook's path is its password.
    """
    storable = _UNSTORABLE.sub("", said)
    forms = sorted({form for secret in _secrets(send) for form in _forms(secret)}, key=len, reverse=True)
    if not forms:
        return storable[:_KEPT]
    known = re.compile("|".join(re.escape(form) for form in forms), re.IGNORECASE)
    masked = known.sub(MASK, storable[:_LOOKED_AT])
    # What is longer than was looked at may have been cut within a secret.
    return (masked if len(storable) <= _LOOKED_AT else masked[: -len(forms[0])])[:_KEPT]


def _secrets(send: Send) -> Iterator[str]:
    if send.request is not None:
        yield from secrets_in(send.request)
    url = send.url.reveal() if send.request is None else send.request.url
    parts = urlsplit(url)
    yield url
    yield f"{parts.path}?{parts.query}"
    yield parts.path
    yield parts.query
    yield from (part for part in re.split("[/?&=;:@]", url) if len(part) >= _SHORTEST_PART and part != parts.hostname)
    if send.auth is not None:
        yield send.auth.reveal()


def _forms(secret: str) -> Iterator[str]:
    """How a secret may be written: as it is, percent-encoded or decoded, and each of these within HTML or JSON."""
    for form in (secret, unquote(secret), quote(secret), quote(secret, safe=""), quote(unquote(secret), safe="")):
        if len(form) >= _SHORTEST:
            yield from (form, html.escape(form), form.replace("/", "\\/"))
