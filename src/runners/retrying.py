"""What is told of a retry beside its count: why there was nothing, or that something else runs than today's configuration says."""

from collections import Counter
from uuid import UUID

from enrichcore.application import Enrichment
from enrichcore.domain.ids import BatchId
from enrichcore.domain.life_cycle import State


def notes_on(
    enrichment: Enrichment, batch_id: UUID, retried: int, step: str | None, state: State | None, reason: str
) -> list[str]:
    """What to say of a retry that has been asked for."""
    if retried:
        return other_functions(enrichment, batch_id, step)
    return [nothing_to_retry(enrichment, batch_id, step, state, reason)]


def nothing_to_retry(enrichment: Enrichment, batch_id: UUID, step: str | None, state: State | None, reason: str) -> str:
    """Why there was nothing to retry: what was looked for, and how the steps that were looked at stand."""
    found: Counter[str] = Counter()
    for (workflow, at), count in enrichment.store.step_counts(BatchId(batch_id)).items():
        if step in {None, workflow}:
            found[str(at)] += count
    wanted = "failed or timed_out" if state is None else str(state)
    words = f" for a reason with the words {reason!r}" if reason else ""
    stands = ", ".join(f"{found[at]:,} {at}" for at in map(str, State) if found[at]) or "none yet"
    # What ended well is left out: to ask again costs credits.
    others = [str(at) for at in (State.FAILED, State.TIMED_OUT, State.CANCELLED) if found[at] and at != state]
    hint = ""
    if reason:
        hint = f"; `enrichcore explain {batch_id}` tells the reasons"
    elif others:
        hint = f"; with the state {' or '.join(others)} others would run again"
    return f"Nothing {f'of {step} ' if step else ''}is {wanted}{words}: {stands}{hint}"


def other_functions(enrichment: Enrichment, batch_id: UUID, step: str | None) -> list[str]:
    """Local steps that run again with another function than the configuration names now."""
    (batch, _), *_ = enrichment.store.batches([batch_id])
    stream = enrichment.registry.workstreams.get(batch.workstream)
    pairs = [(pinned, stream and stream.pipeline.step(pinned.workflow)) for pinned in batch.pipeline.steps]
    return [
        f"{pinned.workflow} runs {pinned.function} again, which the batch was launched with; {now.function}, which the"
        " configuration names now, counts for new launches"
        for pinned, now in pairs
        if step in {None, pinned.workflow} and pinned.function and now and now.function != pinned.function
    ]
