"""Matching headers with facts."""

import pytest

from enrichcore.ingest import BadMapping, UnknownProfile, map_columns, profile_names
from enrichcore.ingest.cleaning import _CLEANERS
from enrichcore.ingest.profiles import fact_kinds, find_profile, siblings


def test_headers_match_in_any_case_and_with_any_separator():
    """Marks, spaces, underscores, dashes, dots and slashes make no difference."""
    for header in (
        "Company Name",
        "company_name",
        " COMPANY  NAME ",
        "\ufeffcompany-name",
        "CompanyName",
        "Company.Name",
        "Company\u2011Name",
    ):
        assert map_columns([header], "crm").mapped == {header.strip().removeprefix("\ufeff"): "company_name"}


@pytest.mark.parametrize(
    ("profile", "headers"),
    [
        (
            "crm",
            {
                "First Name": "person_first_name",
                "Company / Account": "company_name",
                "Mailing City": "person_city",
                "Billing State/Province": "company_state",
            },
        ),
        ("crm", {"FirstName": "person_first_name", "AccountName": "company_name", "MailingCountry": "person_country"}),
        ("crm", {"Person - Name": "person_full_name", "Organization - Name": "company_name"}),
        (
            "crm",
            {
                "First Name": "person_first_name",
                "URL": "person_linkedin_url",
                "Email Address": "person_email",
                "Position": "person_title",
                "Connected On": None,
            },
        ),
        (
            "crm",
            {
                "MailingState": "person_state",
                "MailingStateCode": "person_state",
                "MailingCountryCode": "person_country",
                "Organization - City/town/village/locality of Address": "company_city",
                "Organization - LinkedIn": "company_linkedin_url",
            },
        ),
        ("crm", {"Vorname": "person_first_name", "Name": "person_last_name", "Stadt": "person_city"}),
        ("crm", {"Prénom": "person_first_name", "Nom": "person_last_name", "Pays": "person_country"}),
        ("crm", {"Vorname": "person_first_name", "E-Mail": "person_email", "Firma": "company_name"}),
        ("crm", {"name": "person_full_name", "company": "company_name", "job title": "person_title"}),
        (
            "crm",
            {
                "First": "person_first_name",
                "Last": "person_last_name",
                "Email 1": "person_email",
                "Job role": "person_title",
                "Web": "company_website",
            },
        ),
        ("crm", {"Company Name": "company_name", "Company": "company_name"}),
        ("crm", {"Company Name": "company_name", "Primary Company": "company_name", "Associated Company IDs": None}),
        ("apollo", {"Title": "person_title", "# Employees": "company_employee_count", "Contact Owner": None}),
        ("crm", {"Nombre": "person_first_name", "Apellidos": "person_last_name", "Correo": "person_email"}),
        ("crm", {"Nombre": "person_full_name", "Empresa": "company_name", "Puesto": "person_title"}),
        ("crm", {"Nome": "person_first_name", "Cognome": "person_last_name", "Ragione sociale": "company_name"}),
        ("crm", {"Nome": "person_first_name", "Sobrenome": "person_last_name", "Telefone": "person_phone"}),
        ("crm", {"Naam": "person_full_name", "E-mailadres": "person_email", "Functie": "person_title"}),
        ("crm", {"Ansprechpartner": "person_full_name", "Mailadresse": "person_email", "Firmenname": "company_name"}),
        ("crm", {"Vor- und Nachname": "person_full_name", "Anzahl der Mitarbeiter": "company_employee_count"}),
        (
            "crm",
            {
                "Courriel": "person_email",
                "Nom de l\u2019entreprise": "company_name",
                "Intitulé du poste": "person_title",
            },
        ),
        ("crm", {"Prenom": "person_first_name", "Nom": "person_last_name", "Societe": "company_name"}),
        ("crm", {"First name*": "person_first_name", "\u201cEmail\u201d": "person_email", "'Company'": "company_name"}),
        ("crm", {"Contact Person": "person_full_name", "Email ID": "person_email", "Job": "person_title"}),
        ("crm", {"Name": "person_full_name", "LinkedIn_URL__c": "person_linkedin_url", "Account.Name": "company_name"}),
        (
            "crm",
            {
                "defaultProfileUrl": "person_linkedin_url",
                "linkedInProfileUrl": "person_linkedin_url",
                "profileUrl": "person_linkedin_url",
                "regularCompanyUrl": "company_linkedin_url",
                "durationInRole": None,
            },
        ),
        (
            "crm",
            {
                "First Name": "person_first_name",
                "Organization Title": "person_title",
                "E-mail 1 - Label": None,
                "E-mail 1 - Value": "person_email",
                "Address 1: City": "person_city",
            },
        ),
    ],
)
def test_the_headers_of_known_vendors_are_mapped(profile, headers):
    """CRM and LinkedIn exports, scrapers, and plain lists in several languages are read without help."""
    mapping = map_columns(headers, profile)
    assert mapping.mapped == {column: fact for column, fact in headers.items() if fact}
    assert mapping.unmapped == tuple(column for column, fact in headers.items() if not fact)
    assert not mapping.ambiguous


