"""Moments as people write them."""

from datetime import UTC, datetime

import typer


def moment(text: str | None, option: str) -> datetime | None:
    """The moment that an option names, in UTC where it tells no zone; None where it was not given.

    Raises:
        typer.BadParameter: It is none.
    """
    if text is None:
        return None
    try:
        told = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is no moment: write it as 2026-03-01 or 2026-03-01T12:00:00+00:00", param_hint=option
        ) from error
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)
