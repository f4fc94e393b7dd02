"""A stand-in third party as a process of its own: takes each row at once, and calls back after a while.

It serves any system under test: where to call back comes with each row (`callback_url`), what to authorise with from the
options. Callbacks leave by a bounded number of connections; those that meet a 5xx or no connection are tried again.
It keeps count of everything, and is quick enough to be no limit: raw ASGI under uvicorn, and aiohttp.

    python benchmarks/third_party.py [--delay-s 0.2] [--connections 64] [--authorization "Bearer ..."] [--twice]
        [--unknown 0.1] [--late 0.1 --late-s 5] [--hold]

`GET /stats` tells the counts as JSON, `POST /reset` sets them to zero, `POST /release` lets go what `--hold` holds, and
`POST /nothing` is taken and forgotten, as by the quickest receiver there can be; a POST to any other path is a row.
"""

import argparse
import asyncio
import math
import socket
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import aiohttp
import msgspec
import uvicorn
import uvloop
from attrs import define, field, frozen

TRIES = 8
RETRY_S = 0.25
GIVEN_BACK = ("person_id", "company_id", "client_id")

_TITLES = ("Chief Operating Officer", "Buyer", "Head of Procurement", "Plant Manager", "Category Lead", "Trainee")
_TOWNS = ("Traumaue", "Mockridge", "Vandersloot", "Quillby", "Osterholt", "Harrowgate")
#: A person as Clay tells one, the same for every row; with the ids and the address a body has about 2 KB.
_PROFILE = msgspec.Raw(
    msgspec.json.encode(
        {
            "name": "Ottoline Fennimarsh",
            "first_name": "Ottoline",
            "last_name": "Fennimarsh",
            "title": _TITLES[0],
            "headline": "Getting parts to where they are needed",
            "summary": None,
            "url": "https://www.linkedin.com/in/ottoline-fennimarsh-bench",
            "location_name": "Traumaue, Westmark",
            "country": "Germany",
            "experience": [
                {
                    "title": title,
                    "company": f"{town} Works",
                    "company_domain": f"{town.lower()}-works.example",
                    "url": f"https://www.linkedin.com/company/{town.lower()}-works-{number * 7919}",
                    "org_id": 700_001 + number * 1291,
                    "locality": town,
                    "start_date": f"{2026 - 2 * number}-0{number + 1}-01",
                    "end_date": None if number == 0 else f"{2028 - 2 * number}-0{number}-28",
                    "is_current": number == 0,
                    "summary": None,
                }
                for number, (title, town) in enumerate(zip(_TITLES, _TOWNS, strict=True))
            ],
        }
    )
)


@frozen(kw_only=True)
class Callback:
    """One callback on its way."""

    url: str
    body: bytes
    #: Seconds on the performance counter; uvloop's clock tells milliseconds only.
    due: float
    tried: int = 0


@define(kw_only=True)
class Counts:
    """What came in and went out since the last reset."""

    rows: int = 0
    unknown: int = 0
    retries: int = 0
    gave_up: int = 0
    body_bytes: int = 0
    #: Seconds since the epoch; 0 before the first.
    first_row_at: float = 0.0
    first_callback_at: float = 0.0
    last_callback_at: float = 0.0
    #: How often each (path, item) was posted.
    posts: Counter[tuple[str, str]] = field(factory=Counter)
    #: Status code and word of each answer to a callback.
    replies: Counter[str] = field(factory=Counter)
    #: Milliseconds from the callback's request to its answer, and from when it was due.
    ack_ms: list[float] = field(factory=list)
    since_due_ms: list[float] = field(factory=list)

    def told(self) -> dict[str, Any]:
        """The counts as JSON objects."""
        return {
            "rows": self.rows,
            "double_posts": sum(count - 1 for count in self.posts.values()),
            "unknown": self.unknown,
            "replies": self.replies,
            "retries": self.retries,
            "gave_up": self.gave_up,
            "body_bytes": self.body_bytes,
            "first_row_at": self.first_row_at,
            "first_callback_at": self.first_callback_at,
            "last_callback_at": self.last_callback_at,
            "ack_ms": percentiles(self.ack_ms),
            "since_due_ms": percentiles(self.since_due_ms),
        }


