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
    first, second = write_samples(tmp_path, 40), write_samples(tmp_path / "again", 40)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    named = [
        {row.person["person_linkedin_url"] for row in read_import(path, profile=profile).rows()}
        for path, profile in zip(first, ("apollo", "crm"), strict=True)
    ]
    assert len(named[0] & named[1]) == 10


def test_companies_do_not_share_a_domain_by_accident(tmp_path):
    """However many there are, two names are two domains."""
    apollo, _ = write_samples(tmp_path, 5000)
    pairs = {
        (row.company["company_domain"], row.company["company_linkedin_url"])
        for row in read_import(apollo, profile="apollo").rows()
    }
    assert len({domain for domain, _ in pairs}) == len(pairs)
