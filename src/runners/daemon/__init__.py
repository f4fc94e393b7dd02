"""The daemon: one asyncio process that sends rows, takes answers, minds the time, and keeps read models up to date.

Each role is a module; any of them may run alone, on any number of hosts, for all share work through the database. The
decisions are the application's; nothing here decides. What senders and the receiver have to record goes through one
writer, which commits in groups.
"""

from runners.daemon.daemon import Daemon, Role, serve

__all__ = ["Daemon", "Role", "serve"]
