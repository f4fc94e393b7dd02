"""TOML text in, registry out; or one error with every fault of it.

Numbers with a point are read as exact decimals. No text whatever raises anything but `ConfigurationError`.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from enrichcore.registry.build import build
from enrichcore.registry.checks import check_tables
from enrichcore.registry.errors import ConfigurationError, Fault
from enrichcore.registry.reading import Context, is_unicode
from enrichcore.registry.registry import Registry
from enrichcore.registry.sections import read_sections

FILE_NAME = "enrichcore.toml"
VARIABLE = "ENRICHCORE_CONFIG"
#: Tables and lists inside each other; the contract needs 5.
DEEPEST = 40
IN_LINE = re.compile(r"\s*\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")


def find_configuration(explicit: Path | None, env: Mapping[str, str] | None = None) -> Path:
    """Where the configuration is: the given file, else that of `ENRICHCORE_CONFIG`, else `enrichcore.toml` here.

    Args:
        explicit: What `--config` said.
        env: The environment; the process's own by default.

    Raises:
        ConfigurationError: There is no such file.
    """
    named = (os.environ if env is None else env).get(VARIABLE, "")
    if explicit is not None:
        source, path = "--config", explicit
    elif named:
        source, path = VARIABLE, Path(named)
    else:
        source, path = FILE_NAME, Path(FILE_NAME)
    if _is_file(path):
        return path
    problem = f"there is no file {path}"
    raise ConfigurationError([Fault(key=source, problem=problem, remedy="write one with: enrichcore init")])


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def load(path: Path | str, env: Mapping[str, str] | None = None) -> Registry:
    """The registry in a file.

    Args:
        path: The file; other files that it names are relative to its folder.
        env: The environment; the process's own by default.

    Raises:
        ConfigurationError: The file cannot be read, or has faults; all of them are in it.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        fault = Fault(key=path.name, problem="there is no such file", remedy="write one with: enrichcore init")
        raise ConfigurationError([fault], path) from None
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or type(error).__name__
        fault = Fault(key=path.name, problem=f"cannot be read ({reason})", remedy="give a file that can be read")
        raise ConfigurationError([fault], path) from None
    return parse(content, env=env, path=path)


def parse(text: str | bytes, *, env: Mapping[str, str] | None = None, path: Path | None = None) -> Registry:
    """The registry in a text.

    Args:
        text: TOML; bytes are UTF-8, with or without a byte order mark.
        env: The environment that `env:NAME` asks; the process's own by default.
        path: The file that the text is of; other files that it names are relative to its folder, or else to the
            current one.

    Raises:
        ConfigurationError: The text has faults; all of them are in it.
    """
    tree = _tree(text, path)
    folder = path.parent if path else Path()
    context = Context(env=os.environ if env is None else env, folder=folder)
    tables = read_sections(context, tree)
    check_tables(context, tables)
    if context.faults:
        raise ConfigurationError(context.faults, path)
    return build(tables)


def _tree(text: str | bytes, path: Path | None) -> dict[str, Any]:
    name = path.name if path else FILE_NAME
    try:
        plain = text.decode("utf-8-sig") if isinstance(text, bytes) else text.removeprefix("\ufeff")
        tree = tomllib.loads(plain, parse_float=_exact)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        fault = Fault(key=f"line {line}", problem="is not UTF-8 text", remedy="save the file as UTF-8")
    except tomllib.TOMLDecodeError as error:
        fault = _syntax_fault(str(error), plain)
    except RecursionError:
        fault = _too_deep(name)
    except ValueError:
        # Python refuses to read integers of more than 4,300 digits.
        fault = Fault(key=name, problem="has a number that is too long", remedy="shorten it")
    else:
        if not is_unicode(plain):
            fault = Fault(key=name, problem="is not Unicode text", remedy="save the file as UTF-8")
        elif _depth(tree) > DEEPEST:
            fault = _too_deep(name)
        else:
            return tree
    raise ConfigurationError([fault], path) from None


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("nan")


def _syntax_fault(message: str, text: str) -> Fault:
    found = IN_LINE.search(message)
    line = found["line"] if found and found["line"] else str(text.rstrip("\n").count("\n") + 1)
    column = f" at column {found['column']}" if found and found["column"] else ""
    problem = f"is not TOML: {IN_LINE.sub('', message)}{column}"
    return Fault(key=f"line {line}", problem=problem, remedy="see https://toml.io for how it is written")


def _too_deep(name: str) -> Fault:
    return Fault(key=name, problem="has tables or lists too deep inside each other", remedy="write it flatter")


def _depth(tree: dict[str, Any]) -> int:
    """How deep tables and lists go; counted level by level, since dotted keys can go deeper than calls can."""
    depth = 0
    level: list[dict[str, Any] | list[Any]] = [tree]
    while level:
        depth += 1
        inside = (entry for table in level for entry in (table.values() if isinstance(table, dict) else table))
        level = [entry for entry in inside if isinstance(entry, dict | list)]
    return depth
