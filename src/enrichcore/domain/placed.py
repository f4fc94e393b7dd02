"""Where an answer stands with a step run: early or late, in force or kept, and what it leaves in the folded state."""

from datetime import datetime
from typing import Any, Final

from enrichcore.domain import events as e
from enrichcore.domain import posts
from enrichcore.domain.answers import Rank
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_state import Kept, StepRun

_ENDS_WITHOUT_ANSWER: Final = frozenset({State.TIMED_OUT, State.SKIPPED, State.CANCELLED})


def timing(run: StepRun, now: datetime) -> e.Timing:
    """When an answer came, seen from the wait that was registered for it."""
    unanswered = run.state in _ENDS_WITHOUT_ANSWER or (run.state is State.FAILED and run.rank is None)
    if unanswered or (run.deadline is not None and run.deadline < now):
        return e.Timing.LATE
    # A second answer is no later for there having been a first.
    return e.Timing.EARLY if run.deadline is None else e.Timing.IN_TIME


def outranked(run: StepRun, rank: Rank) -> bool:
    """Whether the answer in force is worth more, so that one of this rank is only kept."""
    kept_in = run.state in {State.COMPLETED, State.FAILED}
    return kept_in and run.rank is not None and rank < run.rank


def unanswered(run: StepRun, rank: Rank) -> bool:
    """Whether this generation still lacks an answer, or has only errors, so that one of this rank would settle it."""
    if run.state is State.FAILED:
        return rank is not Rank.ERROR and not outranked(run, rank)
    return run.state is not State.COMPLETED


def changes(run: StepRun, event: e.AnswerEvent, at: datetime, version: int) -> dict[str, Any]:
    """What an answer changes of a folded run, besides its state."""
    credited = {
        "seen": run.seen if event.content_hash in run.seen else (*run.seen, event.content_hash),
        "posts": posts.answered(run.posts, event, at),
    }
    if isinstance(event, e.AnswerKept):
        return credited | (_kept(run, event, at, version) if run.state is State.CANCELLED else {})
    ended = {**credited, "wake_at": None, "reason": event.error}
    if run.rank is not None and event.rank < run.rank:
        return ended
    return {**ended, "rank": event.rank, "answered_at": at, "answer_version": version, "facts": event.facts}


def _kept(run: StepRun, event: e.AnswerKept, at: datetime, version: int) -> dict[str, Any]:
    """Its row is not out any more, and what it found is for others."""
    answered: dict[str, Any] = {"deadline": None}
    if not event.serves or (run.kept is not None and event.rank < run.kept.rank):
        return answered
    kept = Kept(rank=event.rank, answered_at=at, version=version, content_hash=event.content_hash, facts=event.facts)
    return {**answered, "kept": kept}
