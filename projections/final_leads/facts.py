"""What one event says about a person and a company, as cells with their weight.

An answer is read again from its body by the present rules; a local step and an import are taken as recorded, as far as
their values fit the field. Nothing that says nothing becomes a cell.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from typing import Any, Final

from enrichcore.domain.answers import Rank
from enrichcore.domain.events import AnswerEvent, Recorded
from enrichcore.domain.keys import sort_of_page
from enrichcore.domain.pipeline import Entity
from enrichcore.fields import (
    FIELDS_BY_NAME,
    IDENTITY,
    AskedCompany,
    FieldType,
    Sources,
    email_term,
    jobs_on,
    place_in_line,
    read_answer,
)
from enrichcore.fields.experience import NOT_TOLD
from enrichcore.fields.role import with_role
from enrichcore.normalize import is_initial, is_nothing, is_undivided
from projections.final_leads.emails import status_weight
from projections.final_leads.groups import GROUPED, NAME, claims, name_claim
from projections.final_leads.state import ASKED, EMAIL, EMAIL_STATUS, HISTORY, Cell, claim_name, group_of
from projections.final_leads.trust import PER_TRUST, Trust

_JOBS: Final = ("person_current_companies", "person_past_companies")
_HISTORY_PARTS: Final = (*_JOBS, "person_history_is_whole")
_FULL_NAME: Final = "person_full_name"
_NAMES: Final = (_FULL_NAME, "person_first_name", "person_last_name")
_TOGETHER: Final = GROUPED | {*_NAMES, NAME, EMAIL, EMAIL_STATUS, *_HISTORY_PARTS, "person_jobs_are_several"}
_FOUNDED: Final = "company_founded_year"
_MAX_INTEGER: Final = 2**31 - 1

#: A name that is cut short is worth less than any that is not, whoever gave it; so is what says less of a place or a page.
_WHOLE: Final = 100


def of_answer(recorded: Recorded, entity: Entity, sources: Sources | None, asked: AskedCompany) -> dict[str, Cell]:
    """The cells of an answer's body about one entity, read by the configured sources for a person at that company."""
    event = recorded.event
    if not isinstance(event, AnswerEvent) or not event.body or (event.rank is Rank.EMPTY and event.error):
        # An empty answer with the provider's words is one whose status said so: the body may echo what was asked.
        return {}
    told = read_answer(event.body, entity=entity, sources=sources, asked=asked).fields
    return cells(told, entity, Trust.ANSWER, event.workflow, recorded, asked)


def cells(
    facts: Mapping[str, Any],
    entity: Entity,
    trust: Trust,
    source: str,
    recorded: Recorded,
    asked: AskedCompany = NOT_TOLD,
) -> dict[str, Cell]:
    """The cells of facts about one entity, a person at that company; facts about the other are left out."""
    fits = _FITS[entity]
    fitting = {
        name: value
        for name, given in facts.items()
        if name in fits and not _is_nothing(given) and (value := fits[name](given)) is not None
    }
    if fitting.get(_FOUNDED, 0) > recorded.at.year:
        # A company that is still to be founded is a typing error.
        del fitting[_FOUNDED]
    if any(name in fitting for name in _JOBS):
        jobs: dict[str, Any] = {name: fitting[name] for name in _JOBS if name in fitting}
        fitting = with_role(fitting | jobs_on(jobs, recorded.at.date()), asked)
    alone = {name: value for name, value in fitting.items() if name not in _TOGETHER}
    weights = {name: (value, int(trust) * PER_TRUST) for name, value in (alone | claims(fitting)).items()}
    if EMAIL in fitting:
        address, status = fitting[EMAIL].casefold(), fitting.get(EMAIL_STATUS)
        weights[claim_name(EMAIL, (address,))] = (fitting[EMAIL], int(trust) * PER_TRUST)
        if status is not None:
            weights[claim_name(EMAIL_STATUS, (address,))] = (status, status_weight(trust, status))
    if NAME in fitting:
        weights[name_claim(fitting[NAME])] = (fitting[NAME], int(trust) * PER_TRUST)
    if any(name in fitting for name in _JOBS):
        history = {name: fitting[name] for name in _HISTORY_PARTS if name in fitting}
        weights[HISTORY] = (history, int(trust) * PER_TRUST)
    for name in _NAMES:
        if name in fitting:
            weights[name] = (fitting[name], name_weight(trust, fitting[name], fitting.get(_FULL_NAME)))
    for name, says_less in _SAYS_LESS.items():
        if name in fitting:
            whole = 0 if says_less(fitting[name]) else _WHOLE
            weights[name] = (fitting[name], whole + int(trust) * PER_TRUST)
    if trust is not Trust.ANSWER:
        # Kept apart from what answers tell: an answer is held against it.
        weights |= {
            f"{ASKED}{name}": (fitting[name], int(trust) * PER_TRUST) for name in IDENTITY[entity] if name in fitting
        }
    position, at = recorded.position or 0, recorded.at.astimezone(UTC)
    return {
        name: Cell(value=value, weight=weight, source=source, since=position, at=at, seen=position)
        for name, (value, weight) in weights.items()
    }


