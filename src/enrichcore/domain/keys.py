"""Keys that tell whether two rows mean the same person or the same company."""

from enum import StrEnum

from attrs import frozen


class KeyKind(StrEnum):
    """What a key is made of. The order within an entity is its strength, strongest first."""

    #: Person: the segment after `/in/`, percent-decoded and lower-cased.
    PERSON_LINKEDIN = "person_linkedin"
    #: Person: a usable e-mail address, lower-cased.
    PERSON_EMAIL = "person_email"
    #: Person, weak: normalised name and the company's strongest key.
    PERSON_NAME = "person_name"
    #: Person, weak: normalised name and the company's id in the directory, by whatever key the row named it.
    PERSON_AT_COMPANY = "person_at_company"
    #: Company: registrable domain of the website, or of a non-free e-mail address where there is no website.
    COMPANY_DOMAIN = "company_domain"
    #: Company: the segment after `/company/`, percent-decoded and lower-cased.
    COMPANY_LINKEDIN = "company_linkedin"
    #: Company, weak: normalised name without its legal form.
    COMPANY_NAME = "company_name"
    #: Company, weak: the name where a row tells nothing else. It keeps rows of a shared name where they were first put.
    COMPANY_NAME_ALONE = "company_name_alone"
    #: Company, weak: a name that another company has, too; it finds nobody, and says that the name alone means none.
    COMPANY_NAME_SHARED = "company_name_shared"


#: Weak keys find an entity that has nothing stronger to contradict them; they never join two known entities.
WEAK = frozenset(
    {
        KeyKind.PERSON_NAME, KeyKind.PERSON_AT_COMPANY, KeyKind.COMPANY_NAME, KeyKind.COMPANY_NAME_ALONE,
        KeyKind.COMPANY_NAME_SHARED,
    }
)  # fmt: skip


@frozen(order=True)
class Key:
    """One key of a person or company, unique within a client."""

    kind: KeyKind
    value: str
