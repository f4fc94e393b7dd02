"""What happens to items, each one person's way through a pipeline, and the start of company runs."""

from collections.abc import Mapping
from typing import Any

from attrs import Factory, field, frozen

from enrichcore.domain.events.base import Event, as_texts
from enrichcore.domain.ids import BatchId, CompanyId, ItemId, PersonId
from enrichcore.domain.pipeline import Step


@frozen(kw_only=True)
class ItemCreated(Event):
    """One person starts the way through a pipeline."""

    workstream: str
    #: Fingerprint of the pipeline that the batch's launch pinned.
    pipeline: str
    #: The pipeline's workflows, in order.
    workflows: tuple[str, ...] = field(converter=as_texts)
    person_id: PersonId
    company_id: CompanyId | None = None
    #: What its upload told, under the names of `final_leads`, and what other imports and answers told of who it is and whether to write.
    facts: Mapping[str, Any] = Factory(dict)


@frozen(kw_only=True)
class ItemCompleted(Event):
    """Every step has ended; `gaps` are the workflows that gave nothing because they failed or timed out."""

    gaps: tuple[str, ...] = field(default=(), converter=as_texts)


@frozen(kw_only=True)
class ItemFailed(Event):
    """A step with `on_failure = "stop"` failed."""

    workflow: str
    reason: str


@frozen(kw_only=True)
class ItemCancelled(Event):
    """A person stopped the item."""

    by: str
    why: str


@frozen(kw_only=True)
class ItemResumed(Event):
    """An ended item goes on: a good late answer came, or a step is to run again."""

    why: str


@frozen(kw_only=True)
class CompanyRunStarted(Event):
    """A company is asked about, for the first time, anew, or on another lane, with its starter's lane and settings."""

    company_id: CompanyId
    result: str
    workstream: str
    step: Step
    facts: Mapping[str, Any]
    #: The item that asked, and its batch, which is charged.
    started_by: ItemId
    batch_id: BatchId
    #: Why a row that was to leave on another lane is to leave on this one.
    why: str = ""
