"""The command line: `enrichcore`, thin over the library, one module for each group of commands.

Facts go to standard output, and with `--json` nothing but JSON does; progress, warnings and refusals go to standard error.
Every expected error is one message and an exit code (1 the work failed, 2 wrong use, 130 ended by Ctrl-C), never a traceback.
What stays up until it is told to stop ends with 0 then.
"""

import sys


def main() -> None:
    """Run the command line; ends the process with its exit code."""
    try:
        # Takes most of a second, in which Ctrl-C is pressed as in any other.
        from runners.cli.main import main as run
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)
    run()


__all__ = ["main"]
