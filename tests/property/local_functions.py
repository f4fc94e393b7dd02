"""Local functions of somebody's own, sound and broken."""

import itertools

_calls = itertools.count()


def tidy(facts):
    """The company's name without spaces around it."""
    return {"company_name": str(facts.get("company_name", "")).strip()}


def raises_without_an_address(facts):
    """Forgets that a person may have no address."""
    return {"company_name": facts["person_email"].partition("@")[2]}


def gives_a_set(facts):
    """Gives what JSON cannot hold."""
    return {"company_tags": set(facts)}


def counts_its_calls(facts):
    """Gives something else each time."""
    return {"company_name": f"call {next(_calls)}"}
