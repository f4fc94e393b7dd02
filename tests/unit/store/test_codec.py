"""Events and folded state as bytes: a line of JSON that says what is not as by default, and ids in sixteen bytes."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.domain.batch_item import BatchItem
from enrichcore.domain.ids import BatchId, ClientId, ItemId, PersonId
from enrichcore.store.codec import decode_event, decode_run, encode_event, encode_run

_ANSWER = e.StepAnswered(
    workflow="find_email",
    content_hash="ab",
    rank=Rank.DATA,
    timing=e.Timing.IN_TIME,
    source=e.Source.CALLBACK,
    generation=1,
    spent=Decimal(1),
    body=b'{"a": 1}\n{}',
)


def test_an_answers_line_leaves_out_what_is_as_by_default() -> None:
    """Which is three hundred bytes of an answer's four hundred."""
    line, _, body = encode_event(_ANSWER)[1].partition(b"\n")
    assert line == (
        b'{"workflow":"find_email","content_hash":"ab","rank":3,"timing":"in_time","source":"callback","generation":1,'
        b'"spent":"1"}'
    )
    assert body == b'{"a": 1}\n{}'
    assert decode_event("StepAnswered", line + b"\n" + body) == _ANSWER


def test_a_line_that_says_everything_is_read_as_well() -> None:
    """Logs hold lines from before they were short."""
    line = (
        b'{"attempt":null,"body":"","by":"","content_hash":"ab","corrected":"0","corrected_batch":null,'
        b'"corrected_on":null,"corrected_workflow":"","credits":null,"error":"","facts":{},"generation":1,"rank":3,'
        b'"reserved":"0","reused_from":null,"reused_version":null,"source":"callback","spent":"1","timing":"in_time",'
        b'"why":"","workflow":"find_email"}'
    )
    assert decode_event("StepAnswered", line + b'\n{"a": 1}\n{}') == _ANSWER


def test_what_a_line_says_keeps_its_types() -> None:
    """Days, ids and amounts come back as what they were."""
    event = e.AnswerKept(
        workflow="find_email",
        content_hash="ab",
        rank=Rank.EMPTY,
        timing=e.Timing.LATE,
        source=e.Source.MATCHED,
        generation=2,
        attempt=1,
        facts={"person_email": "a@b.example"},
        credits=Decimal("0.30"),
        corrected=Decimal("-0.70"),
        corrected_on=date(2026, 3, 2),
        corrected_batch=BatchId(UUID(int=7)),
        reused_from=UUID(int=8),
        serves=True,
    )
    assert decode_event(*encode_event(event)) == event


def test_an_id_takes_sixteen_bytes_of_folded_state_and_is_read_as_text_too() -> None:
    """States from before are texts of thirty-six; they are rewritten when they change."""
    item = BatchItem(
        item_id=ItemId(UUID(int=1)),
        client_id=ClientId(UUID(int=2)),
        batch_id=BatchId(UUID(int=3)),
        workstream="crm_data",
        pipeline="f",
        workflows=(),
        person_id=PersonId(UUID(int=4)),
    )
    state = encode_run(item)
    assert b"\xc4\x10" + UUID(int=4).bytes in state
    before = state.replace(b"\xc4\x10" + UUID(int=4).bytes, b"\xd9\x24" + str(UUID(int=4)).encode())
    assert decode_run("item", before) == decode_run("item", state) == item
