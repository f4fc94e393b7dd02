"""How hypothesis searches: quickly by default, deeply with `HYPOTHESIS_PROFILE=deep pytest --timeout=0`; where temporary files lie."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import settings

from enrichcore.store.embedded import stop_servers

# Suites shared by several folders explain their failures as test modules do.
pytest.register_assert_rewrite("tests.contracts", "tests.end_to_end.browsing", "tests.end_to_end.commands_world")

settings.register_profile("quick", max_examples=50, stateful_step_count=30, deadline=None, print_blob=True)
settings.register_profile("deep", max_examples=2000, stateful_step_count=100, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "quick")


def pytest_configure(config: pytest.Config) -> None:
    """Give each session a temporary folder of its own.

    pytest closes the folder that all sessions of a user share each time one starts, and an embedded server that another
    session runs there, as a user of its own, then loses its files.
    """
    if config.option.basetemp is None:
        folder = tempfile.mkdtemp(prefix="enrichcore-tests-")
        config.option.basetemp = folder
        # Registered first, so it runs last: after the embedded servers in it have been stopped.
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Stop the servers of this process, which may be ended by another one once it has told its results."""
    stop_servers()


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """Let a report with half of a surrogate pair in it, such as what was logged of a hostile text, go to another process."""
    return _encodable((yield))


def _encodable(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {name: _encodable(inner) for name, inner in value.items()}
        case list() | tuple():
            return type(value)(map(_encodable, value))
        case _:
            return value
