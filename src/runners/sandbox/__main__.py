"""`python -m runners.sandbox`: the sandbox from the command line, as `enrichcore sandbox` is too."""

import sys
from collections.abc import Sequence

from runners.listening import CannotListen

from .options import build_parser, settings_from
from .server import serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; returns the exit code: 0 done, 1 it could not serve, 2 wrong use."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    try:
        serve(settings_from(options), options.host, options.port)
    except ValueError as error:
        parser.error(str(error))
    except CannotListen as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{error.filename}: {error.strerror}\n" if error.filename else f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
