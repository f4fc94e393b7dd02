"""Results, spend, uploads and unmatched answers."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from projections.results import RESULTS
from projections.spend import SPEND
from projections.unmatched_callbacks import UNMATCHED_CALLBACKS
from projections.uploads import UPLOADS
from tests.unit.projections.written_log import (
    ACME,
    ASK_COMPANY,
    ASK_EMAIL,
    ASK_PERSON,
    START,
    WrittenLog,
    named,
)


def results(log, entity="person", page=None):
    """The results in force, by entity and workflow."""
    return {key[1:]: row for key, row in log.tables(page, [RESULTS])[f"{entity}_enrichment_results"].items()}


# --- results ---


def test_the_answer_in_force_has_the_highest_rank_then_the_latest_position():
    """An answer without data never takes the place of one with data."""
    log = WrittenLog()
    log.leads(1)
    log.answers_person(1, {"a": 1})
    log.answers_person(1, {"a": 2}, kind=e.AnswerRevised)
    log.answers_person(1, {}, kind=e.AnswerRevised, rank=Rank.EMPTY)
    row = results(log)[named("person", 1), ASK_PERSON]
    assert (row["body"], row["status"], row["workstream"]) == (b'{"a": 2}', "data", "apollo")


@given(st.binary())
def test_a_body_is_kept_byte_for_byte(body):
    """Whatever bytes came are there again, and their text can be stored anywhere."""
    log = WrittenLog()
    log.leads(1)
    log.answers_person(1, body, rank=Rank.ERROR)
    row = results(log)[named("person", 1), ASK_PERSON]
    assert row["body"] == body
    assert "\0" not in row["body_text"]
    assert row["body_text"].isascii() or row["body_text"].encode()


def test_results_follow_a_merge():
    """The one that stays has the better result of each workflow."""
    log = WrittenLog()
    log.leads(1)
    log.leads(2)
    log.answers_person(1, {"a": 1}, rank=Rank.EMPTY)
    log.answers_person(2, {"a": 2})
    log.answers_person(2, {"a": 3}, workflow=ASK_EMAIL)
    log.merges_persons(1, 2)
    log.answers_person(2, {"a": 4}, workflow=ASK_EMAIL, kind=e.AnswerRevised)
    found = results(log)
    assert {key[0] for key in found} == {named("person", 1)}
    assert [found[named("person", 1), flow]["body"] for flow in (ASK_PERSON, ASK_EMAIL)] == [b'{"a": 2}', b'{"a": 4}']


def test_an_items_answer_to_a_company_step_is_its_companys_result():
    """The pipeline says whom a step concerns."""
    log = WrittenLog()
    log.leads(1, 1)
    log.answers_person(1, {"a": 1}, workflow=ASK_COMPANY)
    assert set(results(log, "company")) == {(named("company", 1), ASK_COMPANY)}
    assert results(log) == {}


def test_a_reused_answer_has_the_body_of_the_original():
    """The body stays where it was recorded; the result tells it all the same."""
    log = WrittenLog()
    log.leads(1)
    original = log.answers_person(1, {"a": 1}, content_hash="h")
    log.creates(1, batch=2)
    reused = {"source": e.Source.REUSE, "reused_from": original.stream_id, "reused_version": 2, "content_hash": "h"}
    log.answers_person(1, b"", batch=2, **reused)
    log.answers_person(1, b"", workflow=ASK_EMAIL, batch=2, **reused)
    found = results(log)
    assert [found[named("person", 1), flow]["body"] for flow in (ASK_PERSON, ASK_EMAIL)] == [b'{"a": 1}'] * 2


@pytest.mark.parametrize("page", [None, 1])
def test_of_two_answers_that_say_the_same_the_reused_one_gives_the_body(page):
    """What was written with other spaces has the same content; the size of pages decides nothing."""
    log = WrittenLog()
    log.leads(1)
    log.answers_person(1, b'{"status":"none"}', content_hash="h", workflow=ASK_EMAIL)
    log.creates(1, batch=2)
    original = log.answers_person(1, b'{"status": "none"}', content_hash="h", batch=2)
    log.creates(1, batch=3)
    reused = {"source": e.Source.REUSE, "reused_from": original.stream_id, "reused_version": 2, "content_hash": "h"}
    log.answers_person(1, b"", batch=3, kind=e.AnswerRevised, **reused)
    assert results(log, page=page)[named("person", 1), ASK_PERSON]["body"] == b'{"status": "none"}'


# --- spend ---


def spend(log, page=None):
    """(sends, reserved, spent) by lane and batch."""
    rows = log.tables(page, [SPEND])["spend"].values()
    return {
        (row["workstream"], row["workflow"], row["batch_id"]): (row["sends"], row["reserved"], row["spent"])
        for row in rows
    }


def sending(workflow, reserved, workstream="apollo", attempt=1):
    """One attempt that reserves credits."""
    return e.StepSending(
        workflow=workflow,
        generation=1,
        attempt=attempt,
        key="k",
        workstream=workstream,
        webhook="w",
        lease_until=START,
        reserved=Decimal(reserved),
    )


def test_credits_are_reserved_then_released_or_spent():
    """Changes add up exactly, by lane and batch."""
    log = WrittenLog()
    log.leads(1, 1)
    log.of_item(sending(ASK_PERSON, "0.1"), 1)
    log.of_item(
        e.SendRefused(workflow=ASK_PERSON, generation=1, attempt=1, reason="429", due=START, reserved=Decimal("-0.1")),
        1,
    )
    log.of_item(sending(ASK_PERSON, "0.2", attempt=2), 1)
    log.answers_person(1, {"a": 1}, reserved=Decimal("-0.2"), spent=Decimal("0.3"))
    log.of_company(sending(ASK_COMPANY, "1"), 1)
    batch = named("batch", 1)
    assert spend(log) == {
        ("apollo", ASK_PERSON, batch): (2, Decimal(0), Decimal("0.3")),
        ("apollo", ASK_COMPANY, batch): (1, Decimal(1), Decimal(0)),
    }
    assert spend(log, 1) == spend(log)


def test_an_answer_that_nobody_asked_for_is_spent_in_its_batchs_workstream():
    """No POST tells the workstream, so the launch does."""
    log = WrittenLog()
    log.leads(1)
    log.answers_person(1, {"a": 1}, spent=Decimal(2))
    assert spend(log) == {("apollo", ASK_PERSON, named("batch", 1)): (0, Decimal(0), Decimal(2))}


def test_what_costs_nothing_makes_no_row():
    """A free answer is no spending."""
    log = WrittenLog()
    log.leads(1)
    log.answers_person(1, {"a": 1})
    assert spend(log) == {}


# --- uploads and unmatched answers ---


def test_an_upload_tells_how_it_was_read_and_what_became_of_it():
    """Counts, columns, rejected rows, and the batches launched from it."""
    log = WrittenLog()
    upload = named("upload", 1)
    started = log.add(
        e.UploadStarted(
            workstream="apollo",
            profile="apollo",
            file_name="people.csv",
            file_sha256="00",
            encoding="utf-8",
            delimiter=",",
            mapped={"Title": "person_title"},
            unmapped=["Keywords"],
            by="ann",
        ),
        upload,
    )
    log.add(e.RowRejected(line=7, raw={"Title": "\0"}, reason="names no one"), upload)
    assert log.tables(models=[UPLOADS])["uploads"][(upload,)]["rejected_count"] == 1
    ended = log.add(e.UploadFinished(row_count=3, person_count=2, company_count=1, rejected_count=1), upload)
    log.launches(1)
    log.launches(2)
    tables = log.tables(1, [UPLOADS])
    row = tables["uploads"][(upload,)]
    assert (row["uploaded_at"], row["finished_at"], row["client_id"]) == (started.at, ended.at, ACME)
    assert (row["row_count"], row["person_count"], row["company_count"], row["rejected_count"]) == (3, 2, 1, 1)
    assert (row["mapped"], row["unmapped"]) == ({"Title": "person_title"}, ["Keywords"])
    assert row["batch_ids"] == [named("batch", 1), named("batch", 2)]
    assert tables["upload_rejections"][upload, 7]["reason"] == "names no one"


def test_an_unmatched_answer_is_kept_until_it_is_placed():
    """Its body is there byte for byte; being placed is told beside it."""
    log = WrittenLog()
    callback, item = UUID(int=77), UUID(int=78)
    log.add(
        e.CallbackUnmatched(workstream="apollo", workflow=ASK_PERSON, claimed_id="", reason="no id", body=b"\xff\0"),
        callback,
    )
    row = log.tables(models=[UNMATCHED_CALLBACKS])["unmatched_callbacks"][(callback,)]
    assert (row["body"], row["reason"], row["matched_item_id"]) == (b"\xff\0", "no id", None)
    placed = log.add(e.CallbackMatched(item_id=item, by="ann"), callback)
    row = log.tables(1, [UNMATCHED_CALLBACKS])["unmatched_callbacks"][(callback,)]
    assert (row["matched_item_id"], row["matched_by"], row["matched_at"]) == (item, "ann", placed.at)
