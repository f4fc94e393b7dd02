"""The little of HTTP that the sandbox needs, straight on ASGI.

A request is read to its end before anything is decided, so that whoever sent too much sees the answer rather than a
reset connection; what exceeds the limit is counted and thrown away.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from attrs import Factory, frozen

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

#: The ASGI extension by which our server lets the application cut the connection.
CUT = "enrichcore.cut"


@frozen(kw_only=True)
class Request:
    """One HTTP request, read whole."""

    method: str
    path: str
    #: Lower-cased names; of a repeated header the last value.
    headers: Mapping[str, str]
    query: Mapping[str, str]
    #: At most as many bytes as were allowed.
    body: bytes
    #: Whether there were more.
    too_large: bool


@frozen(kw_only=True)
class Response:
    """What is answered: JSON, short enough to read in a Clay cell."""

    status: int
    content: Any
    headers: Mapping[str, str] = Factory(dict)
    #: Sent as it is, in place of the content.
    raw: bytes | None = None


class Disconnected(Exception):
    """The other side went away before its request was whole."""


async def read_request(scope: Scope, receive: Receive, *, limit_bytes: int) -> Request:
    """The request with its body, of which at most `limit_bytes` are kept.

    Raises:
        Disconnected: the sender went away in the middle.
    """
    body = bytearray()
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        body += chunk[: max(0, limit_bytes - len(body))]
        more = message.get("more_body", False)
    return Request(
        method=scope["method"],
        path=scope["path"],
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        body=bytes(body),
        too_large=size > limit_bytes,
    )


async def send_response(send: Send, response: Response) -> None:
    """Write the response out."""
    body = json.dumps(response.content).encode() if response.raw is None else response.raw
    headers = {"content-type": "application/json", "content-length": str(len(body)), **response.headers}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def cut_connection(scope: Scope, receive: Receive) -> None:
    """Close the connection without a word; returns when it is closed.

    Raises:
        ConnectionResetError: the server offers no way to cut a connection; it then answers 500 by itself.
    """
    cut = scope.get("extensions", {}).get(CUT)
    if cut is None:
        raise ConnectionResetError("dropped on request")
    cut()
    while (await receive())["type"] != "http.disconnect":
        pass
