"""What programs are told of an upload."""

from enrichcore.store import MemoryStore
from runners.reports import report_json
from tests.contracts.world import ACME, CRM, World


def test_a_column_that_is_ambiguous_is_not_read_and_is_told_as_that():
    """Who only looks at what is not read sees it, and why, who looks further."""
    file = b"Name,Email,Employer,Company Name,Shoe size\nAnn Fennimarsh,ann@vale.example,Vale,Vale,38\n"
    told = report_json(World(MemoryStore()).app.upload(file, client=ACME, workstream=CRM, dry_run=True))
    assert set(told["ambiguous"]) == {"Employer", "Company Name"}
    assert sorted(told["unmapped"]) == ["Company Name", "Employer", "Shoe size"]
    assert set(told["mapped"]) == {"Name", "Email"}
