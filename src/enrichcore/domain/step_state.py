"""The folded state of one step run, which `step_run` folds and decides about."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from attrs import Factory, frozen

from enrichcore.domain import events as e
from enrichcore.domain import posts
from enrichcore.domain.answers import Rank
from enrichcore.domain.ids import CompanyRunId, ItemId
from enrichcore.domain.life_cycle import ENDS, GAPS, OPEN, UNDER_WAY, UNSENT, State
from enrichcore.domain.posts import Posts


@frozen(kw_only=True)
class Kept:
    """An answer that came after a cancellation: in force nowhere, and good for other items of the same person."""

    rank: Rank
    answered_at: datetime
    #: Version in the stream of the event that has it.
    version: int
    content_hash: str
    facts: Mapping[str, Any] = Factory(dict)


@frozen(kw_only=True)
class StepRun:
    """The folded state of one step run; small, so that a hundred thousand can wait."""

    workflow: str
    state: State = State.START
    #: Counts the requests to run the step again, from 1.
    generation: int = 1
    #: Number of the latest POST, over all generations; 0 before the first.
    attempt: int = 0
    #: Number of the latest POST of an earlier generation.
    attempts_before: int = 0
    #: POSTs of this generation that may have been delivered.
    tries: int = 0
    #: POSTs that persons allowed in this generation beyond the step's `attempts`.
    granted: int = 0
    #: When the run may move by itself: due time, end of lease, or deadline, as the state says.
    wake_at: datetime | None = None
    #: When an answer is no longer waited for; None before the first send.
    deadline: datetime | None = None
    company_run_id: CompanyRunId | None = None
    #: The item of the same person whose row is out, and whose answer this step waits for.
    behind: ItemId | None = None
    #: Items of the same person that wait for the answer to this row.
    promised_to: tuple[ItemId, ...] = ()
    #: Why the answer to the row that is out, which came, could not be applied; empty where none was set aside.
    set_aside: str = ""
    #: When it was asked for again although there was an answer: only what came since then will do.
    asked_anew_at: datetime | None = None
    #: Why it stands where it stands, in words for people.
    reason: str = ""
    #: Rank of the answer in force.
    rank: Rank | None = None
    answered_at: datetime | None = None
    #: Version in the stream of the event that brought the answer in force.
    answer_version: int | None = None
    #: Content hashes of all answers seen, over all generations.
    seen: tuple[str, ...] = ()
    #: The best answer that came after a cancellation.
    kept: Kept | None = None
    #: Facts from the answer in force or the local function.
    facts: Mapping[str, Any] = Factory(dict)
    #: Credits that were spent, corrections included.
    spent: Decimal = e.NOTHING
    #: POSTs that were delivered or may have been, oldest first, each with what it counts as.
    posts: Posts = ()

    @property
    def reserved(self) -> Decimal:
        """Credits that are held for POSTs whose answer is waited for."""
        return posts.reserved(self.posts)

    @property
    def ended(self) -> bool:
        """Whether the run is at an end."""
        return self.state in ENDS

    @property
    def open(self) -> bool:
        """Whether the run has begun and has not ended."""
        return self.state in OPEN

    @property
    def out(self) -> bool:
        """Whether the run's row is out, as far as anybody knows, or is said to be until its deadline after a cancellation."""
        return self.state in UNDER_WAY or (self.state is State.CANCELLED and self.deadline is not None)

    @property
    def unsent(self) -> bool:
        """Whether the run's row is to leave, for the first time or once more, and is not out."""
        return self.state in UNSENT

    @property
    def is_gap(self) -> bool:
        """Whether the run ended without anything to show, though it was wanted."""
        return self.state in GAPS
