"""The recorder keeps to eventsourcing's interface, for programs that read the log with the library's own means."""

from uuid import uuid4

import pytest

from enrichcore.store.log import EnvelopedEvent
from enrichcore.store.recorder import PostgresRecorder
from tests.contracts.world import START

pytestmark = pytest.mark.postgres


@pytest.fixture
def recorder(store):
    """On the database of a store."""
    return PostgresRecorder(store.pool)


def record(recorder, *topics, stream=None):
    """One stream with an event of each topic; its id."""
    stream = stream or uuid4()
    recorder.insert_events(
        [
            EnvelopedEvent(originator_id=stream, originator_version=version, topic=topic, state=b"{}", at=START)
            for version, topic in enumerate(topics, start=1)
        ]
    )
    return stream


@pytest.mark.parametrize(
    ("bounds", "versions"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"gt": 2}, [3, 4, 5]),
        ({"lte": 3}, [1, 2, 3]),
        ({"gt": 1, "lte": 4, "limit": 2}, [2, 3]),
        ({"limit": 2}, [1, 2]),
        ({"desc": True, "limit": 2}, [5, 4]),
        ({"desc": True, "lte": 3, "limit": 1}, [3]),
    ],
)
def test_one_stream_within_bounds(recorder, bounds, versions):
    """Of one stream only."""
    record(recorder, "Other")
    stream = record(recorder, *"abcde")
    assert [event.originator_version for event in recorder.select_events(stream, **bounds)] == versions


def test_a_page_of_some_topics_is_full_where_there_are_enough(recorder):
    """Who reads page by page ends with the first that is not full."""
    record(recorder, *"abababab")
    first = recorder.max_notification_id() - 7
    found = recorder.select_notifications(first, 3, topics=["b"])
    assert [event.id - first for event in found] == [1, 3, 5]
    rest = recorder.select_notifications(found[-1].id, 3, topics=["b"], inclusive_of_start=False)
    assert [event.id - first for event in rest] == [7]
    assert [event.id - first for event in recorder.select_notifications(first, 9, first + 2)] == [0, 1, 2]
