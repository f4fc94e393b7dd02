"""The three parts of the campaign: a storm of callbacks, kills of everything, and tenants that share runners.

Each runs two real daemons behind a balancer against the simulated Clay over sockets, on a database of its own, and gives
back what it left behind. Whatever is drawn comes from the seed; what the machine's timing adds is what is being tested.
"""

import asyncio
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid5

import httpx
import psycopg
from attrs import define, field, frozen
from chaos_audit import Evidence, Fault, uncounted
from chaos_setup import SECRET, client_id, configuration, export_of, step, three_steps, workstreams
from chaos_world import Balancer, Clay, Runners, Server
from harness import database, own_folder, say
from psycopg.conninfo import conninfo_to_dict

from enrichcore.application import Enrichment
from enrichcore.domain.batch import BatchStatus
from enrichcore.domain.events import Settlement
from enrichcore.domain.ids import NAMESPACE, BatchId
from enrichcore.projection import catch_up, diff
from enrichcore.registry import load
from enrichcore.store import Conflict, StoreUnavailable
from enrichcore.store.mending import mend_inline_state
from enrichcore.store.postgres import PostgresStore
from projections import READ_MODELS

#: Longest that a part may take to come to its end once nothing is broken any more.
PATIENCE_S = 300
OPEN_STATES = ("ready", "sending", "retry_wait")


@frozen(kw_only=True)
class Size:
    """How large the campaign is."""

    #: Callbacks of the storm.
    callbacks: int = 10_000
    #: People of each of the two batches that go through the kills, and how long these go on.
    people: int = 1000
    kills_s: float = 75.0
    #: People of each small tenant; the large one has twenty times as many.
    tenant_people: int = 100
    #: Seconds between two kills of a runner, on the average; a kill waits until both are up.
    kill_every_s: float = 3.0
    #: How long an answer is waited for in the kills; a late one comes some seconds after that.
    answer_within_s: int = 20
    #: The same where tenants share the runners.
    tenant_answer_within_s: int = 10


SHORT = Size(callbacks=200, people=60, kills_s=9.0, tenant_people=30, answer_within_s=6)


@define(kw_only=True)
class Part:
    """What one part of the campaign left behind."""

    name: str
    evidence: Evidence
    stats: Mapping[str, Any]
    seconds: float
    people: int
    #: POSTs in one second that the pace allows each client: rate and burst together.
    allowed_a_second: float
    #: The client of each webhook's name.
    client_of: Mapping[str, str]
    #: Faults of the third party that were on.
    faults_on: Collection[str]
    #: Callbacks as the system counted them, by what became of each.
    counted: Mapping[str, int]
    #: Sentences about what must be equal and is not.
    differences: Sequence[str] = ()
    #: Further figures, by name.
    more: dict[str, Any] = field(factory=dict)


@define(kw_only=True)
class Field:
    """Where one part is fought: a database, a configuration, runners, and an operator at the keyboard."""

    server: Server
    url: str
    app: Enrichment
    store: PostgresStore
    clay: Clay
    balancer: Balancer
    runners: Runners
    faults: list[Fault] = field(factory=list)

    @property
    def database(self) -> str:
        """The database's name."""
        return str(conninfo_to_dict(self.url)["dbname"])

    def launch(self, client: str, workstream: str, people: int, first_number: int = 0) -> BatchId:
        """Import so many people, and launch them."""
        upload = self.app.upload(export_of(people, first_number), client=client, workstream=workstream)
        assert upload.upload_id is not None
        return self.app.launch(upload.upload_id).batch_id

    def open_lanes(self) -> None:
        """What an operator does who sees a lane stopped: resume it."""
        for lane, _ in self.store.lanes():
            if lane.stopped:
                self.app.resume_lane(str(lane.client_id), lane.workstream, lane.workflow, by="operator", why="paid")

    def until(self, reached: Callable[[], bool], what: str, *, every_s: float = 0.5) -> None:
        """Mind the lanes and wait for something; a database that is away is waited for as well."""
        end = time.monotonic() + PATIENCE_S
        while True:
            with suppress(StoreUnavailable, Conflict):
                if reached():
                    return
                self.open_lanes()
            if time.monotonic() > end:
                raise TimeoutError(
                    f"{what} did not come about within {PATIENCE_S} s; the runners' log: {self.runners.log}"
                )
            time.sleep(every_s)

    def finished(self) -> bool:
        """Whether every batch came to its end."""
        return all(batch.status in {BatchStatus.FINISHED, BatchStatus.CANCELLED} for batch, _ in self.store.batches())

    def count(self, *states: str) -> int:
        """Step runs in these states."""
        query = "select count(*) from enrichcore.step_runs where state = any(%s)"
        with self.store.pool.connection() as connection:
            row = connection.execute(query, [list(states)]).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def field_of(
    server: Server, text: str, clay_options: Sequence[str], hooks: Sequence[str], *, running: bool = True
) -> Iterator[Field]:
    """Everything that a part needs, from the database to two runners that are up, or are to be started later."""
    folder = own_folder()
    clients = sorted({hook.partition("/")[0] for hook in hooks})
    secrets = [f"--client-secret={client_id(client)}={SECRET.format(client=client)}" for client in clients]
    with (
        database(server.url) as url,
        Clay.running(*secrets, "--callback-attempts", "10", *clay_options) as clay,
        Balancer() as balancer,
    ):
        path = folder / "enrichcore.toml"
        path.write_text(configuration(text, balancer.url, clay.url, clients, hooks), "utf-8")
        store = PostgresStore(url)
        app = Enrichment(store, load(path))
        app.apply(by="campaign")
        argv = [str(Path(sys.executable).parent / "enrichcore"), "--config", str(path), "run"]
        env = {"ENRICHCORE_DATABASE_URL": url}
        runners = Runners(argv=argv, env=env, balancer=balancer, log=folder / "runners.log")
        war = Field(server=server, url=url, app=app, store=store, clay=clay, balancer=balancer, runners=runners)
        if running:
            runners.start()
        try:
            yield war
        finally:
            runners.stop()
        store.close()


