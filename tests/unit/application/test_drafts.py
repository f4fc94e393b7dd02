"""What a unit of work read, and what its commit rests on."""

from datetime import UTC, datetime
from uuid import uuid4

from enrichcore.application.drafts import Drafts


def test_a_commit_rests_on_what_was_looked_for_and_not_found():
    """Another writer may begin it meanwhile; but not on an id that somebody outside claimed, which may be of something else."""
    drafts = Drafts(lambda _ids: {}, datetime(2026, 3, 2, tzinfo=UTC))
    company_run, claimed = uuid4(), uuid4()
    assert (drafts.company(company_run), drafts.run(claimed)) == (None, None)
    drafts.forget(claimed)
    assert drafts.only_read() == {company_run: 0}
