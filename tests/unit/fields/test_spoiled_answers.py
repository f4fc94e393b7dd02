"""Every sample with any one of its values spoiled: what is shown then is the truth or nothing, never something else."""

import copy
import json

import pytest

from enrichcore.fields import extract_company_fields, extract_person_fields, known
from tests.unit.fields.test_extract_samples import samples

SPOILED = [
    None, "", "N/A", "undefined", [], {}, "No data found", "❌ Error", {"result": None, "status": "SUCCESS_NO_DATA"}, 0, -1, True, "{{x}}",
    "Run condition not met", [None], {"error": "quota"}, "Loading...", "[object Object]", {"value": None}, "0",
]  # fmt: skip


def places(node, path=()):
    """The path of every value inside an answer."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in inner:
        yield (*path, key)
        yield from places(value, (*path, key))


def spoiled(body, path, value):
    """The answer with another value there."""
    body = copy.deepcopy(body)
    node = body
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return body


def is_part(value, whole):
    """Whether a value is the other one, or a list with some of its members."""
    return value == whole or (
        isinstance(value, list) and isinstance(whole, list) and all(one in whole for one in value)
    )


@pytest.mark.parametrize(
    ("sample", "extract"),
    [pytest.param(*one.values, extract_company_fields, id=one.id) for one in samples("clay_company_payloads")]
    + [pytest.param(*one.values, extract_person_fields, id=one.id) for one in samples("clay_person_payloads")],
)
def test_a_spoiled_value_makes_no_other_one_wrong(sample, extract):
    """Titles, starts, places, names and addresses are as before, or unknown, or as the truth has them."""
    body, truth = sample["body"], sample["truth"]
    if not isinstance(body, dict):
        pytest.skip("the whole answer is one text")
    whole = known(extract(body))
    for number, path in enumerate(places(body)):
        # Each value is spoiled in some of the ways, all values together in all.
        for way in range(number % 3, len(SPOILED), 3):
            told = known(extract(spoiled(body, path, SPOILED[way])))
            wrong = {
                name: value
                for name, value in told.items()
                if not is_part(value, whole.get(name)) and value != truth.get(name) and name not in HISTORY
            }
            assert not wrong, (path, SPOILED[way], json.dumps(wrong))


#: Facts about other jobs: they follow what is told of each.
HISTORY = {"person_current_companies", "person_past_companies", "person_history_is_whole", "person_jobs_are_several"}
