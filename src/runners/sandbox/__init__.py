"""The simulated Clay: a real HTTP server to develop and test against, without a Clay account and without credits.

It takes rows on webhooks of any name, answers at once, and later calls back with made-up answers in Clay's real
shapes, repeatably; what goes wrong with the real one goes wrong on request. It imports nothing of enrichcore, so that
it shares none of its mistakes, and nothing imports it but the command line and tests.
"""

from .app import Sandbox, create_app
from .server import serve
from .settings import FAULT_NAMES, Faults, SandboxSettings

__all__ = ["FAULT_NAMES", "Faults", "Sandbox", "SandboxSettings", "create_app", "serve"]
