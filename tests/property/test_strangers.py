"""Two rows that share a key are one person where their names may be one's, and two where nothing else speaks for it; in any order."""

from hypothesis import given
from hypothesis import strategies as st

from enrichcore import MemoryStore
from enrichcore.application.identity import explain_identity
from tests.contracts.world import CRM, World

#: Names of one person, as files, marriages, alphabets and friends write them.
ONE = (
    ("Anna Schmidt", "Anna Weber"),
    ("Anna Schmidt", "Anna Weber-Schmidt"),
    ("Anna Schmidt", "A. Schmidt"),
    ("Anna Schmidt", "A. S."),
    ("Anna Schmidt", "Schmidt Anna"),
    ("Anna Schmidt", "Anna"),
    ("Anna Schmidt", "ANNA SCHMIDT, MBA"),
    ("Robert Moor", "Bob Hale"),
    ("Elizabeth Moor", "Liz Hale"),
    ("William Moor", "Bill Moor"),
    ("Yuliia Kovalenko", "Julia Kowalenko"),
    ("Yuliia Kovalenko", "Юлія Коваленко"),
    ("Wei Wang", "王 伟"),
    ("Jürgen Groß", "Juergen Gross"),
    ("Mohammed Al-Fayed", "Muhammad Alfayed"),
    ("José María Núñez", "Pepe Nunez"),
)
#: Names of people who are not one another.
PEOPLE = ("Anna Schmidt", "Peter Ock", "Yuki Tanaka", "Robert Moor", "Oluwaseun Adebayo", "Kim Lee")
#: What two rows share: a page, an address.
PAGE, ADDRESS = "https://www.linkedin.com/in/zz-77", "zz@shared.example"


def row(name, company, **shared):
    """One person of a name, at a company of their own, with an address there unless one is shared."""
    first, _, last = name.rpartition(" ") if " " in name else (name, "", "")
    return {
        "first": first,
        "last": last,
        "company": company.capitalize(),
        "website": f"https://{company}.example",
        "email": f"someone@{company}.example",
        **shared,
    }


SHARED = st.sampled_from(({"linkedin": PAGE}, {"email": ADDRESS}))


def imported(*rows):
    """How many people rows are, and how many are new when the file comes again."""
    world = World(MemoryStore())
    first = world.upload(*rows, workstream=CRM)
    again = world.upload(*rows, workstream=CRM)
    return first.person_count, again.person_count, again.new_person_count


@given(st.sampled_from(ONE), st.booleans(), SHARED)
def test_names_that_may_be_ones_are_one_person(names, turned, shared):
    """Married, abbreviated, called for short, in another alphabet."""
    one, other = reversed(names) if turned else names
    assert imported(row(one, "acorn", **shared), row(other, "brook", **shared)) == (1, 1, 0)


@given(st.lists(st.sampled_from(PEOPLE), min_size=2, max_size=6, unique=True), SHARED)
def test_strangers_with_one_key_are_several_people(names, shared):
    """A page that was copied down, or a placeholder; and the same file again makes nobody new."""
    rows = [row(name, f"firm{chr(97 + number)}", **shared) for number, name in enumerate(names)]
    assert imported(*rows) == (len(names), len(names), 0)


@given(st.permutations(("John Smith", "Mary Smith", "Tom Smith")))
def test_a_familys_address_is_nobodys_own(names):
    """They are several people, though they share their last name, too."""
    rows = [row(name, "smith", email="smiths@smith.example") for name in names]
    assert imported(*rows) == (3, 3, 0)


@given(st.sampled_from(("Robert", "Bob", "Rob")), st.sampled_from(("bob@moor.example", "moor@moor.example")))
def test_an_address_of_one_person_is_no_familys(first, address):
    """Whatever they are called for short."""
    rows = [row("Robert Moor", "moor", email=address), row(f"{first} Moor", "moor", email=address)]
    assert imported(*rows) == (1, 1, 0)


def test_a_row_that_would_be_nobody_without_the_key_follows_it():
    """Without a company a name is no key, so that each import would make another."""
    rows = [{"first": name, "last": last, "email": ADDRESS} for name, last in (("Anna", "Schmidt"), ("Peter", "Ock"))]
    assert imported(*rows)[1:] == (imported(*rows)[0], 0)


def test_a_page_of_a_stranger_is_told_and_not_taken():
    """The lead of the second would else show it, and be asked about by it."""
    world = World(MemoryStore())
    report = world.upload(row("John Marsh", "marsh", linkedin=PAGE), row("Peter Ock", "ock", linkedin=PAGE))
    pages = [one.facts.get("person_linkedin_url") for one in world.store.people(report.upload_id)]
    assert sorted(map(bool, pages)) == [False, True]
    second = max(world.store.people(report.upload_id), key=lambda one: one.facts["person_full_name"]).person_id
    why = explain_identity(world.store, second).tellings[0].reason
    assert (
        why
        == "was new; the LinkedIn profile zz-77 belongs to somebody else, who is not merged: it is all that both have in common"
    )
    (told,) = [joined.reason for joined in report.joined if joined.contested]
    assert told == (
        "the LinkedIn profile zz-77 belongs to another person, who is not merged: it is all that both have in common"
    )


def test_a_row_without_a_name_joins_no_strangers():
    """It has a key of each, and no name that would tell whom it means."""
    world = World(MemoryStore())
    world.upload(row("John Marsh", "marsh", linkedin=PAGE, email="jm@marsh.example"), row("Peter Ock", "ock"))
    report = world.upload({"first": "", "last": "", "linkedin": PAGE, "email": "someone@ock.example"})
    assert not [joined for joined in report.joined if joined.merged]
    assert [joined.reason for joined in report.joined if joined.contested]
