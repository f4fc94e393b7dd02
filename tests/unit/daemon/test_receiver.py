"""The receiver: what is a callback, and what is only the beginning of one."""

import asyncio
import gzip
import zlib
from http import HTTPStatus
from time import monotonic

import msgspec
import pytest
from attrs import evolve

from enrichcore.application import Ack, AckStatus
from enrichcore.registry import Secret
from enrichcore.store import StoreUnavailable
from runners.daemon.looks import Looks
from runners.daemon.receiver import LARGEST_KEPT, Receiver, Turned
from tests.contracts.world import ACME, APOLLO, APOLLO_COMPANY, configuration

REGISTRY = configuration()
_ACME = evolve(REGISTRY.client(ACME), callback_secrets=(Secret("a secret of today"),))
LATER = evolve(REGISTRY, clients={**REGISTRY.clients, ACME: _ACME})


class Away:
    """Stands where the writer does, while the database is away."""

    async def answer(self, _incoming):
        """Refuse one."""
        raise StoreUnavailable("gone")


class Kept:
    """Stands where the writer does, and keeps every body."""

    def __init__(self):
        self.bodies = []
        self.too_large = []

    async def answer(self, incoming):
        """Keep one."""
        self.too_large.append(incoming.too_large)
        self.bodies.append(incoming.body)
        return Ack(status=AckStatus.ACCEPTED, item_id="1")


def received(*messages):
    """The bodies that are kept of a request of these messages, and what is answered."""
    kept = Kept()
    return kept.bodies, answered(Receiver(REGISTRY, kept), *messages)


def answered(receiver, *messages, secret=None, said=None, headers=()):
    """What a receiver answers to a request of these messages, with the right secret unless told."""
    (own, *_) = REGISTRY.clients[ACME].callback_secrets
    scope = {
        "type": "http", "method": "POST", "path": f"/callbacks/{APOLLO}/{APOLLO_COMPANY}", "query_string": b"",
        "headers": [(b"x-enrichcore-secret", secret or own.reveal().encode()), *headers],
    }  # fmt: skip
    statuses, left = [], iter(messages)

    async def receive():
        return next(left)

    async def send(message):
        statuses.append(message.get("status", 0))
        if said is not None:
            said.append(message)

    asyncio.run(receiver(scope, receive, send))
    return statuses


def test_callbacks_without_the_right_secret_are_told_of_once_in_a_while(caplog):
    """With their number and where they went, and without what they sent as a secret."""
    seconds = [0.0]
    turned = Turned(clock=lambda: seconds[0])
    receiver = Receiver(REGISTRY, Kept(), turned=turned)
    for at in (0.0, 1.0, 29.0, 31.0):
        seconds[0] = at
        assert answered(receiver, part(b"{}", more=False), secret=b"some other secret")[0] == 401
    told = [record.getMessage() for record in caplog.records]
    assert [line.partition(" refused")[0] for line in told] == ["1 callback", "3 callbacks"]
    assert all(f"{APOLLO}/{APOLLO_COMPANY}" in line and "some other secret" not in line for line in told)
    assert (turned.take(), turned.take()) == (4, 0)


@pytest.mark.parametrize("bearer", [b"Bearer of the proxy on the way", b"Bearer ", b"Basic c2VjcmV0"])
def test_the_right_secret_is_taken_beside_another_authorization(bearer):
    """A gateway in front may ask for a token of its own."""
    kept, body = Kept(), {"type": "http.request", "body": b"{}"}
    assert answered(Receiver(REGISTRY, kept), body, headers=[(b"authorization", bearer)])[0] == HTTPStatus.OK
    assert kept.bodies == [b"{}"]


def test_a_process_that_is_behind_does_not_say_that_a_secret_is_wrong():
    """It may be right by the configuration in force; told 503, the sender tries again."""
    why = ["its file is another"]
    receiver = Receiver(REGISTRY, Kept(), behind=lambda: why[0])
    assert answered(receiver, part(b"{}", more=False), secret=b"a new client's")[0] == 503
    assert answered(receiver, part(b"{}", more=False))[0] == 200
    why[0] = ""
    assert answered(receiver, part(b"{}", more=False), secret=b"a new client's")[0] == 401


def test_a_secret_that_just_came_into_force_is_taken():
    """The log is looked at before what nobody knows is refused, for what is told 401 is kept nowhere."""

    async def look():
        receiver.take_over(LATER)

    receiver = Receiver(REGISTRY, Kept(), look=look)
    assert answered(receiver, part(b"{}", more=False), secret=b"a secret of today")[0] == 200


@pytest.mark.parametrize("why", ["away", "behind"])
def test_a_secret_of_which_nothing_is_known_is_told_to_come_again(why):
    """The database is away, or the file has not what is in force."""
    behind = []

    async def look():
        if why == "away":
            raise StoreUnavailable("gone")
        behind.append(why)

    receiver = Receiver(REGISTRY, Kept(), look=look, behind=lambda: "".join(behind))
    said = []
    assert answered(receiver, part(b"{}", more=False), secret=b"a secret of today", said=said)[0] == 503
    assert (b"retry-after", b"5") in said[0]["headers"]


