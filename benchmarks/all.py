"""All benchmarks, one after the other, so that none disturbs another; `--quick` makes them small, to see that they work.

python benchmarks/all.py [--quick] [NAME ...]
"""

import argparse
import subprocess
import sys

from harness import say
from services import HERE

#: Each with its options in full and when quick.
BENCHMARKS = {
    "replay": ("", "--events 70000 --stock 2000"),
    "append": ("", "--items 5000 --repeats 1"),
    "growth": ("--chart -", "--items 3000"),
    "ordering": ("", "--seconds 1 --groups 1,100 --writers 2 --repeats 1"),
    "drain": (
        "--repeats 3 --split --peer procrastinate --peer awa --peer dbos --peer prefect",
        "--items 1000 --idle-s 4",
    ),
    "storm": ("", "--callbacks 1000"),
    "chaos": ("", "--short"),
    "importing": ("--rows 200000 --forms csv,gz,xlsx", "--rows 3000 --forms csv,gz,xlsx"),
    "parked": ("", "--items 5000 --idle-s 10 --claims 10000,100000"),
    "backlogs": ("", "--rows 5000"),
    "neighbours": ("", "--people 500"),
    "decisions": ("", "--items 1000 --waiters 500"),
}


def main() -> None:
    """Run them; the first that fails ends it."""
    asked = _arguments()
    for name in asked.names or BENCHMARKS:
        options = BENCHMARKS[name][asked.quick].split()
        say(f"{name} {' '.join(options)}")
        subprocess.run([sys.executable, str(HERE / f"{name}.py"), *options], check=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these of {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="small numbers: to see that they work, not to quote")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    return asked


if __name__ == "__main__":
    main()
