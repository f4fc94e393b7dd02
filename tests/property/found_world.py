"""Stories of rows and answers about a few people, some of whom are one, as the directory takes them in."""

import json
from itertools import count
from uuid import uuid5

from attrs import evolve, frozen
from hypothesis import strategies as st

from enrichcore.application.estimating import estimate
from enrichcore.domain import events as e
from enrichcore.domain.ids import NAMESPACE, directory_id
from tests.contracts.world import ACME, APOLLO, CRM, EMAIL, World, file_of

some = st.sampled_from


@frozen(kw_only=True)
class Somebody:
    """One of the people of whom files and answers tell."""

    first: str
    last: str
    address: str
    page: str
    company: str

    @property
    def domain(self):
        """Of the company."""
        return f"{self.company.lower()}.example"


#: Two namesakes at one company, a colleague whose name begins as theirs, and somebody elsewhere.
CAST = (
    Somebody(first="Ann", last="Fenn", address="ann.fenn@alpha.example", page="ann", company="Alpha"),
    Somebody(first="Ann", last="Fenn", address="afenn@alpha.example", page="ann-2", company="Alpha"),
    Somebody(first="Annika", last="Fenn", address="annika@alpha.example", page="annika", company="Alpha"),
    Somebody(first="Bo", last="Mock", address="bo@beta.example", page="bo", company="Beta"),
)
TELLS = [
    "name company", "first address", "address", "page", "name page company", "name page website company", "name address company",
    "page address", "name website company",
]  # fmt: skip


@frozen(kw_only=True)
class Row:
    """What a file tells of one person; at times the address or page of another."""

    who: Somebody
    tells: str
    address_of: Somebody | None = None

    @property
    def cells(self):
        """The row, as it is written."""
        who, told = self.who, self.tells.split()
        return {
            "first": who.first if {"name", "first"} & set(told) else "",
            "last": who.last if "name" in told else "",
            "title": "",
            "email": (self.address_of or who).address if "address" in told else "",
            "company": who.company if "company" in told else "",
            "website": f"https://{who.domain}" if "website" in told else "",
            "linkedin": f"https://www.linkedin.com/in/{who.page}" if "page" in told else "",
            "status": "",
        }


@frozen(kw_only=True)
class Answers:
    """What a batch is answered: mostly the truth, at times of another, and with or without an employer or a status."""

    about: Somebody | None
    status: str
    has_job: bool
    has_page: bool

    def of(self, send):
        """The answer to one row."""
        who = self.about or _asked(send.payload)
        if send.workflow == EMAIL:
            told = {"email": who.address, "email_status": self.status}
        elif "company" in send.workflow:
            name = send.payload.get("company_name") or who.company
            told = {"name": name, "domain": f"{name.lower()}.example"}
        else:
            job = {"company": who.company, "company_domain": who.domain, "title": "Buyer", "is_current": True}
            told = {"name": f"{who.first} {who.last}", "title": "Buyer"}
            told |= {"url": f"https://www.linkedin.com/in/{who.page}"} if self.has_page else {}
            told |= {"latest_experience": job} if self.has_job else {}
        return json.dumps({"item_id": send.payload["item_id"], "result": told}).encode()


def _asked(payload):
    """Whom a row means, to a provider that is right."""
    page, first = payload.get("person_linkedin_url") or "", payload.get("person_first_name")
    by_page = (one for one in CAST if page.endswith(f"/{one.page}"))
    return next(by_page, None) or next((one for one in CAST if one.first == first), CAST[0])


mostly_not = st.integers(0, 9).flatmap(lambda number: st.none() if number else some(CAST))
ROWS = st.builds(Row, who=some(CAST), tells=some(TELLS), address_of=mostly_not)
ANSWERS = st.builds(
    Answers, about=mostly_not, status=some(["", "verified", "guessed"]), has_job=st.booleans(), has_page=st.booleans()
)
#: Files that are imported, and launched with what is then answered, or not.
STORIES = st.lists(
    st.tuples(some([APOLLO, CRM]), st.lists(ROWS, min_size=1, max_size=3), st.none() | ANSWERS), min_size=1, max_size=6
)


def world_on(store, numbers=None) -> World:
    """A world whose ids are numbered, so that two of them do the same in the same order."""
    numbers = count() if numbers is None else numbers
    return World(store, new_id=lambda: uuid5(NAMESPACE, f"story {next(numbers)}"))


def play(world: World, story, *, after_each=lambda: None):
    """Live a story."""
    for workstream, rows, answers in story:
        report = world.app.upload(file_of(*(row.cells for row in rows)), client=ACME, workstream=workstream)
        after_each()
        if answers is None or not report.person_count:
            continue
        uploaded = world.app.get_upload(report.upload_id)
        world.app.launch(uploaded.upload_id)
        while sends := world.send():
            for send in sends:
                world.answer(send, answers.of(send))
        world.app.turn_batches()
        after_each()


def directory(world: World):
    """The events of the client's directory, without the ids that are drawn anew each time."""
    stream = directory_id(world.registry.client(ACME).id)
    return [(one.entity_id, _plain(one.event)) for one in world.store.stream(stream)]


def _plain(event):
    drawn = {"upload_id": None, "run_id": None, "answered_at": None}
    return evolve(event, **{name: value for name, value in drawn.items() if hasattr(event, name)})


def foreseen(world: World):
    """What a dry run of each upload counts now."""
    uploads = [one.stream_id for one in world.store.log(0, 100_000) if isinstance(one.event, e.UploadFinished)]
    return [
        evolve(estimate(world.store, world.registry, world.app.get_upload(upload), now=world.clock()), budget_left=None)
        for upload in uploads
    ]


def learn_all(world: World):
    """Learn what there is to be learnt."""
    while world.app.learn():
        pass
