"""The public names of `import enrichcore`."""

import subprocess
import sys
from importlib import import_module

import pytest

import enrichcore


@pytest.mark.parametrize("name", enrichcore.__all__)
def test_every_exported_name_is_that_of_its_room(name):
    """A public name is the very object that its room has."""
    assert getattr(enrichcore, name) is getattr(import_module(enrichcore._ROOM_OF[name]), name)


def test_the_table_of_rooms_and_the_list_of_names_agree():
    """No name is listed without a room, and none has a room without being listed."""
    assert sorted(enrichcore._ROOM_OF) == sorted(enrichcore.__all__)
    assert set(enrichcore.__all__) <= set(dir(enrichcore))


def test_an_unknown_name_is_an_attribute_error():
    """A wrong name fails as it does in any module."""
    with pytest.raises(AttributeError, match="no attribute 'Enrichmnt'"):
        enrichcore.Enrichmnt  # noqa: B018 - asking is the test


def test_importing_the_domain_imports_no_database_driver():
    """The pure domain stays pure, whatever the package exports."""
    asked = "import sys, enrichcore.domain.batch_item; sys.exit(bool({'psycopg', 'eventsourcing'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
