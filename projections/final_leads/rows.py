"""From what is known of a person, their company and the calendar to the row of `final_leads`.

The row depends on nothing else, above all not on when or how often it is made. `updated_at` is the time of the latest event
that its content rests on; where an indicator changed by the passing of time after that, it is the day's event.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID, uuid5

from attrs import frozen

from enrichcore.fields import (
    INDICATORS,
    LEAD_FIELDS,
    AskedCompany,
    Customers,
    Rules,
    basis_of,
    change_after,
    indicators_of,
)
from enrichcore.fields.indicators import Basis
from projections.final_leads.groups import told_by
from projections.final_leads.role import with_role_today
from projections.final_leads.state import HISTORY, Cell, Company, Moment, Person

#: Facts that are no columns but that indicators rest on.
_BEHIND_INDICATORS: Final = (HISTORY, "company_last_raised_at", "company_has_undated_round")
_COLUMNS: Final = frozenset(LEAD_FIELDS)
_COUNTED: Final = _COLUMNS | {*_BEHIND_INDICATORS}
_EMPTY: Final = Company()


@frozen(kw_only=True)
class Calendar:
    """The days that passed, in the order of the log."""

    days: tuple[tuple[date, Moment], ...] = ()

    @property
    def today(self) -> date:
        """The last day that began."""
        return max((day for day, _ in self.days), default=date.min)

    def before(self, position: int) -> date:
        """The last day that had begun at a position."""
        return max((day for day, moment in self.days if moment.position <= position), default=date.min)

    def reached(self, day: date, after: int) -> Moment | None:
        """The event after a position by which a day had come."""
        return next((moment for told, moment in self.days if told >= day and moment.position > after), None)


@frozen(kw_only=True)
class Listed:
    """One client's customers, and the event that changed them last; None where no configuration names any."""

    customers: Customers
    moment: Moment | None = None


def row_of(
    client_id: UUID,
    person_id: UUID,
    person: Person,
    company_id: UUID | None,
    company: Company | None,
    known: Listed,
    calendar: Calendar,
    rules: Rules,
) -> tuple[dict[str, Any], date | None]:
    """The lead's row, and the first day on which it changes by itself."""
    assert person.item is not None  # noqa: S101 - a lead exists from launch
    remembered = {**person.cells, **(company or _EMPTY).cells}
    both = told_by(remembered, rules.trusted_for)
    fields = _fields(both)
    person_data = _person_data(fields, both)
    company_data = {name: value for name, value in fields.items() if name.startswith("company_")}
    # What is not shown counts too: a claim or a website may have taken the place of one that was.
    rests_on = _moments(cell for name, cell in remembered.items() if name in _COUNTED or "/" in name)
    rests_on += [moment for moment in (person.item.moment, person.merged) if moment is not None]
    if person.company is not None:
        rests_on.append(Moment(position=person.company.since, at=person.company.at))
    if company is not None and company.merged is not None:
        rests_on.append(company.merged)
    newest_answer = max(moment.at for moment in rests_on).astimezone(UTC).date()
    today = max(newest_answer, calendar.today)
    basis = basis_of(person_data, company_data, None)
    at = AskedCompany(domain=fields.get("company_domain"), name=fields.get("company_name"))
    both = with_role_today(both, remembered, basis.on(today).history, rules.trusted_for, at)
    fields, shown = _fields(both), {name: cell for name, cell in both.items() if name in _COLUMNS}
    indicators = indicators_of(basis, known.customers, today, **rules.months)
    if indicators["is_worked_at_customer"] is not None and known.moment is not None:
        rests_on.append(known.moment)
    last = max(rests_on, key=lambda moment: moment.position)
    turned, turns = _turns(basis, max(newest_answer, calendar.before(last.position)), today, rules)
    if turned is not None:
        last = calendar.reached(turned, last.position) or last
    row = {
        "lead_id": uuid5(client_id, person_id.hex),
        "client_id": client_id,
        "person_id": person_id,
        "company_id": company_id,
        "workstreams": list(person.workstreams),
        "batch_id": person.item.batch_id,
        "item_id": person.item.item_id,
        "updated_at": last.at,
        **{name: fields.get(name) for name in LEAD_FIELDS},
        **{name: indicators[name] for name in INDICATORS},
        "provenance": _provenance(shown),
    }
    return row, turns


def _provenance(shown: Mapping[str, Cell]) -> dict[str, list[Any]]:
    """By field: the source, the event's position in the log, and its time to the second."""
    return {name: [cell.source, cell.since, _second(cell.at)] for name, cell in sorted(shown.items())}


@lru_cache(maxsize=1024)
def _second(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _fields(cells: Mapping[str, Cell]) -> dict[str, Any]:
    return {name: cell.value for name, cell in cells.items() if name != HISTORY}


def _person_data(fields: Mapping[str, Any], cells: Mapping[str, Cell]) -> dict[str, Any]:
    history = cells[HISTORY].value if HISTORY in cells else {}
    return {**{name: value for name, value in fields.items() if name.startswith("person_")}, **history}


def _moments(cells: Iterable[Cell]) -> list[Moment]:
    return [Moment(position=cell.since, at=cell.at) for cell in cells]


def _turns(basis: Basis, since: date, today: date, rules: Rules) -> tuple[date | None, date | None]:
    """The last day up to today, and the first after it, on which an indicator changed by the passing of time alone."""
    turned: date | None = None
    turn = change_after(basis, since, **rules.months)
    while turn is not None and turn <= today:
        turned, turn = turn, change_after(basis, turn, **rules.months)
    return turned, turn
