"""The read models: one folder each, with its table and how events become its rows.

A fold is pure and sees rows only through the engine of `enrichcore.projection`. May import enrichcore; must not import the
runners, a database driver, the web or the command line.
"""

from typing import Final

from enrichcore.projection import ReadModel, UnknownReadModel
from projections.event_log import EVENT_LOG
from projections.final_leads import FINAL_LEADS
from projections.progress import PROGRESS
from projections.results import RESULTS
from projections.spend import SPEND
from projections.unmatched_callbacks import UNMATCHED_CALLBACKS
from projections.uploads import UPLOADS

#: All read models; those without tables are views, which are never behind and never rebuilt.
READ_MODELS: Final[tuple[ReadModel, ...]] = (
    FINAL_LEADS,
    RESULTS,
    SPEND,
    UPLOADS,
    UNMATCHED_CALLBACKS,
    PROGRESS,
    EVENT_LOG,
)


def read_models(*names: str) -> tuple[ReadModel, ...]:
    """The read models of those names, or of those tables or views; all without names.

    Raises:
        UnknownReadModel: There is none of that name.
    """
    by_name = {table.name: model for model in READ_MODELS for table in model.tables if table.public}
    by_name |= {view: model for model in READ_MODELS for view in model.views}
    by_name |= {model.name: model for model in READ_MODELS}
    for name in names:
        if name not in by_name:
            raise UnknownReadModel(name, by_name)
    return tuple(dict.fromkeys(by_name[name] for name in names)) if names else READ_MODELS


__all__ = ["READ_MODELS", "read_models"]