def test_a_flood_of_wrong_secrets_shares_its_looks():
    """Nobody is refused for what was known before they came, and nobody without a secret asks anything."""
    looked = []

    async def look():
        looked.append(monotonic())
        await asyncio.sleep(0.01)

    async def flood():
        looks = Looks(look, every_s=0.1)
        first = [asyncio.create_task(looks.after_now()) for _ in range(200)]
        await asyncio.sleep(0.005)
        began = monotonic()
        await asyncio.gather(*first, *(looks.after_now() for _ in range(200)))
        assert len(looked) == 2
        assert looked[1] >= began
        assert looked[1] - looked[0] >= 0.1

    asyncio.run(flood())
    receiver = Receiver(REGISTRY, Kept(), look=look)
    assert answered(receiver, part(b"{}", more=False), secret=b" ")[0] == 401
    assert len(looked) == 2


def part(body: bytes, *, more: bool):
    """A piece of a body."""
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_may_come_in_pieces():
    """It is one answer, whole."""
    assert received(part(b'{"a"', more=True), part(b": 1}", more=False)) == ([b'{"a": 1}'], [200, 0])


def deflated(body, window):
    """Packed as that window says."""
    packing = zlib.compressobj(wbits=window)
    return packing.compress(body) + packing.flush()


BODY = b'{"item_id": "1", "email": "ann@quillhaven.example"}'


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", gzip.compress(BODY, mtime=0)),
        (b"X-GZIP", gzip.compress(BODY[:9], mtime=0) + gzip.compress(BODY[9:], mtime=0) + b"\0\0"),
        (b"deflate", zlib.compress(BODY)),
        (b"deflate", deflated(BODY, -15)),
        (b"identity, gzip , deflate", zlib.compress(gzip.compress(BODY, mtime=0))),
        # It was unpacked on the way, and still says so.
        (b"gzip", BODY),
        (b"br", BODY),
    ],
)
def test_an_answer_that_comes_packed_is_kept_unpacked(coding, body):
    """So it is read, matched and redriven like any other."""
    kept = Kept()
    halves = [part(body[:7], more=True), part(body[7:], more=False)]
    assert answered(Receiver(REGISTRY, kept), *halves, headers=[(b"content-encoding", coding)])[0] == HTTPStatus.OK
    assert kept.bodies == [BODY]


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (b"gzip", gzip.compress(BODY, mtime=0)[:-9]),
        (b"gzip", zlib.compress(BODY)),
        (b"deflate", b""),
        (b"br", b"\x0b\x02\x80"),
        (b"gzip, aes128gcm", gzip.compress(BODY, mtime=0)),
        (b"gzip," * 9, gzip.compress(BODY, mtime=0)),
        # Parts without end hold nothing: of the 700,000 that fit into a body, each costs more than a page of text.
        (b"gzip", gzip.compress(b"", mtime=0) * 1_001),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_kept_as_it_came(coding, body):
    """It is no JSON, so its sender is told that."""
    kept = Kept()
    answered(Receiver(REGISTRY, kept), part(body, more=False), headers=[(b"content-encoding", coding)])
    assert kept.bodies == [body]


def test_a_packed_body_counts_by_what_is_in_it():
    """A small one that unpacks to very much is too large, and is unpacked no further than any is kept."""
    kept, bomb = Kept(), gzip.compress(b" " * (LARGEST_KEPT + 1_000_000))
    answered(Receiver(REGISTRY, kept), part(bomb, more=False), headers=[(b"content-encoding", b"gzip")])
    assert [len(body) for body in kept.bodies] == [LARGEST_KEPT]
    assert kept.too_large == [True]


def test_a_client_that_leaves_in_the_middle_of_a_body_gave_no_answer():
    """Its beginning is not taken for a whole body; the client sends again, for it was told nothing."""
    assert received(part(b'{"a"', more=True), {"type": "http.disconnect"}) == ([], [])


def test_a_callback_that_meets_no_database_interrupts_the_time_the_receiver_was_up():
    """It is told to come again, and may not: deadlines wait for the grace time from here."""
    interruptions = []
    receiver = Receiver(REGISTRY, Away(), lambda: interruptions.append(1))
    assert (answered(receiver, part(b"{}", more=False)), interruptions) == ([503, 0], [1])


class SetAside:
    """Stands where the writer does, and cannot apply what comes."""

    async def answer(self, _incoming):
        """Keep one among the unmatched."""
        return Ack(status=AckStatus.SET_ASIDE, item_id="1", reason="applying it failed: KeyError: 'ann@secret.example'")


def test_an_answer_that_is_set_aside_is_acknowledged():
    """It is kept, so whoever brought it need not again; what went wrong in here is nobody's business out there."""
    told = []

    async def send(message):
        told.append(message)

    asyncio.run(Receiver(REGISTRY, SetAside())._record(None, send))
    assert told[0]["status"] == 200
    assert msgspec.json.decode(told[1]["body"]) == {
        "status": "kept", "item_id": "1", "reason": "it could not be applied yet and is kept to be tried again",
    }  # fmt: skip
