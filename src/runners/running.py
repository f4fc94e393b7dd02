"""Whether a daemon runs, and whether it goes by the configuration that whoever asks is reading: what no row tells."""

from typing import Final

from enrichcore.application import Enrichment, differing
from enrichcore.registry import differences, snapshot

#: Roles without which batches do not end.
_NEEDED: Final = ("receiver", "sender", "timers", "projector")


def hindrances(enrichment: Enrichment) -> list[str]:
    """What keeps all batches, whatever they wait for: one sentence each."""
    return [*nobody_runs(enrichment), *behind(enrichment), *not_in_force(enrichment)]


def nobody_runs(enrichment: Enrichment) -> list[str]:
    """Which roles nobody runs without which batches do not end."""
    up = enrichment.store.roles_up()
    if not up:
        return ["No daemon runs now, so nothing is sent and no answer is taken: start `enrichcore run`."]
    absent = [role for role in _NEEDED if role not in up]
    roles = " ".join(f"--role {role}" for role in absent)
    return [f"Nobody runs the role {' or '.join(absent)} now: start `enrichcore run {roles}`."] if absent else []


def behind(enrichment: Enrichment) -> list[str]:
    """That running processes go by an earlier configuration than the one in force, and cannot take that over."""
    said: dict[str, list[str]] = {}
    for role, why in sorted(enrichment.store.roles_behind().items()):
        said.setdefault(why, []).append(role)
    return [
        f"A running daemon ({', '.join(roles)}) goes by an earlier configuration than the one in force: {why}."
        for why, roles in said.items()
    ]


def not_in_force(enrichment: Enrichment) -> list[str]:
    """That the file says what daemons do not go by; secrets are left out, for who only looks needs none."""
    newest = enrichment.applied_after(0)
    keys = [] if newest is None else differences(newest[1].snapshot, snapshot(enrichment.registry), secrets=False)
    if not keys:
        return []
    return [
        f"This configuration is not the one in force; {differing(keys)}. Daemons do not go by it before `enrichcore apply`."
    ]
