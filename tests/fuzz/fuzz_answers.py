"""Fuzzes the extractors with atheris: whatever the bytes of an answer, it is read, and what is read is clean and storable.

    make fuzz FUZZ_S=600
    python tests/fuzz/fuzz_answers.py -max_total_time=600 [FOLDER_OF_INPUTS]

Bytes go to the reader of answers as they are, and, behind a prefix that makes them values of known keys, to every cleaner.
What it finds becomes a case in tests/unit/fields or tests/property/test_fields.py.
"""

import json
import sys

import atheris
from corpus import ROOT, prepared

with atheris.instrument_imports(include=["enrichcore.fields", "enrichcore.normalize"]):
    from enrichcore.domain.pipeline import Entity
    from enrichcore.fields import (
        FIELDS_BY_NAME,
        compute_indicators,
        default_sources,
        extract_company_fields,
        extract_person_fields,
        parse_body,
        read_answer,
    )

KEYS = sorted({path for paths in default_sources().values() for path in paths} | {"experience", "locations", "result"})


def read_one(data: bytes) -> None:
    """Read one answer in every way there is."""
    for entity in Entity:
        reading = read_answer(data, entity=entity)
        check(reading.fields)
    provider = atheris.FuzzedDataProvider(data)
    answer = {
        KEYS[provider.ConsumeIntInRange(0, len(KEYS) - 1)]: value(provider, 4)
        for _ in range(provider.ConsumeIntInRange(1, 6))
    }
    person, company = extract_person_fields({"result": answer}), extract_company_fields({"result": answer})
    check({**person, **company})
    told = compute_indicators(person, company, answer, [value(provider, 1)])
    assert set(told.values()) <= {True, False, None}


def value(provider: atheris.FuzzedDataProvider, depth: int):
    """Any JSON value."""
    match provider.ConsumeIntInRange(0, 8 if depth else 5):
        case 0:
            return None
        case 1:
            return provider.ConsumeBool()
        case 2:
            return provider.ConsumeInt(8)
        case 3:
            return provider.ConsumeRegularFloat()
        case 4 | 5:
            return provider.ConsumeUnicode(40)
        case 6:
            return [value(provider, depth - 1) for _ in range(provider.ConsumeIntInRange(0, 3))]
        case 7:
            return json.dumps(value(provider, depth - 1))
        case _:
            key = KEYS[provider.ConsumeIntInRange(0, len(KEYS) - 1)]
            return {key: value(provider, depth - 1), provider.ConsumeUnicode(8): value(provider, depth - 1)}


def check(fields: dict) -> None:
    """Every field is known, says something, and can be stored and read back."""
    assert fields.keys() <= FIELDS_BY_NAME.keys()
    assert not [name for name, told in fields.items() if told in ("", [], {})]
    text = json.dumps(fields, ensure_ascii=False, allow_nan=False)
    assert parse_body(text.encode()) == fields
    assert not [one for told in fields.values() if isinstance(told, str) for one in told if one == "\x00"]


def main() -> None:
    """Fuzz until told to stop."""
    seeds = [
        line for file in sorted((ROOT / "tests/data").glob("clay_*.jsonl")) for line in file.read_bytes().splitlines()
    ]
    atheris.Setup(prepared(sys.argv, seeds), read_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
