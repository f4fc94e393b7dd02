"""Every key of the configuration, in one table: what the parser reads by, and what the reference is made from.

A key's default here is the default of the value class it fills, so there is one place for each. A key is for the kinds
of steps that it names; given for another kind it is a fault, not silently without effect.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Any

from attrs import evolve, fields_dict

from enrichcore.domain.pipeline import Entity, Kind, OnDoubt, OnFailure, Step
from enrichcore.fields import Rules, SomebodyElse
from enrichcore.registry.addresses import (
    BASE_URL,
    BODY,
    HEADERS,
    LISTENS,
    NOT_FOUND,
    NOTIFY,
    QUERY,
    SECRET_URL,
    URL_TEMPLATE,
    Listen,
)
from enrichcore.registry.customers import CUSTOMERS
from enrichcore.registry.readers import (
    CONDITIONS,
    FUNCTIONS,
    NESTED,
    SECRET,
    SECRETS,
    SLUGS,
    TABLES,
    UUIDS,
    decimal,
    duration,
    one_of,
    pace,
    text,
    whole,
)
from enrichcore.registry.setting import Setting
from enrichcore.registry.settings import Ingest, LaneSettings, RunnerSettings

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
#: The kinds of steps that send something.
SENDING = frozenset({Kind.WEBHOOK, Kind.HTTP})


class Method(StrEnum):
    """HTTP methods of an `http` step."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"


def _of(owner: type, key: str) -> Any:
    return fields_dict(owner)[key].default


RUNNER = (
    Setting(
        key="listen",
        reader=LISTENS,
        default=Listen(host=_of(RunnerSettings, "host"), port=_of(RunnerSettings, "port")),
        meaning="Where the daemon serves callbacks, pages and the API. Port 0 takes any free port.",
    ),
    Setting(
        key="callback_base_url",
        reader=BASE_URL,
        default_note="the address in `listen`",
        meaning="What Clay can reach; callback URLs are made from it.",
    ),
    Setting(
        key="timeout_grace",
        reader=duration(timedelta(), DAY),
        default=_of(RunnerSettings, "timeout_grace"),
        meaning="How long the receiver must have been up before a missing answer counts as timed out; "
        "never longer than the step's `answer_within`.",
    ),
    Setting(
        key="lease",
        reader=duration(SECOND, HOUR),
        default=_of(RunnerSettings, "lease"),
        meaning="How long one send may take, of an `http` step beside its `answer_within`; after it the outcome is unknown "
        "and the step is in doubt.",
    ),
    Setting(
        key="notify",
        reader=NOTIFY,
        default_note="none",
        meaning="Where people are told of what happened: one URL for everything, or a table of them, see below.",
    ),
    Setting(
        key="api_token",
        reader=SECRET,
        default_note="none: the API is closed, and the pages are for a browser on this machine",
        meaning="The token that callers of `/api/v1` must give, and who signs in at the pages.",
    ),
)

WORKSTREAM = (
    Setting(key="label", reader=text(), default_note="the workstream's name", meaning="What people see."),
    Setting(
        key="ingest", reader=one_of(Ingest), required=True, meaning="The ingest profile: how an uploaded file is read."
    ),
    Setting(key="steps", reader=TABLES, required=True, meaning="The pipeline: one table a step, in order."),
)

#: Pace and caps: given in a step, and again in a client's webhook where they are to differ.
LANE = (
    Setting(
        key="rate",
        reader=pace(1000),
        default=_of(LaneSettings, "rate"),
        kinds=SENDING,
        meaning="POSTs a second, for the lane, over all runners.",
    ),
    Setting(
        key="burst",
        reader=whole(1, 10_000),
        default=_of(LaneSettings, "burst"),
        kinds=SENDING,
        meaning="POSTs that may leave at once after a quiet time.",
    ),
    Setting(
        key="max_in_flight",
        reader=whole(1, 1_000_000),
        default=_of(LaneSettings, "max_in_flight"),
        default_of_kind={Kind.HTTP: 32},
        kinds=SENDING,
        meaning="Rows that may wait for their answers at a time; of an `http` step, requests that are under way.",
    ),
    Setting(
        key="lifetime_limit",
        reader=whole(1, 1_000_000_000),
        default=_of(LaneSettings, "lifetime_limit"),
        default_of_kind={Kind.HTTP: None},
        kinds=SENDING,
        meaning="POSTs that the webhook takes over its life, counted by its URL; the lane stops there. "
        "Clay takes 50,000.",
    ),
    Setting(
        key="credits_per_send",
        reader=decimal(0, 1_000_000),
        default=_of(LaneSettings, "credits_per_send"),
        kinds=SENDING,
        meaning="Credits reserved for a send, and taken as spent where the answer does not tell, or never comes. "
        "It is not 0 by default, so that a budget caps something from the first send on.",
    ),
    Setting(
        key="credits_when_empty",
        reader=decimal(0, 1_000_000),
        default_note="`credits_per_send`",
        kinds=SENDING,
        meaning="Credits taken as spent by an answer that found nothing and does not tell; 0 where only finds are charged.",
    ),
    Setting(
        key="pace_group",
        reader=SLUGS,
        default_note="the client's",
        kinds=SENDING,
        meaning="Lanes with the same pace group share one pace, over all clients: that of the fastest. A slower one keeps to its own too.",
    ),
)

