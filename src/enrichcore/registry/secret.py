"""A text that must never be seen: passwords, tokens, and webhook URLs, which are passwords too.

Whatever prints, formats or logs a `Secret` shows a mask. It is a plain class, not an attrs one, so that no serialiser
that understands attrs classes writes it out; it refuses to be pickled for the same reason.
"""

import hmac
from hashlib import sha256
from typing import NoReturn, final

MASK = "***"
#: 64 bits: enough to tell webhooks apart, too little to be the secret's full digest.
FINGERPRINT_DIGITS = 16


@final
class Secret:
    """A masked text; `reveal` is the only way to it."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        object.__setattr__(self, "_Secret__text", text)

    def reveal(self) -> str:
        """The text in clear; for the moment of use only."""
        text: str = object.__getattribute__(self, "_Secret__text")
        return text

    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits of the text's SHA-256: the same text has the same one everywhere."""
        return sha256(self.reveal().encode("utf-8", "surrogatepass")).hexdigest()[:FINGERPRINT_DIGITS]

    def matches(self, given: str) -> bool:
        """Whether the given text is the secret, in a time that does not tell how much of it was right."""
        return hmac.compare_digest(
            self.reveal().encode("utf-8", "surrogatepass"), given.encode("utf-8", "surrogatepass")
        )

    def __eq__(self, other: object) -> bool:
        return self.matches(other.reveal()) if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash(("Secret", self.reveal()))

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, _spec: str) -> str:
        return MASK

    def __setattr__(self, name: str, _value: object) -> NoReturn:
        raise AttributeError(f"a secret is frozen: cannot set {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a secret is frozen: cannot delete {name}")

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, _memo: object) -> "Secret":
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled; load the configuration where it is needed")
