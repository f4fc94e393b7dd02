"""Mappings of columns that are kept per client and workstream, so that nobody has to give them again for the next file.

They are events of a stream of their own; the latest holds all that is saved. A saved column that a file has not is passed
over, and what is given with an upload goes before what is saved.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID, uuid5

from enrichcore.application.core import Core
from enrichcore.domain import events as e
from enrichcore.domain.ids import ClientId
from enrichcore.ingest import check_field
from enrichcore.ingest.mapping import IGNORE
from enrichcore.ingest.profiles import fact_kinds, fold_header


def saved_mapping(core: Core, client_id: ClientId, workstream: str) -> dict[str, str]:
    """Column → field as saved; fields that this version does not know are left out."""
    saved = _latest(core, client_id, workstream)[0]
    return {column: field for column, field in saved.items() if field == IGNORE or field in fact_kinds()}


def save_mapping(core: Core, client_id: ClientId, workstream: str, columns: Mapping[str, str], *, by: str) -> bool:
    """Add to what is saved; a column is the same in any case and spacing. Tells whether that changed anything.

    Raises:
        BadMapping: A field does not exist.
    """
    for column, field in columns.items():
        check_field(column, field)
    names = {fold_header(column) for column in columns}
    return core.until_first(lambda: _save(core, client_id, workstream, names, columns, by))


def forget_mapping(core: Core, client_id: ClientId, workstream: str, columns: Iterable[str], *, by: str) -> bool:
    """Take columns out of what is saved; tells whether that changed anything."""
    names = {fold_header(column) for column in columns}
    return core.until_first(lambda: _save(core, client_id, workstream, names, {}, by))


def _save(
    core: Core, client_id: ClientId, workstream: str, replaced: set[str], columns: Mapping[str, str], by: str
) -> bool:
    saved, version = _latest(core, client_id, workstream)
    kept = {column: field for column, field in saved.items() if fold_header(column) not in replaced} | dict(columns)
    if kept == saved:
        return False
    event = e.ColumnMappingSaved(workstream=workstream, columns=kept, by=by)
    core.append_one(_stream(client_id, workstream), version + 1, event, client_id=client_id)
    return True


def _latest(core: Core, client_id: ClientId, workstream: str) -> tuple[dict[str, str], int]:
    events = [one.event for one in core.store.stream(_stream(client_id, workstream))]
    saved = [event.columns for event in events if isinstance(event, e.ColumnMappingSaved)]
    return (dict(saved[-1]) if saved else {}), len(events)


def _stream(client_id: ClientId, workstream: str) -> UUID:
    return uuid5(client_id, f"mapping/{workstream}")