def values_of(told: Mapping[str, Cell]) -> dict[str, Any]:
    """What cells tell, by field: the parts of those that come together, too."""
    values = {name: cell.value for name, cell in told.items() if not isinstance(cell.value, Mapping)}
    for name, cell in told.items():
        values |= cell.value if isinstance(cell.value, Mapping) else {}
        if group_of(name) in {EMAIL, NAME}:
            values[str(group_of(name))] = cell.value
    return values


def fitted(name: str, value: Any) -> Any:
    """The value as its field's type; None where it does not fit or says nothing."""
    field = FIELDS_BY_NAME[name]
    return None if _is_nothing(value) else _FITS[field.entity][name](value)


def _is_nothing(value: Any) -> bool:
    return not isinstance(value, bool) and is_nothing(value)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _integer(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= _MAX_INTEGER else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _texts(value: Any) -> list[str] | None:
    return [part for part in _members(value) if isinstance(part, str) and part] or None


def _records(value: Any) -> list[dict[str, Any]] | None:
    return [dict(part) for part in _members(value) if isinstance(part, Mapping)] or None


def _members(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


_Fit = Callable[[Any], Any]
_FIT_OF_TYPE: Final[Mapping[FieldType, _Fit]] = {
    FieldType.INTEGER: _integer,
    FieldType.BOOLEAN: _boolean,
    FieldType.TEXT_LIST: _texts,
    FieldType.RECORDS: _records,
}
#: How each field's value is made to fit, found once: it is asked for every value of every event.
_FITS: Final[Mapping[Entity, dict[str, _Fit]]] = {
    entity: {
        name: _FIT_OF_TYPE.get(field.type, _text) for name, field in FIELDS_BY_NAME.items() if field.entity is entity
    }
    for entity in Entity
}
_FITS[Entity.PERSON][EMAIL_STATUS] = email_term


def _is_id(page: str) -> bool:
    return bool(sort_of_page(page.rpartition("/")[2]))


def _is_country(place: str) -> bool:
    told = place_in_line(place, None)
    return told.country is not None and told.city is None and told.state is None


#: A country alone takes no city's place, and an id no address with a name.
_SAYS_LESS: Final[Mapping[str, Callable[[str], bool]]] = {
    "person_location": _is_country,
    "person_linkedin_url": _is_id,
    "company_linkedin_url": _is_id,
}


def name_weight(trust: Trust, name: str, full: str | None) -> int:
    """What a part of a name is worth: one that is cut short, or of a full name that is, less than any other.

    Args:
        trust: How far its source is trusted.
        name: The first, last or full name.
        full: The full name that the source tells with it.
    """
    is_short = is_initial(name.rpartition(" ")[2]) or (full is not None and _is_cut_short(full))
    return (0 if is_short else _WHOLE) + int(trust) * PER_TRUST


def _is_cut_short(full: str) -> bool:
    *before, last = full.split() or [""]
    # "J. Robert Bell" has a first name.
    return is_initial(last) or (all(map(is_initial, before)) and not is_undivided(full))
