"""Providers that answer at once: `GET` or `POST /providers/NAME`, with the answer in the response.

Any name is one, and each knows a share of the people and companies of its own, so that a chain of them is worth trying.
What goes wrong with a webhook goes wrong here too, as far as there is no callback in it.
"""

import hmac
import json
import time
from collections.abc import Callable, Mapping
from datetime import date
from random import Random
from typing import Any

from attrs import define, field, frozen

from .companies import company_object
from .fate import Fate, draw_fate, identity
from .fiction import dice_for, text_of, world
from .intake import SERVER_ERRORS, falls_odd, refusal, retry_after, server_error
from .kinds import Kind, kind_of
from .ledger import Ledger, Post
from .pace import Bucket
from .people import email_address, name_in, person_object
from .settings import Faults, SandboxSettings
from .wire import Request, Response

#: What providers call the fields of a request, and what these are to us.
_ALIASES: Mapping[str, str] = {
    "name": "person_full_name", "full_name": "person_full_name", "first_name": "person_first_name",
    "last_name": "person_last_name", "linkedin": "person_linkedin_url", "linkedin_url": "person_linkedin_url",
    "domain": "company_domain", "company": "company_name",
}  # fmt: skip
_PERSON = ("person_full_name", "person_first_name", "person_last_name", "person_linkedin_url", "person_email")
#: What providers say of an address.
_STATUSES = ("verified", "verified", "valid", "catch_all", "guessed")
_BEARER = "Bearer "
_METHODS = ("GET", "POST", "PUT", "PATCH")


@frozen(kw_only=True)
class Reply:
    """What a provider answers, and when."""

    #: None drops the connection.
    response: Response | None
    #: Seconds before it answers.
    slow_by: float = 0.0


@define(eq=False)
class Providers:
    """The providers of one sandbox."""

    settings: SandboxSettings
    ledger: Ledger
    #: The faults as they are now.
    faults: Callable[[], Faults]
    #: The day that start dates are counted back from.
    as_of: date
    #: Monotonic seconds.
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[str, Bucket] = field(init=False, factory=dict)

    def ask(self, name: str, request: Request) -> Reply:
        """Answer a request."""
        hook = f"providers/{name}"
        self.ledger.arrived(hook, self.clock())
        asked = self._asked(request)
        if isinstance(asked, Response):
            self.ledger.refused(asked.status)
            return Reply(response=asked)
        item_id = str(asked.get("item_id") or identity(asked))
        nth = self.ledger.posts_of(name, item_id)
        fate = draw_fate(self.faults(), seed=self.settings.seed, row=f"{hook}/{identity(asked)}", nth=nth)
        response, taken = self._answer(name, asked, fate)
        self.ledger.posted(
            Post(
                hook=hook,
                item_id=item_id,
                workflow=name,
                idempotency_key=request.headers.get("idempotency-key", ""),
                at=time.time(),
                status=0 if "drop" in fate else response.status,
                taken=taken,
                faults=tuple(sorted(fate.faults)),
                body=json.dumps(asked).encode(),
            )
        )
        return Reply(
            response=None if "drop" in fate else response, slow_by=self.faults().slow_by if "slow" in fate else 0.0
        )

    def _asked(self, request: Request) -> dict[str, Any] | Response:
        """What a request asks about, under our names; or why it is refused."""
        if request.method not in _METHODS:
            return refusal(405, f"a provider takes {', '.join(_METHODS)}")
        if not self._knows_key(request):
            return refusal(401, "the API key is missing or wrong")
        if request.too_large:
            return refusal(413, f"a request has at most {self.settings.max_body_bytes} bytes")
        try:
            body = json.loads(request.body) if request.body else {}
        except (ValueError, RecursionError):
            return refusal(400, "not JSON")
        if not isinstance(body, dict):
            return refusal(400, "not one JSON object")
        return {_ALIASES.get(name, name): value for name, value in {**request.query, **body}.items()}

    def _knows_key(self, request: Request) -> bool:
        wanted = self.settings.provider_key
        if wanted is None:
            return True
        headers = request.headers
        bearer = headers.get("authorization", "").removeprefix(_BEARER)
        given = (bearer, headers.get("x-api-key", ""), request.query.get("api_key", ""))
        return any(hmac.compare_digest(one.encode("utf-8", "replace"), wanted.encode()) for one in given)

    def _answer(self, name: str, asked: Mapping[str, Any], fate: Fate) -> tuple[Response, bool]:
        """The response, and whether it is one that a provider charges for."""
        wait_s = self._wait(name) or (max(self.faults().retry_after, 0.001) if "status_429" in fate else 0.0)
        if wait_s:
            return refusal(429, "too many requests", retry_after(wait_s, as_date=falls_odd(fate))), False
        if "status_402" in fate:
            return refusal(402, "out of credits"), False
        error = server_error(fate)
        if error is not None:
            return refusal(error, "upstream error"), error != SERVER_ERRORS[0] and falls_odd(fate)
        self.ledger.answered(0)
        dice = dice_for(self.settings.seed, "provider", name, identity(asked))
        if "garbage" in fate:
            return Response(status=200, content=None, raw=dice.choice(world()["garbage"]).encode()), True
        if "error_answer" in fate:
            return Response(status=200, content=dict(dice.choice(world()["errors"]))), True
        if "empty" in fate or dice.random() >= self.settings.provider_knows:
            return self._nothing(), True
        return Response(status=200, content=self._found(name, asked, dice)), True

    def _wait(self, name: str) -> float:
        if self.settings.rate is None:
            return 0.0
        bucket = self._buckets.setdefault(name, Bucket(self.settings.rate, self.settings.burst))
        return bucket.take(self.clock())

    def _nothing(self) -> Response:
        if self.settings.not_found_status is None:
            return Response(status=200, content={"data": {"email": None}, "status": "not_found"})
        return refusal(self.settings.not_found_status, "nothing was found")

    def _found(self, name: str, asked: Mapping[str, Any], dice: Random) -> dict[str, Any]:
        kind = kind_of(name, {"person_id": any(text_of(asked, part) for part in _PERSON)})
        if kind is Kind.COMPANY:
            return {"data": company_object(asked, self.settings.seed)}
        if kind is Kind.PERSON:
            return {"data": person_object(asked, self.settings.seed, self.as_of)}
        first, last, full = name_in(asked, self.settings.seed)
        email, status = email_address(asked, self.settings.seed), dice.choice(_STATUSES)
        return dice.choice(
            (
                {"email": email, "email_status": status},
                {
                    "data": {
                        "first_name": first, "last_name": last, "email": email, "score": dice.randint(60, 99),
                        "verification": {"date": f"{self.as_of}", "status": status},
                    }
                },
                {"contact": {"name": full, "email": email, "verification_status": status}},
                {"response": {"email": {"value": email, "status": status.upper()}}},
            )
        )  # fmt: skip
