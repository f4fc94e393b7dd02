"""Whom a row means: given who is known by which keys, when a row names some, then it is one of them, or someone new."""

from uuid import UUID

import pytest

from enrichcore.domain.directory import Known, asked, resolve
from enrichcore.domain.ids import ClientId
from enrichcore.domain.keys import Key, KeyKind

CLIENT = ClientId(UUID(int=1))


def key(text):
    """A key, written as kind:value; e-mail and names are told by their kind's last word."""
    kind, value = text.split(":")
    kinds = {
        "in": KeyKind.PERSON_LINKEDIN,
        "mail": KeyKind.PERSON_EMAIL,
        "who": KeyKind.PERSON_NAME,
        "domain": KeyKind.COMPANY_DOMAIN,
        "page": KeyKind.COMPANY_LINKEDIN,
        "called": KeyKind.COMPANY_NAME,
        "alone": KeyKind.COMPANY_NAME_ALONE,
        "shared": KeyKind.COMPANY_NAME_SHARED,
    }
    return Key(kinds[kind], value)


def told(key):
    """A company's key as it is written here."""
    words = {KeyKind.COMPANY_LINKEDIN: "page", KeyKind.COMPANY_NAME_ALONE: "alone"}
    return f"{words[key.kind]}:{key.value}"


def meant(row, **known):
    """Whom a row means among those known, each given as "key key ..."; the first is the oldest."""
    entities = [
        Known(entity_id=name, keys=frozenset(map(key, keys.split())), since=number)
        for number, (name, keys) in enumerate(known.items())
    ]
    keys = [key(text) for text in row.split()]
    owners = {mine: entity for mine in asked(keys) for entity in entities if mine in entity.keys}
    return resolve(CLIENT, keys, owners, fallback="upload/2")


def merged(match):
    """Who is merged, and because of which key's value."""
    return {known.entity_id: because.value for known, because in match.merged}


def test_a_row_whose_keys_are_all_new_makes_someone_new():
    """With all its keys, and with an id that its strongest key gives."""
    match = meant("in:ida mail:ida@a.example")
    assert match.is_new
    assert match.new_keys == (key("in:ida"), key("mail:ida@a.example"))
    assert match.entity_id == meant("in:ida mail:other@a.example").entity_id


def test_a_known_key_finds_its_owner_who_learns_the_others():
    """Whichever of the strong keys it is."""
    match = meant("in:ida mail:ida@a.example", ida="mail:ida@a.example")
    assert (match.entity_id, match.is_new, match.new_keys) == ("ida", False, (key("in:ida"),))


def test_one_person_may_have_several_addresses():
    """An e-mail address is strong, but not the only one."""
    assert meant("in:ida mail:new@a.example", ida="in:ida mail:old@a.example").new_keys == (key("mail:new@a.example"),)


def test_a_row_that_joins_two_known_ones_merges_them_and_the_oldest_stays():
    """The key that says so is named, whichever of them was found first."""
    match = meant("in:ida mail:ida@a.example", older="mail:ida@a.example", younger="in:ida")
    assert (match.entity_id, merged(match)) == ("older", {"younger": "ida@a.example"})
    match = meant("in:ida mail:ida@a.example", older="in:ida", younger="mail:ida@a.example")
    assert (match.entity_id, merged(match)) == ("older", {"younger": "ida@a.example"})


def test_conflicting_strong_keys_never_merge():
    """Two LinkedIn pages are two people, whatever address a row gives to both."""
    match = meant("in:ida mail:shared@a.example", ida="in:ida", ben="in:ben mail:shared@a.example")
    assert (match.entity_id, match.merged, match.contested) == ("ida", (), (key("mail:shared@a.example"),))


def test_two_who_contradict_each_other_are_not_merged_by_way_of_a_third():
    """A row of three addresses joins the first owner with one of two different people, not with both."""
    match = meant(
        "mail:a@a.example mail:b@a.example mail:c@a.example",
        ann="mail:a@a.example",
        ben="in:ben mail:b@a.example",
        cleo="in:cleo mail:c@a.example",
    )
    assert (match.entity_id, merged(match)) == ("ann", {"ben": "b@a.example"})
    assert match.contested == (key("mail:c@a.example"),)


def test_whom_a_rows_own_strongest_key_contradicts_is_not_merged():
    """The row says that it is Dora; that it bears Ben's address makes neither her nor Ann of him."""
    match = meant("in:dora mail:b@a.example mail:a@a.example", ann="mail:a@a.example", ben="in:ben mail:b@a.example")
    assert (match.entity_id, match.merged, match.contested) == ("ann", (), (key("mail:b@a.example"),))
    assert match.new_keys == (key("in:dora"),)


def test_a_shared_address_with_another_linkedin_page_makes_someone_new():
    """The stronger key says that the row is not the address's owner."""
    match = meant("in:dora mail:office@a.example", ben="in:ben mail:office@a.example")
    assert (match.is_new, match.new_keys, match.contested) == (
        True,
        (key("in:dora"),),
        (key("mail:office@a.example"),),
    )


