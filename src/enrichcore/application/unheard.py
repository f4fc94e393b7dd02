"""Claims whose end was not heard of: the connection was lost at their commit, so that they are durable, or nothing was stored.

Nothing of them was sent, and nobody else knows that. What is durable is handed back as soon as the database can be asked, and
costs no attempt. Another runner may have claimed the same attempt meanwhile, under the same key: only its position in the log
tells whose a `StepSending` is, for none is given out twice.
"""

import logging
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from enrichcore.application.core import Core
from enrichcore.application.recording import record_in
from enrichcore.application.sending import Send, SendReport
from enrichcore.application.unit import Unit
from enrichcore.domain import events as e
from enrichcore.domain.step_run import Outcome, PostOutcome
from enrichcore.store.commit import StoreError

log = logging.getLogger("enrichcore.application")

#: Rows of claims whose end was not heard of. It may be forgotten: what is durable of it is in doubt when its lease is over.
Unheard = deque[Send]


def hand_back(core: Core, unheard: Unheard) -> int:
    """Hand back what is durable of these claims, and forget them; how many rows.

    Raises:
        StoreUnavailable: The database cannot be reached; nothing is forgotten.
    """
    sends: list[Send] = []
    # Several senders of one process share these, and none must lose what it took already.
    with suppress(IndexError):
        while True:
            sends.append(unheard.popleft())
    if not sends:
        return 0
    try:
        # A commit that is still under way is over once all others are kept out.
        found = core.decided_alone(partial(_hand_back, core, sends=sends))
    except StoreError:
        unheard.extend(sends)
        raise
    except Exception:
        log.exception("rows of a claim that was not heard of are in doubt when their lease is over")
        return 0
    log.warning("of %d rows whose claim was not heard of, %d were claimed: they are handed back", len(sends), found)
    return found


def _hand_back(core: Core, unit: Unit, *, sends: Sequence[Send]) -> int:
    claimed = [send for send in sends if _is_claimed(unit, send)]
    record_in(core, unit, [SendReport(send=send, outcome=_not_sent(unit, send)) for send in claimed])
    return len(claimed)


def _is_claimed(unit: Unit, send: Send) -> bool:
    sendings = (one for one in unit.stream(send.run_id) if isinstance(one.event, e.StepSending))
    return any(one.position == send.position for one in sendings)


def _not_sent(unit: Unit, send: Send) -> PostOutcome:
    return PostOutcome(
        attempt=send.attempt,
        outcome=Outcome.NOT_DELIVERED,
        reason="not sent: the database was lost when the row was claimed",
        due=unit.now,
        webhook=send.url.fingerprint(),
    )
