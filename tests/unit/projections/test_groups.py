"""What is shown of fields that belong together, for any claims."""

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from enrichcore.fields import Rules
from projections.final_leads.groups import GROUPED, claims, told_by
from projections.final_leads.state import Cell, Company, absorb

TRUSTED_FOR = Rules().trusted_for
AT = datetime(2026, 3, 2, tzinfo=UTC)
PLACES = ("company_city", "company_state", "company_country")
JOB = ("person_title", "person_current_job_start_date")
VALUES = {
    "company_city": ["Boston", "BOSTON", "Berlin"],
    "company_state": ["Massachusetts", "MA", "Bavaria"],
    "company_country": ["United States", "US", "Germany"],
    "person_title": ["CTO", "cto", "Buyer"],
    "person_current_job_start_date": ["2026", "2026-01", "2026-01-15", "2025-11"],
}
#: Values that say the same.
MEANING = {"BOSTON": "Boston", "MA": "Massachusetts", "US": "United States", "cto": "CTO"}

facts = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in VALUES.items()})
sources = st.lists(st.tuples(facts, st.sampled_from([10, 20, 30])), max_size=6)


def told(listed):
    """Each source's facts as claims, in the order of the log."""
    return [
        {
            name: Cell(value=value, weight=weight, source="s", since=position, at=AT, seen=position)
            for name, value in claims(given).items()
        }
        for position, (given, weight) in enumerate(listed, 1)
    ]


def remembered(cells):
    """What a fold in that order remembers."""
    state = Company()
    for one in cells:
        state = absorb(state, one, TRUSTED_FOR)
    return state.cells


def agree(name, first, second):
    """Whether two values of a field say the same."""
    if name == "person_current_job_start_date":
        return first.startswith(second) or second.startswith(first)
    return MEANING.get(first, first) == MEANING.get(second, second)


@example(
    [
        ({"person_current_job_start_date": start, "person_title": title}, 10)
        for start, title in (("2026", "CTO"), ("2025-11", "cto"))
    ]
)
@given(sources)
def test_the_shown_parts_of_a_group_contradict_no_source_that_they_come_from(listed):
    """Every source of a shown part agrees with all the shown parts that it tells itself; the best one is shown whole, its title in the best letters."""
    shown = told_by(remembered(told(listed)), TRUSTED_FOR)
    assert shown.keys() <= GROUPED
    for group in (PLACES, JOB):
        parts = {name: shown[name] for name in group if name in shown}
        for name, cell in parts.items():
            given, weight = listed[cell.since - 1]
            assert (given[name], weight) == (cell.value, cell.weight)
            if name == "person_title" and any(cell.value.casefold() == told.get(name) for told, _ in listed):
                # Of this source maybe only the letters are shown.
                continue
            assert all(agree(other, given[other], parts[other].value) for other in parts if other in given)
        telling = [(weight, at) for at, (given, weight) in enumerate(listed, 1) if given.keys() & set(group)]
        if telling:
            _, best = max(telling)
            given, _ = listed[best - 1]
            assert {name: spelt(name, value) for name, value in given.items() if name in group}.items() <= {
                name: spelt(name, cell.value) for name, cell in parts.items()
            }.items()


def spelt(name, value):
    """A value without the size of its letters, where these are chosen among the sources."""
    return value.casefold() if name == "person_title" else value


@given(sources, st.randoms(use_true_random=False))
def test_what_is_shown_does_not_depend_on_the_order_of_taking_in(listed, random):
    """Claims that two companies held are the same after their merge, whichever took in the other's."""
    cells = told(listed)
    values = {name: cell.value for name, cell in told_by(remembered(cells), TRUSTED_FOR).items()}
    random.shuffle(cells)
    assert {name: cell.value for name, cell in told_by(remembered(cells), TRUSTED_FOR).items()} == values
