"""`http` steps: the response is the answer, under the rules that hold for every row that is sent."""

import json
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from itertools import cycle
from uuid import uuid4

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from enrichcore import project
from enrichcore.application.estimating import estimate
from enrichcore.application.sending import Response, SendReport
from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.domain.life_cycle import State
from enrichcore.domain.pipeline import Kind
from enrichcore.domain.step_run import Outcome, PostOutcome
from enrichcore.registry import parse
from enrichcore.store.replaying import inline_rows
from projections import READ_MODELS
from tests.contracts.answers_contract import WorldContract
from tests.contracts.stored_rows import SHARED_STORE
from tests.contracts.world import ACME, APOLLO, Clock, World, configuration, person

#: What becomes of a request: an answer's body, or an outcome without one.
BECOMES = (
    b'{"email": "x@quillhaven.example"}', b'{"email": null}', b"", b"<html>", b'{"error": "broken"}',
    Outcome.NOT_DELIVERED, Outcome.UNKNOWN, Outcome.ROW_REFUSED,
)  # fmt: skip
#: One time for all examples, for they share a store, and buckets fill by it.
FORWARD = Clock()
STREAM = "people_by_api"
FUNDING, FIRST, SECOND, THIRD = "look_up_funding", "find_email_first", "find_email_second", "find_email_third"
WATERFALL = f"""
[workstreams.{STREAM}]
label = "People by API"
ingest = "apollo"

[[workstreams.{STREAM}.steps]]
workflow = "{FUNDING}"
kind = "http"
entity = "company"
url = "https://funding.example/v1/companies/{{company_domain}}"
headers = {{ authorization = "Bearer funding-key-1234" }}
not_found = [404]

[[workstreams.{STREAM}.steps]]
workflow = "{FIRST}"
kind = "http"
entity = "person"
when = "person_email is missing"
url = "https://first.example/find"
query = {{ name = "{{person_full_name}}", domain = "{{company_domain}}" }}
credits_per_send = 2
attempts = 2
on_doubt = "resend"

[[workstreams.{STREAM}.steps]]
workflow = "{SECOND}"
kind = "http"
entity = "person"
when = "person_email is missing"
url = "https://second.example/find"
body = {{ linkedin = "{{person_linkedin_url}}", item = "{{item_id}}" }}
not_found = [404]

[[workstreams.{STREAM}.steps]]
workflow = "{THIRD}"
kind = "http"
entity = "person"
when = "person_email is missing"
url = "https://third.example/find/{{person_first_name}}"

[clients.acme]
id = "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10"
"""


def waterfall(more: str = ""):
    """A pipeline of `http` steps only, for a client that has no webhook."""
    return parse(WATERFALL + more, env={})


def told(send, body=b"{}", **more):
    """What is reported of a request that was answered."""
    seen = PostOutcome(
        attempt=send.attempt, outcome=Outcome.DELIVERED, http_status=200, due=send.lease_until,
        webhook=send.url.fingerprint(),
    )  # fmt: skip
    return SendReport(send=send, outcome=seen, response=Response(body=body, **more))


