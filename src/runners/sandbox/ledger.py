"""What the sandbox saw and did, counted for whoever develops or tests against it.

Counts cover the whole life of the process; the POSTs and the callbacks themselves are kept up to a limit, the newest.
"""

import json
from collections import Counter, deque
from typing import Any

from attrs import Factory, asdict, define, field, frozen


@frozen(kw_only=True)
class Post:
    """One POST to a webhook, as it arrived and as it was answered."""

    #: The webhook's name.
    hook: str
    #: Empty where the payload names none.
    item_id: str
    workflow: str
    #: The header as it came; empty where there was none.
    idempotency_key: str
    #: Unix time in seconds.
    at: float
    #: The status answered; 0 where the connection was dropped.
    status: int
    #: Whether the row is in the table: an answer to it costs credits.
    taken: bool
    faults: tuple[str, ...]
    body: bytes

    def shown(self) -> dict[str, Any]:
        """As `GET /sandbox/posts` shows it."""
        names = ("hook", "item_id", "workflow", "idempotency_key", "at", "status", "taken", "faults")
        return {**{name: getattr(self, name) for name in names}, "payload": json.loads(self.body)}


@frozen(kw_only=True)
class Delivery:
    """One try of a callback."""

    #: Empty where the payload names none.
    item_id: str
    url: str
    #: Unix time in seconds, when it was answered or failed.
    at: float
    #: From its sending to its answer.
    seconds: float
    #: The status it was answered with, or why there was none.
    outcome: str
    acknowledged: bool
    #: Of the body, in hexadecimal: what was sent can be compared with what was kept.
    body_sha256: str

    def shown(self) -> dict[str, Any]:
        """As `GET /sandbox/callbacks` shows it."""
        return asdict(self)


@define
class BusiestSecond:
    """The most arrivals within any one second, the window sliding over them."""

    most: int = 0
    _recent: deque[float] = Factory(deque)

    def add(self, now: float) -> None:
        """Count an arrival at `now`, in seconds of a clock that never goes back."""
        self._recent.append(now)
        while now - self._recent[0] >= 1.0:
            self._recent.popleft()
        self.most = max(self.most, len(self._recent))


@define
class Ledger:
    """All counts of one sandbox."""

    keep_posts: int
    _posts: deque[Post] = field(init=False)
    _deliveries: deque[Delivery] = field(init=False)
    _keys: set[str] = Factory(set)
    _per_item: Counter[str] = Factory(Counter)
    _per_row: Counter[tuple[str, str]] = Factory(Counter)
    _taken: Counter[tuple[str, str]] = Factory(Counter)
    _per_workflow: Counter[str] = Factory(Counter)
    _statuses: Counter[str] = Factory(Counter)
    _busiest: dict[str, BusiestSecond] = Factory(dict)
    _callbacks: Counter[str] = Factory(Counter)
    _callback_statuses: Counter[str] = Factory(Counter)
    _credits: float = 0.0

    def __attrs_post_init__(self) -> None:
        self._posts = deque(maxlen=self.keep_posts)
        self._deliveries = deque(maxlen=self.keep_posts)

    def arrived(self, hook: str, now: float) -> None:
        """Count a POST that reached a webhook, whatever becomes of it; `now` is monotonic."""
        self._busiest.setdefault(hook, BusiestSecond()).add(now)

    def refused(self, status: int) -> None:
        """Count a POST that never was a row: wrong secret, too large, not JSON."""
        self._statuses[str(status)] += 1

    def posted(self, post: Post) -> None:
        """Count a POST that held a row."""
        self._posts.append(post)
        self._statuses[str(post.status or "dropped")] += 1
        self._per_item[post.item_id] += 1
        self._per_workflow[post.workflow] += 1
        self._per_row[post.workflow, post.item_id] += 1
        self._taken[post.workflow, post.item_id] += post.taken
        if post.idempotency_key:
            self._keys.add(post.idempotency_key)

    def posts_of(self, workflow: str, item_id: str) -> int:
        """How many POSTs named this item and workflow so far."""
        return self._per_row[workflow, item_id]

    def answered(self, credits_told: float) -> None:
        """Count an answer that was made, and the credits that it tells."""
        self._callbacks["made"] += 1
        self._credits += credits_told

    def called_back(self, delivery: Delivery) -> None:
        """Count one try of a callback."""
        self._deliveries.append(delivery)
        self._callbacks["sent"] += 1
        self._callbacks["acknowledged"] += delivery.acknowledged
        self._callback_statuses[delivery.outcome] += 1

    def gave_up(self) -> None:
        """Count a callback whose tries are used up, or that could not be sent at all."""
        self._callbacks["given_up"] += 1

    def posts(self, item_id: str | None, limit: int) -> list[dict[str, Any]]:
        """The newest kept POSTs in order of arrival, of one item or of all."""
        wanted = [post for post in self._posts if item_id is None or post.item_id == item_id]
        return [post.shown() for post in wanted[max(0, len(wanted) - limit) :]]

    def deliveries(self, item_id: str | None, limit: int) -> list[dict[str, Any]]:
        """The newest kept tries of callbacks in order of their answers, of one item or of all."""
        wanted = [delivery for delivery in self._deliveries if item_id in (None, delivery.item_id)]
        return [delivery.shown() for delivery in wanted[max(0, len(wanted) - limit) :]]

    def stats(self, *, items: bool) -> dict[str, Any]:
        """Every count, as `GET /sandbox/stats` shows it; `items` adds the posts per item."""
        per_item = {"posts_by_item": dict(self._per_item)} if items else {}
        return {
            "posts_total": sum(self._statuses.values()),
            "posts_by_status": dict(self._statuses),
            "posts_by_workflow": dict(self._per_workflow),
            **per_item,
            "items": len(self._per_item),
            "idempotency_keys": len(self._keys),
            "rows_taken": self._taken.total(),
            "double_posts": sum(count - 1 for count in self._taken.values() if count > 1),
            "highest_posts_in_a_second": {hook: busiest.most for hook, busiest in self._busiest.items()},
            "answers_made": self._callbacks["made"],
            "credits_told": round(self._credits, 6),
            "callbacks_sent": self._callbacks["sent"],
            "callbacks_acknowledged": self._callbacks["acknowledged"],
            "callbacks_given_up": self._callbacks["given_up"],
            "callbacks_by_status": dict(self._callback_statuses),
        }
