"""Rows that were claimed in time and held up together do not leave together."""

from hypothesis import given
from hypothesis import strategies as st

from enrichcore.application.sending import Pace
from runners.daemon.pacing import Pacer

TEN = Pace(group="acme", rate=10.0, burst=20)


def leaving(pace, arrivals):
    """When rows leave that come at these moments."""
    pacer = Pacer()
    return [at + pacer.delay_s(pace, at) for at in arrivals]


def test_rows_of_two_claims_that_come_at_once_leave_as_their_tokens_came():
    """A burst, then one each tenth of a second."""
    left = leaving(TEN, [100.0] * 30)
    assert left[:20] == [100.0] * 20
    assert [round(at, 6) for at in left[20:]] == [round(100 + number / 10, 6) for number in range(1, 11)]


def test_rows_that_come_as_their_tokens_did_wait_for_nothing():
    """A full bucket, then the rate."""
    arrivals = [100.0] * 20 + [100.0 + number / 10 for number in range(1, 50)]
    assert all(abs(left - came) < 1e-6 for left, came in zip(leaving(TEN, arrivals), arrivals, strict=True))


def test_groups_have_a_pace_each():
    """One that is behind holds up no other."""
    pacer = Pacer()
    for _ in range(40):
        pacer.delay_s(TEN, 100.0)
    assert pacer.delay_s(Pace(group="globex", rate=10.0, burst=20), 100.0) == 0


@given(
    rate=st.floats(0.1, 1000),
    burst=st.integers(1, 50),
    pauses=st.lists(st.floats(0, 3) | st.just(0.0), min_size=1, max_size=120),
    window_s=st.floats(0.01, 5),
)
def test_no_window_has_more_than_rate_and_burst_allow(rate, burst, pauses, window_s):
    """Whenever rows come; they leave in order, and none before it came."""
    arrivals, now = [], 0.0
    for pause in pauses:
        now += pause
        arrivals.append(now)
    left = leaving(Pace(group="acme", rate=rate, burst=burst), arrivals)
    assert left == sorted(left)
    assert all(gone >= came for gone, came in zip(left, arrivals, strict=True))
    for first in left:
        within = [at for at in left if first <= at < first + window_s]
        assert len(within) <= burst + rate * window_s + 1e-6 * len(within) + 1e-9
