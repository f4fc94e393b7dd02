"""Whoever does what the sentence says, again and again, gets an item that stands still to its end.

People, third parties and the database put hindrances in the way, in any combination; the reader below knows nothing but the
words of the explanation.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from enrichcore.application.explaining import explain
from enrichcore.domain.batch_item import ItemStatus
from enrichcore.domain.ids import BatchId
from enrichcore.domain.lane import DOUBTS_IN_A_ROW, FAILURES_IN_A_ROW
from enrichcore.domain.step_run import Outcome
from enrichcore.store import MemoryStore
from tests.contracts.world import (
    ACME,
    APOLLO,
    APOLLO_COMPANY,
    APOLLO_PERSON,
    CRM,
    World,
    configuration,
    person,
    tuned,
)

ROLES = ("sender", "receiver", "timers")
TIME = r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC"


class Play:
    """A world, the item that a person asks about, and that person."""

    def __init__(self, reached):
        registry = tuned(configuration(), lane={"rate": 1000.0, "burst": 1000, "credits_per_send": Decimal(1)})
        self.world = World(MemoryStore(), registry)
        self.batch = self.world.launch(person("ann"))
        self.sent = []
        if reached == "person":
            self.world.play_to(APOLLO_PERSON)
        self.workflow = APOLLO_PERSON if reached == "person" else APOLLO_COMPANY
        self.item_id = self.world.item(self.batch).item_id
        self.world.store.here(uuid4(), ROLES)

    # --- hindrances ---

    def hinder(self, name):
        """Put something in the way."""
        getattr(self, name.replace(" ", "_"))()

    def paused(self):
        self.world.app.pause(self.batch.batch_id, by="ann")

    def stopped(self):
        self.world.app.stop_lane(ACME, APOLLO, self.workflow, by="ann", why="out of credits")

    def away(self):
        self.others_end(FAILURES_IN_A_ROW, Outcome.NOT_DELIVERED, unreachable=True, reason="could not connect")

    def doubtful(self):
        self.others_end(DOUBTS_IN_A_ROW, Outcome.UNKNOWN, status=502, reason="HTTP 502")

    def held(self):
        self.others_end(1, Outcome.NOT_DELIVERED, status=429, hold_s=3600, reason="HTTP 429")

    def others_end(self, rows, outcome, **how):
        """Rows of other people on the lane end so; their own batch is out of the way then."""
        other = self.world.launch(*(person(f"joe{number}", f"co{number}") for number in range(rows)))
        if self.workflow == APOLLO_PERSON:
            for _ in range(3):
                for send in self.world.app.claim(1000):
                    self.world.report([send])
                    if send.workflow == APOLLO_COMPANY:
                        self.world.answer(send)
                    else:
                        self.sent.append(send)
        else:
            self.sent += self.world.app.claim(1000)
        self.world.report([send for send in self.sent if send.workflow == self.workflow][-rows:], outcome, **how)
        self.world.app.cancel(other.batch_id, by="ann")

    def no_webhook(self):
        clients = {
            slug: evolve(
                client, webhooks={place: hook for place, hook in client.webhooks.items() if place[1] != self.workflow}
            )
            for slug, client in self.world.registry.clients.items()
        }
        self.configure(clients=clients)

    def no_workstream(self):
        self.configure(workstreams={CRM: self.world.registry.workstreams[CRM]})

    def no_budget(self):
        self.budget(Decimal(0))

    def budget_of_a_period(self):
        self.budget(self.world.store.credits_of(self.world.registry.client(ACME).id), timedelta(days=3))

    def budget(self, amount, period=None):
        acme = evolve(self.world.registry.client(ACME), budget_credits=amount, budget_period=period)
        self.configure(clients={**self.world.registry.clients, ACME: acme})

    def full(self):
        self.world.launch(person("kim", "full"))
        self.sent += self.world.send(1)
        self.configure(clients=tuned(self.world.registry, lane={"max_in_flight": 1}).clients)

    def nobody_there(self):
        for runner in list(self.world.store._here):
            self.world.store.gone(runner)

    def out(self):
        self.sent += self.world.send()

    def put_off(self):
        self.world.report(self.world.claim(), Outcome.NOT_DELIVERED, status=503, wait_s=60, reason="HTTP 503")

    def in_doubt(self):
        self.world.report(self.world.claim(), Outcome.UNKNOWN, status=502, reason="HTTP 502")

    def died(self):
        self.world.claim()

    def beside(self):
        """The same person's row leaves for another batch."""
        other = self.world.launch(person("ann"), workstream=CRM)
        self.world.app.pause(self.batch.batch_id, by="ann")
        self.sent += self.world.send()
        self.world.app.resume(self.batch.batch_id, by="ann")
        self.sent += self.world.claim()
        self.world.report(self.sent)
        assert other

    def another_waits(self):
        self.world.launch(person("bob"), workstream=CRM)

    def configure(self, **changes):
        self.world.registry = evolve(self.world.registry, **changes)
        self.world.app = self.world.another()

    # --- the reader ---

    def read(self):
        """The sentence."""
        said = explain(self.world.store, self.world.registry, self.item_id, now=self.world.clock.now)
        assert said.endswith(".")
        assert "\n" not in said
        return said

    def do_as_told(self, said):
        """Carry out the first thing that the sentence names; a person's way goes before a long wait."""
        app, world = self.world.app, self.world
        if "start `enrichcore run`" in said:
            return world.store.here(uuid4(), ROLES)
        if found := re.search(r"`enrichcore resume ([0-9a-f-]{36})`", said):
            return app.resume(BatchId(UUID(found[1])), by="ann")
        if "lane " in said and "is open" in said and "timers moves the row there" in said:
            return app.move_companies()
        if found := re.search(r"`enrichcore lanes --resume (\w+)/(\w+)/(\w+)`", said):
            return app.resume_lane(*found.groups(), by="ann")
        if "does not know its lane" in said or "no webhook is configured" in said:
            fresh = tuned(configuration(), lane={"rate": 1000.0, "burst": 1000, "credits_per_send": Decimal(1)})
            acme = evolve(fresh.client(ACME), budget_credits=world.registry.client(ACME).budget_credits)
            return self.configure(workstreams=fresh.workstreams, clients={**fresh.clients, ACME: acme})
        if found := re.search(rf"its period frees credits, at {TIME}", said):
            return self.wait_until(found[1])
        if "budget_credits is raised" in said:
            return self.budget(Decimal(10_000))
        if "leaves when answers come" in said:
            return [self.answered(send) for send in self.sent]
        if "waits for its turn" in said:
            world.clock.tick(seconds=1)
            sends = app.claim(1000)
            self.sent += sends
            return world.report(sends)
        if "timers moves it" in said:
            world.store.receiver_up = lambda: timedelta(hours=1)
            return app.wake()
        for words in (
            "goes on at",
            "may be sent from",
            "is tried again at",
            "the deadline at",
            "in doubt from",
            "itself, at",
        ):
            if found := re.search(rf"{words} {TIME}", said):
                return self.wait_until(found[1])
        raise AssertionError(f"nothing to do is said: {said}")

    def answered(self, send):
        return self.world.answer(send)

    def wait_until(self, text):
        then = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC) + timedelta(seconds=1)
        assert then > self.world.clock.now, "a time to come is said"
        self.world.clock.now = then
        if "timers" in self.world.store.roles_up():
            self.world.app.wake(receiver_up=self.world.store.receiver_up())


#: In the order in which they come: whoever is launched needs a configuration that is whole.
HINDRANCES = [
    "another waits", "full", "held", "away", "doubtful", "stopped", "paused", "no budget", "budget of a period", "no webhook",
    "no workstream", "nobody there",
]  # fmt: skip
OF_THE_ROW = ["out", "put off", "in doubt", "died"]


@settings(deadline=None)
@given(
    reached=st.sampled_from(["company", "person"]),
    row=st.none() | st.sampled_from([*OF_THE_ROW, "beside"]),
    hindrances=st.sets(st.sampled_from(HINDRANCES), max_size=4),
)
def test_whoever_does_what_is_said_gets_there(reached, row, hindrances):
    """In a handful of steps, each of which changes something."""
    play = Play(reached)
    if row is not None:
        play.hinder(row)
    for name in sorted(hindrances, key=HINDRANCES.index):
        play.hinder(name)
    before = ""
    for _ in range(25):
        item = play.world.store.load([play.item_id])[play.item_id].state
        if item.status is not ItemStatus.ACTIVE:
            return
        said = play.read()
        assert said != before, f"what it says changes nothing: {said}"
        before = said
        play.do_as_told(said)
    raise AssertionError(f"it never ends: {before}")
