"""Where events and the state folded from them are kept: in PostgreSQL for work, in memory for tests and for a first look.

`eventsourcing` and `psycopg` stay in here (and in `projection`). `EventLog` is an eventsourcing `Application` with our
mapper and recorder; a `Store` puts the inline state beside it, written in the same transaction as the events. May import
the domain; must not import the application above it, the web, or the command line.
"""

from enrichcore.store.codec import decode_event, encode_event
from enrichcore.store.commit import Commit, Conflict, LoadedRun, Store, StoreUnavailable
from enrichcore.store.memory import MemoryStore

__all__ = [
    "Commit",
    "Conflict",
    "LoadedRun",
    "MemoryStore",
    "Store",
    "StoreUnavailable",
    "decode_event",
    "encode_event",
]
