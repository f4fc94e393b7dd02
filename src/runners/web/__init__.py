"""The web pages, the HTTP API and the metrics: what people and programs see of a running daemon.

Server-rendered pages, one small stylesheet, one small script. Whatever is decided here is decided by the application; the
rest is reading. May import the library, and of `runners` what the command line shares with it.
"""

from runners.web.app import create_pages

__all__ = ["create_pages"]
