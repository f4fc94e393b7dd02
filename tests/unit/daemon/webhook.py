"""Webhooks on real sockets, that answer or fail as a test says, and rows to POST to them."""

import asyncio
import socket
import struct
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from attrs import define, evolve, field

from enrichcore.application.sending import Send
from enrichcore.registry.secret import Secret
from runners.daemon.posting import Poster
from runners.daemon.sender import Sender, kept_open

PATIENCE_S = 10


class Claiming:
    """An application that hears of the end of all its claims."""

    def hand_back(self) -> int:
        """There is nothing to hand back."""
        return 0


@define
class Webhook:
    """A server that reads each row to its end and then does what it is told."""

    #: What is written before the connection is closed.
    says: bytes = b""
    #: Whether the connection is reset instead of being closed.
    resets: bool = False
    #: What is written again and again after that, until the caller leaves.
    goes_on: bytes = b""
    port: int = 0
    rows: list = field(factory=list)
    heads: list = field(factory=list)
    serving: set = field(factory=set)

    async def serve(self, reader, writer):
        """Take one row."""
        self.serving.add(asyncio.current_task())
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        (length,) = (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        self.rows.append(await reader.readexactly(int(length.split(b":")[1])))
        if self.resets:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.write(self.says)
        while self.goes_on and not writer.is_closing():
            writer.write(self.goes_on)
            await asyncio.sleep(0.01)
        writer.close()

    def url(self, path="/hook") -> Secret:
        """Its address."""
        return Secret(f"http://127.0.0.1:{self.port}{path}")


@asynccontextmanager
async def listening(**does):
    """A webhook that listens."""
    webhook = Webhook(**does)
    server = await asyncio.start_server(webhook.serve, "127.0.0.1", 0)
    webhook.port = server.sockets[0].getsockname()[1]
    try:
        yield webhook
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.wait_for(asyncio.gather(*webhook.serving, return_exceptions=True), PATIENCE_S)


def response(status: str, body: bytes = b"", **headers: str) -> bytes:
    """A whole response, as it goes over the wire."""
    named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{named}connection: close\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


def a_send(url: Secret, **more) -> Send:
    """A claimed row."""
    return Send(
        **{
            "run_id": UUID(int=1),
            "workstream": "w",
            "workflow": "f",
            "attempt": 1,
            "key": "k",
            "url": url,
            "auth": None,
            "payload": {"item_id": "1"},
            "reserved": Decimal(1),
            "lane_id": UUID(int=2),
            "lease_until": datetime.now(UTC) + timedelta(minutes=1),
            **more,
        }
    )


class Reports:
    """Stands where the writer does, and keeps what it is given."""

    #: How much is not durable yet.
    waiting = 0

    def __init__(self):
        self.outcomes = []

    async def report(self, report):
        """Keep an outcome."""
        self.outcomes.append(report.outcome)


def posted(*, path="/hook", send=None, clock=None, **does):
    """What a sender makes of one POST to a webhook that does this, and how many rows the webhook read."""

    async def post():
        reports = Reports()
        sender = Sender(None, reports, **({"clock": clock} if clock else {}))
        async with listening(**does) as webhook, Poster(kept_open(4)) as client:
            row = a_send(webhook.url(path)) if send is None else evolve(send, url=webhook.url(path))
            await asyncio.wait_for(sender._send(client, row), PATIENCE_S)
        (outcome,) = reports.outcomes
        return outcome, len(webhook.rows)

    return asyncio.run(post())
