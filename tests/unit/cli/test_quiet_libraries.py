"""What libraries say of lost connections, which the commands say in words of their own."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("logger", ["psycopg", "psycopg.pool"])
def test_a_library_does_not_speak_before_the_message_of_a_command(logger):
    """A rollback that cannot be sent, when a command is interrupted in a commit, is no line on standard error."""
    program = f"""
import logging
import runners.composition
logging.getLogger({logger!r}).warning("error ignored in rollback")
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stderr == ""
