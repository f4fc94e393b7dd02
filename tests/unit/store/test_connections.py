"""How connections to PostgreSQL are opened."""

from types import SimpleNamespace

from enrichcore.projection import folding
from enrichcore.store.connections import CONNECTING, options


def test_a_host_that_is_silent_is_given_up_unless_the_url_says_otherwise():
    """By default TCP waits for a quarter of an hour, and libpq for a connection without end."""
    url = "postgresql://u@db.example/e?connect_timeout=60&tcp_user_timeout=0"
    assert options("host=db.example dbname=e").items() >= CONNECTING.items()
    assert not {"connect_timeout", "tcp_user_timeout"} & set(options(url))
    assert options(url)["keepalives_idle"] == 10


def test_a_process_that_folds_gives_up_a_silent_host_as_the_pool_does(monkeypatch):
    """Its connection is none of the pool's, and would else wait for a host that vanished as long as TCP does."""
    opened = []
    monkeypatch.setattr(folding, "connected", opened.append)
    monkeypatch.setattr(folding, "signal", SimpleNamespace(signal=lambda *_: None, SIGINT=None, SIG_IGN=None))
    monkeypatch.setattr(folding, "gc", SimpleNamespace(freeze=lambda: None, set_threshold=lambda _: None))
    monkeypatch.setattr(folding, "_mine", [])
    url = "host=db.example dbname=e connect_timeout=60"
    folding._begin(None, url)
    assert opened == [url]
