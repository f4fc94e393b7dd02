from datetime import date

import pytest

from enrichcore.ingest import ImportedRow, read_import
from runners.cli.sample_files import write_samples


@pytest.mark.parametrize("rows", [1, 3, 200])
def test_samples_import_without_a_rejected_row(tmp_path, rows):
    """Both files have as many people as asked for, each a different one."""
    for path, profile in zip(write_samples(tmp_path, rows), ("apollo", "crm"), strict=True):
        reading = read_import(path, profile=profile, name=path.name)
        read = list(reading.rows())
        assert len(read) == rows
        assert all(isinstance(row, ImportedRow) for row in read)
        assert len({row.person["person_linkedin_url"] for row in read}) == rows
        assert not reading.mapping.ambiguous


def test_samples_are_repeatable_and_overlap(tmp_path):
    """The same seed gives the same files; a part of the people are in both."""
    (tmp_path / "again").mkdir()
    today = date(2026, 3, 1)
    first, second = (write_samples(folder, 40, today=today) for folder in (tmp_path, tmp_path / "again"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    named = [
        {row.person["person_linkedin_url"] for row in read_import(path, profile=profile).rows()}
        for path, profile in zip(first, ("apollo", "crm"), strict=True)
    ]
    assert len(named[0] & named[1]) == 10


def test_funding_is_recent_old_and_untold(tmp_path):
    """So that leads show an indicator that is true, one that is false, and one that nobody knows."""
    apollo, _ = write_samples(tmp_path, 200, today=date(2026, 3, 1))
    told = {row.company.get("company_last_raised_at") for row in read_import(apollo, profile="apollo").rows()}
    dates = sorted(day for day in told if day)
    assert None in told
    assert dates[0] < "2025-03-01"
    assert "2025-05-01" < dates[-1] < "2026-03-01"


def test_companies_do_not_share_a_domain_by_accident(tmp_path):
    """However many there are, two names are two domains."""
    apollo, _ = write_samples(tmp_path, 5000)
    pairs = {
        (row.company["company_domain"], row.company["company_linkedin_url"])
        for row in read_import(apollo, profile="apollo").rows()
    }
    assert len({domain for domain, _ in pairs}) == len(pairs)
