"""What the directory learns from answers, and whom a row means then: any row's word goes before a found key."""

from uuid import UUID

import pytest

from enrichcore.domain.directory import Known, asked, asked_of_answers, resolve, shared
from enrichcore.domain.ids import ClientId
from enrichcore.domain.keys import FOUND, Key, KeyKind
from enrichcore.domain.learning import learn
from enrichcore.domain.likeness import agree

CLIENT = ClientId(UUID(int=1))
KINDS = {
    "in": KeyKind.PERSON_LINKEDIN,
    "mail": KeyKind.PERSON_EMAIL,
    "who": KeyKind.PERSON_NAME,
    "domain": KeyKind.COMPANY_DOMAIN,
    "page": KeyKind.COMPANY_LINKEDIN,
    "called": KeyKind.COMPANY_NAME,
}


def key(text):
    """A key, written as kind:value; one that was found with `+`, and one that was found for two with `!`."""
    kind, value = text.lstrip("+!").split(":")
    told = Key(KINDS[kind], value.replace("_", " "))
    found = Key(FOUND[told.kind], told.value) if text[0] in "+!" else told
    return shared(found) if text[0] == "!" else found


def keys(texts):
    """Keys, written one after the other."""
    return [key(text) for text in texts.split()]


def known_of(known):
    """Those who are known, each with the keys given; the first is the oldest."""
    return [
        Known(entity_id=name, keys=frozenset(keys(texts)), since=number)
        for number, (name, texts) in enumerate(known.items())
    ]


def meant(row, *names, **known):
    """Whom a row means."""
    entities, mine = known_of(known), keys(row)
    owners = {one: entity for entity in entities for one in entity.keys}
    looked_up = {*asked(mine), *asked_of_answers(mine, owners)}
    looked_up |= {shared(one) for one in looked_up}
    return resolve(CLIENT, mine, {one: owners[one] for one in looked_up if one in owners}, "upload/2", names)


def learnt(found, names=(), **known):
    """What follows from keys that were found for the first of those who are known."""
    entities = known_of(known)
    owners = {one: entity for entity in entities for one in entity.keys}
    return learn(entities[0], keys(found), owners, dict(names))


def merged(learned):
    """Who is merged, and because of which key."""
    return {one.entity_id: because for one, because in learned.merged}


# --- rows --------------------------------------------------------------------------------------------------------


def test_a_found_key_finds_whom_it_was_found_for_and_the_row_makes_it_their_own():
    """As if a row had told it before."""
    match = meant("mail:ida@a.example", ida="in:ida +mail:ida@a.example")
    assert (match.entity_id, match.is_new, match.new_keys) == ("ida", False, (key("mail:ida@a.example"),))


def test_what_a_row_told_goes_before_what_an_answer_told():
    """Whoever has the key by a row is meant, and nobody is joined."""
    match = meant("mail:ida@a.example", ida="in:ida +mail:ida@a.example", ben="mail:ida@a.example")
    assert (match.entity_id, match.merged) == ("ben", ())


def test_a_found_key_goes_before_a_name():
    """An address tells more than a name."""
    match = meant("mail:ida@a.example who:ida_@_a", ida="in:ida +mail:ida@a.example", other="who:ida_@_a")
    assert match.entity_id == "ida"


@pytest.mark.parametrize(
    ("row", "names"),
    [
        ("in:another mail:ida@a.example", ()),
        ("mail:ida@a.example who:ben_carver_@_a", ()),
        ("mail:ida@a.example", ("ben",)),
    ],
)
def test_a_found_key_does_not_find_whom_the_row_contradicts(row, names):
    """Another page, another name, or half of one; that somebody else has the key is told."""
    match = meant(row, *names, ida="in:ida who:ida_fenn_@_a +mail:ida@a.example")
    assert (match.is_new, match.contested) == (True, (key("+mail:ida@a.example"),))


def test_a_found_key_does_not_find_whom_another_address_of_that_mail_domain_is_told_of():
    """One of the two may be a namesake's."""
    assert meant("mail:ida@a.example", ida="mail:ida.fenn@a.example +mail:ida@a.example").is_new


def test_a_page_that_an_answer_told_contradicts_too():
    """Of two pages one is of somebody else, whoever told them."""
    assert meant("in:ida-2 mail:ida@a.example", ida="+in:ida +mail:ida@a.example").is_new


def test_a_key_that_was_found_for_two_finds_neither():
    """Nobody knows which of the two answers is wrong."""
    match = meant("mail:ida@a.example", ida="in:ida +mail:ida@a.example", two="in:ida-2 !mail:ida@a.example")
    assert (match.is_new, match.contested) == (True, ())


def test_a_row_joins_the_one_it_means_with_whom_its_other_key_was_found_for():
    """The elder stays."""
    match = meant("in:ida mail:ida@a.example", elder="who:ida_fenn_@_a +mail:ida@a.example", younger="in:ida")
    assert (match.entity_id, merged(match)) == ("elder", {"younger": key("+mail:ida@a.example")})


@pytest.mark.parametrize("other", ["in:ida-2 +mail:ida@a.example", "who:ben_carver_@_a +mail:ida@a.example"])
def test_a_row_joins_nobody_who_contradicts_the_one_it_means(other):
    """The row's word on its own key counts."""
    match = meant("in:ida mail:ida@a.example who:ida_fenn_@_a", ida="in:ida who:ida_fenn_@_a", other=other)
    assert (match.entity_id, match.merged, match.new_keys) == ("ida", (), (key("mail:ida@a.example"),))


