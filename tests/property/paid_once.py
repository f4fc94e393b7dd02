"""A world in which a few people are launched again and again, and books of its own on what each POST is worth.

The books belong to the third party: which rows it may have, what it answered, and what that cost. From the log they take
nothing but decisions: what persons or policies asked to be sent once more.
"""

import json
from datetime import timedelta
from decimal import Decimal
from itertools import count
from uuid import NAMESPACE_OID, uuid5

from attrs import define, field
from hypothesis import strategies as st

from enrichcore.domain import events as e
from enrichcore.domain.answers import Rank
from enrichcore.domain.life_cycle import State
from enrichcore.domain.step_run import Outcome
from enrichcore.registry import parse
from enrichcore.testing import Placeholders, broken
from tests.contracts.world import ACME, World, file_of, person

ANY = st.integers(0, 40)
PERSON_STEPS = {"ask_one", "ask_two"}
PRICES = {"ask_one": Decimal(1), "ask_two": Decimal("2.5"), "ask_company": Decimal(1)}
WITHIN = timedelta(hours=1)
SURELY_NOT = {Outcome.NOT_DELIVERED, Outcome.ROW_REFUSED, Outcome.LANE_REFUSED}
NOTHING = Decimal(0)

CONFIGURATION = """
[workstreams.one]
ingest = "crm"

[[workstreams.one.steps]]
workflow = "ask_one"
kind = "webhook"
entity = "person"
result = "profile"
answer_within = "1h"
{policy}

[workstreams.two]
ingest = "crm"

[[workstreams.two.steps]]
workflow = "ask_company"
kind = "webhook"
entity = "company"
answer_within = "1h"

[[workstreams.two.steps]]
workflow = "ask_two"
kind = "webhook"
entity = "person"
result = "profile"
answer_within = "1h"
{policy}

[clients.acme]
id = "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10"
callback_secret = "env:SECRET"
webhooks.one.ask_one = {{ url = "env:ONE", credits_per_send = 1, rate = 1000, burst = 1000, pace_group = "one" }}
webhooks.two.ask_company = {{ url = "env:COMPANY", credits_per_send = 1, rate = 1000, burst = 1000 }}
webhooks.two.ask_two = {{ url = "env:TWO", credits_per_send = 2.5, rate = 1000, burst = 1000, pace_group = "two" }}
"""


def policies():
    """What a step may do about doubts, failures and old answers."""
    attempts = st.sampled_from(["attempts = 1", "attempts = 2"])
    doubts = st.sampled_from(['on_doubt = "wait"', 'on_doubt = "resend"'])
    reuse = st.sampled_from(['reuse_within = "30d"', 'reuse_within = "2h"'])
    return st.tuples(attempts, doubts, reuse).map("\n".join)


def commands():
    """Rows go out and come back, batches are launched and cancelled, people change their minds, time passes."""
    told = st.sampled_from([None, Decimal(0), Decimal("0.5"), Decimal(4)])
    work = st.one_of(
        st.tuples(st.just("send"), st.sampled_from(Outcome) | st.just(Outcome.DELIVERED) | st.none()),
        st.tuples(st.just("send"), st.just(Outcome.DELIVERED)),
        st.tuples(st.just("outcome"), ANY, st.sampled_from(Outcome)),
        st.tuples(st.just("answer"), ANY, st.sampled_from(Rank), told),
        st.tuples(st.just("answer"), ANY, st.just(Rank.DATA), told),
        st.tuples(st.just("again"), ANY),
        st.tuples(st.just("time"), st.sampled_from([1, 20, 61, 130])),
    )
    decisions = st.one_of(
        st.tuples(st.just("launch"), ANY),
        st.tuples(st.just("launch"), ANY),
        st.tuples(st.just("cancel"), ANY),
        st.tuples(st.just("pause"), ANY),
        st.tuples(st.just("resume"), ANY),
        st.tuples(st.just("retry"), ANY, st.none() | st.sampled_from([State.COMPLETED, State.CANCELLED])),
        st.tuples(st.just("settle"), ANY, st.sampled_from(e.Settlement)),
    )
    return st.lists(st.one_of(work, work, decisions), min_size=15, max_size=50)


