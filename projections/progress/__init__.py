"""Progress of batches, steps, companies and people: views over the state that is kept with the events, so never behind."""

from importlib.resources import files
from typing import Final

from enrichcore.projection import ReadModel

PROGRESS: Final = ReadModel(
    name="progress",
    version=1,
    sql=files(__package__).joinpath("views.sql").read_text("utf-8"),
    views=("batch_progress", "batch_step_progress", "company_workflow_states", "person_workflow_states"),
)

__all__ = ["PROGRESS"]
