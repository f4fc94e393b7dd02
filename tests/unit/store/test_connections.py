"""How connections to PostgreSQL are opened."""

from enrichcore.store.connections import CONNECTING, options


def test_a_host_that_is_silent_is_given_up_unless_the_url_says_otherwise():
    """By default TCP waits for a quarter of an hour, and libpq for a connection without end."""
    url = "postgresql://u@db.example/e?connect_timeout=60&tcp_user_timeout=0"
    assert options("host=db.example dbname=e") == {"prepare_threshold": None, **CONNECTING}
    assert not {"connect_timeout", "tcp_user_timeout"} & set(options(url))
    assert options(url)["keepalives_idle"] == 10
