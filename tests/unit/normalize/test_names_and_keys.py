import pytest

from enrichcore.fields import extract_person_fields
from enrichcore.ingest import read_import
from enrichcore.normalize import (
    company_name,
    company_name_key,
    distinct_names,
    last_name,
    person_name,
    person_name_key,
    split_full_name,
)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  O\u2019Fennimarsh ", "O\u2019Fennimarsh"),
        ("von der Traumaue", "von der Traumaue"),
        ("McDonald", "McDonald"),
        ("HANK DUNWORTHY", "Hank Dunworthy"),
        ("O\u2019FENNIMARSH", "O\u2019Fennimarsh"),
        ("MCDONALD", "McDonald"),
        ("mockridge-vale", "Mockridge-Vale"),
        ("VON DER TRAUMAUE", "von der Traumaue"),
        ("LUDWIG VAN DUNWORTHY", "Ludwig van Dunworthy"),
        ("AJ", "AJ"),
        ("Jane Doe, PhD, MBA", "Jane Doe"),
        ("Jane Doe Ph.D.", "Jane Doe"),
        ("Doe Jr.", "Doe"),
        ("Dr. Jane Doe", "Jane Doe"),
        ("Jane Doe (she/her)", "Jane Doe"),
        ("Jane 🚀 Doe", "Jane Doe"),
        ("Doe 👩\u200d💻", "Doe"),
        ("Jane 👩\u200d💻 Doe", "Jane Doe"),
        ("Jane Doe 🌱 We're hiring", "Jane Doe"),
        ("Jack Ma", "Jack Ma"),
        ("PhD", "PhD"),
        ("王小明", "王小明"),
        ('Jane "Janey" Doe', "Jane Doe"),
        ("Jane (Janey) Doe", "Jane Doe"),
        ("Doe (née Roe)", "Doe"),
        ("[Jane]", "Jane"),
        ("Jane Doe | Keynote speaker", "Jane Doe"),
        ("Jane Doe - Quillhaven", "Jane Doe"),
        ("Doe - Roe", "Doe - Roe"),
        ("Jane Doe.", "Jane Doe."),
        ("Jane Fennimarsh.", "Jane Fennimarsh"),
        ("Sir Jane Doe", "Jane Doe"),
        ("JO", "Jo"),
        ("Jane & John Doe", None),
        ("Jane;John", None),
        ("=cmd", None),
        ("Dr.", None),
        ("Mr", None),
        ("jane@quillhaven.example", None),
        ("---", None),
        (17, None),
    ],
)
def test_a_persons_name_is_fit_to_show(raw, clean):
    """Particles, apostrophes and inner capitals stay; credentials, emoji and shouting go."""
    assert person_name(raw) == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [("VON BRAUN", "von Braun"), ("van dunworthy", "van Dunworthy"), ("DE LA CRUZ", "de la Cruz"), ("Van Dunworthy", "Van Dunworthy"), ("VAN", "Van"), ("DOE", "Doe"), ("", None)],
)  # fmt: skip
def test_the_particles_of_a_last_name_in_capitals_are_small(raw, clean):
    """Where only the last name is told, nothing of it is a first name; one that has a case of its own keeps it."""
    assert last_name(raw) == clean


