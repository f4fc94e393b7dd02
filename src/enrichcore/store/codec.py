"""Events and folded state as bytes.

An event is one line of JSON, then, for the few that carry a body, a line feed and the body's own bytes. JSON never holds a
raw line feed, so the body stays verbatim, whatever it holds, and is not parsed where nobody needs it. Decimals travel as
text, so that no credit is ever rounded.

The seam for encrypting personal data is `Seal`: it sees the bytes of each event with the entity it belongs to, on the way
in and on the way out.
"""

from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
from attrs import evolve, fields

from enrichcore.domain import events as e
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.company_run import CompanyRun


def _subclasses(root: type[e.Event]) -> dict[str, type[e.Event]]:
    found: dict[str, type[e.Event]] = {}
    for child in root.__subclasses__():
        found[child.__name__] = child
        found |= _subclasses(child)
    return found


#: Event classes by their stable name, which is the class name.
EVENTS: Final = _subclasses(e.Event)
#: Classes whose `body` travels behind the JSON line.
_WITH_BODY: Final = frozenset(name for name, cls in EVENTS.items() if any(f.name == "body" for f in fields(cls)))

_encoder: Final = msgspec.json.Encoder(decimal_format="string")
_decoders: Final = {name: msgspec.json.Decoder(cls) for name, cls in EVENTS.items()}
_STATES: Final[dict[str, type[Any]]] = {"item": BatchItem, "company": CompanyRun}
_state_encoders: Final[dict[type[Any], msgspec.msgpack.Encoder]] = {
    # An item's runs stay in the order in which they began.
    BatchItem: msgspec.msgpack.Encoder(decimal_format="string"),
    # A company run holds a set, which has another order in every process.
    CompanyRun: msgspec.msgpack.Encoder(decimal_format="string", order="deterministic"),
}
_state_decoders: Final = {kind: msgspec.msgpack.Decoder(cls) for kind, cls in _STATES.items()}


class Seal(Protocol):
    """Encrypts what is stored of one person or company, and decrypts it."""

    def close(self, entity_id: UUID | None, plain: bytes) -> bytes:
        """The bytes to store."""

    def open(self, entity_id: UUID | None, sealed: bytes) -> bytes:
        """The bytes that were closed."""


def encode_event(event: e.Event) -> tuple[str, bytes]:
    """An event's stable name and its bytes."""
    name = type(event).__name__
    if name not in _WITH_BODY:
        return name, _encoder.encode(event)
    body: bytes = event.body  # type: ignore[attr-defined] # the classes of _WITH_BODY have one
    return name, _encoder.encode(evolve(event, body=b"")) + b"\n" + body  # type: ignore[call-arg]


def decode_event(name: str, state: bytes) -> e.Event:
    """The event of that name.

    Raises:
        KeyError: the name is not one of ours.
        msgspec.DecodeError: the bytes are not that event's.
    """
    if name not in _WITH_BODY:
        plain: e.Event = _decoders[name].decode(state)
        return plain
    head, _, body = state.partition(b"\n")
    event: e.Event = _decoders[name].decode(head)
    return evolve(event, body=body)  # type: ignore[call-arg]


def encode_run(run: BatchItem | CompanyRun) -> bytes:
    """The folded state of an item or a company run; equal states give equal bytes, in any process."""
    return _state_encoders[type(run)].encode(run)


def decode_run(kind: str, state: bytes) -> BatchItem | CompanyRun:
    """The state that `encode_run` wrote."""
    run: BatchItem | CompanyRun = _state_decoders[kind].decode(state)
    return run
