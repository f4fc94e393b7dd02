"""The daemon: one asyncio process that sends rows, takes answers, minds the time, and keeps read models up to date.

Each role is a module; any of them may run alone, on any number of hosts, for all share work through the database. The
decisions are the application's; nothing here decides. What senders and the receiver have to record goes through one
writer, which commits in groups.
"""

import logging

from runners.daemon.daemon import Daemon, Role, serve

# httpx logs the whole URL of each request, and the URL of a webhook is its password.
logging.getLogger("httpx").setLevel(logging.WARNING)

__all__ = ["Daemon", "Role", "serve"]
