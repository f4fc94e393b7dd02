"""How a commit's small tables are written on PostgreSQL: batches, lanes, the directory, people of uploads, and counts."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from psycopg import Cursor
from psycopg.rows import TupleRow

from enrichcore.domain.ids import ClientId
from enrichcore.store.commit import Commit, DirectoryChange
from enrichcore.store.counters import Counts
from enrichcore.store.rows import lane_row
from enrichcore.store.statements import statements

_batch_encoder: Final = msgspec.msgpack.Encoder(decimal_format="string")
_person_encoder: Final = msgspec.msgpack.Encoder(decimal_format="string")


def put_batches(cursor: Cursor[TupleRow], commit: Commit) -> None:
    """Put the rows of batches."""
    for batch, version in commit.batches:
        cursor.execute(
            statements()["put_batch"],
            [
                batch.batch_id, batch.client_id, batch.upload_id, batch.workstream, batch.status, batch.filled,
                batch.item_count, batch.launched_at, version, _batch_encoder.encode(batch),
            ],
        )  # fmt: skip


def put_lanes(cursor: Cursor[TupleRow], commit: Commit) -> None:
    """Put the rows of lanes."""
    for lane, version in commit.lanes:
        row = lane_row(lane)
        cursor.execute(
            statements()["put_lane"],
            [
                row.lane_id, row.client_id, row.workstream, row.workflow, row.stopped, row.held_until, row.held_for,
                row.asked_until, row.refusals, row.failures, row.doubts, row.warned, version,
            ],
        )  # fmt: skip


def put_directory(cursor: Cursor[TupleRow], client_id: ClientId, change: DirectoryChange) -> None:
    """Change whom a client's keys mean."""
    run: Callable[[str, list[Any]], Any] = lambda name, params: cursor.execute(statements()[name], params)  # noqa: E731 - a name for one line
    if change.new:
        run("put_entities", [client_id, *(list(column) for column in zip(*change.new, strict=True))])
    if change.merged:
        stays = change.stays
        run("merge_keys", [list(stays), list(stays.values())])
        run("merge_entities", [list(stays), list(stays.values())])
    if change.keys:
        kinds, values = [key.kind for key, _ in change.keys], [key.value for key, _ in change.keys]
        run("put_keys", [client_id, kinds, values, [owner for _, owner in change.keys]])


def put_counts(cursor: Cursor[TupleRow], counts: Counts) -> None:
    """Add to the counts; inside the log's lock, so no two commits wait for each other's rows."""
    if counts.sends:
        params = {"webhooks": list(counts.sends), "sends": list(counts.sends.values())}
        cursor.execute(statements()["count_sends"], params)
    if counts.credits:
        clients, days = zip(*counts.credits, strict=True)
        reserved, spent = zip(*counts.credits.values(), strict=True)
        params = {"clients": list(clients), "days": list(days), "reserved": list(reserved), "spent": list(spent)}
        cursor.execute(statements()["count_credits"], params)


def put_answers(cursor: Cursor[TupleRow], commit: Commit) -> None:
    """Count answers by what became of them; last, for commits of nothing else take no other lock."""
    if commit.answers:
        params = {"outcomes": list(commit.answers), "answers": list(commit.answers.values())}
        cursor.execute(statements()["count_answers"], params)


def put_people(cursor: Cursor[TupleRow], commit: Commit) -> None:
    """Put the people of uploads."""
    if commit.people:
        cursor.execute(
            statements()["put_people"],
            [
                [upload_id for upload_id, _ in commit.people],
                [person.person_id for _, person in commit.people],
                [person.company_id for _, person in commit.people],
                [_person_encoder.encode(person.facts) for _, person in commit.people],
            ],
        )