def test_the_orders_of_the_shared_part_and_of_a_profile_hold_both():
    """A profile's own order for a fact does not take away the one that all share."""
    headers = ["Default Profile URL", "LinkedIn Profile URL"]
    assert set(map_columns(headers, "crm").mapped.values()) == {"person_linkedin_url"}
    assert set(map_columns(["LinkedIn URL", "LinkedIn Bio"], "crm").mapped.values()) == {"person_linkedin_url"}


@pytest.mark.parametrize(
    "headers",
    [
        ["Email", "E-mail"],
        ["Company", "company"],
        ["Account Name", "Employer"],
        ["company_name", "COMPANY NAME"],
        ["Email", "Email"],
    ],
)
def test_two_columns_for_one_fact_stay_unmapped_and_are_shown(headers):
    """Without a declared order nothing is guessed; the reason names the other column."""
    mapping = map_columns(["First Name", *headers], "crm")
    assert mapping.mapped == {"First Name": "person_first_name"}
    assert len(mapping.ambiguous) == 2
    assert mapping.unmapped == ()
    first, second = mapping.ambiguous
    assert repr(second) in mapping.ambiguous[first]


def test_a_column_without_a_place_in_the_order_makes_all_ambiguous():
    """An order settles what it was declared for, and nothing else."""
    mapping = map_columns(["Company name", "Company Name", "Employer"], "crm")
    assert not mapping.mapped
    assert len(mapping.ambiguous) == 3


def test_hubspots_company_columns_have_a_declared_order():
    """The record's name goes before what was typed into the contact, and that before the associations."""
    headers = ["Company Name", "Associated Company (Primary)", "Company name"]
    mapping = map_columns(headers, "crm")
    assert list(mapping.mapped) == ["Company name", "Company Name", "Associated Company (Primary)"]


def test_the_full_column_of_company_names_goes_before_the_short_one():
    """Wherever the two stand, as for Apollo."""
    for profile in ("apollo", "crm"):
        assert list(map_columns(["Company", "Company Name"], profile).mapped) == ["Company Name", "Company"]


@pytest.mark.parametrize(
    ("headers", "doubtful"),
    [
        (["First Name", "Last Name", "Name"], "Name"),
        (["Job Title", "Title"], "Title"),
        (["Name", "URL"], "URL"),
        (["First", "Last", "Name"], "Name"),
        (["Email", "Email 1"], "Email 1"),
        (["Job Title", "Job role"], "Job role"),
        (["Website", "Web"], "Web"),
        (["Title", "Job role"], "Title"),
    ],
)
def test_a_header_that_is_doubtful_beside_others_is_shown(headers, doubtful):
    """What a header means may depend on its neighbours; the neighbours are mapped all the same."""
    mapping = map_columns(headers, "crm")
    assert list(mapping.ambiguous) == [doubtful]
    assert len(mapping.mapped) == len(headers) - 1


def test_an_override_goes_before_the_profile():
    """The field comes from the column that was named, and only from it."""
    mapping = map_columns(["Email", "Private", "Company"], "crm", {"Private": "person_email"})
    assert mapping.mapped == {"Private": "person_email", "Company": "company_name"}
    assert mapping.unmapped == ("Email",)


def test_an_override_settles_what_is_ambiguous():
    """The remedy that the reason names works, also for columns of the same name."""
    assert map_columns(["Email", "E-mail"], "crm", {"E-mail": "person_email"}).ambiguous == {}
    mapping = map_columns(["Email", "Email"], "crm", {"Email (2)": "person_email"})
    assert mapping.mapped == {"Email (2)": "person_email"}


def test_a_column_can_be_left_out():
    """`ignore` keeps a column from being mapped."""
    mapping = map_columns(["Email", "Phone"], "crm", {"phone": "ignore"})
    assert mapping.mapped == {"Email": "person_email"}
    assert mapping.unmapped == ("Phone",)


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ({"Emial": "person_email"}, "'Email'"),
        ({"Email": "person_mail"}, "person_email"),
        ({"Email": "email"}, "person_email"),
        ({"Company": "company_name"}, "'Company (2)'"),
        ({"": "company_name"}, "there are"),
    ],
)
def test_a_wrong_override_is_refused_with_what_would_be_right(override, says):
    """The text names the column or field that is wrong."""
    with pytest.raises(BadMapping, match="=") as refusal:
        map_columns(["Email", "Company", "Company"], "crm", override)
    assert says in str(refusal.value)
    assert (refusal.value.column, refusal.value.field) == next(iter(override.items()))