def test_a_found_domain_finds_a_company_and_joins_none():
    """Rows alone say that two companies are one."""
    match = meant("domain:a.example called:alpha", alpha="page:alpha +domain:a.example")
    assert (match.entity_id, match.new_keys) == ("alpha", tuple(keys("domain:a.example called:alpha")))
    match = meant("page:beta domain:a.example", alpha="called:alpha +domain:a.example", beta="page:beta")
    assert (match.entity_id, match.merged) == ("beta", ())


# --- answers -----------------------------------------------------------------------------------------------------


def test_what_nobody_has_is_learnt():
    """Beside the keys of rows."""
    learned = learnt("+in:ida +mail:ida@a.example", ida="who:ida_fenn_@_a")
    assert (learned.keys, learned.merged, learned.contested) == (tuple(keys("+in:ida +mail:ida@a.example")), (), ())


@pytest.mark.parametrize("has", ["mail:ida@a.example", "+mail:ida@a.example"])
def test_what_is_known_of_the_same_one_is_no_news(has):
    """By a row, or by an answer from before."""
    learned = learnt("+mail:ida@a.example", ida=has)
    assert (learned.keys, learned.merged) == ((), ())


def test_two_of_whom_nothing_contradicts_the_other_are_one():
    """The elder stays, whichever of them was asked about, and the found key stays to tell why."""
    learned = learnt("+mail:ida@a.example", ida="in:ida who:ida_fenn_@_a", other="mail:ida@a.example")
    assert (learned.entity_id, merged(learned)) == ("ida", {"other": key("+mail:ida@a.example")})
    assert learned.keys == (key("+mail:ida@a.example"),)


@pytest.mark.parametrize(
    "other",
    [
        "in:ida-2 mail:ida@a.example",
        "+in:ida-2 mail:ida@a.example",
        "who:ben_carver_@_b mail:ida@a.example",
    ],
)
def test_two_who_contradict_each_other_stay_two_and_that_is_told(other):
    """By pages of rows or answers, or by names."""
    learned = learnt("+mail:ida@a.example", ida="in:ida who:ida_fenn_@_a", other=other)
    assert (learned.merged, learned.contested) == ((), (key("+mail:ida@a.example"),))
    again = learnt("+mail:ida@a.example", ida="in:ida who:ida_fenn_@_a +mail:ida@a.example", other=other)
    assert (again.keys, again.contested) == ((), ())


def test_half_a_name_contradicts_too():
    """It is in no key; whoever asks looks it up."""
    known = {"ida": "in:ida who:ida_fenn_@_a", "other": "mail:ida@a.example"}
    assert learnt("+mail:ida@a.example", {"other": ("ben",)}, **known).merged == ()
    assert learnt("+mail:ida@a.example", {"other": ("ida",)}, **known).merged != ()


def test_another_address_of_that_mail_domain_speaks_against_a_merge():
    """Of two namesakes at one company each has one."""
    known = {"ida": "in:ida mail:ida.fenn@a.example", "other": "mail:ida@a.example"}
    assert learnt("+mail:ida@a.example", **known).merged == ()


def test_what_was_found_for_two_means_neither():
    """From then on; found for either once more, it is no news."""
    known = {"ida": "in:ida", "two": "in:ida-2 +mail:ida@a.example"}
    learned = learnt("+mail:ida@a.example", **known)
    assert (learned.keys, learned.contested) == ((key("!mail:ida@a.example"),), (key("+mail:ida@a.example"),))
    again = learnt("+mail:ida@a.example", **{**known, "ida": "in:ida !mail:ida@a.example"})
    assert (again.keys, again.merged) == ((), ())


def test_a_person_has_one_found_page():
    """A second answer that tells another one is not to be trusted more than the first."""
    assert learnt("+in:ida-2", ida="+in:ida").keys == ()
    assert learnt("+in:ida-2", ida="in:ida").keys == ()


def test_two_known_companies_stay_two():
    """A subsidiary's page names its parent's domain."""
    learned = learnt("+domain:a.example", sub="page:sub", parent="domain:a.example")
    assert (learned.merged, learned.contested) == ((), (key("+domain:a.example"),))


def test_those_who_are_joined_must_agree_among_them():
    """Two keys of one answer lead to two people who contradict each other: only the first is joined."""
    learned = learnt(
        "+mail:i@a.example +mail:j@b.example", ida="who:ida_fenn_@_a", one="in:one mail:i@a.example", two="in:two mail:j@b.example"
    )  # fmt: skip
    assert set(merged(learned)) == {"one"}
    assert learned.contested == (key("+mail:j@b.example"),)


@pytest.mark.parametrize(
    ("one", "other", "may_be"),
    [
        ("ada brook", "ada", True),
        ("ada brook", "a brook", True),
        ("ada brook", "brook ada", True),
        ("ada brook", "ada m brook", True),
        ("ada brook", "", True),
        ("ada brook", "adam brook", False),
        ("ada brook", "ada king", False),
        ("ada brook", "bob", False),
    ],
)
def test_names_agree_where_each_word_of_the_shorter_is_in_the_longer(one, other, may_be):
    """Nicknames and married names are missed rather than guessed."""
    assert agree([one], [other]) is agree([other], [one]) is may_be
