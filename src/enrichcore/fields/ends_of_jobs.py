"""Jobs whose ends are still to come: until that day they are present ones."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from enrichcore import normalize


def is_ahead(end_date: Any, day: date) -> bool:
    """Whether an end is still to come, by the day or the month or year that is told of it: then the job is a present one."""
    told = normalize.partial_date(end_date)
    return told is not None and told > day.isoformat()[: len(told)]


def jobs_on(told: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The fields of a person's jobs as they are on a day: a past job whose end is still to come is a present one.

    Only such an end is kept, for the day on which it comes.
    """
    current, past = (told.get(f"person_{when}_companies") or [] for when in ("current", "past"))
    ahead = [job for job in past if isinstance(job, Mapping) and is_ahead(job.get("end_date"), day)]
    parted = {
        "person_current_companies": [*current, *ahead],
        "person_past_companies": [job for job in past if job not in ahead],
    }
    return {
        **told,
        **{
            name: [_without_past_end(job, day) for job in jobs] for name, jobs in parted.items() if jobs or name in told
        },
    }


def _without_past_end(job: Any, day: date) -> Any:
    if not isinstance(job, Mapping) or is_ahead(job.get("end_date"), day):
        return job
    return {key: part for key, part in job.items() if key != "end_date"}