@pytest.mark.parametrize(
    ("told", "names"),
    [
        (("Jane", "Jane Doe"), ("Jane", "Doe")), (("Jane", "Jane Jane Doe"), ("Jane", "Doe")), (("Jane Doe", "Jane Doe"), ("Jane", "Doe")), (("Jane Doe", "Doe"), ("Jane", "Doe")),
        (("Jane", "Doe, CSM, SAFe"), ("Jane", "Doe")), ((None, "Doe, Jane"), ("Jane", "Doe")), (("Doe, Jane", None), ("Jane", "Doe")), (("Martín", "Martín Doe", "Martín Martín Doe"), ("Martín", "Martín Doe")),
        (("Jane", "Jane"), ("Jane", "Jane")), (("Jane", "Janeway Doe"), ("Jane", "Janeway Doe")), (("Jane", None), ("Jane", None)), ((None, None), (None, None)),
    ],
)  # fmt: skip
def test_neither_name_holds_the_other(told, names):
    """Systems write the whole name into the place of one; a full name that repeats a word means it."""
    assert distinct_names(*told) == names


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("Ottoline Fennimarsh", ("Ottoline", "Fennimarsh")),
        ("Anneliese von der Traumaue", ("Anneliese", "von der Traumaue")),
        ("Doe, Jane", ("Jane", "Doe")),
        ("Jane Q. Doe", ("Jane", "Doe")),
        ("José Ortega y Gasset", ("José", "Ortega y Gasset")),
        ("Cher", ("Cher", None)),
        ("DOE, Jane", ("Jane", "Doe")),
        ("VON DOE, JANE", ("Jane", "von Doe")),
        ("Doe Jr., Jane", ("Jane", "Doe")),
        ("Jane Doe, SAFe", ("Jane", "Doe")),
        ("Doe Roe, LaToya", ("LaToya", "Doe Roe")),
        ("Doe, Jane, Dr.", ("Jane", "Doe")),
        ("von der Traumaue", (None, "von der Traumaue")),
        ("", (None, None)),
    ],
)
def test_a_full_name_is_split_at_its_last_name(full, parts):
    """The last name begins at its first particle, and the order is never turned round without a comma."""
    assert split_full_name(full) == parts


@pytest.mark.parametrize(
    "names",
    [
        ("Acme S.à r.l.", "Acme Sàrl", "Acme National Association", "ACME"),
        ("Münzwerk GmbH", "Muenzwerk", "MUNZWERK GMBH", "münzwerk gmbh & Co. KG"),
        ("Quillhaven Robotics, Inc.", "QUILLHAVEN ROBOTICS INC", "Quillhaven Robotics"),
        ("Tallowbrook Logistics Pty Ltd", "Tallowbrook Logistics Pty. Limited"),
        ("Verraström AB", "Verrastrom"),
        ("Søren & Sønner A/S", "Soeren and Soenner"),
        ("Driftline S.A. de C.V.", "Driftline"),
        ("Kestrel Sp. z o.o.", "Kestrel"),
        ("株式会社サンプル", "サンプル"),
        ("The Harrowgate Company", "Harrowgate"),
    ],
)
def test_one_company_has_one_key_however_it_is_written(names):
    """Legal forms, case, accents, umlauts and punctuation do not matter."""
    assert len({company_name_key(name) for name in names}) == 1


def test_a_name_of_nothing_but_a_legal_form_keeps_it():
    """Stripping never leaves nothing, and never reaches into the middle of a name."""
    assert company_name_key("Limited") == "limited"
    assert company_name_key("Acme (UK) Ltd.") == "acme uk"
    assert company_name_key("???") is None
    assert company_name_key("Plan A") == "plan a"
    assert company_name_key("C&A") == "c and a"


def test_a_companys_name_is_shown_as_given():
    """Only the dirt around it goes."""
    assert company_name(" PINNACLE FORGE LLC,") == "PINNACLE FORGE LLC"
    assert company_name("N/A") is None
    assert company_name('"Pinnacle Forge"') == company_name('"Pinnacle Forge') == "Pinnacle Forge"
    assert company_name('Pinnacle "Forge"') == 'Pinnacle "Forge"'


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Pampanet?", "Pampanet"), ("Pampanet ?", "Pampanet"), ("Pampanet (?)", "Pampanet"), ("Pampanet Inc.?", "Pampanet Inc."), ("Pampanet...", "Pampanet"), ("Pampanet…", "Pampanet"), ("Pampanet*", "Pampanet"),
        ("- Pampanet", "Pampanet"), ("• Pampanet -", "Pampanet"), ("Pampanet:", "Pampanet"), ("Yahoo!", "Yahoo!"), ("Acme Inc.", "Acme Inc."), ("C#", "C#"), ("M*A*S*H", "M*A*S*H"), ("-mint", "-mint"), ("A/S", "A/S"), ("Toys “R” Us", "Toys “R” Us"),
    ],
)  # fmt: skip
def test_stray_marks_are_no_part_of_a_companys_name(told, shown):
    """What an encoding or a list left behind goes; marks that names have stay."""
    assert company_name(told) == shown


