"""Importing a large file: what a dry run and an import take, and how much memory, by the command that people type.

    python benchmarks/importing.py [--rows 1000000] [--forms csv,gz,xlsx] [--wide] [--only dry-run|import]

The file has five people to a company, some who come twice, rows that name nobody, and a report's footer. `--wide` writes
the 71 columns of an Apollo export instead of the 12 of a CRM's. Each run has a database of its own.
"""

import argparse
import csv
import gzip
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from harness import Report, database, own_folder, say, server_url
from services import HERE

from runners.cli.sample_files import configuration_text

KIB = 1024
#: One row in so many names nobody, and in so many tells of the person of the row before.
NOBODY, AGAIN = 1_000, 50
COLLEAGUES = 5
#: Rows at which the memory of a short run is told, to set the long one against.
SHORT = 50_000

COLUMNS = (
    "First Name", "Last Name", "Email", "Job Title", "Company Name", "Company Domain Name", "LinkedIn URL", "City",
    "State/Region", "Country", "Phone Number", "Number of Employees",
)  # fmt: skip
_FIRST = ("Ottoline", "Bram", "Ilse", "Casimir", "Wanda", "Jorun", "Thaddeus", "Mirela", "Oswin", "Petra")
_LAST = ("Fennimarsh", "Mockridge", "Traumaue", "Vandersloot", "Quillby", "Harrowgate", "Lindqvarn", "Osterholt")


def main() -> None:
    """Measure, and print."""
    asked = _arguments()
    server, folder = server_url(), own_folder()
    report = Report("importing", server)
    configuration = folder / "enrichcore.toml"
    configuration.write_text(configuration_text("http://127.0.0.1:9"), encoding="utf-8")
    for form in asked.forms.split(","):
        for rows in dict.fromkeys((min(SHORT, asked.rows), asked.rows)):
            file = folder / f"people-{rows}.{'csv.gz' if form == 'gz' else form}"
            say(f"writing {rows:,} rows of {form}")
            WRITERS[form](file, table(rows, wide=asked.wide))
            for what in asked.only.split(","):
                say(f"{what} of {rows:,} rows of {form}, {file.stat().st_size / 2**20:,.0f} MiB")
                measure(report, server, configuration, file, rows, form, what, wide=asked.wide)
            file.unlink()
    report.table()


def measure(
    report: Report, server: str, configuration: Path, file: Path, rows: int, form: str, what: str, *, wide: bool
) -> None:
    """One run of the command."""
    workstream = "apollo_scrape" if wide else "crm_data"
    command = [
        str(Path(sys.executable).with_name("enrichcore")), "--config", str(configuration), "upload", str(file), "--client", "acme",
        "--workstream", workstream, "--json", *(["--dry-run"] if what == "dry-run" else []),
    ]  # fmt: skip
    with database(server) as url:
        seconds, usage = run(command, {"ENRICHCORE_DATABASE_URL": url})
        with psycopg.connect(url) as connection:
            stored = connection.execute("select count(*) from enrichcore.stored_events").fetchone()[0]
    report.add(
        f"{what}, {form}",
        rows=rows,
        mib=file.stat().st_size / 2**20,
        seconds=seconds,
        rows_per_s=round(rows / seconds),
        cpu_s=usage.ru_utime + usage.ru_stime,
        max_rss_mib=usage.ru_maxrss / KIB,
        events=stored,
    )


def run(command: list[str], env: dict[str, str]) -> tuple[float, Any]:
    """Seconds, and what the process used.

    Raises:
        RuntimeError: It failed.
    """
    began = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **env}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return time.perf_counter() - began, usage


def table(rows: int, *, wide: bool) -> Iterator[list[str]]:
    """The header, so many rows, and a footer."""
    if wide:
        with (HERE.parent / "tests/data/apollo_people_export.csv").open(encoding="utf-8", newline="") as file:
            header, example, *_ = csv.reader(file)
    else:
        header, example = list(COLUMNS), [""] * len(COLUMNS)
    yield header
    places = {name: place for place, name in enumerate(header)}
    for number in range(rows):
        row = list(example)
        for name, cell in person(number).items():
            if name in places:
                row[places[name]] = cell
        yield row
    yield []
    yield ["Copyright (c) 2026 nobody"]


def person(number: int) -> dict[str, str]:
    """What one row tells."""
    if number % NOBODY == NOBODY - 1:
        return dict.fromkeys(("First Name", "Last Name", "Email", "Person Linkedin Url"), "")
    who = number - 1 if number % AGAIN == AGAIN - 1 else number
    first, last = _FIRST[who % len(_FIRST)], _LAST[who // len(_FIRST) % len(_LAST)]
    company = who // COLLEAGUES
    domain = f"company-{company}.example"
    linkedin = f"https://www.linkedin.com/in/{first}-{last}-{who:x}".lower()
    return {
        "First Name": first,
        "Last Name": last,
        "Email": f"{first}.{last}.{who}@{domain}".lower(),
        "Job Title": ("Buyer", "Head of Engineering", "Chief Technology Officer", "Account Executive")[who % 4],
        "Company Name": f"Company {company} Ltd.",
        "Company Domain Name": domain,
        "Website": f"http://www.{domain}",
        "Company Linkedin Url": f"http://www.linkedin.com/company/company-{company}",
        "LinkedIn URL": linkedin,
        "Person Linkedin Url": linkedin,
        "City": "Boston",
        "State/Region": "Massachusetts",
        "Country": "United States",
        "Phone Number": f"+1 202-555-{who % 10_000:04}",
        "Number of Employees": str(company % 900 + 10),
    }


def _write_csv(file: Path, rows: Iterable[list[str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)


def _write_gzip(file: Path, rows: Iterable[list[str]]) -> None:
    with gzip.open(file, "wt", encoding="utf-8", newline="", compresslevel=5) as stream:
        csv.writer(stream).writerows(rows)


def _write_workbook(file: Path, rows: Iterable[list[str]]) -> None:
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("People")
    for row in rows:
        sheet.append(row)
    workbook.save(file)


WRITERS: dict[str, Callable[[Path, Iterable[list[str]]], None]] = {
    "csv": _write_csv, "gz": _write_gzip, "xlsx": _write_workbook,
}  # fmt: skip


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--forms", default="csv,gz", help=f"of {', '.join(WRITERS)}")
    parser.add_argument("--wide", action="store_true", help="the 71 columns of an Apollo export")
    parser.add_argument("--only", default="dry-run,import", help="dry-run, import, or both")
    return parser.parse_args()


if __name__ == "__main__":
    main()
