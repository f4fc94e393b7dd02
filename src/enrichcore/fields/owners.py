"""Whose object an object is, a person's or a company's, by its keys and by what they hold.

Some keys tell for sure: a first name, a count of employees. Others stand in both kinds: companies have a headline and a
place, people's rows name the industry that they work in. Where only such keys are there, what the object calls itself is
held against its domain, and what is left is for whoever asks: an answer about a company is more likely the company's.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from enrichcore.domain.pipeline import Entity
from enrichcore.fields.sources import keys, words
from enrichcore.fields.titles import is_line_of_several
from enrichcore.normalize import (
    clean_text,
    company_domain,
    company_name_key,
    email_domain,
    is_nothing,
    is_shared_mailbox,
    linkedin_key,
    usable_email,
)

#: Signs of a company that outweigh a person's page.
SIGNS_OF_MANY = 4
#: Numbers with which HTTP tells of a failure.
_FIRST_ERROR, _LAST_ERROR = 400, 599
#: Letters of a name that tell it from others.
_TELLING = 3

Node = Mapping[str, Any]


@lru_cache(maxsize=4_096)
def owner_by_key(key: str) -> Entity | None:
    """Whose object a column of that folded name holds."""
    if any(word in key for word in keys("company_words")):
        return Entity.COMPANY
    return Entity.PERSON if any(word in key for word in keys("person_words")) else None


def owner_by_content(node: Node, asked: Entity | None = None) -> Entity | None:
    """Whose object it is; None where nothing tells, or where it may be either.

    Args:
        node: An object of a tree.
        asked: Whom the step concerns.
    """
    kind = node.get("type")
    if isinstance(kind, str) and kind.casefold() in words("kinds_of_companies") and says(node, "names"):
        return Entity.COMPANY
    if says(node, "person_signs"):
        return Entity.PERSON
    if linkedin_key(node.get("url"), "in") or _is_named_like_its_page(node):
        # Somebody's page in a company's object is only a wrong page.
        is_wrong = _has_many_signs(node) or (_is_named_like_its_domain(node) and not _is_named_like_its_page(node))
        return Entity.COMPANY if is_wrong else Entity.PERSON
    if says(node, "role_signs") and not (
        keys("employer_signs").isdisjoint(node) and (_has_many_signs(node) or not _has_a_job(node))
    ):
        # A title at an employer is a person's row, also when facts of the company stand beside it.
        return Entity.PERSON
    if says(node, "either_signs"):
        return _of_either(node, asked)
    is_company = says(node, "company_signs") or linkedin_key(node.get("url"), "company")
    return Entity.COMPANY if is_company else None


def is_nobodys(node: Node, asked: Entity) -> bool:
    """Whether an object is neither's: how a request failed, `{"status": 402, "title": "Payment Required"}`, or an entry of a search."""
    if "title" in node and not says(node, "names_of_people") and not says(node, "names") and _is_a_page(node, asked):
        return True
    told = [node[key] for key in ("status", "statuscode", "httpstatus") if key in node]
    if "code" in node and says(node, "error_details"):
        told.append(node["code"])
    if not any(type(number) is int and _FIRST_ERROR <= number <= _LAST_ERROR for number in told):
        return False
    return not any(says(node, group) for group in ("person_signs", "company_signs", "mail_signs", "sites", "pages"))


def _is_a_page(node: Node, asked: Entity) -> bool:
    """Whether what has a title and no name is a page of the web; that of the company's own site may tell of the company."""
    if not keys("search_signs").isdisjoint(node):
        return True
    has_page = "link" in node or ("url" in node and asked is Entity.PERSON and not linkedin_key(node["url"], "in"))
    return has_page and is_line_of_several(clean_text(node["title"]) or "")


def says(node: Node, group: str) -> bool:
    """Whether one of the keys is there and says something: tables send what they lack as null."""
    names = keys(group)
    return not names.isdisjoint(node) and any(not is_nothing(node[key]) for key in names if key in node)


def _of_either(node: Node, asked: Entity | None) -> Entity | None:
    """Whose object it is that has a headline, a place or an industry, and nothing that only one of the two has."""
    if _names_an_employer(node):
        return Entity.PERSON
    is_job = _reads_like_a_job(node.get("headline"))
    if _is_named_like_its_domain(node) and (asked is Entity.COMPANY or not is_job):
        return Entity.COMPANY
    if is_job:
        return Entity.PERSON
    if says(node, "company_signs") or linkedin_key(node.get("url"), "company"):
        return Entity.COMPANY
    if says(node, "role_signs") or _is_somebodys(node):
        return Entity.PERSON
    if keys("either_signs") & node.keys() == {"industry"}:
        return Entity.COMPANY
    may_be = asked is Entity.COMPANY and (says(node, "sites") or "industry" in node)
    return None if may_be else Entity.PERSON


def _has_many_signs(node: Node) -> bool:
    return len(keys("company_signs") & node.keys()) >= SIGNS_OF_MANY


def _has_a_job(node: Node) -> bool:
    """Whether a title is somebody's: that of a page, "Quillhaven | Robots", may be a company's."""
    told = (clean_text(node[key]) for key in keys("role_signs") if key in node)
    return any(text and "|" not in text and _reads_like_a_job(text) for text in told)


def _reads_like_a_job(value: Any) -> bool:
    """Whether a text is what people write below their own name: "CTO at Quillhaven"."""
    text = (clean_text(value) or "").casefold()
    spoken = set("".join(part if part.isalnum() else " " for part in text).split())
    return "@" in text or not spoken.isdisjoint(words("job_words"))


def _names_an_employer(node: Node) -> bool:
    """Whether a company is named beside another name."""
    own = company_name_key(node.get("name"))
    told = (company_name_key(node[key]) for key in keys("employer_signs") if key in node)
    return own is not None and any(key not in {None, own} for key in told)


def _is_somebodys(node: Node) -> bool:
    """Whether it has the address of a person, and not one of a role: "info@"."""
    told = next((email for key in keys("mail_signs") if (email := usable_email(node.get(key)))), None)
    return told is not None and not is_shared_mailbox(told)


def _is_named_like_its_page(node: Node) -> bool:
    """Whether the name is in the address of the person's page."""
    slugs = (linkedin_key(node[key], "in") for key in keys("pages") if key in node)
    name = company_name_key(node.get("name")) or ""
    return any(word in slug for slug in slugs if slug for word in name.split())


def _is_named_like_its_domain(node: Node) -> bool:
    """Whether the name and the domain are one word, as they are of most companies and of nobody's employer."""
    name = (company_name_key(node.get("name")) or "").replace(" ", "")
    if len(name) < _TELLING:
        return False
    told = [company_domain(node[key]) for key in keys("sites") if key in node]
    told += [email_domain(email) for key in keys("mail_signs") if key in node and (email := usable_email(node[key]))]
    return any(_are_one_word(name, domain.partition(".")[0].replace("-", "")) for domain in told if domain)


@lru_cache(maxsize=4_096)
def _are_one_word(name: str, label: str) -> bool:
    return len(label) >= _TELLING and (name.startswith(label) or label.startswith(name))
