"""The pipeline that an item runs: its steps in order, as they were when its batch was launched.

A pipeline is pinned by the batch's launch event, so a changed configuration never touches items in flight. What may
change at any time (webhook URL, secrets, pace, caps, budget) belongs to the lane and is read when a row is sent.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from attrs import field, frozen


class Kind(StrEnum):
    """How a step gets its answer."""

    LOCAL = "local"
    WEBHOOK = "webhook"
    HTTP = "http"


class Entity(StrEnum):
    """Whom a step concerns."""

    COMPANY = "company"
    PERSON = "person"


class OnDoubt(StrEnum):
    """What to do when a POST may or may not have been delivered."""

    WAIT = "wait"
    RESEND = "resend"


class OnFailure(StrEnum):
    """Whether an item goes on after a step failed or timed out."""

    CONTINUE = "continue"
    STOP = "stop"


#: Of a field that is missing, the fact that says that nobody is to look for it: who wants no mail is not looked up for an address.
NOT_TO_BE_FOUND: Final = {"person_email": "person_do_not_email"}


class Presence(StrEnum):
    """The two things a condition may ask of a field."""

    MISSING = "missing"
    KNOWN = "known"


@frozen(kw_only=True)
class Condition:
    """Whether a step is wanted, asked of one known field: `person_email is missing`."""

    #: A field of `final_leads`, such as `person_email`.
    field: str
    presence: Presence

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether the step is wanted, given what is known."""
        is_known = facts.get(self.field) is not None
        if self.presence is Presence.KNOWN:
            return is_known
        return not is_known and not facts.get(NOT_TO_BE_FOUND.get(self.field, ""))

    def __str__(self) -> str:
        return f"{self.field} is {self.presence}"


@frozen(kw_only=True)
class Step:
    """One position in a pipeline, with the settings that stay with an item for its life."""

    #: What is done; unique within a workstream.
    workflow: str
    kind: Kind
    entity: Entity
    #: What kind of answer it brings; steps with the same result share answers. Empty for local steps.
    result: str = ""
    #: `package.module:function` of a local step; empty otherwise.
    function: str = ""
    #: How long an answer is waited for after a POST.
    answer_within: timedelta = timedelta(hours=6)
    #: POSTs in one generation without a person's decision, 1 or more.
    attempts: int = 1
    on_doubt: OnDoubt = OnDoubt.WAIT
    on_failure: OnFailure = OnFailure.CONTINUE
    #: How old an answer may be to serve a new item; zero never reuses.
    reuse_within: timedelta = timedelta(days=30)
    when: Condition | None = None


def _steps(values: Iterable[Step]) -> tuple[Step, ...]:
    return tuple(values)


@frozen(kw_only=True)
class Pipeline:
    """The steps of one workstream, in order."""

    workstream: str
    steps: tuple[Step, ...] = field(converter=_steps)

    @property
    def local(self) -> frozenset[str]:
        """Workflows of the steps that call a function here, and send nothing."""
        return frozenset(step.workflow for step in self.steps if step.kind is Kind.LOCAL)

    def step(self, workflow: str) -> Step | None:
        """The step of that workflow, or None where the pipeline has none."""
        # Asked some five times for every event of an item.
        for step in self.steps:
            if step.workflow == workflow:
                return step
        return None
