"""What people look up on the command line: what an id is of, what happened to a lane, and where rows in doubt are."""

import json
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from attrs import evolve

from enrichcore.domain import events as e
from enrichcore.domain.lane import DOUBTS_IN_A_ROW
from enrichcore.domain.step_run import Outcome
from enrichcore.projection import catch_up, ensure_tables
from enrichcore.registry import Secret
from projections import READ_MODELS
from runners.cli.batches import _show, progress_of
from runners.cli.lanes import show_history
from runners.cli.tracing import what_it_is
from runners.lanes import known_lanes, lane_words, sent_words
from runners.statements import statements
from tests.contracts.world import ACME, APOLLO, APOLLO_COMPANY, World, configuration, person, tuned

pytestmark = pytest.mark.postgres

LANE = f"{ACME}/{APOLLO}/{APOLLO_COMPANY}"


@pytest.fixture
def world(store):
    """A world on PostgreSQL, with the tables of all read models."""
    ensure_tables(store.pool, READ_MODELS)
    return World(store, tuned(configuration(), lane={"rate": 1000.0, "burst": 1000}))


def lived(world):
    """A lane that fell in doubt, was stopped, and was resumed."""
    world.launch(*(person(f"ann{number}", f"co{number}") for number in range(DOUBTS_IN_A_ROW + 2)))
    world.report(world.app.claim(DOUBTS_IN_A_ROW), Outcome.UNKNOWN, status=502, reason="HTTP 502")
    world.app.stop_lane(ACME, APOLLO, APOLLO_COMPANY, by="ann", why="the table is being mended")
    world.app.resume_lane(ACME, APOLLO, APOLLO_COMPANY, by="bob", why="it is mended")


def test_a_lanes_history_tells_when_it_stopped_and_went_on_and_why(world, capsys):
    """For people, each in a line; for programs, with the id that `history` takes too."""
    show_history(world.app, LANE, as_json=False)
    assert "Nothing ever stopped or held" in capsys.readouterr().out
    lived(world)
    show_history(world.app, LANE, as_json=False)
    shown = [line[21:] for line in capsys.readouterr().out.splitlines()]
    assert shown[0] == "10 rows in a row in doubt, the last: HTTP 502"
    assert shown[1].startswith("held until 2026-03-02 09:00:30: of 10 rows in a row nobody knows")
    assert shown[2:] == ["stopped by ann: the table is being mended", "resumed by bob: it is mended"]
    show_history(world.app, LANE, as_json=True)
    told = json.loads(capsys.readouterr().out)
    (known,) = [lane for lane in known_lanes(world.app) if lane["lane"] == LANE]
    assert (told["lane"], told["lane_id"]) == (LANE, str(known["lane_id"]))
    assert [event["type"] for event in told["events"]] == ["DoubtsCounted", "LaneHeld", "LaneStopped", "LaneResumed"]
    assert (told["events"][2]["by"], told["events"][2]["reason"]) == ("ann", "the table is being mended")


def test_a_lane_that_is_tried_by_one_row_at_a_time_is_not_shown_as_open(world):
    """Neither while it is held, nor between two tries."""
    world.launch(*(person(f"ann{number}", f"co{number}") for number in range(DOUBTS_IN_A_ROW + 2)))
    world.report(world.app.claim(DOUBTS_IN_A_ROW), Outcome.UNKNOWN, status=502, reason="HTTP 502")
    for _ in range(2):
        (lane,) = [one for one in known_lanes(world.app) if one["lane"] == LANE]
        assert lane["status"] == "held"
        assert "nobody knows whether they were delivered, the last: HTTP 502" in lane["reason"]
        world.clock.tick(seconds=31)


def test_a_webhook_that_clients_share_is_not_told_as_sent_by_each(world):
    """What a lane tried itself stands apart from what its webhook took of all who have it; refused rows are none of that."""
    other = evolve(world.registry.client(ACME), slug="other", id=uuid4(), callback_secrets=(Secret("another-secret"),))
    world.registry = evolve(world.registry, clients={**world.registry.clients, "other": other})
    world.app = world.another()
    world.launch(person("ann"), person("bob", "caldora"))
    world.report(world.app.claim(1), Outcome.NOT_DELIVERED, status=503, reason="HTTP 503")
    world.app.wake()
    world.send()
    catch_up(world.store.pool, READ_MODELS)
    told = {lane["lane"]: lane for lane in known_lanes(world.app)}
    mine, theirs = told[LANE], told[LANE.replace(ACME, "other", 1)]
    assert (mine["shared_with"], theirs["shared_with"]) == ([theirs["lane"]], [mine["lane"]])
    assert (mine["sent"], theirs["sent"]) == (2, 2)
    assert (sent_words(mine), sent_words(theirs)) == (
        "2 with others of this webhook; 3 tried here",
        "2 with others of this webhook; 0 tried here",
    )


