"""A person without an address, and a later row with nothing but the address that the simulated Clay found: real processes."""

import csv
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from test_daemon import make_world, until

assert make_world  # the fixture of worlds

pytestmark = pytest.mark.end_to_end

PEOPLE = [
    ("Ada", "Brook"),
    ("Bela", "Quill"),
    ("Cleo", "Marsh"),
    ("Dario", "Fenn"),
    ("Edda", "Stone"),
    ("Falk", "Reed"),
]


def write(path: Path, header: list[str], rows: list[list[str]]) -> str:
    """A file as people export it."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return str(path)


def test_the_later_row_of_another_workstream_is_known_by_the_found_address(make_world, tmp_path) -> None:
    """The dry run, the launch and the simulated Clay agree: nobody is asked about twice, and there is one lead for each."""
    world = make_world()
    world.start_daemon()
    apollo = write(
        tmp_path / "apollo.csv",
        ["First Name", "Last Name", "Company", "Website", "Person Linkedin Url"],
        [
            [
                first,
                last,
                "Brook Mills",
                "https://brookmills.example",
                f"https://www.linkedin.com/in/{first}-{last}".lower(),
            ]
            for first, last in PEOPLE
        ],
    )
    first = world.command("upload", apollo, "--client", "acme", "--workstream", "apollo_scrape")
    world.command("launch", first["upload_id"])
    until(world.finished, what="the batch finishes")
    learnt = "select value, entity_id::text from enrichcore.directory_keys where kind = 'person_email_found' order by 1"
    until(lambda: bool(world.rows(learnt)), what="the timers learn an address")
    posts = world.stats()["posts_total"]
    # An upload learns what the timers have not yet.
    world.command("upload", apollo, "--client", "acme", "--workstream", "apollo_scrape")
    found = dict(world.rows(learnt))

    crm = write(tmp_path / "crm.csv", ["Email"], [[address] for address in found])
    second = world.command("upload", crm, "--client", "acme", "--workstream", "crm_data")
    assert (second["new_person_count"], second["new_company_count"], second["person_count"]) == (0, 0, len(found))
    assert {(joined["key"]["kind"], joined["id"]) for joined in second["joined"]} == {
        ("person_email_found", person) for person in found.values()
    }
    dry = world.command("launch", second["upload_id"], "--dry-run")
    assert {step["to_send"] for step in dry["steps"]} == {0}
    world.command("launch", second["upload_id"])
    until(world.finished, what="the second batch finishes")
    assert world.stats()["posts_total"] == posts
    leads = "select count(*), count(*) filter (where workstreams = array['apollo_scrape', 'crm_data']) from enrichcore.final_leads"
    until(lambda: world.rows(leads) == [(len(PEOPLE), len(found))], what="each person is one lead")
    address, person = next(iter(found.items()))
    reasons = [told["reason"] for told in world.command("why", person)["tellings"]]
    assert any(f"found the e-mail address {address} (answer of " in reason for reason in reasons)