def storm(server: Server, size: Size, seed: int) -> Part:
    """W3: callbacks all at once, each sent twice, some to nobody's item, some early, late, overtaken or cancelled; a runner dies."""
    began, dice = time.time(), Random(seed)
    late, cancelled, unknown = (round(size.callbacks * share) for share in (0.1, 0.05, 0.1))
    in_time = size.callbacks - late - cancelled - unknown
    steps = {"storm": [step("enrich_person", "person", rate=1000, burst=1000, max_in_flight=1000000, answer_within="6h")],
             "late": [step("enrich_person", "person", rate=1000, burst=1000, answer_within="2s", reuse_within="0s")]}  # fmt: skip
    # Callbacks are held until all are let go at once: of an early one the second copy, and late ones come some seconds after.
    faults = {"doubled": 1.0, "late": 0.1, "reordered": 0.1, "early": 0.05, "lost": 0.01, "empty": 0.05,
              "error_answer": 0.03, "garbage": 0.02, "status_429": 0.002, "status_5xx": 0.004, "status_402": 0.0005,
              "slow": 0.02, "drop": 0.01}  # fmt: skip
    options = (
        "--seed",
        str(seed),
        "--hold",
        "--concurrency",
        "128",
        "--late-by",
        "3",
        "--retry-after",
        "1",
        "--slow-by",
        "2",
    )
    hooks = ("acme/storm/enrich_person", "acme/late/enrich_person")
    with field_of(server, workstreams(steps), (*options, *_options(faults)), hooks) as war:
        storming = war.launch("acme", "storm", in_time)
        to_cancel = war.launch("acme", "storm", cancelled, in_time)
        timing_out = war.launch("acme", "late", late, in_time + cancelled)
        rows = in_time + cancelled + late
        war.until(lambda: war.count(*OPEN_STATES) == 0 and _over(war, [timing_out]), "sending the rows")
        war.app.cancel(to_cancel, by="operator")
        say(f"storm: {2 * rows:,} callbacks at once, and {2 * unknown:,} to nobody's item")
        released_at = time.time()
        war.clay.release()
        told = asyncio.run(_to_nobody(war.balancer.url, 2 * unknown, seed, lambda: _kill(war, dice.randrange(2))))
        war.until(lambda: not war.clay.stats()["callbacks_pending"], "bringing the callbacks")
        # Whose answer was lost, was garbage, or whose row was never taken: a person says so, and does not wait for six hours.
        war.app.settle(storming, Settlement.LOST, by="operator", why="every callback was brought")
        war.until(war.finished, "the end of the storm's batches")
        part = _part("storm", war, began, rows, 2000, dict.fromkeys(hooks, "acme"), faults)
        callbacks = [one["at"] for one in part.evidence.callbacks]
        part.more["storm seconds"] = max(callbacks) - released_at
        if told != {404: 2 * unknown}:
            part.differences = [*part.differences, f"answers to nobody's item were told {told}"]
    return part


