"""How events become leads.

Events change what is remembered of persons and companies; at the end of a page, the rows of every lead that may differ are
made anew: those of persons and companies that were told of, of clients whose customers changed, and those whose indicators
turn on a day that passed. A row is a function of what is remembered, so the size of pages shows nowhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from functools import partial
from importlib.resources import files
from typing import Any, Final
from uuid import UUID

import msgspec

from enrichcore.domain import events as e
from enrichcore.domain.pipeline import Entity
from enrichcore.fields import AskedCompany, Rules, SomebodyElse, customers_among, rules_of, rules_to_json, turned_away
from enrichcore.projection import ReadModel, Table, Tables
from projections.concerns import Concern, Concerns
from projections.final_leads.facts import cells, of_answer, values_of
from projections.final_leads.rows import Calendar, Listed, row_of
from projections.final_leads.state import (
    Cell,
    Company,
    LatestItem,
    Moment,
    Person,
    absorb,
    asked_of,
    better,
    decode_company,
    decode_person,
    encode,
    merge_companies,
    merge_persons,
)
from projections.final_leads.trust import Trust

_LEADS, _PERSONS, _COMPANIES = "final_leads", "lead_persons", "lead_companies"
_CLIENTS, _DAYS = "lead_clients", "lead_days"
_DOMAIN: Final = "company_domain"
_NAME: Final = "company_name"

#: A person or company within its client.
Name = tuple[UUID, UUID]

_TOLD_OF_PERSON: Final = (e.PersonImported, e.ItemCreated, e.PersonsMerged)
_TOLD_OF_COMPANY: Final = (e.CompanyImported, e.CompaniesMerged)
_IN_FORCE: Final = (e.StepAnswered, e.AnswerRevised)
_GIVES_FACTS: Final = (*_IN_FORCE, e.StepCompletedLocally)


class _Fold:
    """One page."""

    def __init__(self, tables: Tables, rules: Rules) -> None:
        self._tables = tables
        self._rules = rules
        self._concerns = Concerns(tables, "lead")
        self._persons: dict[Name, Person] = {}
        self._companies: dict[Name, Company] = {}
        self._told_persons: dict[Name, None] = {}
        #: Companies, under every id they had, whose people's rows are to be made anew.
        self._told_companies: dict[UUID, None] = {}
        self._told_clients: dict[UUID, None] = {}
        self._day_passed = False

    def preload(self, events: Sequence[e.Recorded]) -> None:
        """Fetch what the page will ask for."""
        self._concerns.learn(events, _GIVES_FACTS)
        persons: list[Name] = []
        companies: list[Name] = []
        for recorded in events:
            event, client, entity = recorded.event, recorded.client_id, recorded.entity_id
            if client is None:
                continue
            if entity is not None and isinstance(event, (*_TOLD_OF_PERSON, *_GIVES_FACTS)):
                persons.append((client, entity))
            if entity is not None and isinstance(event, _TOLD_OF_COMPANY):
                companies.append((client, entity))
            company_id = self._company_of(recorded)
            if company_id is not None:
                companies.append((client, company_id))
        for table, names in ((_PERSONS, persons), (_COMPANIES, companies)):
            self._tables.load(table, names)
            rows = (self._tables.get(table, *name) for name in dict.fromkeys(names))
            self._tables.load(
                table, [(row["client_id"], row["merged_into"]) for row in rows if row and _is_merged(row)]
            )

    def _company_of(self, recorded: e.Recorded) -> UUID | None:
        event = recorded.event
        if isinstance(event, e.ItemCreated | e.PersonImported):
            return event.company_id
        return self._concerns.of(recorded).company_id if isinstance(event, _GIVES_FACTS) else None

    def apply(self, recorded: e.Recorded) -> None:
        """Take in one event."""
        client, entity = recorded.client_id, recorded.entity_id
        match recorded.event:
            case e.DayPassed(day=day):
                if self._tables.get(_DAYS, day) is None:
                    self._tables.put(_DAYS, {"day": day, "position": recorded.position, "at": recorded.at})
                    self._day_passed = True
            case e.ConfigurationApplied(snapshot=snapshot):
                self._configure(snapshot, recorded)
            case _ if client is None:
                return
            case e.ItemCreated() as created:
                self._launch((client, created.person_id), created, recorded)
            case e.PersonImported(facts=facts, company_id=company_id) if entity is not None:
                told = cells(facts, Entity.PERSON, Trust.IMPORT, "import", recorded)
                self._tell_person((client, entity), told, company_id, recorded)
            case e.CompanyImported(facts=facts) if entity is not None:
                self._tell_company((client, entity), cells(facts, Entity.COMPANY, Trust.IMPORT, "import", recorded))
            case e.PersonsMerged(merged=merged) if entity is not None:
                self._merge_persons((client, entity), (client, merged), _moment(recorded))
            case e.CompaniesMerged(merged=merged) if entity is not None:
                self._merge_companies((client, entity), (client, merged), _moment(recorded))
            case e.StepCompletedLocally(workflow=workflow, data=data):
                self._compute(client, self._concerns.of(recorded), workflow, data, recorded)
            case e.StepAnswered() | e.AnswerRevised():
                self._answer(client, self._concerns.of(recorded), recorded)

    def _launch(self, name: Name, created: e.ItemCreated, recorded: e.Recorded) -> None:
        client, _ = name
        told = cells(created.facts, Entity.PERSON, Trust.LAUNCH, "launch", recorded)
        self._tell_person(name, told, created.company_id, recorded, Trust.LAUNCH)
        if created.company_id is not None:
            company = cells(created.facts, Entity.COMPANY, Trust.LAUNCH, "launch", recorded)
            self._tell_company((client, created.company_id), company)
        name = self._now(_PERSONS, name)
        person = self._person(name)
        assert recorded.batch_id is not None  # noqa: S101 - every item belongs to a batch
        item = LatestItem(item_id=recorded.stream_id, batch_id=recorded.batch_id, moment=_moment(recorded))
        streams = tuple(sorted({*person.workstreams, created.workstream}))
        self._persons[name] = msgspec.structs.replace(person, item=item, workstreams=streams)

    def _compute(
        self, client: UUID, concern: Concern, workflow: str, data: Mapping[str, Any], recorded: e.Recorded
    ) -> None:
        if concern.entity is Entity.PERSON or recorded.entity_id != concern.company_id:
            assert recorded.entity_id is not None  # noqa: S101 - an item names its person
            told = cells(data, Entity.PERSON, Trust.LOCAL, workflow, recorded)
            self._tell_person((client, recorded.entity_id), told, None, recorded)
        if concern.company_id is not None:
            company = cells(data, Entity.COMPANY, Trust.LOCAL, workflow, recorded)
            self._tell_company((client, concern.company_id), company)

    def _answer(self, client: UUID, concern: Concern, recorded: e.Recorded) -> None:
        if concern.entity_id is None:
            return
        company = concern.company_id and self._company(self._now(_COMPANIES, (client, concern.company_id)))
        asked = asked_of(company) if company else {}
        at = AskedCompany() if concern.entity is Entity.COMPANY or not company else _asked_at(asked, company)
        told = of_answer(recorded, concern.entity, self._rules.sources, at)
        if concern.entity is Entity.PERSON:
            asked |= asked_of(self._person(self._now(_PERSONS, (client, concern.entity_id))))
            # What is told of somebody else is true of nobody here.
            told = {} if self._turns_away(asked, told, Entity.PERSON) else told
            self._tell_person((client, concern.entity_id), told, None, recorded)
        elif not self._turns_away(asked, told, Entity.COMPANY):
            self._tell_company((client, concern.entity_id), told)

    def _turns_away(self, asked: Mapping[str, Any], told: Mapping[str, Cell], entity: Entity) -> bool:
        # Most rules turn nobody away, and taking the cells apart takes time.
        is_asked = self._rules.about_somebody_else is SomebodyElse.LEAVE_OUT
        return is_asked and turned_away(self._rules, asked, values_of(told), entity)

    def _tell_person(
        self,
        name: Name,
        told: dict[str, Cell],
        company_id: UUID | None,
        recorded: e.Recorded,
        trust: Trust = Trust.IMPORT,
    ) -> None:
        name = self._now(_PERSONS, name)
        person = absorb(self._person(name), told, self._rules.trusted_for)
        if company_id is not None:
            moment = _moment(recorded)
            link = Cell(
                value=company_id.hex, weight=trust, source="import", since=moment.position, at=moment.at,
                seen=moment.position,
            )  # fmt: skip
            person = msgspec.structs.replace(person, company=better(person.company, link))
        self._persons[name] = person
        self._told_persons[name] = None

    def _tell_company(self, name: Name, told: dict[str, Cell]) -> None:
        if not told:
            return
        name = self._now(_COMPANIES, name)
        before = self._company(name)
        after = self._companies[name] = absorb(before, told, self._rules.trusted_for)
        if any(
            before.cells.get(field) is None or before.cells[field].since != after.cells[field].since for field in told
        ):
            self._told_companies[name[1]] = None

    def _merge_persons(self, kept: Name, merged: Name, moment: Moment) -> None:
        kept, merged = self._now(_PERSONS, kept), self._now(_PERSONS, merged)
        if kept == merged:
            return
        self._persons[kept] = merge_persons(self._person(kept), self._person(merged), moment, self._rules.trusted_for)
        self._told_persons[kept] = None
        self._persons.pop(merged, None)
        self._told_persons.pop(merged, None)
        self._tables.delete(_LEADS, *merged)
        self._tables.put(_PERSONS, _person_row(merged, merged_into=kept[1]))

    def _merge_companies(self, kept: Name, merged: Name, moment: Moment) -> None:
        kept, merged = self._now(_COMPANIES, kept), self._now(_COMPANIES, merged)
        if kept == merged:
            return
        self._companies[kept] = merge_companies(
            self._company(kept), self._company(merged), moment, self._rules.trusted_for
        )
        self._companies.pop(merged, None)
        self._told_companies |= {kept[1]: None, merged[1]: None}
        row = {"client_id": merged[0], "company_id": merged[1], "merged_into": kept[1], "state": b""}
        self._tables.put(_COMPANIES, row)

    def _configure(self, snapshot: Mapping[str, Any], recorded: e.Recorded) -> None:
        for client_id, listed in _customers_of(snapshot):
            row = self._tables.get(_CLIENTS, client_id)
            if (row["customers"] if row else []) == listed:
                continue
            moment = _moment(recorded)
            changed = {"client_id": client_id, "customers": listed, "position": moment.position, "at": moment.at}
            self._tables.put(_CLIENTS, changed)
            self._told_clients[client_id] = None

    # --- what is remembered ---

    def _now(self, table: str, name: Name) -> Name:
        """The name under which a person or company goes on after all merges."""
        row = self._tables.get(table, *name)
        while row is not None and row["merged_into"] is not None:
            name = (name[0], row["merged_into"])
            row = self._tables.get(table, *name)
        return name

    def _person(self, name: Name) -> Person:
        if name not in self._persons:
            row = self._tables.get(_PERSONS, *name)
            self._persons[name] = decode_person(row["state"]) if row else Person()
        return self._persons[name]

    def _company(self, name: Name) -> Company:
        if name not in self._companies:
            row = self._tables.get(_COMPANIES, *name)
            self._companies[name] = decode_company(row["state"]) if row else Company()
        return self._companies[name]

    # --- rows ---

    def finish(self) -> None:
        """Write what is remembered, and make the rows anew that may differ."""
        for name, company in self._companies.items():
            row = {"client_id": name[0], "company_id": name[1], "merged_into": None, "state": encode(company)}
            if company != Company():
                self._tables.put(_COMPANIES, row)
        calendar = self._calendar()
        told = dict.fromkeys(self._told_persons)
        found = self._tables.find(_PERSONS, "company_id", self._told_companies)
        found += self._tables.find(_PERSONS, "client_id", self._told_clients)
        if self._day_passed:
            found += self._tables.find_upto(_PERSONS, "next_change", calendar.today)
        told |= {(row["client_id"], row["person_id"]): None for row in found if not _is_merged(row)}
        links = [link for name in told if (link := self._person(name).company) is not None]
        self._tables.load(_COMPANIES, _linked(told, self._persons) if links else [])
        self._tables.load(_LEADS, told)
        known: dict[UUID, Listed] = {}
        for name in told:
            self._render(name, known, calendar)

    def _render(self, name: Name, known: dict[UUID, Listed], calendar: Calendar) -> None:
        client, person_id = name
        person = self._person(name)
        company_id: UUID | None = None
        company: Company | None = None
        if person.company is not None:
            _, company_id = linked = self._now(_COMPANIES, (client, UUID(person.company.value)))
            company = self._company(linked)
        turns = None
        if person.item is not None:
            if client not in known:
                known[client] = self._customers(client)
            row, turns = row_of(client, person_id, person, company_id, company, known[client], calendar, self._rules)
            self._tables.put(_LEADS, row)
        self._tables.put(_PERSONS, _person_row(name, company_id, turns, state=encode(person)))

    def _customers(self, client: UUID) -> Listed:
        row = self._tables.get(_CLIENTS, client)
        if row is None:
            return Listed(customers=customers_among(()))
        moment = Moment(position=row["position"], at=row["at"].astimezone(UTC))
        return Listed(customers=customers_among(row["customers"]), moment=moment)

    def _calendar(self) -> Calendar:
        days = [
            (row["day"], Moment(position=row["position"], at=row["at"].astimezone(UTC)))
            for row in self._tables.every(_DAYS)
        ]
        return Calendar(days=tuple(sorted(days, key=lambda day: day[1].position)))


def _asked_at(asked: Mapping[str, Any], company: Company) -> AskedCompany:
    """The company that a person was asked about at: as it was known, else as an answer told it."""
    found = {field: cell.value for field, cell in company.cells.items() if field in {_DOMAIN, _NAME}}
    found |= asked
    return AskedCompany(domain=found.get(_DOMAIN), name=found.get(_NAME))


def _linked(names: Iterable[Name], persons: Mapping[Name, Person]) -> list[Name]:
    return [(name[0], UUID(link.value)) for name in names if (link := persons[name].company) is not None]


def _person_row(
    name: Name,
    company_id: UUID | None = None,
    next_change: Any = None,
    *,
    merged_into: UUID | None = None,
    state: bytes = b"",
) -> dict[str, Any]:
    return {
        "client_id": name[0],
        "person_id": name[1],
        "company_id": company_id,
        "next_change": next_change,
        "merged_into": merged_into,
        "state": state,
    }


def _is_merged(row: Mapping[str, Any] | None) -> bool:
    return row is not None and row["merged_into"] is not None


def _moment(recorded: e.Recorded) -> Moment:
    return Moment(position=recorded.position or 0, at=recorded.at.astimezone(UTC))


def _customers_of(snapshot: Mapping[str, Any]) -> list[tuple[UUID, list[str]]]:
    """Each client's customers in a configuration's snapshot."""
    found = snapshot.get("clients")
    described = list(found.values()) if isinstance(found, Mapping) else list(found or ())
    return [
        (UUID(str(client["id"])), sorted({str(customer) for customer in client.get("customers") or ()}))
        for client in described
    ]


def project(events: Sequence[e.Recorded], tables: Tables, *, rules: Rules) -> None:
    """Fold events into leads."""
    fold = _Fold(tables, rules)
    fold.preload(events)
    for recorded in events:
        fold.apply(recorded)
    fold.finish()


def final_leads(rules: Rules) -> ReadModel:
    """The leads by those rules."""
    told = rules_to_json(rules)
    return ReadModel(
        name="final_leads",
        version=11,
        sql=files(__package__).joinpath("table.sql").read_text("utf-8"),
        tables=(
            Table(name=_LEADS, key=("client_id", "person_id")),
            Table(name=_PERSONS, key=("client_id", "person_id"), public=False),
            Table(name=_COMPANIES, key=("client_id", "company_id"), public=False),
            Table(name=_CLIENTS, key=("client_id",), public=False, common=True),
            Table(name=_DAYS, key=("day",), public=False, by_client=False, common=True),
            *Concerns.support("lead"),
        ),
        project=partial(project, rules=rules),
        common=frozenset({"BatchLaunched", "ConfigurationApplied", "DayPassed"}),
        rules=msgspec.json.encode(told, order="deterministic").decode() if told else "",
        under=_under,
    )


def _under(snapshot: Mapping[str, Any]) -> ReadModel:
    return final_leads(rules_of(snapshot))


#: By the shipped rules.
FINAL_LEADS: Final = final_leads(Rules())
