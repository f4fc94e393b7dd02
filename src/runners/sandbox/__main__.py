"""`python -m runners.sandbox`: the sandbox from the command line."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from attrs import fields

from .server import serve
from .settings import Faults, SandboxSettings
from .shapes import WRAPPERS

#: Where a secret is looked for that is not given; secrets on a command line are seen by all users of a machine.
SECRET_VARIABLE = "ENRICHCORE_SANDBOX_SECRET"  # noqa: S105 - the name of a variable, not a secret
EXAMPLE = "python -m runners.sandbox --port 8700 --secret s3cret --lost 0.02 --doubled 0.1 --seed 7"


def build_parser() -> argparse.ArgumentParser:
    """The command line of the sandbox."""
    default = SandboxSettings()
    parser = argparse.ArgumentParser(
        prog="python -m runners.sandbox", description="A simulated Clay.", epilog=f"example: {EXAMPLE}"
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=8700, help="0 takes any free one; the address is printed when it is ready")
    add("--seed", type=int, default=default.seed, help="draws faults, delays and answers")
    add("--delay", type=float, default=default.delay, help="seconds from a POST to its callback")
    add("--jitter", type=float, default=default.jitter, help="at most so many seconds more")
    add("--rate", type=float, help="POSTs a second that one webhook takes; any number by default")
    add("--burst", type=int, default=default.burst, help="POSTs at once that it takes beyond its rate")
    add("--webhook-auth", help="what senders must give in x-clay-webhook-auth")
    add("--provider-key", help="what whoever asks a provider must give")
    add("--provider-knows", type=float, default=default.provider_knows, help="share of people that each provider knows")
    add("--not-found-status", type=int, help="how providers say that they found nothing; in a 200 by default")
    add("--secret", default=os.environ.get(SECRET_VARIABLE), help=f"sent with callbacks; default ${SECRET_VARIABLE}")
    add("--client-secret", action="append", default=[], metavar="CLIENT_ID=SECRET", help="one client's own secret")
    add("--secret-header", choices=("authorization", "x-enrichcore-secret"), default=default.secret_header)
    add("--payloads", type=Path, metavar="FILE.jsonl", help="recorded answers, used before made-up ones")
    add("--shape", choices=tuple(WRAPPERS), help="the one wrapper of all answers; varied by default")
    add("--as-of", type=date.fromisoformat, metavar="DATE", help="start dates are counted back from this day")
    add("--hold", action="store_true", help="keep callbacks until POST /sandbox/release")
    add("--dedupe", action="store_true", help="never answer a second row about the same person or company")
    add("--concurrency", type=int, default=default.concurrency, help="callbacks on their way at once")
    add("--callback-attempts", type=int, default=default.callback_attempts, help="tries of one callback")
    faults = parser.add_argument_group("faults", "probabilities from 0 to 1, or seconds for late-by and its like")
    for attribute in fields(Faults):
        option = f"--{attribute.name.replace('_', '-')}"
        faults.add_argument(option, type=float, default=attribute.default, metavar="NUMBER")
    return parser


def settings_from(options: argparse.Namespace) -> SandboxSettings:
    """The settings that the options say.

    Raises:
        ValueError: a number is out of its range, or a client's secret has no `=`.
    """
    given = vars(options)
    unpaired = [pair for pair in options.client_secret if "=" not in pair]
    if unpaired:
        raise ValueError("--client-secret is CLIENT_ID=SECRET")
    same_name = {attribute.name for attribute in fields(SandboxSettings)} & given.keys()
    return SandboxSettings(
        **{name: given[name] for name in same_name},
        faults=Faults(**{attribute.name: given[attribute.name] for attribute in fields(Faults)}),
        callback_secret=options.secret,
        client_secrets=dict(pair.split("=", 1) for pair in options.client_secret),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; returns the exit code: 0 done, 1 it could not serve, 2 wrong use."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    try:
        serve(settings_from(options), options.host, options.port)
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