@define(eq=False)
class Post:
    """One POST, as the third party knows it."""

    send: object
    at: object
    #: The first certain outcome that was told.
    outcome: Outcome | None = None
    #: What its answers told, in order; None where one told nothing.
    told: list = field(factory=list)
    body: bytes = b""

    @property
    def cost(self) -> Decimal:
        """What it is worth once nobody waits for it any more: once what it told, else its price, else nothing."""
        told = [credits_ for credits_ in self.told if credits_ is not None]
        if self.outcome in SURELY_NOT:
            return sum(told, NOTHING)
        first = self.told[0] if self.told else None
        return max([PRICES[self.send.workflow] if first is None else first, *told])


@define(eq=False)
class Found:
    """The best that one item was told of one step, for others to take."""

    rank: Rank
    at: object


class PaidOnce:
    """The world; every row that leaves is held against the books.

    Args:
        store: where it lives.
        policy: of the steps that ask about people.
        clock: goes on over all worlds of a store.
        suffix: tells this world's people from others of the store.
    """

    def __init__(self, store, policy: str, clock, suffix: str = "") -> None:
        registry = parse(CONFIGURATION.format(policy=policy), env=Placeholders())
        numbers = count()
        # The same story has the same ids, so that it is the same when it is told again.
        self.world = World(
            store, registry, clock=clock, new_id=lambda: uuid5(NAMESPACE_OID, f"{suffix}/{next(numbers)}")
        )
        self.store, self.app = store, self.world.app
        self.reuse = registry.workstream("one").pipeline.steps[0].reuse_within
        self.before = self.spent()
        company = f"quillhaven{suffix}"
        people = [person("ann", company), person("bob", company)]
        self.uploads = [
            self.app.upload(file_of(*some), client=ACME, workstream=stream).upload_id
            for some, stream in ((people, "one"), (people, "two"), (people[:1], "one"), (people[:1], "two"))
        ]
        self.batches = []
        self.posts: dict[str, Post] = {}
        self.in_force: dict = {}
        self.kept: dict = {}
        self._numbers = count()

    def spent(self) -> Decimal:
        """Everything that was spent in the store so far."""
        return sum((spent for _, spent in self.store.counts().credits.values()), NOTHING)

    def play(self, story) -> None:
        """Let all of it happen, and hold the end against the books."""
        self.do_launch(0)
        for name, *rest in story:
            getattr(self, f"do_{name}")(*rest)
            self.app.wake()
            self.open_lanes()
        self.end()

    # --- what may happen ---

    def do_launch(self, which):
        self.batches.append(self.app.launch(self.uploads[which % len(self.uploads)]).batch_id)

    def do_send(self, outcome):
        for send in self.world.claim():
            self.leaves(send)
            if outcome is not None:
                self.outcome(self.posts[send.key], outcome)

    def do_outcome(self, which, outcome):
        if self.posts:
            self.outcome(self.recent(which), outcome)

    def outcome(self, post, outcome):
        """A runner tells what became of a POST; the first certain word counts."""
        if outcome is not Outcome.UNKNOWN and post.outcome is None and not post.told:
            post.outcome = outcome
        self.world.report([post.send], outcome, reason="so it was")

    def do_answer(self, which, rank, told):
        if not self.posts:
            return
        post, number = self.recent(which), next(self._numbers)
        says = {"metadata": {"run": number}}
        if told is not None:
            says["metadata"]["upfrontCreditUsage"] = {"totalCost": float(told)}
        if rank is Rank.ERROR:
            says["error"] = "no credits"
        says["result"] = self.finding(post, number) if rank is Rank.DATA else None
        post.body = json.dumps({"item_id": post.send.payload["item_id"], **says}).encode()
        post.told.append(told)
        self.receive(post)

    def finding(self, post, number):
        """Something found."""
        if post.send.workflow in PERSON_STEPS:
            return {"title": f"Chief of {number}"}
        return {"name": "Quillhaven", "employee_count": 100 + number}

    def do_again(self, which):
        if self.posts and self.recent(which).body:
            self.receive(self.recent(which))

    def receive(self, post):
        """An answer comes in; what it says is what others may take from now on."""
        send = post.send
        before = len(self.store.stream(send.run_id))
        self.app.receive([self.world.callback(send.workflow, post.body, workstream=send.workstream, token=send.key)])
        for recorded in self.store.stream(send.run_id)[before:]:
            event = recorded.event
            if isinstance(event, e.AnswerEvent) and event.body and event.workflow in PERSON_STEPS:
                own = self.kept if isinstance(event, e.AnswerKept) else self.in_force
                best = own.get((send.run_id, event.workflow))
                serves = not isinstance(event, e.AnswerKept) or event.serves
                if serves and (best is None or event.rank >= best.rank):
                    own[send.run_id, event.workflow] = Found(rank=event.rank, at=recorded.at)

    def do_time(self, minutes):
        self.world.clock.tick(minutes=minutes)

    def do_cancel(self, which):
        self.app.cancel(self.batch(which), by="ann")

    def do_pause(self, which):
        self.app.pause(self.batch(which), by="ann")

    def do_resume(self, which):
        self.app.resume(self.batch(which), by="ann")

    def do_retry(self, which, state):
        self.app.retry(self.batch(which), by="ann", state=state)

    def do_settle(self, which, settlement):
        self.app.settle(self.batch(which), settlement, by="ann")

    def batch(self, which):
        """One of the batches."""
        return self.batches[which % len(self.batches)]

    def recent(self, which):
        """One of the POSTs, the newest first."""
        return list(self.posts.values())[-1 - which % len(self.posts)]

    def open_lanes(self):
        """Whoever minds the lanes resumes them at once."""
        for lane, _ in self.store.lanes():
            if lane.stopped:
                self.app.resume_lane(ACME, lane.workstream, lane.workflow, by="ann")

    # --- what must hold ---

    def leaves(self, send):
        """A row leaves: nobody knows what it asks, and nobody else has it out."""
        if send.workflow in PERSON_STEPS:
            whom = send.payload["person_id"]
            assert [found for found in self.known_to(send) if found.rank is not Rank.ERROR] == []
            assert [post for post in self.posts.values() if self.is_out(post, whom, besides=send.run_id)] == []
        self.posts[send.key] = Post(send=send, at=self.world.clock.now)

    def known_to(self, send):
        """What other items of the person were told that is young enough, and what the item was told too late."""
        oldest = self.world.clock.now - self.reuse
        anew = [
            one.at
            for one in self.store.stream(send.run_id)
            if isinstance(one.event, e.RetryRequested)
            and one.event.workflow == send.workflow
            and not one.event.known_will_do
        ]
        oldest = max([oldest, *anew])
        mine = {post.send.run_id for post in self.posts.values() if post.send.payload.get("person_id") == self.of(send)}
        told = [found for (item, _), found in self.in_force.items() if item in mine and item != send.run_id]
        told += [found for (item, _), found in self.kept.items() if item in mine]
        return [found for found in told if found.at > oldest]

    @staticmethod
    def of(send):
        """Whom a row is about."""
        return send.payload["person_id"]

    def is_out(self, post, whom, besides):
        """Whether another item's row about the person may still be answered, and nobody decided to send it once more."""
        send = post.send
        if send.workflow not in PERSON_STEPS or self.of(send) != whom or send.run_id == besides:
            return False
        waited_for = post.outcome not in SURELY_NOT and not post.told and self.world.clock.now < post.at + WITHIN
        return waited_for and not any(self.lets_go(event) for event in self.since(send))

    def since(self, send):
        """What happened to the step of a row since that left."""
        events = [one.event for one in self.store.stream(send.run_id)]
        left = next(n for n, event in enumerate(events) if isinstance(event, e.StepSending) and event.key == send.key)
        return [event for event in events[left:] if getattr(event, "workflow", "") == send.workflow]

    @staticmethod
    def lets_go(event):
        """Whether nobody waits for a row any more after this: a decision to send another, or a failure of the step."""
        resend = isinstance(event, e.DoubtSettled) and event.settlement is e.Settlement.RESEND
        failed = isinstance(event, e.AnswerEvent) and event.rank is Rank.ERROR
        given_up = isinstance(event, e.AnswerTimedOut) and event.by
        return resend or failed or given_up or isinstance(event, e.RetryRequested | e.StepFailed)

    def end(self):
        """Everything comes to its end, and every POST is worth what the books say."""
        for batch_id in self.batches:
            self.app.resume(batch_id, by="ann")
        for _ in range(60):
            self.world.clock.tick(hours=2)
            before = self.store.last_position()
            self.do_send(Outcome.DELIVERED)
            self.app.wake()
            self.open_lanes()
            self.app.turn_batches()
            if self.store.last_position() == before:
                break
        else:
            raise AssertionError("something never comes to its end")
        assert sum((reserved for reserved, _ in self.store.counts().credits.values()), NOTHING) == 0
        assert all(spent >= 0 for _, spent in self.store.counts().credits.values())
        assert self.spent() - self.before == sum((post.cost for post in self.posts.values()), NOTHING)
        log = self.store.log(0, 1_000_000)
        assert broken(log, {batch.batch_id: batch.pipeline for batch, _ in self.store.batches()}) == []
