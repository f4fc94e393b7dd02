"""What PostgreSQL can hold of any value: its texts know neither the character 0 nor lone surrogates."""

from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="string")


def storable(value: Any) -> Any:
    """The same, with U+FFFD for what a text in PostgreSQL cannot hold."""
    if isinstance(value, str):
        if value.isascii() and "\0" not in value:
            return value
        return value.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {storable(name): storable(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [storable(part) for part in value]
    return value


def json_bytes(value: Any) -> bytes:
    """Plain values as JSON that PostgreSQL takes, whatever their texts hold."""
    try:
        encoded = _encoder.encode(value)
    except UnicodeEncodeError:
        encoded = b""
    if not encoded or b"\\u0000" in encoded:
        encoded = _encoder.encode(storable(value))
    return encoded
