"""What POSTs cost: reserved while their answer is waited for, spent once the wait ends, corrected by what is learned later.

A run remembers every POST that may have been delivered. Each counts once: as reserved, or as spent on one day. Amounts in
events are changes, so sums over events give the same as these books.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any

from attrs import evolve, frozen

from enrichcore.domain import events as e
from enrichcore.domain.events import NOTHING
from enrichcore.domain.ids import BatchId

# --- state -------------------------------------------------------------------------------------------------------


class Heard(IntEnum):
    """The most certain word on a POST."""

    NOTHING = 0
    DELIVERED = 1
    ANSWERED = 2


@frozen(kw_only=True)
class Post:
    """One POST that was delivered, or may have been."""

    #: Its number, over all the run's life.
    attempt: int
    #: Credits that it reserved.
    price: Decimal
    heard: Heard = Heard.NOTHING
    #: Credits that it counts as; None while they are reserved.
    cost: Decimal | None = None
    #: The day (UTC) on which it was counted.
    counted_on: date | None = None
    #: The batch and workflow that a company's POST is charged to, which its run may have left since.
    charged_to: tuple[BatchId, str] | None = None


Posts = tuple[Post, ...]


def reserved(posts: Iterable[Post]) -> Decimal:
    """What the POSTs that are waited for hold."""
    held = [post.price for post in posts if post.cost is None]
    return sum(held, NOTHING) if held else NOTHING


def find(posts: Iterable[Post], attempt: int | None) -> Post | None:
    """The POST of that number; None where there is none, or where it was surely not delivered."""
    return next((post for post in posts if post.attempt == attempt), None)


def unheard_of(posts: Iterable[Post], attempt: int | None) -> Post | None:
    """The POST of that number, if nobody knows what became of it: only the first certain word counts."""
    post = find(posts, attempt)
    return post if post is not None and post.heard is Heard.NOTHING else None


def waited_for(posts: Iterable[Post]) -> bool:
    """Whether the answer to any of the POSTs is waited for."""
    return any(post.cost is None for post in posts)


# --- fold --------------------------------------------------------------------------------------------------------


def without(posts: Posts, attempt: int | None) -> Posts:
    """The POSTs, without one that was surely not delivered."""
    gone = unheard_of(posts, attempt)
    return tuple(post for post in posts if post is not gone)


def delivered(posts: Posts, attempt: int) -> Posts:
    """The POSTs, of which one was surely delivered."""
    known = unheard_of(posts, attempt)
    return tuple(evolve(post, heard=Heard.DELIVERED) if post is known else post for post in posts)


def charged(posts: Posts, batch_id: BatchId, workflow: str) -> Posts:
    """The POSTs, of which the last is charged to a batch and workflow."""
    return (*posts[:-1], evolve(posts[-1], charged_to=(batch_id, workflow)))


def ended(posts: Posts, given_up: Decimal, at: datetime) -> Posts:
    """The POSTs after an event that ends their wait.

    Args:
        posts: as they stood.
        given_up: the event's change of what is reserved; nothing in logs from before such events told it.
        at: when it was recorded.
    """
    if given_up != -reserved(posts):
        return posts
    return tuple(post if post.cost is not None else _counted(post, post.price, at) for post in posts)


def restored(posts: Posts, event: e.StepRestored) -> Posts:
    """The POSTs, of which one is waited for again."""
    return tuple(evolve(post, cost=None, counted_on=None) if post.attempt == event.attempt else post for post in posts)


def refused(posts: Posts, event: e.StepFailed, at: datetime) -> Posts:
    """The POSTs after one of them was refused for good, which ends the wait for the others."""
    own, left = unheard_of(posts, event.attempt), without(posts, event.attempt)
    return ended(left, event.reserved + (NOTHING if own is None else own.price), at)


def answered(posts: Posts, event: e.AnswerEvent, at: datetime) -> Posts:
    """The POSTs after an answer, which ends the wait for all of them."""
    own = answered_post(posts, event)
    others = sum((post.price for post in posts if post.cost is None and post is not own), NOTHING)
    # In logs from before, other POSTs counted as nothing.
    kept = event.spent == own_cost(own, event.credits) + others
    found: list[Post] = []
    for post in posts:
        if post is own:
            found.append(evolve(_told(post, event.credits, at), heard=Heard.ANSWERED))
        elif post.cost is not None:
            found.append(post)
        elif kept:
            found.append(_counted(post, post.price, at))
    return tuple(found)


def _told(post: Post, told: Decimal | None, at: datetime) -> Post:
    if post.cost is None:
        return _counted(post, post.price if told is None else told, at)
    return evolve(post, cost=post.cost + correction(post, told))


def _counted(post: Post, cost: Decimal, at: datetime) -> Post:
    return evolve(post, cost=cost, counted_on=at.astimezone(UTC).date())


# --- decisions ---------------------------------------------------------------------------------------------------


def answered_post(posts: Posts, answer: e.AnswerEvent) -> Post | None:
    """The POST that an answer is of, the latest that lacks one where its token does not tell; a reused one is of none."""
    if answer.source is e.Source.REUSE:
        return None
    if answer.attempt is not None:
        return find(posts, answer.attempt)
    waited_for = [post for post in posts if post.cost is None]
    lacking = [post for post in posts if post.heard is not Heard.ANSWERED]
    return next((some[-1] for some in (waited_for, lacking, posts) if some), None)


def own_cost(own: Post | None, told: Decimal | None) -> Decimal:
    """What an answer spends for the POST that it is of, on its own day."""
    if own is None:
        return NOTHING if told is None else told
    if own.cost is not None:
        return NOTHING
    return own.price if told is None else told


def correction(own: Post, told: Decimal | None) -> Decimal:
    """What an answer changes of a POST that is counted: by its own word the first time, then only what it costs more."""
    if told is None or own.cost is None:
        return NOTHING
    return max(told - own.cost, NOTHING) if own.heard is Heard.ANSWERED else told - own.cost


def priced(posts: Posts, answer: e.AnswerEvent) -> e.AnswerEvent:
    """The answer, with what it changes: of its own POST, and of the others, for which nobody waits any more."""
    own = answered_post(posts, answer)
    corrected = NOTHING if own is None else correction(own, answer.credits)
    others = sum((post.price for post in posts if post.cost is None and post is not own), NOTHING)
    return evolve(
        answer,
        reserved=-reserved(posts),
        spent=own_cost(own, answer.credits) + others,
        **correcting(own, corrected),
    )


def correcting(post: Post | None, change: Decimal) -> dict[str, Any]:
    """The fields of an event that changes what a POST was counted as: by how much, on which day, and for whom."""
    if post is None or not change:
        return {}
    batch_id, workflow = post.charged_to or (None, "")
    return {
        "corrected": change,
        "corrected_on": post.counted_on,
        "corrected_batch": batch_id,
        "corrected_workflow": workflow,
    }


# --- sums --------------------------------------------------------------------------------------------------------

#: Events that change what is reserved or spent.
MONEY = (
    e.StepSending,
    e.StepSkipped,
    e.SendRefused,
    e.StepFailed,
    e.SendNoted,
    e.AnswerEvent,
    e.AnswerTimedOut,
    e.StepCancelled,
    e.StepRestored,
)
#: Of these, those that may change what was spent on an earlier day.
CORRECTS = (e.SendNoted, e.AnswerEvent, e.StepRestored)
_SPENDS = (e.StepSkipped, e.StepFailed, e.AnswerEvent, e.AnswerTimedOut, e.StepCancelled)


@frozen(kw_only=True)
class Changes:
    """How one event changes the books."""

    reserved: Decimal = NOTHING
    #: On the day of the event.
    spent: Decimal = NOTHING
    #: On the day that the event names.
    corrected: Decimal = NOTHING
    corrected_on: date | None = None


_UNCHANGED = Changes()


def changes(event: e.Event) -> Changes:
    """How an event changes what is reserved and spent."""
    if not isinstance(event, MONEY):
        return _UNCHANGED
    spent = event.spent if isinstance(event, _SPENDS) else NOTHING
    if isinstance(event, CORRECTS):
        return Changes(reserved=event.reserved, spent=spent, corrected=event.corrected, corrected_on=event.corrected_on)
    return Changes(reserved=event.reserved, spent=spent)
