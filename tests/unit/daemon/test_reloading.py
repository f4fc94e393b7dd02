"""A running process takes over the configuration in force, where its own file gives that one, and says so where it does not."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from enrichcore.application import Enrichment, NotInForce
from enrichcore.application.explaining import explain
from enrichcore.domain.life_cycle import State
from enrichcore.registry import ConfigurationError, Fault, Secret
from enrichcore.store import MemoryStore, StoreUnavailable
from runners.daemon.reloading import Reloading
from tests.contracts.racing_store import RacingStore
from tests.contracts.world import ACME, APOLLO, World, configuration, file_of, person


def with_budget(credits_, registry=None):
    """The configuration, with another budget for acme."""
    registry = registry or configuration()
    acme = evolve(registry.client(ACME), budget_credits=Decimal(credits_))
    return evolve(registry, clients={**registry.clients, acme.slug: acme})


class Process:
    """One that runs, with the file that it would read now."""

    def __init__(self, store, registry, clock=None):
        self.app = Enrichment(store, registry, clock=clock)
        self.file, self.told = registry, []
        self.reloading = Reloading(self.app, self.read, self.told.append)

    def read(self):
        """Read the file."""
        if isinstance(self.file, Exception):
            raise self.file
        return self.file

    def look(self):
        """See what is in force."""
        asyncio.run(self.reloading.look())

    @property
    def budget(self):
        """What it goes by."""
        return self.app.registry.client(ACME).budget_credits


def applied(store, registry):
    """Somebody puts a configuration in force."""
    Enrichment(store, registry).apply(by="ann", on_purpose=True)


@pytest.fixture
def store():
    """An empty one."""
    return MemoryStore()


def test_a_raised_budget_lets_rows_leave_without_a_restart():
    """Rows that waited for it are claimed, and what is not in force is not taken over."""
    world = World(MemoryStore(), with_budget(0))
    applied(world.store, world.registry)
    process = Process(world.store, world.registry, world.clock)
    world.launch(person("ann"))
    world.clock.tick(seconds=10)
    assert process.app.claim(10) == []
    process.file = with_budget(1000)
    process.look()
    assert process.app.claim(10) == []
    applied(world.store, process.file)
    process.look()
    assert [send.workstream for send in process.app.claim(10)] == [APOLLO]
    assert process.told == [process.app.registry]


def test_settings_of_the_process_itself_are_no_part_of_what_is_put_in_force(store):
    """They are those of its own file, and the address is bound already."""
    process = Process(store, configuration())
    file = with_budget(7)
    process.file = evolve(file, runner=evolve(file.runner, port=1))
    applied(store, process.file)
    process.look()
    assert (process.budget, process.app.registry.runner) == (7, configuration().runner)


def test_a_process_whose_file_is_another_says_so_once_and_goes_on(store, caplog):
    """Keys are named, no values; until its file is the one in force."""
    process = Process(store, with_budget(5))
    applied(store, with_budget(5))
    applied(store, with_budget(31337))
    for _ in range(3):
        process.look()
    assert (process.budget, process.told) == (5, [])
    (record,) = caplog.records
    for said in (record.getMessage(), process.reloading.behind):
        assert "clients.acme.budget_credits" in said
        assert "restart" in said
        assert "31337" not in said
    process.file = with_budget(31337)
    process.look()
    assert (process.budget, process.reloading.behind) == (31337, "")


def test_a_file_that_has_faults_changes_nothing(store, caplog):
    """It is read again later."""
    process = Process(store, with_budget(5))
    process.file = ConfigurationError([Fault(key="clients.acme.id", problem="is missing", remedy="give it")])
    applied(store, with_budget(6))
    process.look()
    assert process.budget == 5
    assert "clients.acme.id: is missing; give it" in caplog.text
    process.file = with_budget(6)
    process.look()
    assert process.budget == 6


def test_a_function_that_was_written_after_its_module_was_loaded_waits_for_a_restart():
    """The process says which key, rows that reach the step wait, and a process that was started later lets them go on."""
    place, world = "enrichcore.ingest.steps:written_later", World(MemoryStore())
    process = Process(world.store, world.registry, world.clock)
    stream = world.registry.workstreams[APOLLO]
    first, *others = stream.pipeline.steps
    stream = evolve(stream, pipeline=evolve(stream.pipeline, steps=[evolve(first, function=place), *others]))
    process.file = evolve(world.registry, workstreams={**world.registry.workstreams, APOLLO: stream})
    started_later = Enrichment(
        world.store, process.file, clock=world.clock, functions={**world.app.core.functions, place: dict}
    )
    started_later.apply(by="ann")
    process.look()
    assert f"workstreams.{APOLLO}.steps.{first.workflow}.function" in process.reloading.behind
    assert "restart" in process.reloading.behind
    upload = started_later.upload(file_of(person("ann")), client=ACME, workstream=APOLLO)
    lacks_it = Enrichment(world.store, process.file, clock=world.clock, functions=world.app.core.functions)
    batch = lacks_it.launch(upload.upload_id)
    assert world.item(batch).run(first.workflow).state is State.READY
    assert (process.app.call_functions(), started_later.call_functions()) == (0, 1)
    assert world.item(batch).run(first.workflow).state is State.COMPLETED


def test_what_keeps_the_configuration_in_force_from_being_read_is_logged_once(store, caplog, monkeypatch):
    """A database that is away is told of by whoever needs it; anything else by nobody but this."""
    process, stop = Process(store, configuration()), asyncio.Event()
    faults = [StoreUnavailable("away"), ValueError("ours"), ValueError("ours")]

    def fails(_version):
        if faults:
            raise faults.pop(0)
        stop.set()

    monkeypatch.setattr(process.app, "applied_after", fails)
    asyncio.run(asyncio.wait_for(Reloading(process.app, process.read, look_s=0.001).run(stop), 10))
    (record,) = caplog.records
    assert record.exc_info[0] is ValueError


def test_who_asks_why_a_row_does_not_leave_hears_of_it():
    """The file of whoever asks is the newer one, by which the row could leave."""
    world = World(MemoryStore(), with_budget(1000))
    batch = world.launch(person("ann"))
    item = world.item(batch)
    world.store.here(
        uuid4(), ["sender", "timers", "receiver"], "they differ in clients.acme.budget_credits: restart it"
    )
    said = explain(world.store, world.registry, item.item_id, now=world.clock.now)
    assert "goes by an earlier configuration than the one in force: they differ in clients.acme.budget_credits" in said


def test_a_process_takes_over_before_it_launches(store):
    """The log was not looked at since the other configuration was put in force."""
    process = follower(store)
    process.file = shortened(configuration())
    report = process.app.upload(file_of(person("ann")), client=ACME, workstream=APOLLO)
    applied(store, process.file)
    batch = process.app.launch(report.upload_id)
    assert batch.pipeline == process.file.workstream(APOLLO).pipeline != configuration().workstream(APOLLO).pipeline


@pytest.mark.parametrize("act", ["launch", "upload", "retry"])
def test_a_process_that_is_behind_begins_nothing_and_says_what_differs(store, act):
    """It would pin a pipeline that was superseded; a dry run, which pins nothing, is told what its own file would give."""
    process = follower(store)
    report = process.app.upload(file_of(person("ann")), client=ACME, workstream=APOLLO)
    batch = process.app.launch(report.upload_id)
    applied(store, shortened(configuration()))
    before = store.last_position()
    again = {
        "launch": lambda: process.app.launch(report.upload_id),
        "upload": lambda: process.app.upload(file_of(person("bob")), client=ACME, workstream=APOLLO),
        "retry": lambda: process.app.retry(batch.batch_id, by="ann"),
    }
    with pytest.raises(NotInForce, match=rf"ann put in force.*workstreams\.{APOLLO}\.steps.*restart"):
        again[act]()
    assert store.last_position() == before
    process.app.upload(file_of(person("bob")), client=ACME, workstream=APOLLO, dry_run=True)
    process.file = shortened(configuration())
    again[act]()


def test_a_configuration_that_is_put_in_force_while_a_launch_decides_is_not_overtaken(store):
    """The launch rests on the one that it found."""
    racing = RacingStore()
    process = follower(racing)
    report = process.app.upload(file_of(person("ann")), client=ACME, workstream=APOLLO)
    racing.race(lambda: applied(racing, shortened(configuration())))
    with pytest.raises(NotInForce):
        process.app.launch(report.upload_id, again=False)
    assert racing.batches() == []


def follower(store):
    """A process that takes over what is in force before it decides."""
    applied(store, configuration())
    process = Process(store, configuration())
    process.app.follow(process.reloading.look_now)
    return process


def shortened(registry):
    """The configuration with one step less."""
    stream = registry.workstream(APOLLO)
    cut = evolve(stream, pipeline=evolve(stream.pipeline, steps=stream.pipeline.steps[:-1]))
    return evolve(registry, workstreams={**registry.workstreams, APOLLO: cut})


@given(
    st.lists(st.tuples(st.sampled_from(["apply", "edit", "look"]), st.integers(0, 1), st.integers(1, 3)), max_size=20)
)
def test_after_a_look_a_process_goes_by_what_is_in_force_or_says_that_it_does_not(steps):
    """Whatever is applied and edited in whatever order, by whom ever."""
    store, in_force = MemoryStore(), 1
    applied(store, with_budget(1))
    processes = [Process(store, with_budget(1)) for _ in range(2)]
    for what, number, budget in steps:
        process, before = processes[number], processes[number].budget
        if what == "apply":
            applied(store, with_budget(budget))
            in_force = budget
        elif what == "edit":
            process.file = with_budget(budget)
        else:
            process.look()
            assert process.budget == (in_force if process.file.client(ACME).budget_credits == in_force else before)
            assert bool(process.reloading.behind) == (process.budget != in_force)


# --- [runner] ----------------------------------------------------------------------------------------------------


class Host(Process):
    """One whose file is written anew whenever it is another."""

    def __init__(self, registry):
        super().__init__(MemoryStore(), registry)
        self.reloading = Reloading(self.app, self.read, self.told.append, file_state=lambda: id(self.file))

    def edit(self, **runner):
        """Write `[runner]` anew."""
        self.file = evolve(configuration(), runner=evolve(configuration().runner, **runner))
        self.look()

    @property
    def runner(self):
        """What it goes by."""
        return self.app.registry.runner


def test_what_the_file_says_of_the_process_itself_counts_at_once(caplog):
    """Though nothing was applied, for it is no part of what is put in force; the log names the keys and no value."""
    process = Host(configuration())
    url = "https://chat.example/secret-of-a-room"
    process.edit(notify={"url": Secret(url)}, lease=timedelta(seconds=7), api_token=Secret("a-new-token"))
    assert (process.runner.notify["url"].reveal(), process.runner.lease) == (url, timedelta(seconds=7))
    assert process.runner.api_token.matches("a-new-token")
    assert process.told == [process.app.registry]
    (record,) = caplog.records
    assert "runner.lease, runner.notify, runner.api_token" in record.getMessage()
    assert "chat.example" not in caplog.text
    process.look()
    assert len(caplog.records) == 1


def test_where_a_process_listens_is_changed_by_its_next_start_only(caplog):
    """Which it logs once; what else changed counts, and answers come where they came, unless an address is named."""
    process, before = Host(configuration()), configuration().runner
    process.edit(port=1, callback_base_url=f"http://{before.host}:1", lease=timedelta(seconds=7))
    process.look()
    assert process.runner == evolve(before, lease=timedelta(seconds=7))
    assert [record.getMessage() for record in caplog.records if "listen" in record.getMessage()] == [
        "its file has another runner.listen, which counts from its next start"
    ]
    process.edit(callback_base_url="https://enrich.example")
    assert (process.runner.port, process.runner.callback_base_url) == (before.port, "https://enrich.example")


@pytest.mark.parametrize(
    "fault",
    [ConfigurationError([Fault(key="runner.lease", problem="is no duration", remedy="mend it")]), OSError("gone")],
)
def test_a_file_that_cannot_be_read_leaves_the_process_as_it_is(fault, caplog):
    """It says so once, and reads the next one."""
    process = Host(configuration())
    process.file = fault
    process.look()
    process.look()
    assert process.runner == configuration().runner
    (record,) = caplog.records
    assert ("runner.lease" if isinstance(fault, ConfigurationError) else "OSError") in record.getMessage()
    process.edit(lease=timedelta(seconds=7))
    assert process.runner.lease == timedelta(seconds=7)


def test_a_file_that_is_away_is_told_once(store, caplog):
    """Not at each look; once more where it was there in between."""
    world, away = World(store), [False]

    def state():
        if away[0]:
            raise FileNotFoundError("enrichcore.toml")

    reloading = Reloading(world.app, lambda: world.registry, file_state=state)
    told = []
    for here in (False, False, True, True, False, False):
        away[0] = not here
        reloading.look_now()
        told.append(sum("FileNotFoundError" in one.getMessage() for one in caplog.records))
    assert told == [1, 1, 1, 1, 2, 2]
