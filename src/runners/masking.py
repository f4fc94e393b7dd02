"""Secrets out of words: on pages, and in the log.

What was recorded or logged under one configuration holds that one's secrets, so those of every configuration that the
process has read are masked for as long as it runs.
"""

import logging
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import Final

from enrichcore.registry import HttpRequest, Registry
from enrichcore.registry.secret import MASK, Secret

#: Shorter secrets would mask ordinary words.
_SHORTEST: Final = 6
_SHORTEST_KEY: Final = 20


class Masks:
    """The secrets of one process.

    Args:
        registry: the configuration that it was started with.
    """

    def __init__(self, registry: Registry) -> None:
        self._remembering = Lock()
        #: The longest first, so that no secret is cut by another inside it; replaced as a whole.
        self._hidden: tuple[str, ...] = ()
        self.remember(registry)

    def remember(self, registry: Registry) -> Registry:
        """Mask the secrets of this configuration too, from now on; gives it back."""
        texts = {secret.reveal() for secret in secrets(registry)}
        with self._remembering:
            known = texts.union(self._hidden)
            self._hidden = tuple(sorted((text for text in known if len(text) >= _SHORTEST), key=len, reverse=True))
        return registry

    def masked(self, text: str) -> str:
        """The text without secrets and webhook URLs."""
        for hidden in self._hidden:
            text = text.replace(hidden, MASK)
        return text


class MaskingFormatter(logging.Formatter):
    """Formats as it is told, tracebacks included, and masks the secrets in what comes of it."""

    def __init__(self, masks: Masks, form: str, times: str) -> None:
        super().__init__(form, times)
        self._masks = masks

    def format(self, record: logging.LogRecord) -> str:
        """The line, and what hangs on it."""
        return self._masks.masked(super().format(record))


def secrets(registry: Registry) -> Iterator[Secret]:
    """Every secret of a configuration."""
    runner = registry.runner
    yield from runner.notify.values()
    yield from _present([runner.api_token])
    for stream in registry.workstreams.values():
        for request in stream.http.values():
            yield from _keys_in(request)
    for client in registry.clients.values():
        yield from client.callback_secrets
        for webhook in client.webhooks.values():
            yield from _present([webhook.url, webhook.auth])
            yield from _keys_in(webhook.request) if webhook.request is not None else ()


def _keys_in(request: HttpRequest) -> Iterator[Secret]:
    """The parts of a request that may be keys; short ones are words such as `company`."""
    return (part for part in request.secrets if len(part.reveal()) >= _SHORTEST_KEY)


def _present(found: Iterable[Secret | None]) -> Iterator[Secret]:
    return (secret for secret in found if secret is not None)
