"""Recorded answers: lines of a file that are used before made-up ones.

A line is a JSON object with `match` (fields that the row must have, such as `company_domain` or
`person_linkedin_url`; `workflow` narrows it to one) and `body` (the callback, with `{{item_id}}`, `{{company_id}}` and
`{{person_id}}` where the row's ids belong). Further keys are ignored but for `truth.person_email`, which e-mail
workflows answer for a person who is recorded.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import Factory, frozen

from .fate import key_of
from .kinds import Kind

_PERSON_FIELDS = ("person_linkedin_url", "person_email")
_COMPANY_FIELDS = ("company_domain", "company_linkedin_url")
_IDS = ("item_id", "company_id", "person_id")


@frozen(kw_only=True)
class Recorded:
    """One recorded answer."""

    #: JSON with placeholders.
    body: str
    #: The only workflow that it answers; empty for any.
    workflow: str
    #: The e-mail address that the record knows; None where it knows none.
    person_email: str | None

    def filled(self, payload: Mapping[str, Any]) -> bytes:
        """The body with the row's ids in it."""
        body = self.body
        for name in _IDS:
            # Inside a JSON string, so an id is written as JSON writes it, without its quotes.
            body = body.replace(f"{{{{{name}}}}}", json.dumps(str(payload.get(name, "")))[1:-1])
        return body.encode()


@frozen
class Recordings:
    """Recorded answers, found by the fields of a row."""

    _by_key: Mapping[tuple[str, str], tuple[Recorded, ...]] = Factory(dict)

    @classmethod
    def read(cls, path: Path) -> "Recordings":
        """The recordings of a file.

        Raises:
            OSError: it cannot be read.
            ValueError: a line is not such an object; the text names the line.
        """
        by_key: dict[tuple[str, str], tuple[Recorded, ...]] = {}
        for key, recorded in _lines(path):
            by_key[key] = (*by_key.get(key, ()), recorded)
        return cls(by_key)

    def find(self, payload: Mapping[str, Any], kind: Kind, workflow: str) -> Recorded | None:
        """The record for a row, or None: by the person for person and e-mail workflows, else by the company."""
        for recorded in self._about(payload, _COMPANY_FIELDS if kind is Kind.COMPANY else _PERSON_FIELDS):
            if recorded.workflow == workflow or (not recorded.workflow and kind is not Kind.EMAIL):
                return recorded
        return None

    def email_of(self, payload: Mapping[str, Any]) -> str | None:
        """The address that the record of this row's person knows."""
        return next((each.person_email for each in self._about(payload, _PERSON_FIELDS) if each.person_email), None)

    def _about(self, payload: Mapping[str, Any], fields: Iterable[str]) -> Iterator[Recorded]:
        for name in fields:
            value = payload.get(name)
            if isinstance(value, str) and value.strip():
                yield from self._by_key.get((name, key_of(value)), ())


def _lines(path: Path) -> Iterator[tuple[tuple[str, str], Recorded]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            match, body = record["match"], record["body"]
            fields = _PERSON_FIELDS if any(match.get(name) for name in _PERSON_FIELDS) else _COMPANY_FIELDS
            keys = [(name, key_of(match[name])) for name in fields if match.get(name)]
            truth = record.get("truth") or {}
            recorded = Recorded(
                body=json.dumps(body, ensure_ascii=False),
                workflow=match.get("workflow") or "",
                person_email=truth.get("person_email"),
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"{path}, line {number}: not an object with match and body ({error!r})") from error
        yield from ((key, recorded) for key in keys)