def test_the_sign_of_a_trade_mark_makes_no_other_company():
    """It is shown, and matches the name without it."""
    assert company_name("Acme™") == "Acme™"
    assert {company_name_key(name) for name in ("Acme™", "Acme®", "Acme")} == {"acme"}


@pytest.mark.parametrize(
    "value", ["Self-employed", "(Freelance)", "SELF EMPLOYED", "Stealth Startup", "retired", "https://x.example"]
)
def test_who_works_for_no_company_has_none(value):
    """All freelancers of a file would otherwise be colleagues."""
    assert company_name(value) is None
    assert company_name_key(value) is None


def test_a_persons_key_does_not_depend_on_order_accents_or_credentials():
    """The same person in two lists has one key."""
    assert (
        person_name_key("Weißenklang, Jürgen") == person_name_key("JUERGEN WEISSENKLANG PhD") == "jurgen weissenklang"
    )


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Dr. med. Hans Meier", "Hans Meier"), ("Dipl.-Ing. Hans Meier", "Hans Meier"), ("Prof. Dr. rer. nat. Hans Meier", "Hans Meier"),
        ("Hans Meier, Dr. med.", "Hans Meier"), ("dr. med. hans meier", "Hans Meier"),
        # Names, and initials, that look like titles.
        ("Med Amine", "Med Amine"), ("Dr. Phil Meier", "Phil Meier"), ("M.S. Meier", "M.S. Meier"), ("Meier, Phil", "Meier, Phil"),
    ],
)  # fmt: skip
def test_a_german_degree_is_no_part_of_a_name(given, shown):
    """Its faculty stands behind it, and its full stops vary."""
    assert person_name(given) == shown


@pytest.mark.parametrize("kind", ["Full-time", "Vollzeit", "Contract", "Self-employed"])
def test_how_somebody_is_employed_is_no_part_of_the_employers_name(kind):
    """LinkedIn writes it behind a dot; other dots stay."""
    assert company_name(f"Pampanet \u00b7 {kind}") == "Pampanet"
    assert company_name("Bits \u00b7 Pieces") == "Bits \u00b7 Pieces"


@pytest.mark.parametrize(
    "name",
    [
        "Empfang", "Buchhaltung", "N.N.", "N. N.", "Zentrale", "Sekretariat", "Geschäftsführung", "Sales Team", "Marketing Department", "Front Desk", "Accounts Payable", "Human Resources", "Team Einkauf",
        "[deleted]", "(left company)", "Private Profile", "To Whom It May Concern", "Max Mustermann", "Vorname Nachname", "Dirección", "Contact Us", "Our Team",
    ],
)  # fmt: skip
def test_a_desk_and_a_stand_in_are_nobody(name):
    """Lists of customers are full of them, in one cell or in two."""
    assert person_name(name) is None
    if " " in name and name[0] not in "[(N":
        assert distinct_names(*name.rsplit(" ", 1)) == (None, None)


@pytest.mark.parametrize("name", ["Ana Sales", "Will Service", "Max Personal", "Sales", "Grace Press"])
def test_a_name_with_a_word_of_a_desk_is_somebodys(name):
    """One word that is none of a desk's is enough, and some are names."""
    assert person_name(name) == name


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"full_name": "Trần Mai", "first_name": "Mai"}, ("Mai", "Trần")),
        ({"full_name": "Lee Ann", "last_name": "Lee"}, ("Ann", "Lee")),
        ({"full_name": "Lê Văn Tám", "last_name": "Lê"}, ("Văn Tám", "Lê")),
        ({"full_name": "Ann Lee", "last_name": "Lee"}, ("Ann", "Lee")),
        ({"full_name": "Ann Lee", "first_name": "Ann"}, ("Ann", "Lee")),
    ],
)
def test_a_family_name_that_stands_first_is_none_twice(told, expected):
    """Where one part is told beside the whole, the other is the rest of it, in whatever order."""
    found = extract_person_fields(told)
    assert (found["person_first_name"], found["person_last_name"]) == expected
    header, cells = ";".join(told).replace("_", " "), ";".join(told.values())
    (row,) = read_import(f"{header};email\n{cells};a@b-boats.example\n".encode(), profile="crm").rows()
    assert (row.person["person_first_name"], row.person["person_last_name"]) == expected
