"""The sandbox as users start it: a process of its own, spoken to over sockets."""

import http.server
import json
import queue
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import httpx
import pytest

pytestmark = pytest.mark.end_to_end


@contextmanager
def process(*options):
    """A sandbox process on a free port: itself, and its address."""
    command = [sys.executable, "-m", "runners.sandbox", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            line = running.stdout.readline()
            yield running, re.search(r"http://\S+", line)[0]
        finally:
            running.kill()


@contextmanager
def receiver():
    """An HTTP server that puts callbacks into a queue: its address, and the queue of (headers, body)."""
    callbacks = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            callbacks.put(({name.lower(): value for name, value in self.headers.items()}, json.loads(body)))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/callbacks", callbacks
        finally:
            server.shutdown()
            thread.join()


def test_a_row_goes_in_and_its_callback_comes_out():
    """The process prints its address, takes a row, calls back with the secret, and counts both."""
    with receiver() as (url, callbacks), process("--delay", "0", "--secret", "s3cret") as (_, sandbox):
        row = {"item_id": "i1", "workflow": "find_email_via_waterfall", "callback_url": url}
        assert httpx.post(f"{sandbox}/hooks/mail", json=row).json() == {"status": "ok"}
        headers, body = callbacks.get(timeout=30)
        assert headers["authorization"] == "Bearer s3cret"
        assert body["item_id"] == "i1"
        assert httpx.get(f"{sandbox}/sandbox/stats").json()["posts_by_item"] == {"i1": 1}


def test_a_dropped_connection_gives_no_answer_but_takes_the_row():
    """The sender meets a broken connection, and the callback comes nevertheless; the server goes on."""
    with receiver() as (url, callbacks), process("--delay", "0", "--drop", "1") as (running, sandbox):
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            httpx.post(f"{sandbox}/hooks/any", json={"item_id": "i1", "callback_url": url})
        assert callbacks.get(timeout=30)[1]["item_id"] == "i1"
        assert httpx.get(f"{sandbox}/sandbox/stats").json()["posts_by_status"] == {"dropped": 1}
        running.send_signal(signal.SIGTERM)
        assert running.stderr.read() == ""


def test_a_large_body_is_answered_and_not_reset():
    """A sender of far too much still reads why it was refused."""
    with process() as (_, sandbox):
        response = httpx.post(f"{sandbox}/hooks/any", content=b"x" * 5_000_000)
        assert (response.status_code, response.json()["status"]) == (413, "error")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number):
    """With callbacks waiting and a POST unanswered, a signal ends it with exit code 0 and without a word."""
    with process("--delay", "3600", "--slow", "1", "--slow-by", "3600") as (running, sandbox):
        row = {"item_id": "i1", "callback_url": "http://127.0.0.1:9/"}
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{sandbox}/hooks/any", json=row, timeout=0.2)
        running.send_signal(number)
        assert running.wait(30) == 0
        assert running.stderr.read() == ""


@pytest.mark.parametrize(
    ("options", "code"),
    [(["--lost", "2"], 2), (["--nonsense"], 2), (["--payloads", "nowhere.jsonl"], 1), (["--client-secret", "x"], 2)],
)
def test_wrong_use_is_told(options, code):
    """Wrong options exit with 2, a missing file with 1, each with a reason."""
    command = [sys.executable, "-m", "runners.sandbox", "--port", "0", *options]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, bool(ended.stderr), ended.stdout) == (code, True, "")
