"""What a configuration's own path tells is taken at its word, where a shipped path of that name is doubted."""

import pytest

from enrichcore.fields import extract_company_fields

BODY = {"name": "Acme", "type": "Customer", "crm": {"kind": "Marketplace"}, "kind": "PRIVATELY_HELD"}


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        (None, None),
        (["crm.kind"], "Marketplace"),
        (["...", "crm.kind"], "Marketplace"),
        (["type"], "Customer"),
        (["..."], None),
        (["kind"], "Privately Held"),
    ],
)
def test_a_companys_type_is_what_an_own_path_says(paths, told):
    """Under `type` many other things stand, unless somebody says that it is the type."""
    sources = None if paths is None else {"company_type": paths}
    assert extract_company_fields(BODY, sources=sources)["company_type"] == told
