"""Keys that tell whether two rows mean the same person or the same company."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from attrs import frozen

#: Separates a name from the company in a weak person key; no folded name holds it.
NAME_AT: Final = " @ "


class KeyKind(StrEnum):
    """What a key is made of. The order within an entity is its strength, strongest first."""

    #: Person: the segment after `/in/`, percent-decoded and lower-cased; a member's id in that place keeps its case.
    PERSON_LINKEDIN = "person_linkedin"
    #: Person: a usable e-mail address, lower-cased.
    PERSON_EMAIL = "person_email"
    #: Person, found: a LinkedIn page that an answer told, and no row.
    PERSON_LINKEDIN_FOUND = "person_linkedin_found"
    #: Person, found: an e-mail address that an answer told, and no row.
    PERSON_EMAIL_FOUND = "person_email_found"
    #: Person, weak: normalised name and the company's strongest key.
    PERSON_NAME = "person_name"
    #: Person, weak: normalised name and the company's id in the directory, by whatever key the row named it.
    PERSON_AT_COMPANY = "person_at_company"
    #: Company: registrable domain of the website, or of a non-free e-mail address where there is no website.
    COMPANY_DOMAIN = "company_domain"
    #: Company: the segment after `/company/`, percent-decoded and lower-cased.
    COMPANY_LINKEDIN = "company_linkedin"
    #: Company, found: a registrable domain that an answer told, and no row.
    COMPANY_DOMAIN_FOUND = "company_domain_found"
    #: Company, found: a LinkedIn page that an answer told, and no row.
    COMPANY_LINKEDIN_FOUND = "company_linkedin_found"
    #: Company, weak: normalised name without its legal form.
    COMPANY_NAME = "company_name"
    #: Company, weak: the name where a row tells nothing else. It keeps rows of a shared name where they were first put.
    COMPANY_NAME_ALONE = "company_name_alone"
    #: Company, weak: a name that another company has, too; it finds nobody, and says that the name alone means none.
    COMPANY_NAME_SHARED = "company_name_shared"
    #: A found key that answers told of two; it finds nobody, and says that the found one means none. Its value names that one.
    FOUND_FOR_SEVERAL = "found_for_several"


#: Weak keys find an entity that has nothing stronger to contradict them; they never join two known entities.
WEAK = frozenset(
    {
        KeyKind.PERSON_NAME, KeyKind.PERSON_AT_COMPANY, KeyKind.COMPANY_NAME, KeyKind.COMPANY_NAME_ALONE,
        KeyKind.COMPANY_NAME_SHARED,
    }
)  # fmt: skip

#: What a key is called where an answer told it. Found keys find whom no row's key finds, and give way to any row.
FOUND: Final[Mapping[KeyKind, KeyKind]] = {
    KeyKind.PERSON_LINKEDIN: KeyKind.PERSON_LINKEDIN_FOUND,
    KeyKind.PERSON_EMAIL: KeyKind.PERSON_EMAIL_FOUND,
    KeyKind.COMPANY_DOMAIN: KeyKind.COMPANY_DOMAIN_FOUND,
    KeyKind.COMPANY_LINKEDIN: KeyKind.COMPANY_LINKEDIN_FOUND,
}
#: The same the other way round.
TOLD: Final[Mapping[KeyKind, KeyKind]] = {found: told for told, found in FOUND.items()}


@frozen(order=True)
class Key:
    """One key of a person or company, unique within a client."""

    kind: KeyKind
    value: str


def sort_of_page(value: str) -> str:
    """Which sort of address of a page a key's value is; of each sort a person or a company has one.

    It is empty for a slug, which has no capitals and is no number, and else how a member's id begins, for each of LinkedIn's
    products has its own, or that it is a company's number.
    """
    if value[:1].isupper():
        return value[:_PRODUCT]
    return _NUMBER if value.isdecimal() else ""


def differ_as_pages(one: str, other: str) -> bool:
    """Whether two values are of two pages: a slug beside an id says nothing."""
    return one != other and sort_of_page(one) == sort_of_page(other)


_PRODUCT: Final = len("ACwAA")
_NUMBER: Final = "number"


def as_found(key: Key) -> Key:
    """The key of the same value that an answer would have told; only of kinds that answers tell."""
    return Key(FOUND[key.kind], key.value)


def as_told(key: Key) -> Key:
    """The key of the same value that a row would have told, for a found one."""
    return Key(TOLD[key.kind], key.value)
