"""The configuration as values: what the runner, each workstream and each client may do.

All are frozen. Whatever is secret is a `Secret`, so the repr of any of these can be logged. What may change at any time
(URL, secrets, pace, caps, budget) is here; what stays with an item for its life is in the pipeline.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from attrs import Factory, field, frozen

from enrichcore.domain.ids import ClientId
from enrichcore.domain.pipeline import Pipeline
from enrichcore.registry.http_request import HttpRequest
from enrichcore.registry.mappings import unchanging
from enrichcore.registry.secret import Secret


class Ingest(StrEnum):
    """A named ingest profile: how an uploaded file is read."""

    APOLLO = "apollo"
    CRM = "crm"


@frozen(kw_only=True)
class RunnerSettings:
    """How the daemon runs on this host; no part of what is recorded as configuration."""

    host: str = "127.0.0.1"
    #: 0 to 65535; 0 takes any free port.
    port: int = 8000
    #: What the third party can reach, without a slash at its end.
    callback_base_url: str = "http://127.0.0.1:8000"
    #: How long the receiver must have been up before an answer is held to be missing.
    timeout_grace: timedelta = timedelta(minutes=15)
    #: How long one send may take before its outcome counts as unknown.
    lease: timedelta = timedelta(seconds=60)
    #: What happened to the URL that is told of it; `url` is told of whatever has none of its own.
    notify: Mapping[str, Secret] = field(default=Factory(dict), converter=unchanging)
    #: Asked of callers of `/api/v1`; None serves no API.
    api_token: Secret | None = None


@frozen(kw_only=True)
class LaneSettings:
    """Pace and caps of the way to one webhook."""

    #: POSTs a second over all runners, above 0.
    rate: float = 10.0
    #: POSTs that may leave at once after a quiet time, 1 or more.
    burst: int = 20
    #: Rows sent and not yet answered, 1 or more.
    max_in_flight: int = 1000
    #: POSTs that the webhook takes over its life, 1 or more; None counts no life.
    lifetime_limit: int | None = 50_000
    #: What a send is taken to cost where its answer does not tell, 0 or more.
    credits_per_send: Decimal = Decimal(1)
    #: What an answer that found nothing is taken to cost where it does not tell; None is `credits_per_send`.
    credits_when_empty: Decimal | None = None
    #: Lanes of one group share one pace, over all clients. Empty in a workstream's lanes: the client's own group.
    pace_group: str = ""


@frozen(kw_only=True)
class Workstream:
    """One way of enriching: how its files are read, and its steps."""

    slug: str
    #: What people see.
    label: str
    ingest: Ingest
    pipeline: Pipeline
    #: By workflow, for every step that sends; local steps have none.
    lanes: Mapping[str, LaneSettings] = field(default=Factory(dict), converter=unchanging)
    #: By workflow, for `http` steps.
    http: Mapping[str, HttpRequest] = field(default=Factory(dict), converter=unchanging)


@frozen(kw_only=True)
class Webhook:
    """Where a client's rows go, for one workstream and workflow."""

    #: For an `http` step its request's URL, a template.
    url: Secret
    #: Sent as `x-clay-webhook-auth`.
    auth: Secret | None = None
    #: The step's, with the client's own numbers in place.
    lane: LaneSettings = LaneSettings()
    #: For an `http` step: what is asked, with the client's own URL, headers and query in place.
    request: HttpRequest | None = None


@frozen(kw_only=True)
class Client:
    """A tenant, with all that is its own."""

    slug: str
    id: ClientId
    name: str
    #: Any of them is accepted; several while one is being rotated out.
    callback_secrets: tuple[Secret, ...] = ()
    #: Its customers, in the given order and without repetition: a domain, a name, or `name <domain>`.
    customers: tuple[str, ...] = ()
    #: The cap on credits spent and reserved; None is no cap.
    budget_credits: Decimal | None = None
    #: The cap counts this long back; None counts the client's whole life.
    budget_period: timedelta | None = None
    #: The pace group of its lanes where a step or webhook names none.
    pace_group: str
    #: By (workstream, workflow).
    webhooks: Mapping[tuple[str, str], Webhook] = field(default=Factory(dict), converter=unchanging)

    def budget_since(self, now: datetime) -> date | None:
        """The first day whose credits count against the budget; None where all do."""
        return None if self.budget_period is None else (now - self.budget_period).date()
