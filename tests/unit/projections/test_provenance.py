"""Each field of a lead tells its source, the event and the time; a rebuild tells the same."""

from tests.unit.projections.written_log import ASK_COMPANY, ASK_PERSON, WrittenLog


def told(recorded, source):
    """What a field tells of where it came from."""
    return [source, recorded.position, f"{recorded.at:%Y-%m-%dT%H:%M:%SZ}"]


def written():
    """A log in which import, launch and answers each give a field, and one answer is told again."""
    log = WrittenLog()
    item = log.leads(1, 1, person_title="Buyer", person_first_name="Ann", person_last_name="Fennimarsh")
    imported = next(one for one in log.events if "person_title" in getattr(one.event, "facts", {}))
    company = log.answers_company(1, {"result": {"name": "Quillhaven", "domain": "quillhaven.example"}})
    person = log.answers_person(1, {"result": {"first_name": "Ann", "last_name": "Fennimarsh", "headline": "Buys"}})
    log.answers_company(1, {"result": {"name": "Quillhaven", "domain": "quillhaven.example"}})
    return log, item, imported, company, person


def test_a_field_tells_its_source_its_event_and_its_time():
    """The time is that of the event which brought the value, not of one that only said the same."""
    log, _, imported, company, person = written()
    provenance = log.lead(1)["provenance"]
    assert provenance["person_title"] == told(imported, "import")
    assert provenance["company_domain"] == told(company, ASK_COMPANY)
    assert provenance["person_headline"] == told(person, ASK_PERSON)
    assert set(provenance) == {name for name, value in log.lead(1).items() if name in provenance and value is not None}


def test_the_provenance_does_not_depend_on_the_size_of_pages():
    """Following event by event gives what a rebuild gives."""
    log, *_ = written()
    assert [log.lead(1, page)["provenance"] for page in (1, 2, 3)] == [log.lead(1)["provenance"]] * 3
