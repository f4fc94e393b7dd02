"""Properties of the extractors over arbitrary JSON."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from enrichcore.domain.answers import Rank
from enrichcore.domain.pipeline import Entity
from enrichcore.fields import (
    COMPANY_FIELDS,
    FIELDS_BY_NAME,
    IDENTITY,
    PERSON_FIELDS,
    FieldType,
    compute_indicators,
    extract_all,
    extract_company_fields,
    extract_person_fields,
    is_another,
    next_change,
    read_answer,
)

KEYS = st.sampled_from(
    [
        "result", "data", "Enrich person", "name", "first_name", "url", "email", "Work Email", "experience", "latest_experience",
        "is_current", "start_date", "company", "company_domain", "locations", "structured_locations", "inferred_location", "city",
        "state", "country", "locality", "derived_datapoints", "industry", "technologies", "employee_count", "founded", "funding",
        "metadata", "upfrontCreditUsage", "totalCost", "status", "error", "message", "person_current_companies", "slug",
        "role", "account", "payload", "items", "title", "link", "snippet", "code", "statusCode", "valid", "answer", "verification", "success",
    ]
)  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20)
    | st.sampled_from(["https://www.linkedin.com/in/x", "x.example", "a@x.example", "2021", "Mar 2021", "2026-10-01", "true", "N/A", "US", "Boise, ID"])
)  # fmt: skip
PAYLOADS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYS | st.text(max_size=6), inner, max_size=6)
        | st.dictionaries(KEYS, inner, max_size=3).map(json.dumps)
    ),
    max_leaves=25,
)
TYPES = {
    FieldType.TEXT: str, FieldType.INTEGER: int, FieldType.TEXT_LIST: list, FieldType.BOOLEAN: bool, FieldType.PARTIAL_DATE: str,
    FieldType.RECORDS: list,
}  # fmt: skip


@given(payload=PAYLOADS)
@example(payload={"result": [[[[{"a": "[" * 5000}]]]]})
@example(payload={"role": ["owner"], "person": {"role": {"a": "owner"}}})
def test_extractors_take_any_json_and_give_only_typed_clean_values(payload):
    """Whatever comes in, every field has its type, says something and can be stored."""
    fields = {**extract_company_fields(payload), **extract_person_fields(payload)}
    assert fields.keys() == {*COMPANY_FIELDS, *PERSON_FIELDS}
    for name, value in fields.items():
        assert value is None or type(value) is TYPES[FIELDS_BY_NAME[name].type], name
        assert value not in ("", [])
    json.dumps(fields, ensure_ascii=False).encode()
    assert "\x00" not in json.dumps(fields, ensure_ascii=False)


@given(payload=PAYLOADS)
def test_an_unusable_part_beside_the_usable_never_hides_it(payload):
    """Junk under other keys changes nothing of what the known keys say."""
    told = extract_person_fields({"junk": payload, "result": {"first_name": "Jane", "work_email": "jane@x.example"}})
    assert (told["person_first_name"], told["person_email"]) == ("Jane", "jane@x.example")


@given(payload=PAYLOADS, other=PAYLOADS, customers=st.lists(SCALARS, max_size=3))
def test_indicators_take_any_json(payload, other, customers):
    """Indicators are true, false or unknown for every input."""
    fields = payload if isinstance(payload, dict) else None
    told = compute_indicators(fields, fields, other, customers)
    assert set(told.values()) <= {True, False, None}
    next_change(fields, fields, other, customers)
    extract_all(payload, other, customers)


IDENTITIES = st.dictionaries(
    st.sampled_from([*IDENTITY[Entity.PERSON], *IDENTITY[Entity.COMPANY], "person_current_companies"]),
    SCALARS
    | PAYLOADS
    | st.sampled_from(["Ann Vale", "A. Vale", "Vale, Ann", "Bob Stone", "Acme", "Acme Ltd", "李 明"]),
)


@given(asked=IDENTITIES, told=IDENTITIES, entity=st.sampled_from(Entity))
def test_whoever_is_asked_about_is_never_another_than_themselves(asked, told, entity):
    """Whatever is known, and whichever way round two are held against each other, where no employer tells them apart."""
    assert not is_another(asked, asked, entity)
    assert isinstance(is_another(asked, told, entity), bool)
    asked, told = ({name: facts[name] for name in IDENTITY[entity] if name in facts} for facts in (asked, told))
    assert is_another(asked, told, entity) == is_another(told, asked, entity)
    assert not is_another({}, told, entity)


@given(payload=PAYLOADS, entity=st.sampled_from(Entity))
def test_an_answer_is_read_the_same_twice_and_ranked_by_its_fields(payload, entity):
    """Reading is a function of the bytes; fields make data, and only data has fields."""
    body = json.dumps(payload).encode()
    reading = read_answer(body, entity=entity)
    assert reading == read_answer(body, entity=entity)
    assert reading.rank is Rank.DATA or not reading.fields
    assert (reading.rank is Rank.ERROR) == bool(reading.error)
    assert all(name.startswith(f"{entity}_") for name in reading.fields)


@given(body=st.binary(max_size=200), entity=st.sampled_from(Entity))
def test_any_bytes_can_be_read(body, entity):
    """No body makes the reader raise."""
    assert read_answer(body, entity=entity).rank in Rank


CITIES = st.sampled_from(["London", "Paris", "Rosario", "Leeds", "Oslo", "Stratford-upon-Avon"])
BETWEEN = st.sampled_from([" / ", " | ", "; ", " & ", " and ", " und ", " - ", " \u00b7 ", "\n"])


@given(
    cities=st.lists(CITIES, min_size=1, max_size=4),
    between=BETWEEN,
    key=st.sampled_from(["locality", "city", "headquarters"]),
)
def test_of_several_places_in_one_text_none_is_taken(cities, between, key):
    """Unless they are all the same."""
    told = extract_company_fields({"name": "Acme", "employee_count": 5, key: between.join(cities)})
    assert told["company_city"] == (cities[0] if len(set(cities)) == 1 else None)


@given(payload=PAYLOADS)
def test_wrapping_a_body_as_text_changes_nothing(payload):
    """A stringified answer says what the answer says."""
    body = {"item_id": "x", "result": {"first_name": "Jane", "x": payload}}
    wrapped = {"item_id": "x", "result": json.dumps(body["result"])}
    assert extract_person_fields(wrapped) == extract_person_fields(body)
