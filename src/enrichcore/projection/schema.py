"""The tables of read models: made once, made beside, put in place of the live ones, dropped.

A table under construction has the live one's name with a suffix, and so have its indexes. Everything here runs on the
caller's connection, inside the caller's transaction.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from attrs import frozen
from psycopg import Connection, sql
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from enrichcore.projection.read_model import ReadModel, Table
from enrichcore.projection.statements import part_statement, statement, table_of, trusted
from enrichcore.store.postgres import MIGRATION_LOCK

Pool = ConnectionPool[Connection[TupleRow]]

#: Ends the names of tables that a rebuild fills beside the live ones.
NEW: Final = "__new"


@frozen(kw_only=True)
class Checkpoint:
    """How far a read model has come, and under which rules."""

    read_model: str
    position: int
    rules_version: int
    shape: str
    #: What the rules had from the configuration.
    rules: str = ""

    def was_made_by(self, model: ReadModel) -> bool:
        """Whether the rows were made by the model's present rules."""
        return (self.rules_version, self.shape, self.rules) == (model.version, shape(model), model.rules)


def shape(model: ReadModel) -> str:
    """What tells whether the tables are those that the rules know."""
    return hashlib.sha256(model.sql.encode()).hexdigest()


def ensure_tables(pool: Pool, models: Sequence[ReadModel]) -> None:
    """Make what is missing, and drop what crashed rebuilds left; any number of processes may do so at once."""
    with pool.connection() as connection:
        if _is_complete(connection, models):
            return
        connection.execute("select pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
        connection.execute(statement("create_engine"))
        known = checkpoints(connection, models)
        for model in models:
            current = known.get(model.name)
            if current is None or (not model.tables and current.shape != shape(model)):
                create(connection, model, "")
                put_checkpoint(connection, model, 0)
        drop_leftovers(connection, models)


def _is_complete(connection: Connection[TupleRow], models: Sequence[ReadModel]) -> bool:
    row = connection.execute(statement("exists")).fetchone()
    if row is None or not row[0]:
        return False
    known = checkpoints(connection, models)
    settled = all(model.name in known and (model.tables or known[model.name].shape == shape(model)) for model in models)
    return settled and not connection.execute(statement("leftovers")).fetchall()


def checkpoints(
    connection: Connection[TupleRow], models: Iterable[ReadModel], *, lock: bool = False
) -> dict[str, Checkpoint]:
    """The checkpoints of the models by name; locked until the transaction ends when asked."""
    name = "lock_checkpoints" if lock else "checkpoints"
    rows = connection.execute(statement(name), {"names": [model.name for model in models]})
    return {
        name: Checkpoint(read_model=name, position=position, rules_version=version, shape=known, rules=rules)
        for name, position, version, known, rules in rows
    }


def put_checkpoint(connection: Connection[TupleRow], model: ReadModel, position: int) -> None:
    """Record that a model's tables were made by its present rules, up to a position."""
    told = {"version": model.version, "shape": shape(model), "rules": model.rules}
    params = {"name": model.name, "position": position, **told}
    connection.execute(statement("new_checkpoint"), params)


def create(connection: Connection[TupleRow], model: ReadModel, suffix: str) -> None:
    """Create a model's tables under names with that suffix."""
    connection.execute(trusted(model.sql.replace("{suffix}", suffix)))


def drop(connection: Connection[TupleRow], model: ReadModel, suffix: str) -> None:
    """Drop a model's tables with that suffix, as far as they exist; never the live ones."""
    if not suffix:
        raise ValueError("the live tables are not dropped")
    for table in model.tables:
        connection.execute(sql.SQL("drop table if exists {}").format(name_of(table, suffix)))


def drop_leftovers(connection: Connection[TupleRow], models: Sequence[ReadModel]) -> None:
    """Drop the tables of rebuilds that were not heard of for too long."""
    by_name = {model.name: model for model in models}
    for name, suffix, owner in connection.execute(statement("leftovers")).fetchall():
        if name in by_name:
            connection.execute(part_statement("drop_parts", table_of(owner)))
            drop(connection, by_name[name], suffix)
            connection.execute(statement("forget_rebuild"), {"name": name, "suffix": suffix})


def name_of(table: Table, suffix: str = "") -> sql.Identifier:
    """The table's qualified name."""
    return sql.Identifier("enrichcore", table.name + suffix)


def put_in_place(connection: Connection[TupleRow], model: ReadModel, suffix: str, *, same_shape: bool) -> None:
    """Make the tables with that suffix the live ones.

    By two renames each, which takes milliseconds. A table with views, triggers or policies of other people on it keeps its
    identity: its rows are replaced instead, while readers go on to see the old ones until the transaction ends.
    """
    for table in model.tables:
        new = name_of(table, suffix)
        if same_shape and _is_depended_on(connection, table):
            connection.execute(sql.SQL("delete from {}").format(name_of(table)))
            copy_rows(connection, table, suffix)
            connection.execute(sql.SQL("drop table {}").format(new))
            continue
        grants = connection.execute(statement("grants"), {"table": table.name}).fetchall()
        connection.execute(sql.SQL("drop table {}").format(name_of(table)))
        connection.execute(sql.SQL("alter table {} rename to {}").format(new, sql.Identifier(table.name)))
        _rename_indexes(connection, table, suffix)
        for role, privilege, grantable in grants:
            text = f"grant {privilege} on {{}} to {role}{' with grant option' if grantable else ''}"
            connection.execute(sql.SQL(trusted(text)).format(name_of(table)))


def copy_rows(connection: Connection[TupleRow], table: Table, suffix: str, client_id: UUID | None = None) -> None:
    """Add the rows of the table with that suffix to the live one; only one client's where it is named."""
    found = connection.execute(statement("columns"), {"table": table.name}).fetchall()
    columns = sql.SQL(", ").join(sql.Identifier(name) for (name,) in found)
    query = sql.SQL("insert into {} ({}) select {} from {}").format(
        name_of(table), columns, columns, name_of(table, suffix)
    )
    if client_id is None:
        connection.execute(query)
    else:
        connection.execute(query + sql.SQL(" where client_id = %s"), [client_id])


def _is_depended_on(connection: Connection[TupleRow], table: Table) -> bool:
    row = connection.execute(statement("depended_on"), {"table": table.name}).fetchone()
    return row is not None and bool(row[0])


def _rename_indexes(connection: Connection[TupleRow], table: Table, suffix: str) -> None:
    for (name,) in connection.execute(statement("indexes"), {"table": table.name}).fetchall():
        if suffix in name:
            index, renamed = sql.Identifier("enrichcore", name), sql.Identifier(name.replace(suffix, ""))
            connection.execute(sql.SQL("alter index {} rename to {}").format(index, renamed))
