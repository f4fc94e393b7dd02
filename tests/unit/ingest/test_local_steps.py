"""The local steps of the shipped pipelines."""

import pytest

from enrichcore.ingest.steps import normalize_company_name, split_raw_apollo_scrape


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("QUILLHAVEN ROBOTICS INC", "Quillhaven Robotics"),
        ("Quillhaven Robotics, Inc.", "Quillhaven Robotics"),
        (" Quillhaven  Robotics ", "Quillhaven Robotics"),
        ("tallowbrook logistics pty. ltd.", "Tallowbrook Logistics"),
        ("Zielony Most Sp. z o.o.", "Zielony Most"),
        ("Nopalito Foods, S.A. de C.V.", "Nopalito Foods"),
        ("Pinnacle Forge, L.L.C.", "Pinnacle Forge"),
        ("Münzwerk GmbH", "Münzwerk"),
        ("Acme (UK) Ltd.", "Acme (UK)"),
        ("Acme Inc. (formerly Foo)", "Acme"),
        ("Acme | Software Company", "Acme"),
        ("The Coca-Cola Company", "The Coca-Cola Company"),
        ("The Foundry, Inc.", "The Foundry"),
        ("BRACKENFORD INSTRUMENTS OF LEEDS LTD", "Brackenford Instruments of Leeds"),
        ("O'NEILL STEEL", "O'Neill Steel"),
        ("OrchidLane Health", "OrchidLane Health"),
        ("XQZ CORP", "XQZ"),
        ("Inc.", "Inc."),
        ("orchidlane", "orchidlane"),
        ("The Limited", "The Limited"),
        ("HSBC HOLDINGS PLC", "HSBC Holdings"),
        ("BASF SE", "BASF"),
        ("GROSS GMBH", "Gross"),
        ("GE AEROSPACE", "GE Aerospace"),
        ("Foo LLC dba Acme Boats", "Acme Boats"),
        ("Foo Inc. (d/b/a Acme)", "Acme"),
        ("Foo Ltd t/a Acme", "Acme"),
        ("🚀 Acme 🌱", "Acme"),
        ("Acme® Inc.", "Acme"),
        ("Acme™", "Acme"),
        ('"Acme" Inc', "Acme"),
        ("Acme - Boats for all", "Acme"),
        ("Acme \u2013 We are hiring!", "Acme"),
        ("Acme: Boats for all", "Acme"),
        ("Acme Inc. - HQ", "Acme"),
        ("Acme, a Foo Company", "Acme"),
        ("Acme Inc., a Delaware corporation", "Acme"),
        ("Acme, now part of Foo", "Acme"),
        ("Acme (YC W21)", "Acme"),
        ("Acme Corp (NYSE: ACM)", "Acme"),
        ("A.P. Møller - Mærsk A/S", "A.P. Møller - Mærsk"),
        ("University of Leeds - North", "University of Leeds - North"),
        ("Yahoo! Inc.", "Yahoo!"),
        ("A&P", "A&P"),
        ("The Gap, Inc.", "The Gap"),
        ("The Boring Company, LLC", "The Boring Company"),
        ("THE BORING COMPANY INC.", "The Boring Company"),
        ("Quill Co., Ltd.", "Quill"),
        ("Cementos Vale S.A. de C.V.", "Cementos Vale"),
        ("Alpha (Beta) GmbH", "Alpha (Beta)"),
    ],
)
def test_a_companys_name_is_made_fit_for_a_sentence(given, expected):
    """Legal forms go, shouting is lowered, and what may be meant so stays."""
    assert normalize_company_name({"company_name": given}) == {"company_name": expected}


def test_a_name_that_is_fit_stays():
    """The step changes nothing when it is run again."""
    for name in ("Quillhaven Robotics", "Verraström", "Acme (UK)"):
        assert normalize_company_name({"company_name": name}) == {"company_name": name}


