"""The request of an `http` step: templates over the known fields.

A template names a field in braces: `https://api.example.com/people?email={person_email}`. Braces around anything else
are plain text, so JSON can be written as it is. A value is written so that it cannot leave its place: percent-encoded
in a URL, escaped in JSON, without line ends in a header. A request is wanted only when every field that it names is
known; `missing` tells.

A rendered request holds keys and what is known of a person, so nothing of it is ever shown.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from attrs import Factory, field, frozen

from enrichcore.registry.mappings import unchanging
from enrichcore.registry.secret import Secret

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def placeholders(template: str) -> tuple[str, ...]:
    """The fields that a template names, each once, in order."""
    return tuple(dict.fromkeys(PLACEHOLDER.findall(template)))


@frozen(kw_only=True)
class RenderedRequest:
    """A request with its values in place, ready to be sent."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    #: Not yet percent-encoded: the HTTP client does that.
    query: Mapping[str, str] = field(repr=False)
    body: str | None = field(repr=False)
    #: Whether the body is JSON.
    json: bool = True
    #: Statuses that say that nothing was found.
    not_found: tuple[int, ...] = ()
    #: Where the response tells what it cost.
    credits_at: str = ""


@frozen(kw_only=True)
class HttpRequest:
    """What an `http` step sends; every part is a `Secret`, since API keys may stand in any of them."""

    method: str
    url: Secret
    headers: Mapping[str, Secret] = field(default=Factory(dict), converter=unchanging)
    query: Mapping[str, Secret] = field(default=Factory(dict), converter=unchanging)
    #: None sends none.
    body: Secret | None = None
    #: Whether values in the body are escaped as inside a JSON string.
    json: bool = True
    #: Statuses by which the provider says that it looked and found nothing.
    not_found: tuple[int, ...] = ()
    #: Where the response tells what it cost, as keys with points between them; empty where it does not.
    credits_at: str = ""

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Every part."""
        return (self.url, *self.headers.values(), *self.query.values(), *((self.body,) if self.body else ()))

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the request needs, each once."""
        return tuple(dict.fromkeys(name for part in self.secrets for name in placeholders(part.reveal())))

    def missing(self, facts: Mapping[str, Any]) -> tuple[str, ...]:
        """The needed fields that are not known."""
        return tuple(name for name in self.fields if facts.get(name) is None)

    def render(self, facts: Mapping[str, Any]) -> RenderedRequest:
        """The request for these facts; a field that is not known becomes empty."""
        return RenderedRequest(
            method=self.method,
            url=_fill(self.url, facts, _in_url),
            headers={name: _fill(value, facts, _in_header) for name, value in self.headers.items()},
            query={name: _fill(value, facts, _as_is) for name, value in self.query.items()},
            body=_fill(self.body, facts, _in_json if self.json else _as_is) if self.body else None,
            json=self.json,
            not_found=self.not_found,
            credits_at=self.credits_at,
        )


def _fill(template: Secret, facts: Mapping[str, Any], written: Callable[[str], str]) -> str:
    return PLACEHOLDER.sub(lambda found: written(_text(facts.get(found[1]))), template.reveal())


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _in_url(value: str) -> str:
    return quote(value, safe="", errors="replace")


def _in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _in_header(value: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", value).strip()


def _as_is(value: str) -> str:
    return value
