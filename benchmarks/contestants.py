"""Who drains: the product, the prototype, and peers. Each says how it is filled, run, and asked how far it is."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager

import people
import prototype
import psycopg
from attrs import frozen
from gauges import Gauges
from harness import own_folder, say
from services import HERE, Service, ThirdParty, daemon, service, write_configuration

from enrichcore.application import Enrichment
from enrichcore.projection import catch_up
from enrichcore.registry import load
from enrichcore.store.postgres import PostgresStore
from projections import READ_MODELS

#: How the daemon's roles are spread over processes.
ONE_PROCESS: Sequence[Sequence[str]] = ((),)
TWO_PROCESSES: Sequence[Sequence[str]] = (("sender", "receiver"), ("timers", "projector", "web"))
#: The product's events and inline state.
TABLES = ("enrichcore.stored_events", "enrichcore.runs", "enrichcore.step_runs")
#: Bytes of bodies in its log. A state is a line of JSON and then the body; what compression saves is shared by the two.
STORED_BODIES = """
select sum(pg_column_size(state)::bigint * (octet_length(state) - position('\\x0a'::bytea in state))
           / octet_length(state))::bigint
from enrichcore.stored_events where topic = 'StepAnswered'
"""


@frozen(kw_only=True)
class Contestant:
    """One system under test."""

    name: str
    #: Put so many items into a database, with nothing running; the bytes that its tables held before.
    fill: Callable[[str, int], int]
    #: Run it on that database while the block runs.
    run: Callable[[str], AbstractContextManager[Sequence[Service]]]
    #: SQL: whether all items have ended, and when the last one did.
    ended: str
    ended_at: str
    #: Patterns of `schema.table` of what holds events and inline state.
    tables: tuple[str, ...]
    #: SQL: bytes that bodies take, as stored; what is compressed counts as that.
    stored_bodies: str
    #: The same of its read models, if it has any.
    read_models: tuple[str, ...] = ()


def product(third: ThirdParty, roles: Sequence[Sequence[str]] = ONE_PROCESS, *, pace: int | None = None) -> Contestant:
    """The daemon, its roles in one process or in several.

    Args:
        third: takes the rows.
        roles: those of each process.
        pace: rows a second to each webhook; as many as a configuration allows where none is given.
    """
    folder = own_folder()
    text = people.CONFIGURATION if pace is None else people.paced(pace)
    configuration = write_configuration(folder, text, third)

    def fill(url: str, items: int) -> int:
        store = PostgresStore(url)
        app = Enrichment(store, load(configuration))
        app.apply(by="benchmark")
        upload = app.upload(people.export_of(items), client="bench", workstream="bench")
        assert upload.upload_id is not None
        with Gauges(url) as gauges:
            imported = gauges.size(TABLES)
        app.launch(upload.upload_id)
        catch_up(store.pool, READ_MODELS)
        store.close()
        return imported

    @contextmanager
    def run(url: str) -> Iterator[Sequence[Service]]:
        with ExitStack() as stack:
            yield [stack.enter_context(daemon(configuration, url, some)) for some in roles]

    name = "enrichcore" if len(roles) == 1 else f"enrichcore, {len(roles)} processes"
    return Contestant(
        name=name if pace is None else f"{name}, {pace} rows/s a webhook",
        fill=fill,
        run=run,
        ended="select not exists (select from enrichcore.runs where kind = 'item' and status = 'active')",
        ended_at="select max(recorded_at) from enrichcore.stored_events where topic = 'ItemCompleted'",
        tables=TABLES,
        stored_bodies=STORED_BODIES,
        read_models=tuple(f"enrichcore.{table.name}" for model in READ_MODELS for table in model.tables),
    )


def bare_prototype(third: ThirdParty) -> Contestant:
    """The ceiling."""
    return Contestant(
        name="prototype",
        fill=prototype.fill,
        run=_alone([sys.executable, str(HERE / "prototype.py")], third),
        ended="select not exists (select from prototype.items where state <> 'done')",
        ended_at="select max(recorded_at) from prototype.events where version = 7",
        tables=("prototype.events", "prototype.items"),
        stored_bodies="select sum(pg_column_size(state))::bigint from prototype.events where topic = 'Answered'",
    )


@frozen(kw_only=True)
class Peer:
    """What is installed for a peer, and where it keeps what; its script is under `peers/`."""

    packages: tuple[str, ...]
    tables: tuple[str, ...]
    stored_bodies: str
    #: SQL: whether all items have ended, and when the last one did.
    ended: str = "select not exists (select from peer_items where ended_at is null)"
    ended_at: str = "select max(ended_at) from peer_items"
    #: An extension of PostgreSQL that the server must offer.
    extension: str | None = None


_LIBRARIES = ("psycopg[binary,pool]", "httpx-aiohttp", "uvicorn[standard]", "msgspec")
#: What `--peer` may name.
PEERS = {
    "procrastinate": Peer(
        packages=("procrastinate==3.10.*", *_LIBRARIES),
        tables=("public.peer_items", "public.procrastinate_%"),
        stored_bodies="select sum(pg_column_size(first_body) + pg_column_size(second_body))::bigint from peer_items",
    ),
    "awa": Peer(
        packages=("awa-pg==0.6.*", *_LIBRARIES),
        tables=("public.peer_items", "awa.%"),
        # It keeps answers among what else it knows of a job, where they cannot be told apart.
        stored_bodies="select 0",
    ),
    "dbos": Peer(
        packages=("dbos==3.4.*", *_LIBRARIES),
        tables=("dbos.%",),
        # It keeps each body twice, as the message and as what `recv` gave; the message counts as its own.
        stored_bodies="""
            select coalesce(sum(pg_column_size(output)), 0)::bigint
            from dbos.operation_outputs where function_name = 'DBOS.recv'
            """,
        ended="select not exists (select from dbos.workflow_status where name = 'enrich' and status <> 'SUCCESS')",
        ended_at="select to_timestamp(max(completed_at) / 1000.0) from dbos.workflow_status where name = 'enrich'",
    ),
    "prefect": Peer(
        packages=("prefect==3.9.*", "asyncpg", *_LIBRARIES),
        tables=("public.%",),
        stored_bodies="select sum(pg_column_size(first_body) + pg_column_size(second_body))::bigint from peer_items",
        # Its server notes task runs some time after they ended, and what that takes counts.
        ended="""
            select count(ended_at) = count(*) and (select count(*) from task_run where state_type = 'COMPLETED') >= 2 * count(*)
            from peer_items
            """,
        extension="pg_trgm",
    ),
}


def unable(name: str, server: str) -> str:
    """Why a peer cannot run on a server; empty if it can."""
    extension = PEERS[name].extension
    with psycopg.connect(server) as connection:
        query = "select true from pg_available_extensions where name = %s"
        if extension is None or connection.execute(query, (extension,)).fetchone():
            return ""
    return f"the server lacks the extension {extension}; name one that has it in ENRICHCORE_BENCH_URL"


def peer(name: str, third: ThirdParty) -> Contestant:
    """A peer, in a virtual environment of its own under a temporary folder."""
    known = PEERS[name]
    python = _installed(known.packages)
    script = str(HERE / "peers" / f"{name}_job.py")
    return Contestant(
        name=name,
        fill=lambda url, items: _checked([python, script, "fill", url, str(items)]),
        run=_alone([python, script, "run"], third),
        ended=known.ended,
        ended_at=known.ended_at,
        tables=known.tables,
        stored_bodies=known.stored_bodies,
    )


def _alone(argv: Sequence[str], third: ThirdParty) -> Callable[[str], AbstractContextManager[Sequence[Service]]]:
    @contextmanager
    def run(url: str) -> Iterator[Sequence[Service]]:
        with service([*argv, url, f"{third.url}/first", f"{third.url}/second"]) as running:
            yield [running]

    return run


def _installed(packages: Sequence[str]) -> str:
    folder = own_folder()
    say(f"installing {packages[0]} in {folder}")
    _checked([sys.executable, "-m", "venv", str(folder)])
    _checked([str(folder / "bin/pip"), "install", "-qq", *packages])
    return str(folder / "bin/python")


def _checked(argv: Sequence[str]) -> int:
    return subprocess.run(argv, check=True, stdout=sys.stderr).returncode