def kills(server: Server, size: Size, seed: int) -> Part:
    """W4 and W5: every fault of the third party, while runners, backends and the server are killed."""
    began, dice = time.time(), Random(seed)
    careful = {"rate": 25, "burst": 25, "answer_within": f"{size.answer_within_s}s"}
    eager = {**careful, "attempts": 3, "on_doubt": "resend"}
    steps = {name: three_steps(settings) for name, settings in (("careful", careful), ("eager", eager))}
    hooks = [
        f"{client}/{stream}/{workflow}"
        for client, stream in (("acme", "careful"), ("globex", "eager"))
        for workflow in ("enrich_company", "enrich_person", "find_email")
    ]
    options = (
        *("--seed", str(seed), "--delay", "0.3", "--jitter", "1.0", "--concurrency", "64"),
        *("--late-by", str(size.answer_within_s + 4), "--retry-after", "1", "--slow-by", "2"),
    )
    faults = {"lost": 0.03, "late": 0.03, "doubled": 0.1, "reordered": 0.05, "early": 0.1, "empty": 0.05,
              "error_answer": 0.03, "garbage": 0.02, "status_429": 0.03, "status_5xx": 0.03, "status_402": 0.002,
              "slow": 0.1, "drop": 0.03}  # fmt: skip
    with field_of(server, workstreams(steps), (*options, *_options(faults)), hooks) as war:
        careful_batch = war.launch("acme", "careful", size.people)
        war.launch("globex", "eager", size.people)
        say(f"kills: {2 * size.people:,} people, {size.kills_s:.0f} s of faults")
        _wreak_havoc(war, size, dice, settle=careful_batch)
        war.until(war.finished, "the end of the batches")
        war.until(lambda: not war.clay.stats()["callbacks_pending"], "the last late callbacks")
        client_of = {hook: hook.partition("/")[0] for hook in hooks}
        return _part("kills", war, began, 2 * size.people, 50, client_of, faults)


def _wreak_havoc(war: Field, size: Size, dice: Random, *, settle: BatchId) -> None:
    """Do what the schedule says, when it says; the schedule comes from the seed."""
    plan: list[tuple[float, Callable[[], None]]] = []
    at = 1.0
    while at < size.kills_s:
        number = dice.randrange(2)
        plan.append((at, lambda number=number: _kill(war, number)))  # type: ignore[misc]
        at += size.kill_every_s * dice.uniform(0.7, 1.3)
    for moment in range(2, int(size.kills_s), 5):
        share = dice.uniform(0.3, 1.0)
        plan.append(
            (
                moment + dice.random(),
                lambda share=share: war.faults.append(war.server.kill_backends(war.database, share)),
            )  # type: ignore[misc]
        )
    plan.append((size.kills_s * 0.35, lambda: war.faults.append(war.server.restart("immediate"))))
    plan.append((size.kills_s * 0.7, lambda: war.faults.append(war.server.restart("fast"))))
    plan.append((size.kills_s * 0.5, lambda: _settle(war, settle)))
    begin = time.monotonic()
    for moment, strike in sorted(plan, key=lambda step: step[0]):
        while (left := begin + moment - time.monotonic()) > 0:
            with suppress(StoreUnavailable, Conflict):
                war.open_lanes()
            time.sleep(min(left, 1.0))
        if _is_drained(war):
            say(f"kills: all rows are out after {time.monotonic() - begin:.0f} s")
            return
        strike()


def _is_drained(war: Field) -> bool:
    """Whether no row is left to send: what a fault is followed by would say nothing then."""
    try:
        return war.count(*OPEN_STATES, "waiting_for_company") == 0
    except psycopg.Error:
        return False


def _kill(war: Field, number: int) -> None:
    done = war.runners.kill(number)
    if done is not None:
        war.faults.append(done)


def _settle(war: Field, batch: BatchId) -> None:
    """A person decides that what is in doubt is sent again."""
    with suppress(StoreUnavailable, Conflict):
        war.app.settle(batch, Settlement.RESEND, by="operator", why="the table does not show them")


