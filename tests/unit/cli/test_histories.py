"""What history says of an answer that came later and says something else."""

import json
import sys
from contextlib import nullcontext
from pathlib import Path

from enrichcore.application.revisions import revisions
from enrichcore.domain import events as e
from runners.cli import tracing

sys.path.append(str(Path(__file__).parent))
from world import World


def test_history_names_the_fields_that_a_revised_answer_changed(monkeypatch, capsys):
    """With what they were before, for people and for programs."""
    world = World()
    world.launch()
    send = world.send()[0]
    world.answer(send, name="Quillhaven", domain="quillhaven.example", industry="Toys")
    world.answer(send, name="Quillhaven", domain="quillhaven.example", industry="Robots")
    assert isinstance(world.store.stream(send.run_id)[-1].event, e.AnswerRevised)
    monkeypatch.setattr(tracing, "application", lambda _, **_how: nullcontext(world.application))
    tracing.history(None, send.run_id)
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "AnswerRevised" in line]
    assert '{"changed":"company_industry: Toys → Robots"' in line
    tracing.history(None, send.run_id, as_json=True)
    told = json.loads(capsys.readouterr().out)["events"]
    assert [event["changed"] for event in told if "changed" in event] == [
        {"company_industry": {"before": "Toys", "after": "Robots"}}
    ]


def test_what_a_later_answer_does_not_tell_is_no_change():
    """Leads keep it, so nobody is to be frightened."""
    world = World()
    world.launch()
    send = world.send()[0]
    world.answer(send, name="Quillhaven", domain="quillhaven.example", industry="Toys")
    world.answer(send, name="Quillhaven Ltd")
    stream = world.store.stream(send.run_id)
    assert revisions(stream) == {stream[-1].version: {"company_name": ("Quillhaven", "Quillhaven Ltd")}}
