"""No secret of any configuration that a process has read stands in what it says, on pages or in its log."""

import logging

import pytest
from attrs import evolve

from enrichcore.registry import Secret
from runners.masking import MaskingFormatter, Masks
from runners.web.desk import Desk
from tests.contracts.world import ACME, configuration

DAYS = ("secret-of-monday", "secret-of-tuesday", "secret-of-wednesday")


def of_day(secret):
    """The configuration with another callback secret for acme."""
    acme = evolve(configuration().client(ACME), callback_secrets=(Secret(secret),))
    return evolve(configuration(), clients={**configuration().clients, acme.slug: acme})


@pytest.fixture
def masks():
    """Of a process that has read three configurations, one after the other."""
    found = Masks(of_day(DAYS[0]))
    for day in DAYS[1:]:
        assert found.remember(of_day(day)).client(ACME).callback_secrets == (Secret(day),)
    return found


def test_pages_hide_the_secrets_of_all_of_them(masks):
    """Though no page was shown between: what was recorded under each may stand in what is shown."""
    said = Desk(None, None, masks).masked(" ".join(DAYS))
    assert said == "*** *** ***"


def test_a_secret_within_another_cuts_it_nowhere(masks):
    """Whichever was read first."""
    masks.remember(of_day(f"{DAYS[0]}-and-more"))
    assert masks.masked(f"<{DAYS[0]}-and-more>") == "<***>"


def test_lines_of_the_log_hide_them(masks):
    """In what is said, in what is put into it, and in the traceback that hangs on it."""
    formatter = MaskingFormatter(masks, "%(levelname)s %(message)s", "%H:%M:%S")
    with pytest.raises(ValueError, match="clay") as caught:
        int(f"https://clay.example/{DAYS[1]}")
    info = (caught.type, caught.value, caught.tb)
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, f"{DAYS[2]} and %s", (DAYS[0],), info)
    line = formatter.format(record)
    assert line.startswith("ERROR *** and ***")
    assert "ValueError: invalid literal for int() with base 10: 'https://clay.example/***'" in line
    assert not any(day in line for day in DAYS)
