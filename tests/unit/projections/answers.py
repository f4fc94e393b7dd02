"""What providers say of companies and persons, as the tests of leads write it."""


def company_answer(**fields):
    """What a provider says of a company."""
    return {"result": {"name": "Quillhaven Robotics, Inc.", "domain": "quillhaven.example", **fields}}


def person_answer(**fields):
    """What a provider says of a person."""
    return {"result": {"first_name": "Ann", "last_name": "Fennimarsh", **fields}}


def employed(*jobs):
    """A person's answer with a whole history: (domain, first day, last day or None)."""
    return person_answer(
        experience=[
            {
                "company": domain.split(".")[0].capitalize(),
                "company_domain": domain,
                "title": "Buyer",
                "start_date": first,
                "end_date": last,
            }
            for domain, first, last in jobs
        ]
    )
