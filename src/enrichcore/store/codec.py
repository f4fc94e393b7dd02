"""Events and folded state as bytes.

An event is one line of JSON, then, for the few that carry a body, a line feed and the body's own bytes. JSON never holds a
raw line feed, so the body stays verbatim, whatever it holds, and is not parsed where nobody needs it. Decimals travel as
text, so that no credit is ever rounded.

The seam for encrypting personal data is `Seal`: it sees the bytes of each event with the entity it belongs to, on the way
in and on the way out.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final, Protocol, get_type_hints
from uuid import UUID

import msgspec
from attrs import NOTHING, Factory, fields

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


class _Line:
    """The JSON line of an event class whose `body` travels behind it; what is nothing, or as it is by default, is left out.

    msgspec writes every field of an attrs class, and copying an event to be rid of its body takes longer than writing it.
    """

    def __init__(self, cls: type[e.Event]) -> None:
        hints = get_type_hints(cls)
        # Those that have a default come last, as in any signature.
        told = sorted((f for f in fields(cls) if f.name != "body"), key=lambda f: f.default is not NOTHING)
        line = msgspec.defstruct(cls.__name__, [_field(f, hints[f.name]) for f in told], omit_defaults=True)
        self._cls: Callable[..., e.Event] = cls
        self._line = line
        self._names = tuple(f.name for f in told)
        self._values = attrgetter(*self._names)
        self._decoder = msgspec.json.Decoder(line)

    def encode(self, event: e.Event) -> bytes:
        """The line, a line feed, and the body."""
        body: bytes = event.body  # type: ignore[attr-defined] # the classes that have a line have one
        return _encoder.encode(self._line(*self._values(event))) + b"\n" + body

    def decode(self, state: bytes) -> e.Event:
        """The event that `encode` wrote."""
        head, _, body = state.partition(b"\n")
        told = self._values(self._decoder.decode(head))
        return self._cls(body=body, **dict(zip(self._names, told, strict=True)))


def _field(found: Any, kind: Any) -> tuple[str, Any] | tuple[str, Any, Any]:
    """An attrs field as one of a struct."""
    if found.default is NOTHING:
        return found.name, kind
    made = isinstance(found.default, Factory)  # type: ignore[arg-type] # a class, whatever its stub says
    return found.name, kind, msgspec.field(default_factory=found.default.factory) if made else found.default


_encoder: Final = msgspec.json.Encoder(decimal_format="string")
_lines: Final = {name: _Line(cls) for name, cls in EVENTS.items() if any(f.name == "body" for f in fields(cls))}
_decoders: Final = {name: msgspec.json.Decoder(cls) for name, cls in EVENTS.items() if name not in _lines}
_STATES: Final[dict[str, type[Any]]] = {"item": BatchItem, "company": CompanyRun}
_state_encoders: Final[dict[type[Any], msgspec.msgpack.Encoder]] = {
    # An item's runs stay in the order in which they began.
    BatchItem: msgspec.msgpack.Encoder(decimal_format="string", uuid_format="bytes"),
    # A company run holds a set, which has another order in every process.
    CompanyRun: msgspec.msgpack.Encoder(decimal_format="string", uuid_format="bytes", order="deterministic"),
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
    line = _lines.get(name)
    return name, _encoder.encode(event) if line is None else line.encode(event)


def decode_event(name: str, state: bytes) -> e.Event:
    """The event of that name.

    Raises:
        KeyError: the name is not one of ours.
        msgspec.DecodeError: the bytes are not that event's.
    """
    event: e.Event = (_lines.get(name) or _decoders[name]).decode(state)
    return event


def encode_run(run: BatchItem | CompanyRun) -> bytes:
    """The folded state of an item or a company run; equal states give equal bytes, in any process."""
    return _state_encoders[type(run)].encode(run)


def decode_run(kind: str, state: bytes) -> BatchItem | CompanyRun:
    """The state that `encode_run` wrote."""
    run: BatchItem | CompanyRun = _state_decoders[kind].decode(state)
    return run
