"""Distinct types for the ids, and how derived ids are made.

A derived id is a UUIDv5 of what it names, so creating the same thing twice gives the same id: importing a row or
launching a batch again after a crash finds what is there instead of making a second one.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NewType
from uuid import UUID, uuid5

ClientId = NewType("ClientId", UUID)
UploadId = NewType("UploadId", UUID)
BatchId = NewType("BatchId", UUID)
PersonId = NewType("PersonId", UUID)
CompanyId = NewType("CompanyId", UUID)
ItemId = NewType("ItemId", UUID)
CompanyRunId = NewType("CompanyRunId", UUID)
LaneId = NewType("LaneId", UUID)

#: An item or a company run: whatever has step runs and is sent to a webhook under its own id.
RunId = ItemId | CompanyRunId

NAMESPACE = UUID("6f1c1b1e-2c3f-5a77-9a5e-0d6a4b1f7c21")
#: The stream of configurations.
CONFIGURATION = uuid5(NAMESPACE, "configuration")


def item_id(batch_id: BatchId, person_id: PersonId) -> ItemId:
    """The item of one distinct person in one batch."""
    return ItemId(uuid5(batch_id, person_id.hex))


def directory_id(client_id: ClientId) -> UUID:
    """The stream of a client's directory."""
    return uuid5(client_id, "directory")


def company_run_id(client_id: ClientId, company_id: CompanyId, result: str) -> CompanyRunId:
    """The company run that brings one kind of result for one company; its generations are counted inside it."""
    return CompanyRunId(uuid5(client_id, f"{company_id.hex}/{result}"))


@lru_cache(maxsize=4096)
def lane_id(client_id: ClientId, workstream: str, workflow: str) -> LaneId:
    """The lane to one webhook of one client."""
    return LaneId(uuid5(client_id, f"{workstream}/{workflow}"))


@lru_cache(maxsize=4096)
def local_lane_id(client_id: ClientId, workstream: str, workflow: str) -> LaneId:
    """Where rows wait whose step calls a function; its workflow may have been a webhook's, or become one, with a lane of its own."""
    return LaneId(uuid5(client_id, f"{workstream}/{workflow}/local"))


def idempotency_key(run_id: RunId, workflow: str, generation: int, attempt: int) -> str:
    """The stable key of one attempt; also the opaque token in its callback URL, 32 hexadecimal digits."""
    return uuid5(run_id, f"{workflow}/{generation}/{attempt}").hex


def attempt_of(token: str, run_id: RunId, workflows: Iterable[str], *, generations: int, attempts: int) -> int | None:
    """Which of a run's attempts has that key, whatever it was called then; None where it is none's, or no token at all."""
    if not token:
        return None
    for workflow in workflows:
        for attempt in range(attempts, 0, -1):
            for generation in range(generations, 0, -1):
                if idempotency_key(run_id, workflow, generation, attempt) == token:
                    return attempt
    return None
