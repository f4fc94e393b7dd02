"""POSTs of rows, by httpx's transport itself.

What a client of httpx does beside it, cookies, redirects and authentication, no webhook wants: a cookie that came with one
tenant's row would go out with another's. By a profile all that is a third of a POST's processor time.
"""

from functools import lru_cache
from types import TracebackType
from typing import Final, Self
from urllib.request import getproxies

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from runners.daemon.asking import Told, told_by

#: More of a response is not read: it is words for people, and its connection is worth less than its end.
LARGEST_RESPONSE: Final = 256 * 1024

_parsed = lru_cache(maxsize=1024)(httpx.URL)


class Poster:
    """Carries rows to webhooks, as an async context manager; through the proxies that the environment names, if any.

    Args:
        limits: how many connections, and how long each is kept.
    """

    def __init__(self, limits: httpx.Limits) -> None:
        self._limits = limits
        self._verify = httpx.create_ssl_context()
        self._transport = AiohttpTransport(verify=self._verify, client=self._session)

    def _session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self._limits.max_connections or 0, keepalive_timeout=self._limits.keepalive_expiry, ssl=self._verify
        )
        # Looking for proxies takes a while for each request.
        return aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=bool(getproxies())
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.aclose()

    async def post(self, url: str, content: bytes, headers: dict[str, str], patience: httpx.Timeout) -> Told:
        """POST, and read the response as far as it is worth.

        Args:
            url: where to.
            content: the row.
            headers: beside those of HTTP itself.
            patience: for a connection, and for each part of the response; as long as the two together for all of it.

        Raises:
            Exception: Whatever went wrong on the way; `outcome_of_error` tells what that means.
        """
        request = httpx.Request(
            "POST", _parsed(url), content=content, headers=headers, extensions={"timeout": patience.as_dict()}
        )
        within_s = (patience.pool or 0) + (patience.connect or 0) + (patience.read or 0)
        asking = self._transport.handle_async_request(request)
        return await told_by(asking, LARGEST_RESPONSE, within_s, is_answer=False)
