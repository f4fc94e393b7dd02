"""Files are named as Python's own functions take them: by a path, or by its text."""

from pathlib import Path

import pytest

from enrichcore import ConfigurationError, Enrichment, MemoryStore, registry
from tests.unit.application.test_refusing_launches import ROWS, TOML


@pytest.mark.parametrize("named", [str, Path])
def test_a_file_is_named_by_its_path_or_by_the_text_of_it(tmp_path, named):
    """The configuration, and what is imported."""
    (tmp_path / "enrichcore.toml").write_text(TOML)
    (tmp_path / "people.csv").write_bytes(ROWS)
    application = Enrichment(MemoryStore(), registry.load(named(tmp_path / "enrichcore.toml")))
    report = application.upload(named(tmp_path / "people.csv"), client="acme", workstream="plain")
    assert report.row_count == 1


def test_a_configuration_that_is_missing_is_told_either_way(tmp_path):
    """In the same sentence."""
    for named in (str, Path):
        with pytest.raises(ConfigurationError, match="write one with: enrichcore init"):
            registry.load(named(tmp_path / "none.toml"))
