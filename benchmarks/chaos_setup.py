"""The configurations of the campaign, and the people that go through it."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from enrichcore.domain.ids import NAMESPACE

#: What callbacks of a client carry.
SECRET = "secret of {client}"


def client_id(client: str) -> UUID:
    """A client's id."""
    return uuid5(NAMESPACE, f"campaign/{client}")


def step(workflow: str, entity: str, **settings: Any) -> str:
    lines = [f'workflow = "{workflow}"', 'kind = "webhook"', f'entity = "{entity}"', f'result = "{workflow}"']
    lines += [f"{name} = {value!r}".replace("'", '"') for name, value in settings.items()]
    return "\n".join(lines)


def three_steps(settings: Mapping[str, Any]) -> list[str]:
    return [
        step("enrich_company", "company", **settings),
        step("enrich_person", "person", **settings),
        step("find_email", "person", when="person_email is missing", **settings),
    ]


def workstreams(steps: Mapping[str, Sequence[str]]) -> str:
    return "\n\n".join(
        f'[workstreams.{name}]\nlabel = "{name}"\ningest = "crm"\n\n'
        + "\n\n".join(f"[[workstreams.{name}.steps]]\n{step}" for step in some)
        for name, some in steps.items()
    )


def configuration(text: str, callbacks: str, clay: str, clients: Sequence[str], hooks: Sequence[str]) -> str:
    runner = (
        f'[runner]\nlisten = "127.0.0.1:0"\ncallback_base_url = "{callbacks}"\nlease = "5s"\ntimeout_grace = "1s"\n'
    )
    parts = [runner, text]
    parts += [
        f'[clients.{client}]\nid = "{client_id(client)}"\nname = "{client}"\n'
        f'callback_secret = "{SECRET.format(client=client)}"'
        for client in clients
    ]
    for hook in hooks:
        client, stream, workflow = hook.split("/")
        name = client if stream == "tenants" else hook
        parts.append(f'[clients.{client}.webhooks.{stream}.{workflow}]\nurl = "{clay}/hooks/{name}"')
    return "\n\n".join(parts)


_FIRST = ("Ottoline", "Bram", "Ilse", "Casimir", "Wanda", "Jorun", "Thaddeus", "Mirela", "Oswin", "Petra")
_LAST = ("Fennimarsh", "Mockridge", "Traumaue", "Vandersloot", "Quillby", "Harrowgate", "Lindqvarn", "Osterholt")


def export_of(people: int, first_number: int = 0) -> bytes:
    """A CRM export of so many people, five to a company, every second one without an e-mail address."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(("First Name", "Last Name", "Email", "LinkedIn URL", "Company Name", "Company Domain Name"))
    for number in range(first_number, first_number + people):
        first, last = _FIRST[number % len(_FIRST)], _LAST[number // len(_FIRST) % len(_LAST)]
        domain, slug = f"company-{number // 5}.example", f"{first}-{last}-{number}".lower()
        email = f"{slug}@{domain}" if number % 2 else ""
        rows.writerow((first, last, email, f"https://www.linkedin.com/in/{slug}", f"Company {number // 5}", domain))
    return out.getvalue().encode()