def tenants(server: Server, size: Size, seed: int) -> Part:
    """W6: five tenants at 10 a second, burst 20, one with twenty times the people; a third party that holds them to it."""
    began = time.time()
    settings = {"rate": 10, "burst": 20, "answer_within": f"{size.tenant_answer_within_s}s", "attempts": 2}
    steps = {"tenants": [step("enrich_person", "person", **settings), step("find_email", "person", **settings)]}
    names = ["big", *(f"small-{number}" for number in range(1, 5))]
    # One webhook for both steps of a tenant, so that the third party counts the tenant's POSTs together, as Clay does.
    hooks = [f"{name}/tenants/{workflow}" for name in names for workflow in ("enrich_person", "find_email")]
    options = (
        *("--seed", str(seed), "--delay", "0.2", "--rate", "10", "--burst", "20"),
        *("--late-by", str(size.tenant_answer_within_s + 2), "--retry-after", "2", "--slow-by", "2"),
    )
    faults = {"lost": 0.01, "late": 0.01, "doubled": 0.05, "reordered": 0.05, "early": 0.05, "empty": 0.05,
              "error_answer": 0.02, "garbage": 0.01, "status_429": 0.01, "status_5xx": 0.01, "status_402": 0.001,
              "slow": 0.05, "drop": 0.01}  # fmt: skip
    with field_of(server, workstreams(steps), (*options, *_options(faults)), hooks, running=False) as war:
        big = war.launch("big", "tenants", 20 * size.tenant_people)
        small = {name: war.launch(name, "tenants", size.tenant_people) for name in names[1:]}
        war.runners.start()
        launched_at = time.time()
        say(f"tenants: four with {size.tenant_people}, one with {20 * size.tenant_people} people")
        war.until(lambda: _over(war, small.values()), "the end of the small tenants' batches", every_s=0.2)
        small_ended_at = time.time()
        war.app.cancel(big, by="operator")
        effect_s = time.time() - small_ended_at
        war.until(war.finished, "the end of the large tenant's batch")
        war.until(lambda: not war.clay.stats()["callbacks_pending"], "the last callbacks")
        client_of = {f"{name}": name for name in names}
        people = (20 + 4) * size.tenant_people
        part = _part("tenants", war, began, people, 30, client_of, faults)
        part.more |= {
            "small tenants' seconds": small_ended_at - launched_at,
            "of which the pace alone takes": max(2 * size.tenant_people - 20, 0) / 10,
            "and answers that never come, at most": 2.0 * 2 * size.tenant_answer_within_s,
            "seconds to cancel the backlog": effect_s,
        }
        return part


def _over(war: Field, batches: Any) -> bool:
    ended = {BatchStatus.FINISHED, BatchStatus.CANCELLED}
    return all(batch.status in ended for batch, _ in war.store.batches(list(batches)))


def _options(faults: Mapping[str, float]) -> tuple[str, ...]:
    """What goes wrong, as the sandbox is told it."""
    return tuple(word for name, chance in faults.items() for word in (f"--{name.replace('_', '-')}", str(chance)))


def _part(
    name: str,
    war: Field,
    began: float,
    people: int,
    allowed: float,
    client_of: Mapping[str, str],
    faults_on: Collection[str],
) -> Part:
    """Stop the runners in good order, and gather what is left."""
    war.runners.stop()
    log = _log(war.store)
    stats, callbacks, counted = war.clay.stats(), war.clay.callbacks(), war.store.answer_counts()
    return Part(
        name=name,
        evidence=Evidence(
            log=log,
            pipelines={batch.batch_id: batch.pipeline for batch, _ in war.store.batches()},
            posts=war.clay.posts(),
            callbacks=callbacks,
            given_up=stats["callbacks_given_up"],
            faults=war.faults,
        ),
        stats=stats,
        seconds=time.time() - began,
        people=people,
        allowed_a_second=allowed,
        client_of=client_of,
        faults_on=faults_on,
        counted=counted,
        differences=[*uncounted(callbacks, counted), *_differences(war.store)],
    )


def _differences(store: PostgresStore) -> list[str]:
    """What the events say against what the tables hold: inline state, counters and read models."""
    mended = mend_inline_state(store, only_compare=True)
    found = [] if mended.is_nothing else [f"inline state differs from its events: {mended}"]
    catch_up(store.pool, READ_MODELS)
    compared = diff(store.pool, [model for model in READ_MODELS if model.tables])
    return found + [
        f"{one.table} differs from its events: {one.added} added, {one.removed} removed, {one.changed} changed"
        for one in compared
        if not one.is_empty
    ]


def _log(store: PostgresStore) -> list[Any]:
    log: list[Any] = []
    while page := store.log(log[-1].position if log else 0, 5000):
        log += page
    return log


async def _to_nobody(url: str, count: int, seed: int, meanwhile: Callable[[], None]) -> dict[int, int]:
    """Answers to items that nobody has, and something else in the middle of them; how many were told what."""
    told: dict[int, int] = {}
    headers = {"authorization": f"Bearer {SECRET.format(client='acme')}"}
    gate = asyncio.Semaphore(32)
    async with httpx.AsyncClient(timeout=30) as client:

        async def post(number: int) -> None:
            body = {"item_id": str(uuid5(NAMESPACE, f"nobody/{seed}/{number // 2}")), "result": {"title": "Buyer"}}
            async with gate:
                status = 0
                while status in {0, 503}:
                    with suppress(httpx.HTTPError):
                        status = (
                            await client.post(f"{url}/callbacks/storm/enrich_person", json=body, headers=headers)
                        ).status_code
                told[status] = told.get(status, 0) + 1

        posts = [asyncio.create_task(post(number)) for number in range(count)]
        await asyncio.to_thread(meanwhile)
        await asyncio.gather(*posts)
    return told