@pytest.mark.parametrize(
    ("row", "known", "same"),
    [
        ("called:quillhaven", "called:quillhaven", True),
        ("domain:a.example called:quillhaven", "called:quillhaven", True),
        ("called:quillhaven", "domain:a.example called:quillhaven", True),
        ("domain:b.example called:quillhaven", "domain:a.example called:quillhaven", False),
        ("page:b called:quillhaven", "page:a called:quillhaven", False),
        ("page:109209384 called:quillhaven", "page:a called:quillhaven", True),
        ("page:109209384 called:quillhaven", "page:109209385 called:quillhaven", False),
    ],
)
def test_a_name_finds_only_whom_nothing_contradicts(row, known, same):
    """Never on the name alone when both sides have different domains or pages."""
    match = meant(row, them=known)
    assert (match.entity_id == "them", match.is_new) == (same, not same)


@pytest.mark.parametrize(
    ("row", "known", "same"),
    [
        ("mail:john.smith2@a.example who:john-a", "mail:john.smith@a.example who:john-a", False),
        ("mail:john@home.example who:john-a", "mail:john.smith@a.example who:john-a", True),
        ("who:john-a", "mail:john.smith@a.example who:john-a", True),
        ("mail:john@a.example who:john-a", "who:john-a", True),
        ("in:john mail:john@a.example who:john-a", "mail:js@a.example who:john-a", False),
        ("mail:js@home.example mail:j@a.example who:john-a", "mail:js@home.example mail:john@a.example", True),
    ],
)
def test_two_addresses_at_one_mail_domain_are_two_people_of_one_name(row, known, same):
    """A private address beside a work address contradicts nothing, and an address in common outweighs the others."""
    match = meant(row, them=known)
    assert (match.entity_id == "them", match.is_new) == (same, not same)


def test_a_name_never_joins_two_known_ones():
    """The strong key decides; the name stays with its owner."""
    match = meant("domain:a.example called:quillhaven", first="domain:a.example", second="called:quillhaven")
    assert (match.entity_id, match.merged, match.new_keys) == ("first", (), ())


def test_a_name_does_not_bring_in_a_company_that_the_row_contradicts():
    """Found by its name, it is not merged with the owner of a page whose domain is another than the row's."""
    match = meant(
        "domain:a.example page:quillhaven called:quillhaven",
        other="domain:b.example page:quillhaven",
        named="called:quillhaven",
    )
    assert (match.entity_id, match.merged, match.contested) == ("named", (), (key("page:quillhaven"),))
    assert match.new_keys == (key("domain:a.example"),)


def test_a_second_company_of_a_name_makes_the_name_a_shared_one():
    """Whether that company is new, or is known and learns its name only now."""
    phoenix = "domain:phoenix-a.example called:phoenix"
    row = "domain:phoenix-b.example called:phoenix"
    assert meant(row, one=phoenix).new_keys == (key("domain:phoenix-b.example"), key("shared:phoenix"))
    assert meant(row, one=phoenix, two="domain:phoenix-b.example").new_keys == (key("shared:phoenix"),)
    assert meant(row, one=phoenix, two="domain:phoenix-b.example shared:phoenix").new_keys == ()


@pytest.mark.parametrize("row", ["called:phoenix", "page:phoenix called:phoenix"])
def test_a_name_that_two_companies_have_means_neither(row):
    """It is a company of its own, which the same row means again."""
    known = {
        "one": "domain:phoenix-a.example called:phoenix",
        "two": "domain:phoenix-b.example shared:phoenix",
    }
    match = meant(row, **known)
    assert (match.is_new, match.contested) == (True, (key("called:phoenix"),))
    again = meant(row, **known, three=" ".join(told(new) for new in match.new_keys))
    assert (again.entity_id, again.new_keys) == ("three", ())


def test_a_row_of_a_name_stays_where_it_was_put_before_the_name_was_shared():
    """So a file that is imported again makes nobody new."""
    first = meant("called:phoenix", one="domain:phoenix-a.example called:phoenix")
    assert (first.entity_id, first.new_keys) == ("one", (key("alone:phoenix"),))
    again = meant(
        "called:phoenix",
        one="domain:phoenix-a.example called:phoenix alone:phoenix",
        two="domain:phoenix-b.example shared:phoenix",
    )
    assert (again.entity_id, again.new_keys) == ("one", ())


def test_of_two_domains_in_one_row_a_company_gets_the_first():
    """A company has one domain; the second is left out rather than made a lasting contradiction."""
    assert meant("domain:a.example domain:b.example").new_keys == (key("domain:a.example"),)


def test_a_row_without_keys_is_someone_new_named_by_its_place():
    """So importing the same line again makes the same one."""
    match = meant("")
    assert (match.is_new, match.new_keys) == (True, ())
    assert match.entity_id == meant("").entity_id
