"""The command line with a batch that ran through it, and sites with and without a token."""

import sys

import pytest

from enrichcore.store.embedded import embedded_url
from tests.contracts.world import configuration
from tests.end_to_end.commands_world import SECRET, World, process
from tests.end_to_end.pages_world import opened_site, with_token


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """One world for all tests here; each makes its own batches in it."""
    folder = tmp_path_factory.mktemp("commands")
    clay = [sys.executable, "-m", "runners.sandbox", "--port", "0", "--delay", "0.05", "--secret", SECRET]
    with process(clay, folder) as (_, address):
        made = World(folder, address)
        # Held open here, so that not every command starts and stops a server of its own.
        made.url = embedded_url(folder / ".enrichcore" / "postgres")
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the embedded server of these tests lives."""
    return tmp_path_factory.mktemp("pages")


@pytest.fixture
def site(folder):
    """The pages without a token, as on a laptop."""
    with opened_site(folder) as opened:
        yield opened


@pytest.fixture
def browser(site):
    """A browser on this machine."""
    with site.browser() as client:
        yield client


@pytest.fixture
def locked(folder):
    """The pages with a token."""
    with opened_site(folder, with_token(configuration())) as opened:
        yield opened
