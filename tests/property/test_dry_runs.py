"""A dry run tells what the import then does, whatever the rows, the chunks, and what the client has already."""

import csv
import io

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.application import uploading
from enrichcore.application.estimating import estimate
from enrichcore.store.memory import MemoryStore
from tests.contracts.world import ACME, CRM, World

HEADER = ("Full Name", "Email", "LinkedIn URL", "Company Name", "Company Domain", "Company LinkedIn URL")
some = st.sampled_from
ROWS = st.lists(
    st.tuples(
        some(["Ann Fenn", "Bo Mock", ""]),
        some(["", "a@alpha.example", "b@alpha.example", "a@beta.example", "a@gmail.com", "info@alpha.example"]),
        some(["", "https://linkedin.com/in/ann", "https://linkedin.com/in/bo"]),
        some(["", "Alpha Ltd.", "Beta"]),
        some(["", "alpha.example", "beta.example"]),
        some(["", "https://linkedin.com/company/alpha", "https://linkedin.com/company/beta"]),
    ),
    max_size=8,
)


def file_of(rows):
    """The rows as a file."""
    out = io.StringIO()
    csv.writer(out).writerows([HEADER, *rows])
    return out.getvalue().encode()


@given(before=ROWS, rows=ROWS, chunk=some([1, 2, 1000]))
def test_a_dry_run_is_what_the_import_then_does(before, rows, chunk):
    """Counts, merges, contested keys and what a launch would send; and it records nothing."""
    world = World(MemoryStore())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uploading, "CHUNK", chunk)
        patch.setattr("enrichcore.application.previewing.CHUNK", chunk)
        world.app.upload(file_of(before), client=ACME, workstream=CRM)
        position = world.store.last_position()
        dry = world.app.upload(file_of(rows), client=ACME, workstream=CRM, dry_run=True)
        assert world.store.last_position() == position
        done = world.app.upload(file_of(rows), client=ACME, workstream=CRM)
    assert evolve(dry, steps=None) == evolve(done, upload_id=None)
    uploaded = world.app.get_upload(done.upload_id)
    assert dry.steps == estimate(world.store, world.registry, uploaded, now=world.clock()).steps
