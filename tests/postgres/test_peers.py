"""The benchmarks' peers: which of them a server can hold."""

import importlib
from pathlib import Path

import pytest
from attrs import evolve

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize(
    ("extension", "reason"), [("plpgsql", ""), ("none_such", "the server lacks the extension none_such")]
)
def test_a_peer_is_run_where_the_server_has_its_extension(server_url, monkeypatch, extension, reason):
    """Prefect's peer needs one that not every server has."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    contestants = importlib.import_module("contestants")
    monkeypatch.setitem(contestants.PEERS, "prefect", evolve(contestants.PEERS["prefect"], extension=extension))
    assert contestants.unable("prefect", server_url).startswith(reason)
    assert bool(contestants.unable("prefect", server_url)) == bool(reason)
