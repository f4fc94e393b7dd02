"""What a rebuild in parts rests on: the fold of a group of tied people and companies touches no row of another group."""

from hypothesis import given

from enrichcore.projection.memory import project
from enrichcore.projection.parts import tied
from projections import READ_MODELS
from tests.unit.projections.test_page_sizes import written_logs

IN_PARTS = [model for model in READ_MODELS if model.common is not None]


def groups(events):
    """The persons and companies of a log, those together that an event ties to each other."""
    found = {event.entity_id: {event.entity_id} for event in events if event.entity_id is not None}
    for event in events:
        other = tied(event) if event.entity_id is not None else None
        if other is not None:
            together = found[event.entity_id] | found.get(other, {other})
            found |= dict.fromkeys(together, together)
    return {id(group): group for group in found.values()}.values()


@given(written_logs())
def test_the_rows_of_all_groups_are_the_rows_of_the_log(log):
    """Each group's rows come from its own events and the common ones, and no two groups make the same row."""
    for model in IN_PARTS:
        whole = project(log.events, [model])
        shared = [event for event in log.events if type(event.event).__name__ in model.common]
        for table in model.tables:
            if table.common:
                assert project(shared, [model])[table.name] == whole[table.name]
                continue
            made = {}
            for group in groups(log.events):
                own = [event for event in log.events if event in shared or event.entity_id in group]
                rows = project(own, [model])[table.name]
                assert not made.keys() & rows.keys()
                made |= rows
            assert made == whole[table.name]


def test_some_read_models_are_rebuilt_in_parts():
    """The property above is about something."""
    assert {model.name for model in IN_PARTS} == {"final_leads", "results"}
