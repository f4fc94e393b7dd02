"""Workstreams for benchmarks, and people to send through them.

`bench` has two webhook steps, `waiting` has one whose time to answer is given. Each webhook has a pace of its own, as
high as a configuration may set it, so that pace is not what a benchmark measures.
"""

import csv
import io

from enrichcore.registry import parse

CONFIGURATION = """
[workstreams.bench]
label = "Benchmark"
ingest = "crm"

[[workstreams.bench.steps]]
workflow = "enrich_person"
pace_group = "bench-first"
kind = "webhook"
entity = "person"
result = "person_profile"
rate = 1000
burst = 10000
max_in_flight = 1000000
lifetime_limit = 1000000000
answer_within = "6h"

[[workstreams.bench.steps]]
workflow = "find_email"
pace_group = "bench-second"
kind = "webhook"
entity = "person"
result = "person_email"
rate = 1000
burst = 10000
max_in_flight = 1000000
lifetime_limit = 1000000000
answer_within = "6h"

[clients.bench]
id = "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10"
name = "Benchmark"
callback_secret = "secret of the benchmark"

[clients.bench.webhooks.bench.enrich_person]
url = "{first}"

[clients.bench.webhooks.bench.find_email]
url = "{second}"
"""


def paced(rows: int) -> str:
    """The same configuration with so many rows a second to each webhook, and as many at once."""
    text = CONFIGURATION.replace("rate = 1000", f"rate = {rows}")
    return text.replace("burst = 10000\n", f"burst = {rows}\n")


WAITING = """
[workstreams.waiting]
label = "One long wait"
ingest = "crm"

[[workstreams.waiting.steps]]
workflow = "enrich_person"
pace_group = "bench-waiting"
kind = "webhook"
entity = "person"
result = "person_profile"
rate = 1000
burst = 10000
max_in_flight = 1000000
lifetime_limit = 1000000000
reuse_within = "0s"
answer_within = "{answer_within}"

[clients.bench.webhooks.waiting.enrich_person]
url = "{first}"
"""

COMPANY = """
[workstreams.company]
label = "One company, then its people"
ingest = "crm"

[[workstreams.company.steps]]
workflow = "enrich_company"
pace_group = "bench-company"
kind = "webhook"
entity = "company"
result = "company_profile"
answer_within = "6h"

[[workstreams.company.steps]]
workflow = "enrich_person"
pace_group = "bench-people"
kind = "webhook"
entity = "person"
result = "person_profile"
answer_within = "6h"

[clients.bench.webhooks.company.enrich_company]
url = "{first}"

[clients.bench.webhooks.company.enrich_person]
url = "{second}"
"""

SECRET = "secret of the benchmark"
REGISTRY = parse(CONFIGURATION.format(first="http://127.0.0.1:9/first", second="http://127.0.0.1:9/second"), env={})

_COLUMNS = ("First Name", "Last Name", "Email", "Job Title", "Company Name", "Company Domain Name")
_FIRST = ("Ottoline", "Bram", "Ilse", "Casimir", "Wanda", "Jorun", "Thaddeus", "Mirela", "Oswin", "Petra")
_LAST = ("Fennimarsh", "Mockridge", "Traumaue", "Vandersloot", "Quillby", "Harrowgate", "Lindqvarn", "Osterholt")


def export_of(people: int, first_number: int = 0, *, at_one_company: int = 5) -> bytes:
    """A CRM export of so many people, a few to a company unless told."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(_COLUMNS)
    for number in range(first_number, first_number + people):
        first, last = _FIRST[number % len(_FIRST)], _LAST[number // len(_FIRST) % len(_LAST)]
        company = number // at_one_company
        domain = f"company-{company}.example"
        email = f"{first}.{last}{number}@{domain}".lower()
        rows.writerow((first, last, email, "Buyer", f"Company {company}", domain))
    return out.getvalue().encode()
