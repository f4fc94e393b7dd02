"""A client's customers: domains, in the configuration itself or in a file beside it.

The file is a CSV with a column named like a domain, or has one domain, or one name, a line. Where the file has a column of names too, a
customer is known by both, written `Mooncroft Ltd. <mooncroft.example>`; one without a domain counts by its name. Nothing but a
line with a total is dropped silently: an entry that is neither is a fault with its line.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

from enrichcore.fields.customers import NAME_AND_DOMAIN
from enrichcore.normalize import company_name, company_name_key
from enrichcore.registry.readers import Reader, Trouble, UnreadableError, each, read_text, unreadable

HOST = re.compile(r"[^\W_]([\w-]*[^\W_])?(\.[^\W_]([\w-]*[^\W_])?)+")
BEFORE_HOST = re.compile(r"^(https?:)?//", re.IGNORECASE)
#: Names of the column with the domain, folded; the first that is there counts.
COLUMNS = ("domain", "company domain", "company domain name", "customer domain", "website", "company website", "url")
#: Names of the column with the customer's name.
NAMES = (
    "name", "company", "company name", "customer", "customer name", "account", "account name", "organization", "customers", "client", "clients",
    "client name", "companies", "firma", "kunde", "kunden", "unternehmen", "société", "cliente", "clientes",
)  # fmt: skip
#: The last line of a report.
TOTAL = re.compile(r"(?:grand |sub)?totals?|sum|summe|gesamt|insgesamt", re.IGNORECASE)
DELIMITERS = ",;\t"
#: A file with more wrong entries than these is the wrong file; the rest would not help.
TROUBLES_SHOWN = 10


def read_customer(value: Any) -> str:
    """A customer's domain, lower-cased, out of a URL where one is given; with the name where one stands before it."""
    given = read_text(value)
    both = NAME_AND_DOMAIN.fullmatch(given)
    if both:
        return named(both["name"], read_customer(both["domain"]))
    host = re.split(r"[/?#:]", BEFORE_HOST.sub("", given), maxsplit=1)[0].lower().rstrip(".")
    host = host.removeprefix("www.") if host.count(".") > 1 else host
    if not HOST.fullmatch(host):
        raise unreadable(value, "is not a domain", "give a domain such as quillhaven.example")
    return host


def named(name: str, domain: str) -> str:
    """A customer that is known by both."""
    called = company_name(re.sub(r"[<>]", " ", name))
    return domain if called is None or HOST.fullmatch(called.lower()) else f"{called} <{domain}>"


def read_customers(value: Any) -> tuple[str, ...]:
    """Customers given in the configuration, each once, in order."""
    if not isinstance(value, list):
        raise unreadable(value, "is not a list", 'write ["quillhaven.example", ...]')
    return distinct(each(value, read_customer))


def distinct(customers: Iterable[str]) -> tuple[str, ...]:
    """Each customer once, in order."""
    return tuple(dict.fromkeys(customers))


def read_customers_file(name: str, folder: Path) -> tuple[str, ...]:
    """The customers in a file, each once, in order.

    Args:
        name: The file, relative to the folder unless absolute.
        folder: Where the configuration is.

    Raises:
        UnreadableError: The file cannot be read, or entries in it are no domains.
    """
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        problem = f"cannot be read ({error.strerror or type(error).__name__})"
        raise unreadable(name, problem, "give a file beside the configuration, or an absolute path") from None
    try:
        cells = tuple(_cells(_decoded(content)))
    except csv.Error as error:
        raise unreadable(name, f"is not a CSV file ({error})", "give one domain a line") from None
    done: list[str] = []
    troubles: list[Trouble] = []
    for line, cell, called in cells:
        try:
            done.append(named(called, read_customer(cell)) if cell or not called else called)
        except UnreadableError:
            problem = f"has no domain in line {line}"
            troubles.append(Trouble(value=name, problem=problem, remedy="give domains in a column named domain"))
    if troubles:
        raise UnreadableError(*troubles[:TROUBLES_SHOWN])
    return distinct(done)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _cells(content: str) -> Iterable[tuple[int, str, str]]:
    """Line numbers, the cells that should hold a domain, and the names.

    Blank lines and `#` comments are passed over.
    """
    delimiter = max(DELIMITERS, key=next((line for line in content.splitlines() if line.strip()), "").count)
    reader = csv.reader(StringIO(content, newline=""), delimiter=delimiter)
    rows: Iterator[tuple[int, list[str]]] = (
        (reader.line_num, row) for row in reader if any(map(str.strip, row)) and not row[0].startswith("#")
    )
    first = next(rows, None)
    if first is None:
        return
    header = [re.sub(r"[\s_.-]+", " ", cell).strip().casefold() for cell in first[1]]
    column = next((header.index(name) for name in COLUMNS if name in header), None)
    names = next((header.index(name) for name in NAMES if name in header), None)
    if column is None and names is None:
        listed = [first, *rows]
        if (called := _names_of(listed)) is not None:
            yield from ((line, "", name) for line, name in called)
            return
        rows = iter(listed)
    for line, row in rows:
        if _is_total(row):
            continue
        cell = "" if column is None and names is not None else _cell(row, column or 0)
        name = "" if names is None else company_name(_cell(row, names)) or ""
        if cell or name or column is None:
            yield line, cell, name


def _names_of(rows: list[tuple[int, list[str]]]) -> list[tuple[int, str]] | None:
    """The names of a list that has one a line, with their lines; None where any is a domain, or a line tells more than a name."""
    told = [(line, company_name(", ".join(map(str.strip, row)))) for line, row in rows if not _is_total(row)]
    named_alone = [(line, name) for line, name in told if name is not None and not HOST.fullmatch(name.lower())]
    firsts = (company_name_key(row[0]) for _, row in rows if not _is_total(row))
    are_names = len(named_alone) == len(told) and all(
        company_name_key(name) == first for (_, name), first in zip(told, firsts, strict=True)
    )
    return named_alone if are_names else None


def _is_total(row: list[str]) -> bool:
    """Whether a line is the sum of those above it: "Total,12", "Total: 12"; "Total" alone is a company."""
    text = " ".join(" ".join(row).replace(":", " ").split())
    word, _, rest = text.rpartition(" ")
    return rest.isdigit() and TOTAL.fullmatch(word) is not None


def _cell(row: list[str], column: int) -> str:
    return " ".join(row[column].split()) if len(row) > column else ""


CUSTOMERS = Reader(type_name="list of domains", read=read_customers)
