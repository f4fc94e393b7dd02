"""What the simulated Clay can be told: its pace, its delays, its faults.

Both values are frozen. The settings hold for the life of the process; the faults may be replaced while it runs.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from attrs import Attribute, Factory, evolve, field, fields, frozen
from attrs.validators import ge, in_, le, optional

#: The largest payload that Clay takes, in bytes.
MAX_BODY_BYTES = 100 * 1024


def _chance() -> Any:
    """A probability from 0 to 1, off by default."""
    return field(default=0.0, converter=float, validator=[ge(0.0), le(1.0)], metadata={"chance": True})


def _seconds(default: float) -> Any:
    """A duration in seconds, from zero to a year."""
    return field(default=default, converter=float, validator=[ge(0.0), le(31_536_000.0)])


@frozen(kw_only=True)
class Faults:
    """How often each thing goes wrong, and for how long. Each row draws each fault by itself."""

    #: No callback ever comes.
    lost: float = _chance()
    #: The callback comes `late_by` seconds later than it should.
    late: float = _chance()
    #: The callback comes twice.
    doubled: float = _chance()
    #: The callback comes after that of a row posted later, or after `reorder_within` seconds where none is.
    reordered: float = _chance()
    #: The callback is delivered before the POST is answered.
    early: float = _chance()
    #: The answer says, in one of Clay's ways, that nothing was found.
    empty: float = _chance()
    #: The answer says that the provider failed.
    error_answer: float = _chance()
    #: The callback's body is not JSON.
    garbage: float = _chance()
    #: The POST is refused with 429 and `Retry-After`, in seconds or as an HTTP date; the row is not taken.
    status_429: float = _chance()
    #: The POST is answered 500, 502, 503 or 504; a 503 never takes the row, the others take every second one.
    status_5xx: float = _chance()
    #: The POST is refused with 402, as when the workspace is out of credits; the row is not taken.
    status_402: float = _chance()
    #: The POST is answered only after `slow_by` seconds; the row is taken at once.
    slow: float = _chance()
    #: The connection is closed instead of answering; the row is taken.
    drop: float = _chance()
    #: Seconds, for `late`.
    late_by: float = _seconds(30.0)
    #: Seconds, for `slow`.
    slow_by: float = _seconds(10.0)
    #: Seconds, for `reordered`.
    reorder_within: float = _seconds(2.0)
    #: Seconds named in `Retry-After`, for `status_429`.
    retry_after: float = _seconds(2.0)

    def changed(self, changes: Mapping[str, Any]) -> "Faults":
        """These faults with some of them replaced.

        Raises:
            ValueError: a name is unknown, or a value is not a number in its range.
        """
        unknown = sorted(set(changes) - {attribute.name for attribute in fields(Faults)})
        if unknown:
            raise ValueError(f"unknown faults: {', '.join(unknown)}")
        try:
            return evolve(self, **changes)
        except TypeError as error:
            raise ValueError(str(error)) from error


def _is_chance(attribute: "Attribute[Any]") -> bool:
    return bool(attribute.metadata.get("chance"))


#: The names of the faults that have a probability, in the order in which a row draws them.
FAULT_NAMES = tuple(attribute.name for attribute in fields(Faults) if _is_chance(attribute))


@frozen(kw_only=True)
class SandboxSettings:
    """How the simulated Clay behaves."""

    #: Draws faults, delays and answers; the same seed and rows give the same of each.
    seed: int = 0
    #: Seconds from a POST to its callback.
    delay: float = _seconds(0.2)
    #: At most so many seconds more, drawn per row.
    jitter: float = _seconds(0.0)
    faults: Faults = Factory(Faults)
    #: POSTs a second that one webhook takes, more are refused with 429; None takes any number.
    rate: float | None = field(default=None, validator=optional(ge(0.001)))
    #: POSTs that one webhook takes at once beyond its rate, 1 or more.
    burst: int = field(default=20, validator=ge(1))
    #: What senders must give in `x-clay-webhook-auth`; None asks for nothing.
    webhook_auth: str | None = field(default=None, repr=False)
    #: What whoever asks a provider must give, as a bearer token, in `x-api-key` or as `api_key`; None asks for nothing.
    provider_key: str | None = field(default=None, repr=False)
    #: The share of people and companies that each provider knows, 0 to 1.
    provider_knows: float = field(default=0.5, converter=float, validator=[ge(0.0), le(1.0)])
    #: The status by which providers say that they found nothing; None says it in the body of a 200.
    not_found_status: int | None = field(default=None, validator=optional([ge(400), le(499)]))
    #: The secret sent with every callback; None sends none.
    callback_secret: str | None = field(default=None, repr=False)
    #: Secrets of clients by `client_id`, before `callback_secret`.
    client_secrets: Mapping[str, str] = field(factory=dict, repr=False)
    #: The header that carries the secret.
    secret_header: str = field(default="authorization", validator=in_(("authorization", "x-enrichcore-secret")))
    #: Recorded answers, one JSON object a line with `match` and `body`, used before made-up ones; None for none.
    payloads: Path | None = None
    #: The one wrapper to use in every answer (a name from `shapes.WRAPPERS`); None varies it.
    shape: str | None = None
    #: The day that start dates are counted back from; None is the first of this month.
    as_of: date | None = None
    #: Keep callbacks back until `POST /sandbox/release`, but those that come before their POST is answered.
    hold: bool = False
    #: Drop a row about somebody whom this webhook already has, and never call back, as Clay's auto-dedupe does.
    dedupe: bool = False
    #: Callbacks on their way at once, 1 or more.
    concurrency: int = field(default=32, validator=ge(1))
    #: Tries of one callback on a connection failure, 429 or 5xx, 1 or more.
    callback_attempts: int = field(default=4, validator=ge(1))
    #: Seconds before the second try; doubled for each further one.
    callback_retry_delay: float = _seconds(0.5)
    #: Seconds that the receiver has to answer a callback.
    callback_timeout: float = _seconds(30.0)
    #: The largest body taken, in bytes.
    max_body_bytes: int = field(default=MAX_BODY_BYTES, validator=ge(1))
    #: The newest POSTs and callbacks kept for `GET /sandbox/posts` and `/sandbox/callbacks`; counts go on beyond it.
    keep_posts: int = field(default=100_000, validator=ge(0))