STEP = (
    Setting(key="workflow", reader=SLUGS, required=True, meaning="What is done; unique in the workstream."),
    Setting(
        key="kind",
        reader=one_of(Kind),
        required=True,
        meaning="How the answer is got: by a Python function, by a POST and a later callback, or in the response.",
    ),
    Setting(key="entity", reader=one_of(Entity), required=True, meaning="Whom the step concerns."),
    Setting(
        key="when",
        reader=CONDITIONS,
        default_note="always",
        meaning="The step is skipped unless this holds of what is known when its turn comes.",
    ),
    Setting(
        key="on_failure",
        reader=one_of(OnFailure),
        default=_of(Step, "on_failure"),
        meaning="Whether the item goes on after the step failed or timed out.",
    ),
    Setting(
        key="function",
        reader=FUNCTIONS,
        required=True,
        kinds=frozenset({Kind.LOCAL}),
        meaning="The function of a local step: known fields in, a mapping of fields out. Its module is one that is installed, or a file"
        " beside the configuration.",
    ),
    Setting(
        key="result",
        reader=SLUGS,
        default_note="see below",
        kinds=SENDING,
        meaning="What kind of answer the step brings; steps with the same result share answers.",
    ),
    Setting(
        key="answer_within",
        reader=duration(SECOND, 365 * DAY),
        default=_of(Step, "answer_within"),
        default_of_kind={Kind.HTTP: timedelta(minutes=1)},
        kinds=SENDING,
        meaning="How long an answer is waited for after a POST; of an `http` step, how long its response may take, "
        "at most 10 minutes.",
    ),
    Setting(
        key="attempts",
        reader=whole(1, 100),
        default=_of(Step, "attempts"),
        kinds=SENDING,
        meaning="POSTs without a person's decision; each may cost credits.",
    ),
    Setting(
        key="on_doubt",
        reader=one_of(OnDoubt),
        default=_of(Step, "on_doubt"),
        kinds=SENDING,
        meaning="When nobody knows whether a POST arrived: wait for the answer until the deadline, or send again "
        "while attempts are left.",
    ),
    Setting(
        key="reuse_within",
        reader=duration(timedelta(), 3650 * DAY),
        default=_of(Step, "reuse_within"),
        kinds=SENDING,
        meaning='How old an answer may be to serve a new item; `"0s"` never reuses.',
    ),
    *LANE,
    Setting(
        key="method",
        reader=one_of(Method),
        default_note='`"POST"` with a body, else `"GET"`',
        kinds=frozenset({Kind.HTTP}),
        meaning="The HTTP method.",
    ),
    Setting(
        key="url",
        reader=URL_TEMPLATE,
        required=True,
        kinds=frozenset({Kind.HTTP}),
        meaning="Where the request goes; path and query may name fields: `?email={person_email}`.",
    ),
    Setting(
        key="headers",
        reader=HEADERS,
        default_note="none",
        kinds=frozenset({Kind.HTTP}),
        meaning="Headers of the request.",
    ),
    Setting(
        key="query",
        reader=QUERY,
        default_note="none",
        kinds=frozenset({Kind.HTTP}),
        meaning="Query parameters, added to the URL's own.",
    ),
    Setting(
        key="body",
        reader=BODY,
        default_note="none",
        kinds=frozenset({Kind.HTTP}),
        meaning="The body: a text as it is, or a table that is sent as JSON.",
    ),
    Setting(
        key="not_found",
        reader=NOT_FOUND,
        default_note="none",
        kinds=frozenset({Kind.HTTP}),
        meaning="Statuses by which the provider says that it found nothing, such as `[404]`: an empty answer. "
        "Without it, 404 stops the lane.",
    ),
    Setting(
        key="credits_at",
        reader=text("path"),
        default_note="none",
        kinds=frozenset({Kind.HTTP}),
        meaning='Where the response tells what it cost: keys with points between them, such as `"meta.credits_used"`.',
    ),
)

