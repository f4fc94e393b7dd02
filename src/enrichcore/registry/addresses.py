"""Readers for addresses: URLs, the address to listen on, and the templates of an `http` step."""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from attrs import NOTHING, frozen

from enrichcore.registry.errors import suggestion
from enrichcore.registry.http_request import placeholders
from enrichcore.registry.lead_fields import CORRELATION_FIELDS, field_fault
from enrichcore.registry.notices import EVERYTHING, Notice
from enrichcore.registry.readers import (
    Reader,
    Trouble,
    UnreadableError,
    each,
    each_value,
    read_header_text,
    read_text,
    unreadable,
)
from enrichcore.registry.secret import Secret

#: A name or number that can be connected to; underscores occur in the names of containers.
HOST = re.compile(r"[^\W_]([\w.-]*\w)?\.?|[0-9a-fA-F:.]+(%\w+)?")
HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
PARAMETER = re.compile(r"[^\x00-\x1f\x7f]+")
LISTEN = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<host>[\w.-]+)):(?P<port>[0-9]{1,5})")
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - a wildcard is named to be replaced, not bound
LAST_PORT = 65535
STATUSES = range(200, 600)
WEB_REMEDY = "give a URL such as https://example.com/path"


@frozen(kw_only=True)
class Listen:
    """Where the daemon listens."""

    host: str
    #: 0 to 65535; 0 takes any free port.
    port: int

    @property
    def url(self) -> str:
        """The address as a URL that this machine can reach."""
        host = EVERYWHERE.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def __str__(self) -> str:
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def read_listen(value: Any) -> Listen:
    """`host:port`; IPv6 hosts in brackets."""
    found = LISTEN.fullmatch(read_text(value))
    if not found or int(found["port"]) > LAST_PORT:
        raise unreadable(value, "is not an address to listen on", 'write "host:port", such as "127.0.0.1:8000"')
    return Listen(host=found["v6"] or found["host"], port=int(found["port"]))


def read_web_url(value: Any) -> str:
    """An http or https URL with a host."""
    url = read_text(value, longest=4000)
    if any(sign.isspace() for sign in url):
        raise unreadable(value, "has a blank in it", WEB_REMEDY)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise unreadable(value, "is not a URL", WEB_REMEDY) from None
    if parts.scheme not in {"http", "https"}:
        raise unreadable(value, "is not an http or https URL", WEB_REMEDY)
    if not host or not HOST.fullmatch(host) or ".." in host or port == 0:
        raise unreadable(value, "is a URL without a usable host", WEB_REMEDY)
    return url


def read_base_url(value: Any) -> str:
    """A URL that paths are put behind; without the slash at its end."""
    url = read_web_url(value)
    if {"?", "#"} & set(url):
        raise unreadable(value, "has a query or fragment, which paths cannot follow", "give it without ? and #")
    return url.rstrip("/")


def read_secret_url(value: Any) -> Secret:
    """An http or https URL that is a secret."""
    return Secret(read_web_url(value))


def _check_fields(value: Any, template: str) -> None:
    for name in placeholders(template):
        if name not in CORRELATION_FIELDS and (fault := field_fault(name)):
            raise unreadable(value, "names a field that no lead has", fault)


def read_url_template(value: Any) -> Secret:
    """A URL whose path and query may name fields."""
    return _read_template(value, read=read_web_url)


def read_headers(value: Any) -> Mapping[str, Secret]:
    """Header names and their templates."""
    return each_value(_named(value, HEADER, "a header"), partial(_read_template, read=read_header_text))


def read_query(value: Any) -> Mapping[str, Secret]:
    """Query parameters and their templates."""
    return each_value(_named(value, PARAMETER, "a parameter"), partial(_read_template, read=read_text))


def _read_template(value: Any, read: Callable[[Any], str]) -> Secret:
    template = read(value)
    _check_fields(value, template)
    return Secret(template)


def _named(value: Any, names: re.Pattern[str], thing: str) -> dict[str, Any]:
    """The table, if all its keys are right."""
    if not isinstance(value, dict):
        raise unreadable(value, "is not a table", 'write { name = "text", ... }')
    wrong = [name for name in value if not names.fullmatch(name)]
    if wrong:
        problem = f"is not a name for {thing}"
        raise UnreadableError(
            *(Trouble(value=NOTHING, problem=problem, remedy="rename it", within=(name,)) for name in wrong)
        )
    return value


def read_body(value: Any) -> Secret:
    """A body: a text as it is, or a table that is sent as JSON."""
    body = value if isinstance(value, str) else _json_text(value)
    _check_fields(value, body)
    return Secret(str(body))


def _json_text(value: Any) -> str:
    if not isinstance(value, dict | list):
        raise unreadable(value, "is not a body", "give a text, or a table that is sent as JSON")
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_json_number)
    except (ValueError, TypeError):
        raise unreadable(
            value, "cannot be written as JSON", "use texts, numbers, true, false, lists and tables"
        ) from None


def _json_number(value: Any) -> float:
    if isinstance(value, Decimal) and value.is_finite():
        return float(value)
    raise TypeError


def read_notify(value: Any) -> Mapping[str, Secret]:
    """What people are told of, and the URLs that are told of it; one URL alone is told of everything."""
    if isinstance(value, str):
        return {EVERYTHING: read_secret_url(value)}
    if not isinstance(value, dict):
        raise unreadable(value, "is not a table", 'write { url = "env:NAME" }')
    known = (EVERYTHING, *Notice)
    unknown = [name for name in value if name not in known]
    if unknown:
        problem = "is nothing that anybody is told of"
        raise UnreadableError(
            *(
                Trouble(value=NOTHING, problem=problem, remedy=suggestion(name, known), within=(name,))
                for name in unknown
            )
        )
    return each_value(value, read_secret_url)


def read_statuses(value: Any) -> tuple[int, ...]:
    """HTTP statuses of a response; each once."""
    return tuple(dict.fromkeys(each(value if isinstance(value, list) else [value], _read_status)))


def _read_status(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in STATUSES:
        raise unreadable(value, "is not the status of a response", "give a whole number from 200 to 599, such as 404")
    return value


LISTENS = Reader(type_name='"host:port"', read=read_listen)
BASE_URL = Reader(type_name="http(s) URL", read=read_base_url)
SECRET_URL = Reader(type_name="http(s) URL, secret", read=read_secret_url, secret=True)
URL_TEMPLATE = Reader(type_name="http(s) URL template, secret", read=read_url_template, secret=True)
HEADERS = Reader(type_name="table of templates, secret", read=read_headers, secret=True)
QUERY = Reader(type_name="table of templates, secret", read=read_query, secret=True)
BODY = Reader(type_name="text or table, template, secret", read=read_body, secret=True)
NOTIFY = Reader(type_name="http(s) URL or table of them, secret", read=read_notify, secret=True)
NOT_FOUND = Reader(type_name="list of HTTP statuses", read=read_statuses)
