"""The options of the sandbox's command line: what each does, what it takes, and its default."""

import argparse
import os
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

from attrs import fields

from .settings import FAULT_NAMES, Faults, SandboxSettings
from .shapes import WRAPPERS

#: Where a secret is looked for that is not given; secrets on a command line are seen by all users of a machine.
SECRET_VARIABLE: Final = "ENRICHCORE_SANDBOX_SECRET"  # noqa: S105 - the name of a variable, not a secret
_EXAMPLE: Final = "%(prog)s --port 8700 --secret a-secret-of-your-own --lost 0.02 --doubled 0.1 --seed 7"
#: The longest that anything may be told to take: a year, in seconds.
_YEAR_S: Final = 31_536_000.0

#: What each fault does, in the order of `Faults`.
_FAULTS: Final = {
    "lost": "no callback ever comes",
    "late": "the callback comes --late-by seconds later than it should",
    "doubled": "the callback comes twice",
    "reordered": "the callback comes after that of a row posted later",
    "early": "the callback is delivered before the POST is answered",
    "empty": "the answer says, in one of Clay's ways, that nothing was found",
    "error_answer": "the answer says that the provider failed",
    "garbage": "the callback's body is not JSON",
    "status_429": "the POST is refused with 429 and Retry-After; the row is not taken",
    "status_5xx": "the POST is answered 500, 502, 503 or 504; a 503 never takes the row, the others every second one",
    "status_402": "the POST is refused with 402, as when credits are used up; the row is not taken",
    "slow": "the POST is answered only after --slow-by seconds; the row is taken at once",
    "drop": "the connection is closed instead of answering; the row is taken",
    "late_by": "for --late",
    "slow_by": "for --slow",
    "reorder_within": "how long --reordered waits for a later row",
    "retry_after": "what Retry-After names, for --status-429",
}


def build_parser() -> argparse.ArgumentParser:
    """The command line of the sandbox."""
    default = SandboxSettings()
    parser = argparse.ArgumentParser(
        prog="enrichcore sandbox",
        usage="%(prog)s [OPTIONS]",
        description="A simulated Clay: takes rows on webhooks of any name, and calls back with made-up answers.",
        epilog=f"example: {_EXAMPLE}",
        formatter_class=partial(argparse.HelpFormatter, max_help_position=32),
    )
    add = partial(_add, parser)
    add("--host", default="127.0.0.1", help="the address to listen on")
    add("--port", type=_whole(0, 65_535), default=8700, metavar="N", help="the port to listen on; 0 takes any free one")
    add("--seed", type=_whole(), default=default.seed, metavar="N", help="draws faults, delays and answers")
    add("--delay", type=_seconds, default=default.delay, metavar="SECONDS", help="from a POST to its callback")
    add("--jitter", type=_seconds, default=default.jitter, metavar="SECONDS", help="at most so much more")
    add("--rate", type=_number(0.001), metavar="N", help="POSTs a second that one webhook takes; any number by default")
    add("--burst", type=_whole(1), default=default.burst, metavar="N", help="POSTs at once beyond the rate")
    add("--webhook-auth", metavar="TEXT", help="what senders must give in x-clay-webhook-auth; nothing by default")
    add("--provider-key", metavar="TEXT", help="what whoever asks a provider must give; nothing by default")
    add("--provider-knows", type=_chance, default=default.provider_knows, metavar="SHARE",
        help="share of people and companies that each provider knows")  # fmt: skip
    add("--not-found-status", type=_whole(400, 499), metavar="N",
        help="how providers say that they found nothing; in a 200 by default")  # fmt: skip
    add("--secret", metavar="TEXT", help=f"sent with callbacks; else that of ${SECRET_VARIABLE}, else none")
    add("--client-secret", action="append", default=[], metavar="CLIENT_ID=SECRET", type=_pair,
        help="one client's own secret; repeatable")  # fmt: skip
    add("--secret-header", choices=("authorization", "x-enrichcore-secret"), default=default.secret_header,
        help="the header that carries the secret")  # fmt: skip
    add("--payloads", type=Path, metavar="FILE.jsonl", help="recorded answers, used before made-up ones")
    add("--shape", choices=tuple(WRAPPERS), metavar="NAME",
        help=f"the one wrapper of all answers, varied by default: {', '.join(WRAPPERS)}")  # fmt: skip
    add("--as-of", type=_day, metavar="DATE",
        help="start dates are counted back from this day; by default from the first of this month")  # fmt: skip
    add("--hold", action="store_true", help="keep callbacks, but early ones, until POST /sandbox/release")
    add("--dedupe", action="store_true", help="never answer a second row about the same person or company")
    add(
        "--concurrency", type=_whole(1), default=default.concurrency, metavar="N", help="callbacks on their way at once"
    )
    add(
        "--callback-attempts",
        type=_whole(1),
        default=default.callback_attempts,
        metavar="N",
        help="tries of one callback",
    )
    _add_faults(parser)
    return parser


def _add_faults(parser: argparse.ArgumentParser) -> None:
    chances = parser.add_argument_group(
        "faults", "how often, from 0 to 1, and 0 by default; each row draws each by itself"
    )
    durations = parser.add_argument_group("how long faults take")
    for attribute in fields(Faults):
        option, told = f"--{attribute.name.replace('_', '-')}", _FAULTS[attribute.name]
        if attribute.name in FAULT_NAMES:
            chances.add_argument(option, type=_chance, default=attribute.default, metavar="SHARE", help=told)
        else:
            _add(durations, option, type=_seconds, default=attribute.default, metavar="SECONDS", help=told)


def _add(parser: argparse._ActionsContainer, option: str, **how: Any) -> None:
    """Add an option whose help tells its default, where it has one."""
    # A default that is empty says nothing.
    told = " (default: %(default)s)" if how.get("default") not in (None, []) else ""
    parser.add_argument(option, **{**how, "help": f"{how['help']}{told}"})


def settings_from(options: argparse.Namespace) -> SandboxSettings:
    """The settings that the options say; a secret that is not given is looked for in the environment."""
    given = vars(options)
    same_name = {attribute.name for attribute in fields(SandboxSettings)} & given.keys()
    return SandboxSettings(
        **{name: given[name] for name in same_name},
        faults=Faults(**{attribute.name: given[attribute.name] for attribute in fields(Faults)}),
        callback_secret=options.secret if options.secret is not None else os.environ.get(SECRET_VARIABLE),
        client_secrets=dict(options.client_secret),
    )


def _number(least: float, most: float | None = None) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number") from error
        # Not a number is in no range.
        if not (value >= least and (most is None or value <= most)):
            raise argparse.ArgumentTypeError(f"{text!r} is out of bounds: give {_bounds(least, most)}")
        return value

    return read


_chance: Final = _number(0.0, 1.0)
_seconds: Final = _number(0.0, _YEAR_S)


def _whole(least: int | None = None, most: int | None = None) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from error
        if (least is not None and value < least) or (most is not None and value > most):
            raise argparse.ArgumentTypeError(f"{text!r} is out of bounds: give {_bounds(least or 0, most)}")
        return value

    return read


def _bounds(least: float, most: float | None) -> str:
    return f"{least:g} or more" if most is None else f"a number from {least:g} to {most:.0f}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day: write it as 2026-03-01") from error


def _pair(text: str) -> tuple[Any, ...]:
    client_id, equals, secret = text.partition("=")
    if not (client_id and equals):
        # Not repeated, for it may be the secret alone.
        raise argparse.ArgumentTypeError("write it as CLIENT_ID=SECRET")
    return client_id, secret
