"""Who is meant where an answer names more than one: in a list of several, and in a wrapper inside an object that names itself.

A search for a name finds those who share a word of it, and a company's object holds its posts and the people they are about. Where
nothing tells which of them is meant none is taken; where an object names itself, it is the one.
"""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from enrichcore import normalize
from enrichcore.domain.keys import differ_as_pages
from enrichcore.domain.pipeline import Entity
from enrichcore.fields.owners import owner_by_content, says
from enrichcore.fields.sources import keys

Tree = Any

#: Under which keys somebody, or a company, is called by name.
_CALLED = ("name", "fullname", "firstname", "lastname", "companyname", "contactfirstname", "contactlastname")


@frozen(kw_only=True)
class _Signs:
    """What tells one person, or company, from another."""

    #: The words of the name, without legal forms and initials.
    words: frozenset[str]
    #: The key of the page on LinkedIn.
    page: str | None
    #: Of a company its registrable domain, of a person the address.
    address: str | None


def one_of(parts: list[Tree], asked: Entity | None) -> Tree:
    """The first of a list that says something; None where another is somebody else, for then nothing tells which is meant."""
    first = first_in(parts)
    if not isinstance(first, dict) or len(parts) == 1:
        return first
    signs = _signs(first, asked)
    if not signs.words and signs.page is None:
        return first
    others = (part for part in parts if isinstance(part, dict) and part is not first)
    if any(_are_two(signs, _signs(part, asked), asked) and _is_one_like(part, first, asked) for part in others):
        return None
    return first


def first_in(part: Tree) -> Tree:
    """What says something first in a list, or what is none."""
    return next((one for one in part if not normalize.is_nothing(one)), None) if isinstance(part, list) else part


def is_beside_its_holder(key: str, inner: Tree, holder: Mapping[str, Tree], asked: Entity | None) -> bool:
    """Whether what a wrapper holds is something beside the object that it stands in: a post, somebody whom a text names.

    Args:
        key: The wrapper's folded key.
        inner: The first object in it.
        holder: The object that it stands in, which may also be an envelope that tells what was asked.
        asked: Whom the step concerns.
    """
    if key in keys("mentions"):
        return _has_a_name(holder)
    if not isinstance(inner, dict) or not _names_itself(holder):
        return False
    own, other = _signs(holder, asked), _signs(inner, asked)
    if not own.words or not other.words or not _are_two(own, other, asked):
        return False
    if key in keys("listings") and asked is not None and _owner(holder, asked) is asked:
        return True
    # A wrong match tells whom it found.
    return owner_by_content(inner, asked) is not asked and other.page is None and other.address is None


def _names_itself(node: Mapping[str, Tree]) -> bool:
    """Whether an object has a name and more: a place of its own on the web, or a fact that only a person or a company has."""
    return _has_a_name(node) and (says(node, "sites") or says(node, "pages") or _owner(node) is not None)


def _has_a_name(node: Mapping[str, Tree]) -> bool:
    return says(node, "names") or says(node, "names_of_people")


def _owner(node: Mapping[str, Tree], asked: Entity | None = None) -> Entity | None:
    """Whose object it is that has a name; beside one a title is a person's."""
    owner = owner_by_content(node, asked)
    return Entity.PERSON if owner is None and says(node, "role_signs") else owner


def _signs(node: Mapping[str, Tree], asked: Entity | None) -> _Signs:
    is_company = asked is Entity.COMPANY
    key_of = normalize.company_name_key if is_company else normalize.person_name_key
    told = (node[key] for key in _CALLED if key in node)
    words = frozenset(
        word for text in told if isinstance(text, str) and text.strip() for word in (key_of(text) or "").split()
    )
    kind: normalize.LinkedInKind = "company" if is_company else "in"
    pages = (normalize.linkedin_key(node[key], kind) for key in keys("pages") if key in node)
    if is_company:
        sites = (node[key] for key in keys("sites") if key in node)
        addresses = (normalize.registrable_domain(normalize.company_domain(site)) for site in sites)
    else:
        addresses = (normalize.usable_email(node[key]) for key in keys("mail_signs") if key in node)
    return _Signs(words=words, page=next(filter(None, pages), None), address=next(filter(None, addresses), None))


def _are_two(one: _Signs, other: _Signs, asked: Entity | None) -> bool:
    """Whether two are surely not the same: by their pages, a company by its domain, else by their names.

    A person may have several addresses, so that only the same one says something.
    """
    if one.page and other.page and (one.page == other.page or differ_as_pages(one.page, other.page)):
        return one.page != other.page
    if one.address and other.address and (one.address == other.address or asked is Entity.COMPANY):
        return one.address != other.address
    if not one.words or not other.words:
        return False
    return not (_are_among(one.words, other.words) or _are_among(other.words, one.words))


def _are_among(words: frozenset[str], others: frozenset[str]) -> bool:
    """Whether every word is one of the others, or the same name in short: "Bob" is Robert."""
    return all(not normalize.given_name_forms(word).isdisjoint(others) for word in words)


def _is_one_like(node: Mapping[str, Tree], first: Mapping[str, Tree], asked: Entity | None) -> bool:
    """Whether an entry of a list is one who may be asked for, too, and no step of a search or part of a message."""
    owner = owner_by_content(node, asked)
    shared = ((keys("naming") | keys("mail_signs")) & node.keys() & first.keys()).difference(_CALLED)
    return owner is asked is not None or (owner is None and bool(shared))
