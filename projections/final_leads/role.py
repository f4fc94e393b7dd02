"""The title and the start of the job that a lead shows on a day: those of a job that has come to its end are shown no more.

In their place stands the job that goes on, if the same history tells of one, else what somebody told after that end
(decision 0047).
"""

from collections.abc import Mapping
from datetime import UTC, timedelta

from msgspec.structs import replace

from enrichcore.fields.ends_of_jobs import is_ahead
from enrichcore.fields.experience import AskedCompany, Hints, History
from enrichcore.fields.role import end_of, present_role
from projections.final_leads.groups import JOB, START, TITLE, told_by
from projections.final_leads.state import HISTORY, Cell, group_of


def with_role_today(
    shown: Mapping[str, Cell],
    remembered: Mapping[str, Cell],
    history: History,
    trusted_for: timedelta,
    asked: AskedCompany,
) -> dict[str, Cell]:
    """The shown cells with the title and the start of today.

    Args:
        shown: One cell for each field, as they were told.
        remembered: Everything that was told.
        history: The person's jobs today.
        trusted_for: How long an answer goes before what an import newly tells.
        asked: The lead's company: of several jobs that go on, the one there is shown.
    """
    ends = {name: end for name in (TITLE, START) if (end := _end_of(name, shown.get(name), history)) is not None}
    if TITLE not in ends:
        return {name: cell for name, cell in shown.items() if name not in ends}
    rest = {name: cell for name, cell in shown.items() if name not in {TITLE, START}}
    headline = shown.get("person_headline")
    going_on = present_role(history, Hints(asked=asked, headline=None if headline is None else headline.value))
    if going_on:
        return rest | {name: replace(shown[HISTORY], value=value) for name, value in going_on.items()}
    since = {
        name: cell
        for name, cell in remembered.items()
        if group_of(name) == JOB and not is_ahead(ends[TITLE], cell.spoke.astimezone(UTC).date())
    }
    return rest | told_by(since, trusted_for)


def _end_of(name: str, cell: Cell | None, history: History) -> str | None:
    return None if cell is None else end_of(name, cell.value, history, cell.spoke.astimezone(UTC).date())
