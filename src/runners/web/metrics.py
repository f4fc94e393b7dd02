"""Counts for Prometheus. They name no client and hold no secret, so they need no token."""

from collections.abc import Iterable, Iterator
from typing import Final

from litestar import MediaType, Response, get

from enrichcore.application.answers import OUTCOMES
from enrichcore.domain.lane import DOUBTS_IN_A_ROW, FAILURES_IN_A_ROW
from projections import READ_MODELS
from runners.web.desk import TheDesk

_CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[dict[str, str], int]


@get("/metrics", sync_to_thread=True, media_type=MediaType.TEXT, include_in_schema=False)
def metrics(desk: TheDesk) -> Response[str]:
    """Where the log and the read models stand, and what needs a person."""
    last = desk.store.last_position()
    models = desk.rows("read_models", names=[model.name for model in READ_MODELS if model.tables])
    answered = desk.store.answer_counts()
    families = [
        _family("log_position", "Position of the newest event.", [({}, last)]),
        _family(
            "read_model_position",
            "Position of the log up to which a read model has come.",
            [({"read_model": model["read_model"]}, model["position"]) for model in models],
        ),
        _family(
            "read_model_lag",
            "Positions of the log that a read model is behind.",
            [({"read_model": model["read_model"]}, max(0, last - model["position"])) for model in models],
        ),
        _family(
            "items",
            "Items by status.",
            [({"status": row["status"]}, row["items"]) for row in desk.rows("item_totals")],
        ),
        _family(
            "callbacks_total",
            "Callbacks, by what became of them; unauthorized are those whose secret is missing or wrong.",
            [({"outcome": outcome}, answered.get(outcome, 0)) for outcome in OUTCOMES],
            kind="counter",
        ),
        _family(
            "roles_behind",
            "Roles of running processes that go by an earlier configuration than the one in force.",
            [({}, len(desk.store.roles_behind()))],
        ),
        _family("lanes_stopped", "Lanes that wait for a person.", [({}, desk.row("stopped_lanes")["lanes"])]),
        _family(
            "lanes_unreachable",
            "Lanes whose webhook cannot be reached.",
            [({}, desk.row("unreachable_lanes", failures=FAILURES_IN_A_ROW)["lanes"])],
        ),
        _family(
            "lanes_doubtful",
            "Lanes that leave rows in doubt, one after the other.",
            [({}, desk.row("doubtful_lanes", doubts=DOUBTS_IN_A_ROW)["lanes"])],
        ),
        _family("unmatched_callbacks", "Answers that could not be placed.", [({}, desk.row("unmatched")["answers"])]),
        _family(
            "notifications",
            "News that waits to be told, and that nobody took.",
            [({"state": state}, count) for state, count in desk.row("news").items()],
        ),
    ]
    text = "".join(f"{line}\n" for family in families for line in family)
    return Response(text, headers={"content-type": _CONTENT_TYPE})


def _family(name: str, told: str, samples: Iterable[Sample], *, kind: str = "gauge") -> Iterator[str]:
    yield f"# HELP enrichcore_{name} {told}"
    yield f"# TYPE enrichcore_{name} {kind}"
    for labels, value in samples:
        shown = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        yield f"enrichcore_{name}{{{shown}}} {value}" if shown else f"enrichcore_{name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
