"""The command line: `enrichcore`, thin over the library, one module for each group of commands.

Facts go to standard output, and with `--json` nothing but JSON does; progress, warnings and refusals go to standard error.
Every expected error is one message and an exit code (1 the work failed, 2 wrong use), never a traceback.
"""

from runners.cli.main import main

__all__ = ["main"]