class HttpContract(WorldContract):
    """Asking providers that answer at once."""

    @pytest.fixture
    def world(self, store):
        """The waterfall on that store."""
        return World(store, waterfall())

    def nobody(self, **more):
        """Somebody whose address is not known."""
        return person("ann", **{"email": "", **more})

    def launch(self, world, *people):
        """Launch people in the waterfall."""
        return world.launch(*people, workstream=STREAM)

    def answer(self, world, body=b"{}", **more):
        """Claim the one request that can leave, and have it answered."""
        (send,) = world.claim()
        world.app.record_outcomes([told(send, body, **more)])
        return send

    def to_first(self, world, **more):
        """One person, at the first step that asks for the address."""
        batch = self.launch(world, self.nobody(**more))
        self.answer(world, b'{"total_funding_amount_range_usd": "$25M - $50M"}')
        return batch

    def test_a_response_completes_the_step_and_carries_the_item_on(self, world):
        """In one commit, as an answer that came by the response."""
        batch = self.to_first(world)
        send = self.answer(world, b'{"email": "ann@quillhaven.example", "email_status": "verified"}')
        run = world.item(batch).run(FIRST)
        assert (run.state, run.rank, run.spent, run.reserved) == (State.COMPLETED, Rank.DATA, 2, 0)
        sent, answered, *_ = (event for event in world.events() if getattr(event, "attempt", None) and not isinstance(event, e.StepSending) and event.workflow == FIRST)  # fmt: skip
        assert (type(sent), sent.http_status) == (e.StepSent, 200)
        assert (answered.source, answered.timing, answered.attempt) == (e.Source.RESPONSE, e.Timing.IN_TIME, 1)
        assert send.request.query == {"name": "Ann Fennimarsh", "domain": "quillhaven.example"}
        item = world.item(batch)
        assert {item.run(step).state for step in (SECOND, THIRD)} == {State.SKIPPED}
        world.app.turn_batches()
        assert world.status(batch) == "finished"

    def test_each_provider_is_asked_only_while_no_address_is_known(self, world):
        """One after the other: nothing, then an address, then nobody else."""
        batch = self.to_first(world)
        self.answer(world, b'{"email": null}')
        second = self.answer(world, b'{"error": "no such person"}', nothing_found="HTTP 404: no such person")
        assert json.loads(second.request.body) == {
            "linkedin": "https://www.linkedin.com/in/ann-quillhaven",
            "item": str(second.run_id),
        }
        third = self.answer(world, b'{"data": {"email": "ann@quillhaven.example"}}')
        assert third.request.url == "https://third.example/find/Ann"
        item = world.item(batch)
        assert [item.run(step).rank for step in (FIRST, SECOND, THIRD)] == [Rank.EMPTY, Rank.EMPTY, Rank.DATA]
        assert item.run(SECOND).reason == "HTTP 404: no such person"
        assert item.facts()["person_email"] == "ann@quillhaven.example"

    def test_what_a_status_says_is_nothing_gives_no_field(self, world):
        """Whatever the body echoes: neither to conditions nor to leads."""
        batch = self.to_first(world)
        self.answer(world, b"{}")
        self.answer(world, b'{"email": "guess@quillhaven.example"}', nothing_found="HTTP 404")
        assert "person_email" not in world.item(batch).facts()
        (lead,) = leads(world)
        assert lead["person_email"] is None

    def test_a_known_address_asks_nobody(self, world):
        """The company is asked about; its person is not."""
        batch = self.launch(world, person("ann"))
        assert [send.workflow for send in world.claim()] == [FUNDING]
        world.app.record_outcomes([told(world.posted[-1])])
        assert world.claim() == []
        world.app.turn_batches()
        assert world.status(batch) == "finished"

    def test_a_request_that_lacks_what_it_names_is_skipped(self, world):
        """It says what is missing; the next one is asked, nothing is reserved, and its tokens are others'."""
        batch = self.to_first(world, linkedin="")
        self.answer(world, b"{}")
        assert world.claim() == []
        (send,) = world.claim()
        run = world.item(batch).run(SECOND)
        assert (send.workflow, run.state) == (THIRD, State.SKIPPED)
        assert run.reason == "nothing to ask with: person_linkedin_url not known"
        assert run.attempt == 0

    def test_a_company_that_cannot_be_asked_about_keeps_nobody(self, world):
        """All who wait for it go on."""
        people = [self.nobody(website="", company="Nowhere", linkedin=f"https://www.linkedin.com/in/{n}", first=n) for n in ("ann", "bob")]  # fmt: skip
        batch = self.launch(world, *people)
        assert world.claim() == []
        states = Counter((row.workflow, row.state) for row in world.store.inline_rows()[1] if row.batch_id)
        assert states[FUNDING, State.SKIPPED] == 2
        assert world.claim() == []
        assert world.item(batch).run(FIRST).state is State.SKIPPED
        assert {send.workflow for send in world.claim()} == {SECOND}

    def test_a_company_is_asked_about_once(self, world):
        """One response serves everybody who waits for it."""
        batch = self.launch(world, self.nobody(), person("bob"))
        (send,) = world.claim()
        assert send.request.headers == {"authorization": "Bearer funding-key-1234"}
        world.app.record_outcomes([told(send, b'{"name": "Quillhaven Robotics", "industry": "Robotics"}')])
        assert {world.item(batch, number).run(FUNDING).state for number in (0, 1)} == {State.COMPLETED}

    def test_a_step_that_is_in_doubt_is_asked_again_where_it_says_so(self, world):
        """Within its attempts, each with its own key."""
        batch = self.to_first(world)
        (first,) = world.claim()
        world.report([first], Outcome.UNKNOWN, reason="no response (ReadTimeout)")
        (second,) = world.claim()
        assert (second.attempt, second.key == first.key) == (2, False)
        world.report([second], Outcome.UNKNOWN, reason="no response (ReadTimeout)")
        assert world.item(batch).run(FIRST).state is State.IN_DOUBT
        world.clock.tick(minutes=2)
        world.app.wake(receiver_up=timedelta(microseconds=1))
        assert world.item(batch).run(FIRST).state is State.TIMED_OUT
        assert world.item(batch).run(SECOND).state is State.READY

    def test_a_response_that_comes_after_the_lease_is_used(self, world):
        """It was paid for: it ends the doubt."""
        batch = self.to_first(world)
        self.answer(world)
        (send,) = world.claim()
        assert send.lease_until - world.clock.now == timedelta(minutes=2)
        world.clock.tick(minutes=3)
        world.app.wake()
        assert world.item(batch).run(SECOND).state is State.IN_DOUBT
        world.app.record_outcomes([told(send, b'{"email": "ann@quillhaven.example"}')])
        assert world.item(batch).run(SECOND).state is State.COMPLETED

    def test_a_body_that_is_no_answer_fails_the_step(self, world):
        """It is kept as it came, and the item goes on."""
        batch = self.to_first(world)
        self.answer(world, b"<html>please log in</html>")
        assert world.item(batch).run(FIRST).state is State.FAILED
        self.answer(world, b"[1" * 100, too_large=True)
        assert "too large" in world.item(batch).run(SECOND).reason
        assert world.events(e.AnswerEvent)[1].body == b"<html>please log in</html>"

    def test_a_budget_holds_requests_back(self, store):
        """What they are reserved for counts like any row's."""
        registry = waterfall()
        budget = evolve(registry.clients[ACME], budget_credits=Decimal(2))
        world = World(store, evolve(registry, clients={ACME: budget}))
        self.to_first(world)
        assert world.claim() == []
        world.app = world.another(registry)
        assert len(world.claim()) == 1

    def test_a_response_may_tell_what_it_cost(self, store):
        """Where the step says; it takes the place of what was reserved."""
        registry = parse(WATERFALL.replace("attempts = 2", 'attempts = 2\ncredits_at = "meta.credits_used"'), env={})
        world = World(store, registry)
        batch = self.to_first(world)
        self.answer(world, b'{"email": "a@quillhaven.example", "meta": {"credits_used": "0.25"}}')
        run = world.item(batch).run(FIRST)
        assert (run.spent, run.reserved) == (Decimal("0.25"), 0)

    def test_a_provider_may_charge_finds_only(self, store):
        """What found nothing then costs nothing, in requests as in rows."""
        registry = parse(WATERFALL.replace("attempts = 2", "attempts = 2\ncredits_when_empty = 0"), env={})
        world = World(store, registry)
        batch = self.to_first(world)
        self.answer(world, b'{"email": null}')
        assert world.item(batch).run(FIRST).spent == 0
        self.answer(world, b'{"email": null}')
        assert world.item(batch).run(SECOND).spent == 1

    def test_a_refused_key_stops_the_lane_and_loses_nothing(self, world):
        """And resuming it asks again."""
        batch = self.to_first(world)
        (send,) = world.claim()
        world.report([send], Outcome.LANE_REFUSED, status=401, reason="HTTP 401: no such key")
        assert world.claim() == []
        world.app.resume_lane(ACME, STREAM, FIRST, by="ann")
        self.answer(world, b'{"email": "ann@quillhaven.example"}')
        assert world.item(batch).run(FIRST).state is State.COMPLETED

    def test_an_answer_is_reused_in_the_next_batch(self, world):
        """Nothing is asked, and nothing is paid."""
        self.to_first(world)
        self.answer(world, b'{"email": "ann@quillhaven.example"}')
        batch = self.launch(world, self.nobody())
        assert world.claim() == []
        assert world.item(batch).run(FIRST).spent == 0
        assert world.item(batch).facts()["person_email"] == "ann@quillhaven.example"

    def test_a_client_may_have_its_own_key_and_address(self, store):
        """Its headers and query parameters stand in the place of the step's."""
        own = f"""
            [clients.acme.webhooks.{STREAM}.{FUNDING}]
            url = "https://acme.funding.example/{{company_domain}}"
            headers = {{ Authorization = "Bearer acme-key" }}
            query = {{ plan = "acme" }}
            rate = 3
        """
        world = World(store, waterfall(own))
        self.launch(world, self.nobody())
        (send,) = world.claim()
        assert send.request.url == "https://acme.funding.example/quillhaven.example"
        assert (send.request.headers, send.request.query) == ({"Authorization": "Bearer acme-key"}, {"plan": "acme"})

    def test_webhooks_and_requests_are_claimed_apart(self, store):
        """A provider that takes its time keeps no webhook's row waiting."""
        shipped = configuration()
        both = evolve(shipped, workstreams={**shipped.workstreams, **waterfall().workstreams})
        world = World(store, both)
        self.launch(world, self.nobody())
        world.launch(person("bob", company="mooncroft"), workstream=APOLLO)
        world.clock.tick(seconds=10)
        assert {send.request is None for send in world.app.claim(100, Kind.WEBHOOK)} == {True}
        assert {send.request is None for send in world.app.claim(100, Kind.HTTP)} == {False}

    def test_an_estimate_counts_requests_and_their_price(self, world):
        """As they would leave if nobody found anything."""
        upload = world.upload(self.nobody(), person("bob"), workstream=STREAM)
        found = estimate(world.store, world.registry, world.app.get_upload(upload.upload_id), now=world.clock.now)
        assert [(step.workflow, step.to_send, step.credits) for step in found.steps] == [
            (FUNDING, 1, 1),
            (FIRST, 1, 2),
            (SECOND, 1, 1),
            (THIRD, 1, 1),
        ]

    def test_an_estimate_leaves_out_who_cannot_be_asked_about(self, world):
        """As far as nothing more will be known by then."""
        upload = world.upload(
            self.nobody(website="", company="Nowhere"), self.nobody(first="bob", linkedin=""), workstream=STREAM
        )
        found = estimate(world.store, world.registry, world.app.get_upload(upload.upload_id), now=world.clock.now)
        assert (found.steps[0].to_send, found.steps[0].skipped, found.steps[1].to_send) == (1, 1, 2)
        assert (found.credits, found.budget_left) == (9, None)

    @SHARED_STORE
    @given(becomes=st.lists(st.sampled_from(BECOMES), min_size=1, max_size=30))
    def test_however_providers_answer_every_item_ends_and_replay_is_the_same(self, store, becomes):
        """Found, empty, garbage, refused, lost: whatever comes, nothing is left open, and the books are right."""
        world, company = World(store, waterfall(), clock=FORWARD), f"quill{uuid4().hex}"
        self.launch(
            world,
            *(person(name, company, email=email) for name, email in (("ann", ""), ("bob", ""), ("eve", "e@x.example"))),
        )
        turns, idle = cycle([*becomes, b"{}"]), 0
        while idle < 5:
            for lane in (lane for lane, _ in store.lanes() if lane.stopped):
                # Of all examples together twenty rows in a row may have been refused.
                world.app.resume_lane(ACME, lane.workstream, lane.workflow, by="ann")
            sends = world.claim()
            for send in sends:
                became = next(turns)
                if isinstance(became, bytes):
                    world.app.record_outcomes([told(send, became)])
                else:
                    world.report([send], became, reason="as drawn")
            world.app.wake()
            idle = 0 if sends else idle + 1
            world.clock.tick(minutes=0 if sends else 5)
        world.app.turn_batches()
        runs, steps = world.store.inline_rows()
        assert {row.status for row in runs} <= {"completed", "ended"}
        assert sum(row.reserved for row in steps if row.state in {State.COMPLETED, State.SKIPPED}) == 0
        assert inline_rows(world.store.log(0, 100_000)) == (runs, steps)


def leads(world):
    """The leads as they stand."""
    return list(project(world.store.log(0, 100_000), READ_MODELS)["final_leads"].values())