def test_columns_without_a_name_have_one():
    """Blank and doubled headers are told apart."""
    assert map_columns(["", "Note", "Note", ""], "crm").unmapped == ("column 1", "Note", "Note (2)", "column 4")


@pytest.mark.parametrize("profile", profile_names())
@pytest.mark.parametrize(
    ("header", "fact"),
    [
        ("Prospect Name", "person_full_name"),
        ("Work Email Address", "person_email"),
        ("Org Name", "company_name"),
        ("Current Employer", "company_name"),
        ("org_domain", "company_domain"),
        ("Org Website", "company_website"),
        ("Company Site", "company_website"),
        ("Funding Date", "company_last_raised_at"),
    ],
)
def test_plain_lists_say_the_same_in_other_words(profile, header, fact):
    """What can mean one thing only is read, in files of both workstreams."""
    assert map_columns([header], profile).mapped == {header: fact}


@pytest.mark.parametrize("other", ["Email", "Email Address", "Primary Email"])
def test_an_address_that_is_said_to_be_at_work_goes_before_another(other):
    """Whatever stands first in the file."""
    assert list(map_columns([other, "Work Email Address"], "crm").mapped) == ["Work Email Address", other]


@pytest.mark.parametrize("header", ["Phone No", "phone no.", "No. of Employees"])
def test_a_column_may_be_called_what_would_say_nothing_in_a_cell(header):
    """In a name of a column "No" is short for number."""
    assert list(map_columns([header, ""], "crm").mapped) == [header]


def test_an_unknown_profile_is_refused():
    """The text lists those that there are."""
    with pytest.raises(UnknownProfile, match="apollo"):
        map_columns(["Email"], "excel")


@pytest.mark.parametrize("profile", profile_names())
def test_the_data_of_the_profiles_is_sound(profile):
    """Every alias, condition and order speaks of a fact that can be cleaned."""
    found = find_profile(profile)
    conditions = [condition for listed in found.conditions.values() for condition in listed]
    facts = {*found.aliases.values(), *(condition.fact for condition in conditions), *found.orders}
    assert facts <= fact_kinds().keys()
    assert siblings().keys() <= fact_kinds().keys()
    assert set(fact_kinds().values()) <= _CLEANERS.keys()
    assert all(listed[0].reason for listed in found.conditions.values())
    for fact, orders in found.orders.items():
        for entry in (entry for order in orders for entry in order if not entry.startswith("=")):
            assert fact in {found.aliases.get(entry), *(one.fact for one in found.conditions.get(entry, ()))}


@pytest.mark.parametrize(
    ("header", "fact"),
    [
        ("Firma / Company", "company_name"),
        ("Organisation/Company", "company_name"),
        ("Vorname (First Name)", "person_first_name"),
        ("Surname or Family Name", "person_last_name"),
        ("Position/Title", "person_title"),
        ("E-Mail (required)", "person_email"),
        ("Job Title [optional]", "person_title"),
        ("Your full name", "person_full_name"),
        ("Your name", "person_full_name"),
        ("Please enter your work email address:", "person_email"),
        ("Ihre Firma", "company_name"),
        ("Your company's address", None),
        ("Email / Phone", None),
        ("Company / Owner", None),
        ("City / State", None),
        ("/", None),
    ],
)
def test_a_header_of_several_names_means_what_each_of_them_does(header, fact):
    """As forms in two languages have them; where one of them means something else, or nothing, the column stays unmapped."""
    assert map_columns(["Record", header], "crm").mapped.get(header) == fact


@pytest.mark.parametrize(
    ("headers", "mapped"),
    [
        (["Prénom", "Nom", "Entreprise", "Site"], {"Site": "company_website"}),
        (["First Name", "Last Name", "Company", "Site"], {"Site": None}),
        (["Firma", "Ansprechpartner", "Internet"], {"Internet": "company_website"}),
        (["Nome completo", "Cidade", "Estado"], {"Estado": "person_state"}),
        (["Nombre completo", "Ciudad", "Estado"], {"Estado": None}),
        (["Full Name", "Profile URL", "Summary"], {"Summary": "person_summary"}),
        (["Full Name", "Ticket", "Summary"], {"Summary": None}),
        (["Email", "Emails"], {"Email": "person_email", "Emails": "person_email"}),
        (["lead_display_name", "name", "primary_email"], {"lead_display_name": "company_name", "name": "person_full_name"}),
        (["Participant", "Country/Region Name"], {"Participant": "person_full_name", "Country/Region Name": "person_country"}),
    ],
)  # fmt: skip
def test_a_header_that_means_several_things_is_told_by_its_company(headers, mapped):
    """By the columns beside it; alone it is left out, and shown."""
    told = map_columns(headers, "crm").mapped
    assert {header: told.get(header) for header in mapped} == mapped