INDICATORS = (
    Setting(
        key="new_in_role_months",
        reader=whole(1, 120),
        default=_of(Rules, "new_in_role_months"),
        meaning="For how many months after its start a role is new: `is_new_in_role`.",
    ),
    Setting(
        key="recently_funded_months",
        reader=whole(1, 120),
        default=_of(Rules, "recently_funded_months"),
        meaning="For how many months after a round funding is recent: `is_recently_funded`.",
    ),
)

ANSWERS = (
    Setting(
        key="about_somebody_else",
        reader=one_of(SomebodyElse),
        default=_of(Rules, "about_somebody_else"),
        meaning="What an answer is worth that is surely about another person or company than the one that was asked about, see [fields](fields.md#who-wins): `leave_out` keeps it in the log only.",
    ),
    Setting(
        key="trusted_for",
        reader=duration(DAY, 3650 * DAY),
        default=_of(Rules, "trusted_for"),
        meaning="How long after an answer an import may tell something new without effect, see [fields](fields.md#who-wins).",
    ),
)

CLIENT = (
    Setting(key="id", reader=UUIDS, required=True, meaning="The client in events and tables; never change it."),
    Setting(key="name", reader=text(), default_note="the client's key", meaning="What people see."),
    Setting(
        key="callback_secret",
        reader=SECRETS,
        default_note="required with any webhook",
        meaning="What callbacks must carry; a list while one is being rotated out. No two clients may share one.",
    ),
    Setting(
        key="customers",
        reader=CUSTOMERS,
        default_note="none",
        meaning="Domains of the client's customers; with a name, `Acorn Ltd. <acorn.example>`.",
    ),
    Setting(
        key="customers_file",
        reader=text("path"),
        default_note="none",
        meaning="A file with more of them, relative to the configuration: a CSV with a column `domain`, "
        "or one domain, or one name, a line. With a column `name` customers count by their name as well, and without a domain by it alone.",
    ),
    Setting(
        key="budget_credits",
        reader=decimal(0, 1_000_000_000),
        default_note="no cap",
        meaning="The cap on credits spent and reserved.",
    ),
    Setting(
        key="budget_period",
        reader=duration(SECOND, 3650 * DAY),
        default_note="the client's whole life",
        meaning="The cap counts this long back.",
    ),
    Setting(
        key="pace_group",
        reader=SLUGS,
        default_note="the client's key",
        meaning="The pace group of the client's lanes; give it to clients that share one Clay workspace.",
    ),
    Setting(key="webhooks", reader=NESTED, default_note="none", meaning="One table for each workstream and workflow."),
)

WEBHOOK = (
    Setting(
        key="url", reader=SECRET_URL, required=True, kinds=frozenset({Kind.WEBHOOK}), meaning="Where rows are POSTed."
    ),
    Setting(
        key="auth",
        reader=SECRET,
        default_note="none",
        kinds=frozenset({Kind.WEBHOOK}),
        meaning="Sent as `x-clay-webhook-auth`.",
    ),
    *(evolve(setting, default=None, default_of_kind={}, default_note="the step's") for setting in LANE),
)

#: A client's own URL for an `http` step is a template, and may be left out.
HTTP_WEBHOOK = (
    Setting(
        key="url",
        reader=URL_TEMPLATE,
        default_note="the step's",
        kinds=frozenset({Kind.HTTP}),
        meaning="The client's own URL for an `http` step, a template.",
    ),
    Setting(
        key="headers",
        reader=HEADERS,
        default_note="the step's",
        kinds=frozenset({Kind.HTTP}),
        meaning="The client's own headers for an `http` step, such as its own key; the step's others stay.",
    ),
    Setting(
        key="query",
        reader=QUERY,
        default_note="the step's",
        kinds=frozenset({Kind.HTTP}),
        meaning="The client's own query parameters for an `http` step; the step's others stay.",
    ),
    *WEBHOOK[1:],
)
#: Of these, the ones that a webhook does not have.
HTTP_ONLY = HTTP_WEBHOOK[:3]

#: Results of the shipped workflows, so that both workstreams share their answers; others go by their workflow.
RESULTS = {
    "enrich_company_via_waterfall_in_clay": "company_profile",
    "enrich_company_via_clay_waterfall": "company_profile",
    "enrich_person_via_waterfall_in_clay": "person_profile",
    "enrich_person_via_clay_waterfall": "person_profile",
    "find_email_via_waterfall": "work_email",
}
