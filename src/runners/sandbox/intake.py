"""What happens to a POST to a webhook: refused, dropped or taken, and what its callback is to be.

Clay answers at once and works later; so a row is judged, written to the ledger and handed to the courier, and only
then answered.
"""

import hmac
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from math import ceil
from typing import Any

from attrs import define, evolve, field, frozen

from .answers import Answerer
from .courier import Callback, Courier
from .fate import Fate, draw_fate, identity
from .ledger import Ledger, Post
from .pace import Bucket
from .settings import Faults, SandboxSettings
from .wire import Request, Response

OK = Response(status=200, content={"status": "ok"})
#: What a 5xx fault answers, as the fate's choice falls; only the first surely did not take the row.
SERVER_ERRORS = (503, 500, 502, 504)


@frozen(kw_only=True)
class Verdict:
    """What becomes of one row."""

    #: None drops the connection.
    response: Response | None
    #: Whether the row is in the table.
    taken: bool
    fate: Fate
    #: Seconds before it is answered.
    slow_by: float = 0.0
    #: To be brought before it is answered; None for none.
    early: Callback | None = None


def refusal(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Response:
    """A response that says why not."""
    return Response(status=status, content={"status": "error", "reason": reason}, headers=headers or {})


def retry_after(wait_s: float, *, as_date: bool) -> dict[str, str]:
    """The header that names a wait, rounded up to whole seconds, in either of its two forms."""
    if not as_date:
        return {"retry-after": str(ceil(wait_s))}
    until = datetime.now(UTC) + timedelta(seconds=ceil(wait_s) + 1)
    return {"retry-after": format_datetime(until.replace(microsecond=0), usegmt=True)}


@define(eq=False)
class Intake:
    """The webhooks of one sandbox; any name is one."""

    settings: SandboxSettings
    ledger: Ledger
    courier: Courier
    answerer: Answerer
    #: Monotonic seconds.
    clock: Callable[[], float] = time.monotonic
    faults: Faults = field(init=False)
    _buckets: dict[str, Bucket] = field(init=False, factory=dict)
    _rows: set[tuple[str, str]] = field(init=False, factory=set)
    _places: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        self.faults = self.settings.faults

    def judge(self, hook: str, request: Request) -> Verdict | Response:
        """Take a POST, and schedule its callback; a response where it holds no row at all."""
        self.ledger.arrived(hook, self.clock())
        payload = self._row_in(request)
        if isinstance(payload, Response):
            self.ledger.refused(payload.status)
            return payload
        item_id, workflow = _named(payload, "item_id"), _named(payload, "workflow") or hook
        nth = self.ledger.posts_of(workflow, item_id)
        fate = draw_fate(self.faults, seed=self.settings.seed, row=f"{hook}/{identity(payload)}", nth=nth)
        verdict = self._verdict(hook, payload, request.body, fate)
        self.ledger.posted(
            Post(
                hook=hook,
                item_id=item_id,
                workflow=workflow,
                idempotency_key=request.headers.get("idempotency-key", ""),
                at=time.time(),
                status=0 if verdict.response is None else verdict.response.status,
                taken=verdict.taken,
                faults=tuple(sorted(fate.faults)),
                body=request.body,
            )
        )
        return verdict

    def _row_in(self, request: Request) -> dict[str, Any] | Response:
        """The row that a request holds, or why it is refused."""
        given = request.headers.get("x-clay-webhook-auth", "")
        wanted = self.settings.webhook_auth
        if wanted is not None and not hmac.compare_digest(given.encode("latin-1"), wanted.encode()):
            return refusal(401, "x-clay-webhook-auth is missing or wrong")
        if request.too_large:
            return refusal(413, f"a payload has at most {self.settings.max_body_bytes} bytes")
        try:
            payload = json.loads(request.body)
        except (ValueError, RecursionError):
            return refusal(400, "not JSON")
        return payload if isinstance(payload, dict) else refusal(400, "not one JSON object")

    def _verdict(self, hook: str, payload: Mapping[str, Any], body: bytes, fate: Fate) -> Verdict:
        refused = self._refused(hook, fate)
        if refused is not None:
            return Verdict(response=refused, taken=False, fate=fate)
        error = server_error(fate)
        taken = error is None or (error != SERVER_ERRORS[0] and falls_odd(fate))
        copies = self._take(hook, payload, body, fate) if taken else []
        early = copies.pop() if copies and "early" in fate else None
        self._send_off(copies, fate)
        response = OK if error is None else refusal(error, "upstream error")
        return Verdict(
            response=None if "drop" in fate else response,
            taken=taken,
            fate=fate,
            slow_by=self.faults.slow_by if "slow" in fate else 0.0,
            early=early,
        )

    def _refused(self, hook: str, fate: Fate) -> Response | None:
        """Why a row is not taken at all: the webhook's pace, or a fault."""
        wait_s = self._wait(hook)
        if wait_s == 0 and "status_429" in fate:
            wait_s = max(self.faults.retry_after, 0.001)
        if wait_s:
            return refusal(429, "too many requests", retry_after(wait_s, as_date=falls_odd(fate)))
        return refusal(402, "out of credits") if "status_402" in fate else None

    def _wait(self, hook: str) -> float:
        if self.settings.rate is None:
            return 0.0
        bucket = self._buckets.setdefault(hook, Bucket(self.settings.rate, self.settings.burst))
        return bucket.take(self.clock())

    def _take(self, hook: str, payload: Mapping[str, Any], body: bytes, fate: Fate) -> list[Callback]:
        """Put the row in the table; returns its callbacks, none where none is to come."""
        row = (hook, identity(payload))
        known = row in self._rows
        self._rows.add(row)
        self._places += 1
        url = payload.get("callback_url")
        if not isinstance(url, str) or "lost" in fate or (known and self.settings.dedupe):
            return []
        secret = self.settings.client_secrets.get(_named(payload, "client_id"), self.settings.callback_secret)
        callback = Callback(
            place=self._places,
            url=url,
            item_id=_named(payload, "item_id"),
            headers=callback_headers(secret, self.settings.secret_header),
            make_body=partial(self._body, body, hook, fate),
            straggles="reordered" in fate,
        )
        return [callback, evolve(callback)] if "doubled" in fate else [callback]

    def _send_off(self, copies: list[Callback], fate: Fate) -> None:
        delay_s = self.settings.delay + fate.jitter * self.settings.jitter
        late_s = self.faults.late_by if "late" in fate else 0.0
        reorder_within_s = self.faults.reorder_within
        for callback in copies:
            if self.settings.hold:
                self.courier.hold(callback, late_s=late_s, reorder_within_s=reorder_within_s)
            else:
                self.courier.bring(callback, after_s=delay_s + late_s, reorder_within_s=reorder_within_s)

    def _body(self, body: bytes, hook: str, fate: Fate) -> bytes:
        answer = self.answerer.answer(json.loads(body), hook, fate)
        self.ledger.answered(answer.credits_told)
        return answer.body


def callback_headers(secret: str | None, header: str) -> dict[str, str]:
    """The headers that Clay's user typed into the column."""
    given = {} if secret is None else {header: f"Bearer {secret}" if header == "authorization" else secret}
    return {"content-type": "application/json", **given}


def _named(payload: Mapping[str, Any], name: str) -> str:
    """An id or slug of the row as text; empty where it has none."""
    value = payload.get(name)
    return "" if value is None else str(value)


def server_error(fate: Fate) -> int | None:
    """The status of a 5xx fault; None where there is none."""
    return SERVER_ERRORS[int(fate.choice * len(SERVER_ERRORS))] if "status_5xx" in fate else None


def falls_odd(fate: Fate) -> bool:
    """Heads or tails, apart from what else the choice decides."""
    return int(fate.choice * 1000) % 2 == 1
