"""Where servers listen: a socket, or one sentence about why there is none. Shared by the daemon and the simulated Clay."""

import errno
import os
import socket
from typing import Final

#: Why an address cannot be had, in words, where the system's own say less; what would help comes after them.
_WHY: Final = {
    errno.EADDRINUSE: "another program listens there already, perhaps an earlier start of this one; stop it, or",
    errno.EADDRNOTAVAIL: "it is not an address of this machine;",
    errno.EACCES: "this user may not take that port;",
}


class CannotListen(RuntimeError):
    """The address cannot be had; its text says why and what would help."""


def listen(host: str, port: int, *, backlog: int, remedy: str) -> socket.socket:
    """A listening socket.

    Args:
        host: a name or address of this machine.
        port: 0 takes any free one.
        backlog: connections that may wait to be taken.
        remedy: what would help where it cannot be had.

    Raises:
        CannotListen: The address is taken, or not this machine's, or not allowed.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=backlog)
    except OSError as error:
        # The error's own text may repeat the address, and looks like the inside of a program.
        why = _WHY.get(error.errno or 0) or f"{_system_word(error)};"
        raise CannotListen(f"cannot listen on {host}:{port}: {why} {remedy}") from error


def _system_word(error: OSError) -> str:
    """What the system says; a name that is not found has numbers of its own."""
    known = error.errno is not None and not isinstance(error, socket.gaierror)
    return os.strerror(error.errno or 0) if known else str(error.strerror or error)