@pytest.mark.parametrize("facts", [{}, {"company_name": None}, {"company_name": "N/A"}, {"company_name": 7.5, "x": []}])
def test_an_unknown_name_gives_nothing_or_text(facts):
    """Nothing known gives nothing, and odd values do not raise."""
    assert all(isinstance(value, str) for value in normalize_company_name(facts).values())
    assert split_raw_apollo_scrape(facts) == {}


def test_what_an_apollo_row_implies_is_added():
    """Names are split, and domain, size, place and lists derived."""
    facts = {
        "person_full_name": "Jo van der Vale",
        "person_email": "jo@vale.example",
        "person_city": "Leeds",
        "person_country": "United Kingdom",
        "company_employee_count": "1,204",
        "company_technologies": "SAP, Palantir",
    }
    assert split_raw_apollo_scrape(facts) == {
        "person_first_name": "Jo",
        "person_last_name": "van der Vale",
        "person_location": "Leeds, United Kingdom",
        "company_domain": "vale.example",
        "company_size_bucket": "1,001-5,000 employees",
        "company_technologies": ["SAP", "Palantir"],
    }


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (("Ludwig", "van der Vale Jr.", None), ("Ludwig", "van der Vale", "Ludwig van der Vale")),
        (("Dr. Jo", "VON DER AU, PhD", None), ("Jo", "von der Au", "Jo von der Au")),
        ((None, None, "Jo  Vale, MBA"), ("Jo", "Vale", "Jo Vale")),
        (("N/A", "-", "JO VALE PhD"), ("Jo", "Vale", "Jo Vale")),
    ],
)
def test_what_is_no_part_of_a_name_leaves_it(raw, names):
    """Names are cleaned here as in an import, whoever hands them over."""
    facts = dict(zip(("person_first_name", "person_last_name", "person_full_name"), raw, strict=True))
    told = facts | split_raw_apollo_scrape(facts)
    assert tuple(told.values()) == names


def test_what_is_known_is_not_added_again():
    """Only additions and changes are returned, so a second run adds nothing."""
    facts = {"person_first_name": "Jo", "person_last_name": "Vale", "company_website": "https://www.vale.example"}
    added = split_raw_apollo_scrape(facts)
    assert added == {"person_full_name": "Jo Vale", "company_domain": "vale.example"}
    assert split_raw_apollo_scrape(facts | added) == {}


@pytest.mark.parametrize(
    ("count", "bucket"), [(1, "0-1 employees"), (7, "2-10 employees"), (200, "51-200 employees"), (201, "201-500 employees"), (99_999, "10,001+ employees")]
)  # fmt: skip
def test_a_head_count_has_linkedins_bucket(count, bucket):
    """Limits belong to the smaller bucket."""
    assert split_raw_apollo_scrape({"company_employee_count": count}) == {"company_size_bucket": bucket}


def test_free_mail_tells_no_company():
    """An address that anybody can have gives no domain."""
    assert split_raw_apollo_scrape({"person_email": "jo@gmail.com"}) == {}


@pytest.mark.parametrize(
    ("given", "spoken"),
    [
        ("Vale & Company", "Vale & Company"), ("VALE AND COMPANY", "Vale and Company"), ("Vale & Company, Inc.", "Vale & Company"),
        ("Vale Company", "Vale"), ("Vale & Co. KG", "Vale"),
        ("Vale & Co.", "Vale & Co."), ("Vale & Co", "Vale & Co"), ("VALE & CO.", "Vale & Co."), ("Vale & Co. LLC", "Vale & Co."), ("Vale GmbH & Co. KG", "Vale"), ("VALE GMBH & CO. KG", "VALE"),
        ("Vale Co.", "Vale"), ("Vale AG & Co. KGaA", "Vale"), ("Vale & Sons Ltd", "Vale & Sons"),
    ],
)  # fmt: skip
def test_a_partners_company_is_said_in_full(given, spoken):
    """Without "& Company" it would be somebody's name."""
    assert normalize_company_name({"company_name": given}) == {"company_name": spoken}