def percentiles(values: list[float]) -> dict[str, float]:
    """Median, 99th percentile and maximum; nothing of no values."""
    if not values:
        return {}
    ordered = sorted(values)
    return {
        "p50": ordered[len(ordered) // 2],
        "p99": ordered[min(len(ordered) - 1, math.ceil(0.99 * len(ordered)) - 1)],
        "max": ordered[-1],
    }


class ThirdParty:
    """Takes rows, and calls back while it is entered."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self._asked = asked
        self._counts = Counts()
        self._due: asyncio.Queue[Callback] = asyncio.Queue()
        self._held: list[Callback] = []
        self._pending = 0

    async def work(self) -> None:
        """Bring callbacks, as many at once as there are connections."""
        connector = aiohttp.TCPConnector(limit=self._asked.connections)
        headers = {"content-type": "application/json", "authorization": self._asked.authorization}
        async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
            await asyncio.gather(*(self._bring_all(session) for _ in range(self._asked.connections)))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        body = await _body(receive)
        match scope["method"], scope["path"]:
            case "GET", "/stats":
                waiting = {"pending": self._pending, "held": len(self._held)}
                await _reply(send, 200, {**self._counts.told(), **waiting})
            case "POST", "/reset":
                self._counts = Counts()
                await _reply(send, 200, {})
            case "POST", "/release":
                await _reply(send, 200, {"released": self._release()})
            case "POST", "/nothing":
                await _reply(send, 200, {"status": "accepted"})
            case "POST", path:
                self._take(path, body)
                await _reply(send, 200, {"status": "accepted"})
            case _:
                await _reply(send, 405, {})

    def _take(self, path: str, body: bytes) -> None:
        row, counts = msgspec.json.decode(body), self._counts
        counts.rows += 1
        counts.first_row_at = counts.first_row_at or time.time()
        counts.posts[path, row["item_id"]] += 1
        late = self._asked.late_s if is_among(counts.rows, self._asked.late) else 0.0
        self._call_back(row, row["item_id"], self._asked.delay_s + late)
        if counts.unknown < int(counts.rows * self._asked.unknown / (1 - self._asked.unknown) + 1e-9):
            counts.unknown += 1
            self._call_back(row, str(uuid4()), self._asked.delay_s)

    def _call_back(self, row: dict[str, Any], item_id: str, after_s: float) -> None:
        due = time.perf_counter() + after_s
        callback = Callback(url=row["callback_url"], body=answer_to(row, item_id), due=due)
        for _ in range(2 if self._asked.twice else 1):
            self._counts.body_bytes += len(callback.body)
            if self._asked.hold:
                self._held.append(callback)
            else:
                self._bring_after(callback, after_s)

    def _bring_after(self, callback: Callback, after_s: float) -> None:
        self._pending += 1
        asyncio.get_running_loop().call_later(after_s, self._due.put_nowait, callback)

    def _release(self) -> int:
        released, self._held = self._held, []
        now = time.perf_counter()
        for callback in released:
            self._pending += 1
            self._due.put_nowait(Callback(url=callback.url, body=callback.body, due=now))
        return len(released)

    async def _bring_all(self, session: aiohttp.ClientSession) -> None:
        while True:
            callback = await self._due.get()
            await self._bring(session, callback)
            self._pending -= 1

    async def _bring(self, session: aiohttp.ClientSession, callback: Callback) -> None:
        counts = self._counts
        counts.first_callback_at = counts.first_callback_at or time.time()
        began = time.perf_counter()
        try:
            async with session.post(callback.url, data=callback.body) as response:
                status, told = response.status, await response.read()
        except (aiohttp.ClientError, OSError):
            status, told = 0, b""
        if status == 0 or status >= 500:
            self._try_again(callback)
            return
        now = time.perf_counter()
        counts.ack_ms.append((now - began) * 1000)
        counts.since_due_ms.append((now - callback.due) * 1000)
        counts.replies[f"{status} {word_of(told)}"] += 1
        counts.last_callback_at = time.time()

    def _try_again(self, callback: Callback) -> None:
        if callback.tried + 1 == TRIES:
            self._counts.gave_up += 1
            return
        self._counts.retries += 1
        again = Callback(url=callback.url, body=callback.body, due=callback.due, tried=callback.tried + 1)
        self._bring_after(again, RETRY_S * 2**callback.tried)


def answer_to(row: Mapping[str, Any], item_id: str) -> bytes:
    """The body of the callback for a row."""
    answer = {
        "item_id": item_id,
        **{name: row[name] for name in GIVEN_BACK if name in row},
        "work_email": f"{item_id[:13]}@answers.example",
        "result": _PROFILE,
    }
    return msgspec.json.encode(answer)


def is_among(number: int, share: float) -> bool:
    """Whether the one with this number belongs to a share of all, spread evenly."""
    return int(number * share) != int((number - 1) * share)


def word_of(reply: bytes) -> str:
    """The `status` that an answer names, where it is JSON and names one."""
    try:
        return str(msgspec.json.decode(reply)["status"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return ""


async def _body(receive: Any) -> bytes:
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _reply(send: Any, status: int, body: dict[str, Any]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": msgspec.json.encode(body)})


async def serve(asked: argparse.Namespace) -> None:
    """Listen, say where, and work until told to stop."""
    party = ThirdParty(asked)
    listening = socket.create_server(("127.0.0.1", asked.port), backlog=4096)
    config = uvicorn.Config(party, log_level="warning", lifespan="off", access_log=False, http="httptools")
    print(f"the third party is at http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    working = asyncio.create_task(party.work())
    await uvicorn.Server(config).serve(sockets=[listening])
    working.cancel()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=0, help="any free one by default")
    parser.add_argument("--delay-s", type=float, default=0.2, help="from a row to its callback")
    parser.add_argument("--connections", type=int, default=64, help="most callbacks on their way at once")
    parser.add_argument("--authorization", default="", help="the header that callbacks carry")
    parser.add_argument("--twice", action="store_true", help="send each callback twice")
    parser.add_argument("--unknown", type=float, default=0.0, help="share of the callbacks that name nobody's item")
    parser.add_argument("--late", type=float, default=0.0, help="share of the rows whose callback comes late")
    parser.add_argument("--late-s", type=float, default=5.0, help="how much later those come")
    parser.add_argument("--hold", action="store_true", help="keep callbacks until told to release them")
    return parser.parse_args()


if __name__ == "__main__":
    uvloop.run(serve(_arguments()))
