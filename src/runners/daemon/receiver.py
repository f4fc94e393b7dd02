"""The receiver: a bare ASGI callable that takes callbacks and answers each once it is durable.

The secret names the client first; the item is then looked up within it. Whatever comes with the right secret is kept, in
the item's events or in the unmatched log. 5xx is said only when nothing was stored, so the sender may try again.
"""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from time import monotonic
from typing import Any, Final
from urllib.parse import parse_qs, unquote

import msgspec

from enrichcore.application import AckStatus, Incoming
from enrichcore.domain.amounts import counted
from enrichcore.domain.ids import ClientId
from enrichcore.registry import Registry
from enrichcore.store import Conflict, StoreUnavailable
from runners.daemon.looks import Looks
from runners.daemon.unpacking import codings, unpacked
from runners.daemon.writer import GroupWriter

log = logging.getLogger("enrichcore.receiver")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
SendMessage = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: Largest body that is taken as an answer; larger ones are told 413 and kept in the unmatched log, up to the second limit.
LARGEST_BODY: Final = 4 * 1024 * 1024
LARGEST_KEPT: Final = 16 * 1024 * 1024

_HTTP: Final = {
    AckStatus.ACCEPTED: 200,
    AckStatus.DUPLICATE: 200,
    AckStatus.LATE: 200,
    AckStatus.KEPT: 200,
    AckStatus.NOT_JSON: 400,
    AckStatus.UNKNOWN: 404,
    AckStatus.NO_ID: 422,
    AckStatus.TOO_LARGE: 413,
    AckStatus.SET_ASIDE: 200,
}
_TAKEN: Final = 200
#: How often callbacks without the right secret are told of.
_TELL_EVERY_S: Final = 30.0
#: When a sender may try again who came to a process that does not know the secret yet.
_AGAIN_S: Final = 5
#: Characters of a path that are logged.
_SHOWN: Final = 100


