"""What a sender makes of an error in a response's place: pure, so that every case is a line of a test.

Not delivered means: surely before the first byte of the row left. Whatever else went wrong is a doubt, because a third
party that lost the connection may have read the row first.
"""

from typing import Final

import aiohttp
import httpx

from enrichcore.domain.step_run import Outcome

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
    return type(error.__cause__ or error).__name__