def test_what_a_lane_did_is_told(world):
    """What is out and ready now, and all that it sent and cost, also where the row has ended."""
    batch = world.launch(person("ann"), person("bob", "caldora"), person("eve", "northwind"))
    first, _ = world.send(2)
    world.answer(first, world.body(first, metadata={"upfrontCreditUsage": {"totalCost": 4}}))
    catch_up(world.store.pool, READ_MODELS)
    (lane,) = [one for one in known_lanes(world.app) if one["lane"] == LANE]
    told = ("in_flight", "ready", "attempts", "credits_spent", "credits_reserved")
    assert [lane[name] for name in told] == [1, 1, 2, 4, 1]
    world.app.cancel(batch.batch_id, by="ann")
    catch_up(world.store.pool, READ_MODELS)
    (lane,) = [one for one in known_lanes(world.app) if one["lane"] == LANE]
    assert [lane[name] for name in told[:3]] == [1, 0, 2]


def test_looking_at_lanes_reads_no_rows_that_ended(world):
    """Of which there may be millions: both counts have an index of their own."""
    with world.store.pool.connection() as connection:
        connection.execute("set local enable_seqscan = off")
        plan = connection.execute(f"explain {statements()['rows_of_lanes']}".encode()).fetchall()
    read = " ".join(line for (line,) in plan)
    assert "Seq Scan" not in read
    assert "step_runs_out" in read
    assert "step_runs_ready" in read


def test_a_budget_that_is_used_up_tells_when_its_period_frees_credits(world):
    """Where `lanes` and `status` say why nothing leaves."""
    world.launch(person("ann"), person("bob", "caldora"))
    world.send(1)
    acme = evolve(world.registry.client(ACME), budget_credits=Decimal(1), budget_period=timedelta(days=2))
    world.registry = evolve(world.registry, clients={**world.registry.clients, ACME: acme})
    world.app = world.another()
    world.answer(world.posted[0])
    (lane,) = [one for one in known_lanes(world.app) if one["lane"] == LANE]
    assert lane["reason"] == ("the budget of 1 credit is spent, and its period frees credits at 2026-03-05 00:00 UTC")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (e.RefusalsCounted(workstream="w", workflow="f", in_a_row=1), "1 row in a row refused for good"),
        (e.RefusalsCounted(workstream="w", workflow="f", in_a_row=0), "a row was taken: refusals are counted anew"),
        (e.ConnectionsFailed(workstream="w", workflow="f", in_a_row=2), "2 connections in a row failed"),
        (
            e.ConnectionsFailed(workstream="w", workflow="f", in_a_row=0),
            "the webhook was reached: failures are counted anew",
        ),
        (
            e.WebhookEndsSoon(workstream="w", workflow="f", webhook="h", sends=9000, lifetime_limit=10000),
            "its webhook has taken 9,000 of the 10,000 rows of its life",
        ),
    ],
)
def test_every_event_of_a_lane_has_words(event, words):
    """None is shown by the name of its class."""
    assert lane_words(event) == words


def test_what_an_id_is_of_is_said_where_another_is_asked_for(world):
    """With what looks into that instead."""
    upload = world.upload(person("ann"))
    batch = world.app.launch(upload.upload_id)
    lived(world)
    world.app.receive([world.callback(APOLLO_COMPANY, b"no json")])
    catch_up(world.store.pool, READ_MODELS)
    item = world.item(batch)
    (unmatched,) = [one.stream_id for one in world.store.log(0, 1000) if isinstance(one.event, e.CallbackUnmatched)]
    (lane, _) = world.store.lanes()[0]
    with world.store.pool.connection() as connection:
        query = "select lead_id from enrichcore.final_leads where person_id = %s"
        ((lead,),) = connection.execute(query, [item.person_id]).fetchall()
    told = {
        upload.upload_id: "an upload's",
        lane.lane_id: "a lane's",
        unmatched: "an unmatched answer's",
        world.registry.client(ACME).id: "a client's",
        item.person_id: f"a person's; give that of an item, such as the newest about it, {item.item_id}",
        item.company_id: f"a company's; give that of an item, such as the newest about it, {item.item_id}",
        lead: f"a lead's; give that of an item, such as the newest about it, {item.item_id}",
        uuid4(): "enrichcore status",
    }
    for given, words in told.items():
        assert words in what_it_is(world.app, given)


def test_the_steps_of_a_batch_count_the_same_doubts_as_the_batch(world, capsys):
    """Items that wait for a company's row that is in doubt are counted at that step."""
    batch = world.launch(person("ann"), person("bob"), person("cy", "caldora"))
    doubtful = next(send for send in world.claim() if send.payload["company_domain"] == "quillhaven.example")
    world.report([doubtful], Outcome.UNKNOWN, reason="the connection broke")
    (found,) = progress_of(world.app, batch.batch_id)
    assert found["items_in_doubt"] == sum(step["in_doubt"] for step in found["steps"]) == 2
    _show([found], as_json=False, one_line=False)
    assert "3 waiting_for_company (2 of them for a row in doubt)" in capsys.readouterr().out