class Turned:
    """Callbacks whose secret is missing or wrong, counted here: none of them makes a commit of its own.

    Args:
        clock: seconds that only go up.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._told_at: float | None = None
        self._untold = 0
        self._uncounted = 0

    def note(self, workstream: str, workflow: str) -> None:
        """One came; it is told of, once in a while."""
        self._untold += 1
        self._uncounted += 1
        now = self._clock()
        if self._told_at is None or now - self._told_at >= _TELL_EVERY_S:
            where = "/".join(part for part in (workstream, workflow) if part)[:_SHOWN]
            log.warning(
                "%s refused with 401, the last for %r: the secret is missing or wrong, and the answer is not kept;"
                " its table is to send the client's callback_secret",
                counted(self._untold, "callback"), where,
            )  # fmt: skip
            self._told_at, self._untold = now, 0

    def take(self) -> int:
        """How many came since this was asked last."""
        taken, self._uncounted = self._uncounted, 0
        return taken

    def put_back(self, number: int) -> None:
        """So many could not be counted durably."""
        self._uncounted += number


class Receiver:
    """Takes callbacks for all clients of a registry.

    Args:
        registry: the clients and their secrets.
        writer: what makes an answer durable.
        interrupted: told whenever an answer met a database that is away.
        turned: told of callbacks without the right secret.
        behind: why this process goes by an earlier configuration than the one in force; empty where it does not.
        look: takes over what is in force, if it is another; called before a secret that is not known is refused.
    """

    def __init__(
        self,
        registry: Registry,
        writer: GroupWriter,
        interrupted: Callable[[], None] = lambda: None,
        turned: Turned | None = None,
        behind: Callable[[], str] = str,
        look: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._looks = None if look is None else Looks(look)
        self._writer = writer
        self._turned = turned or Turned()
        self._interrupted = interrupted
        self._behind = behind
        self.take_over(registry)

    def take_over(self, registry: Registry) -> None:
        """Take callbacks for the clients of another configuration, by their secrets there."""
        self._secrets = [
            (secret.reveal().encode(), client.id)
            for client in registry.clients.values()
            for secret in client.callback_secrets
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: SendMessage) -> None:
        """Answer one request."""
        target = route(scope["path"])
        if target is None:
            return await reply(send, 404, {"status": "rejected", "reason": "no such address"})
        if scope["method"] != "POST":
            return await reply(send, 405, {"status": "rejected", "reason": "answers are POSTed"})
        client_id = self._client_of(scope)
        known = client_id is not None or await self._knows_all_secrets(scope)
        if client_id is None:
            client_id = self._client_of(scope)
        if client_id is None and not known:
            # It may be right by the configuration in force: another process takes it, or this one does later.
            reason = "this process goes by an earlier configuration, which has no such secret: please try again"
            return await reply(send, 503, {"status": "rejected", "reason": reason}, again_s=_AGAIN_S)
        if client_id is None:
            self._turned.note(*target)
            reason = "the secret is missing or wrong: send it as `Authorization: Bearer ...` or `x-enrichcore-secret`"
            return await reply(send, 401, {"status": "rejected", "reason": reason})
        body = await read_body(receive)
        if body is None:
            return None
        if packed := codings(scope["headers"]):
            body = await asyncio.to_thread(unpacked, body, packed, LARGEST_KEPT + 1)
        workstream, workflow = target
        incoming = Incoming(
            client_id=client_id,
            workstream=workstream,
            workflow=workflow,
            body=body[:LARGEST_KEPT],
            token=_token(scope),
            too_large=len(body) > LARGEST_BODY,
        )
        return await self._record(incoming, send)

    async def _knows_all_secrets(self, scope: Scope) -> bool:
        """Whether what is known now is the configuration in force, so that a secret which it has not is wrong.

        Every look is shared by all who wait for it, so that any number of wrong secrets costs two small questions a second.
        """
        if self._behind():
            return False
        if self._looks is None or not any(_secrets_given(scope)):
            return True
        return await self._looks.after_now() and not self._behind()

    async def _record(self, incoming: Incoming, send: SendMessage) -> None:
        try:
            ack = await self._writer.answer(incoming)
        except (StoreUnavailable, Conflict) as error:
            if isinstance(error, StoreUnavailable):
                self._interrupted()
            return await reply(send, 503, {"status": "rejected", "reason": "nothing was stored: please try again"})
        except Exception:  # noqa: BLE001 - the sender must learn that nothing was stored, whatever the fault was
            return await reply(send, 500, {"status": "rejected", "reason": "nothing was stored"})
        status = _HTTP[ack.status]
        if ack.status is AckStatus.SET_ASIDE:
            # To its sender it is an answer that is stored and not in force, as others are.
            why = "it could not be applied yet and is kept to be tried again"
            return await reply(send, status, {"status": str(AckStatus.KEPT), "item_id": ack.item_id, "reason": why})
        if status == _TAKEN:
            return await reply(send, status, {"status": str(ack.status), "item_id": ack.item_id})
        return await reply(send, status, {"status": "rejected", "reason": ack.reason, "item_id": ack.item_id or None})

    def _client_of(self, scope: Scope) -> ClientId | None:
        found = None
        for given in _secrets_given(scope):
            for secret, client_id in self._secrets:
                # Every secret is compared, so that the time taken tells nothing.
                if given and hmac.compare_digest(secret, given):
                    found = client_id
        return found


def route(path: str) -> tuple[str, str] | None:
    """The (workstream, workflow) of a callback path; the workstream is empty where the item tells it."""
    parts = path.strip("/").split("/")
    match parts:
        case ["callbacks", workstream, workflow] if workstream and workflow:
            return unquote(workstream), unquote(workflow)
        case [name] if name.startswith("receive_") and name != "receive_":
            return "", unquote(name.removeprefix("receive_"))
    return None


async def read_body(receive: Receive) -> bytes | None:
    """The request's body, up to one byte more than is ever kept; None where the client left before its end."""
    parts: list[bytes] = []
    size = 0
    more = True
    while more and size <= LARGEST_KEPT:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        more = message.get("more_body", False)
    return b"".join(parts)


async def reply(send: SendMessage, status: int, body: dict[str, Any], *, again_s: int | None = None) -> None:
    """Answer with a short JSON object; with when to try again, where that is known."""
    headers = [(b"content-type", b"application/json")]
    if again_s is not None:
        headers.append((b"retry-after", str(again_s).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": msgspec.json.encode(body)})


def _secrets_given(scope: Scope) -> tuple[bytes, bytes]:
    """What may be the secret; a proxy on the way may need a bearer token of its own."""
    headers = dict(scope["headers"])
    bearer: bytes = headers.get(b"authorization", b"")
    own: bytes = headers.get(b"x-enrichcore-secret", b"")
    return bearer[7:].strip() if bearer[:7].lower() == b"bearer " else b"", own.strip()


def _token(scope: Scope) -> str:
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    return next(iter(query.get("token", ())), "")[:64]
