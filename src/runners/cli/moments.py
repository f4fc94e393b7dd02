"""Moments as people write them."""

from datetime import UTC, datetime

import typer


def past_moment(text: str | None, option: str) -> datetime | None:
    """As `moment`, which must not lie ahead.

    Raises:
        typer.BadParameter: It is none, or is still to come.
    """
    told = moment(text, option)
    if told is not None and told > datetime.now(UTC):
        raise typer.BadParameter(f"{text!r} lies ahead: what will be known then, nobody can tell", param_hint=option)
    return told


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
