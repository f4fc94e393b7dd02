# ruff: noqa: RUF001 - letters of other scripts are what is tested
"""Files as systems and people write them, each with the facts that its rows tell; None is what they must not tell.

What is expected was decided by reading the files, before the reader was asked.
"""

import gzip

import pytest

from enrichcore.ingest import ImportedRow, read_import

FILES = {
    "sf_de": (
        "Vorname;Nachname;E-Mail;Account Name;Titel;Mailing City;Mailing Country;Mitarbeiter;Jahresumsatz\r\nJürgen;Weiß;j.weiss@muenzwerk.example;Münzwerk GmbH;Geschäftsführer;Köln;Deutschland;1.204;1.234.567,00\r\n\r\nGeneriert von: A. Test 01.02.2026\r\nCopyright (c) 2000-2026 salesforce.com\r\n".encode(
            "cp1252"
        ),
        "crm",
        [
            {
                "person_first_name": "Jürgen",
                "person_last_name": "Weiß",
                "person_email": "j.weiss@muenzwerk.example",
                "company_name": "Münzwerk GmbH",
                "person_title": "Geschäftsführer",
                "person_city": "Köln",
                "person_country": "Germany",
                "company_employee_count": 1204,
                "company_annual_revenue": 1234567,
            }
        ],
        2,
    ),
    "hubspot": (
        '\ufeff"Record ID","First Name","Last Name","Email","Job Title","Company Name","Company name","Company Domain Name","Associated Company","Number of Employees","State/Region","Country/Region"\r\n"1","Orla","Penhallow","orla@marrowfen.example","Buyer &amp; Planner","marrowfen","Marrowfen Textiles","marrowfen.example","Marrowfen Textiles;Oakmere","214","MA","United States"\r\n"2","Bo","Lee","bo@gmail.com","","Oakmere Ltd","","","Oakmere;Elmgate","","",""\r\n'.encode(
            "utf-8"
        ),
        "crm",
        [
            {
                "person_first_name": "Orla",
                "person_last_name": "Penhallow",
                "person_title": "Buyer & Planner",
                "company_name": "Marrowfen Textiles",
                "company_domain": "marrowfen.example",
                "company_employee_count": 214,
                "person_state": "Massachusetts",
                "person_country": "United States",
            },
            {
                "person_first_name": "Bo",
                "person_last_name": "Lee",
                "person_email": "bo@gmail.com",
                "company_name": "Oakmere Ltd",
                "company_domain": None,
            },
        ],
        0,
    ),
    "apollo": (
        b'First Name,Last Name,Title,Company,Company Name for Emails,Email,Email Status,Work Direct Phone,# Employees,Industry,Person Linkedin Url,Website,Company Linkedin Url,City,State,Country,Company City,Company State,Company Country,Technologies,Annual Revenue,Total Funding,Latest Funding,Last Raised At\nORLA,PENHALLOW,Buyer,"Marrowfen Textiles, Inc.",Marrowfen,email_not_unlocked@domain.com,Unavailable,\'+44 113 496 0101,"1,204",textiles,http://www.linkedin.com/in/orla-penhallow,http://www.marrowfen.example,http://www.linkedin.com/company/marrowfen,Leeds,England,United Kingdom,Leeds,England,United Kingdom,"Gmail, Outlook",12000000,,Series A,2024-05-01\n',
        "apollo",
        [
            {
                "person_first_name": "Orla",
                "person_last_name": "Penhallow",
                "person_email": None,
                "company_name": "Marrowfen Textiles, Inc.",
                "company_employee_count": 1204,
                "person_linkedin_url": "https://www.linkedin.com/in/orla-penhallow",
                "company_domain": "marrowfen.example",
                "company_technologies": ["Gmail", "Outlook"],
                "company_annual_revenue": 12000000,
                "company_last_raised_at": "2024-05-01",
                "person_email_status": None,
            }
        ],
        0,
    ),
    "pipedrive": (
        b"Person - Name,Person - Email - Work,Person - Email - Home,Organization - Name,Person - Job title,Person - Phone - Work\nPenhallow Orla,orla@marrowfen.example,orla@gmail.com,Marrowfen,Buyer,+44 113\nBo van Lee,,bo@gmail.com,Oakmere,,\n",
        "crm",
        [
            {"person_email": "orla@marrowfen.example", "company_name": "Marrowfen", "person_title": "Buyer"},
            {
                "person_first_name": "Bo",
                "person_last_name": "van Lee",
                "person_email": "bo@gmail.com",
                "company_name": "Oakmere",
            },
        ],
        0,
    ),
    "linkedin": (
        b'Notes:\n"When exporting your connection data, you may notice that some of the email addresses are missing."\n\nFirst Name,Last Name,URL,Email Address,Company,Position,Connected On\nOrla,"Penhallow, MBA",https://www.linkedin.com/in/orla-penhallow,,Marrowfen,Buyer,01 Feb 2024\n,,,,,,02 Feb 2024\n',
        "crm",
        [
            {
                "person_first_name": "Orla",
                "person_last_name": "Penhallow",
                "person_linkedin_url": "https://www.linkedin.com/in/orla-penhallow",
                "company_name": "Marrowfen",
                "person_title": "Buyer",
            }
        ],
        1,
    ),
    "utf16tab": (
        "Name\tWork Email\tEmail\tCompany\nOrla Penhallow\torla@marrowfen.example\torla@gmail.com\tMarrowfen\n".encode(
            "utf-16"
        ),
        "crm",
        [
            {
                "person_full_name": "Orla Penhallow",
                "person_email": "orla@marrowfen.example",
                "company_domain": "marrowfen.example",
            }
        ],
        0,
    ),
    "pipe": (
        b"First Name|Last Name|Email|Company|Company Size|Country\nAda|Ada Brook|ada@brook.example|BROOK & CO.|B_51_200|EMEA\nWERNHER|VON BRAUN|w@braun.example|Braun GmbH & Co. KG|51-200 employees|DE\n",
        "crm",
        [
            {
                "person_first_name": "Ada",
                "person_last_name": "Brook",
                "company_size_bucket": "51-200",
                "person_country": None,
            },
            {
                "person_first_name": "Wernher",
                "person_last_name": "von Braun",
                "person_country": "Germany",
                "company_size_bucket": "51-200 employees",
            },
        ],
        0,
    ),
    "locked": (
        b"Full Name,Email,Company,Title,City\nOrla Penhallow,Access email,Marrowfen,Locked,Click to view\n",
        "crm",
        [
            {
                "person_full_name": "Orla Penhallow",
                "person_email": None,
                "company_name": "Marrowfen",
                "person_title": None,
                "person_city": None,
            }
        ],
        0,
    ),
    "ru": (
        "Name,Email,Company,City\nИван Петров,i@romashka.example,ООО Ромашка,Москва\n".encode("cp1251"),
        "crm",
        [{"person_full_name": "Иван Петров", "company_name": "ООО Ромашка", "person_city": "Москва"}],
        0,
    ),
    "pl": (
        "First Name,Last Name,Email,Company,City\nMałgorzata,Wójcik,m@zrodlo.example,Źródło Sp. z o.o.,Łódź\nAnna,Nowak,a@zrodlo.example,Źródło Sp. z o.o.,Gdańsk\n".encode(
            "cp1250"
        ),
        "crm",
        [
            {
                "person_first_name": "Małgorzata",
                "person_last_name": "Wójcik",
                "company_name": "Źródło Sp. z o.o.",
                "person_city": "Łódź",
            },
            {"person_first_name": "Anna", "person_city": "Gdańsk"},
        ],
        0,
    ),
    "ja": (
        "Name,Email,Company\n山田太郎,t@acme.example,株式会社アクメ\n".encode("cp932"),
        "crm",
        [{"person_full_name": "山田太郎", "company_name": "株式会社アクメ"}],
        0,
    ),
    "mac": (
        "First Name,Last Name,Email,Company\rJosé,Núñez,j@cafe.example,Café Münz\r".encode("mac-roman"),
        "crm",
        [{"person_first_name": "José", "person_last_name": "Núñez", "company_name": "Café Münz"}],
        0,
    ),
    "broken": (
        b"First Name,Last Name,Email,Company\nZo\xc3\xab,Bront\xc3\xab,z@a.example,Soci\xc3\xa9t\xc3\xa9\nJos\xe9,Nunez,j@b.example,Caf\xe9\n",
        "crm",
        [
            {"person_first_name": "Zoë", "company_name": "Société"},
            {"person_first_name": "José", "company_name": "Café"},
        ],
        0,
    ),
    "excel": (
        b'sep=;\r\nFirst Name;Last Name;E-Mail;Company;Phone\r\n"=""Orla""";Penhallow;orla@marrowfen.example;"Marrowfen; Sons ""Ltd""";="+44113"\r\n;;;;\r\n',
        "crm",
        [{"person_first_name": "Orla", "person_email": "orla@marrowfen.example"}],
        0,
    ),
    "gz": (
        gzip.compress(
            b"Name,Email,Company\nOrla Penhallow,orla@marrowfen.example\nBo Lee,bo@oakmere.example,Oakmere,extra\nCy Ray,cy@elm.example,Elm\n"
        ),
        "crm",
        [
            {"person_full_name": "Orla Penhallow", "company_domain": "marrowfen.example"},
            {"person_full_name": "Cy Ray", "company_name": "Elm"},
        ],
        1,
    ),
    "commaname": (
        b'Contact Name,Email,Account Name,Job Start Date\n"Penhallow, Orla, PhD",orla@marrowfen.example,Marrowfen,03/04/2024\n"Brown Lee, LaToya",l@oakmere.example,Oakmere,2024-02\n',
        "crm",
        [
            {"person_first_name": "Orla", "person_last_name": "Penhallow", "person_current_job_start_date": "2024"},
            {
                "person_first_name": "LaToya",
                "person_last_name": "Brown Lee",
                "person_current_job_start_date": "2024-02",
            },
        ],
        0,
    ),
    "ambig": (
        b"Name,Email,Email Address,Company\nOrla Penhallow,orla@marrowfen.example,orla@gmail.com,Marrowfen\n",
        "crm",
        [{"person_full_name": "Orla Penhallow", "person_email": None}],
        0,
    ),
    "states": (
        b"First Name,Last Name,Email,Company,Company City,Company State,Company Country\nOrla,Penhallow,o@marrowfen.example,Marrowfen,Perth,WA,AU\nBo,Lee,b@oakmere.example,Oakmere,Leeds,England,UK\nCy,Ray,c@elm.example,Elm,Remote,,Worldwide\nDi,Fox,d@fox.example,Fox,Boston,MA,\n",
        "crm",
        [
            {"company_city": "Perth", "company_state": "Western Australia", "company_country": "Australia"},
            {"company_city": "Leeds", "company_state": "England", "company_country": "United Kingdom"},
            {"company_city": None, "company_country": None},
            {"company_city": "Boston"},
        ],
        0,
    ),
    "dates": (
        b"Name,Email,Company,# Employees\nOrla Penhallow,o@marrowfen.example,Marrowfen,Nov-50\nBo Lee,b@oakmere.example,Oakmere,10-Feb\n",
        "apollo",
        [
            {"company_employee_count": None, "company_size_bucket": None},
            {"company_employee_count": None, "company_size_bucket": None},
        ],
        0,
    ),
    "free": (
        b"Name,Email,Website\nOrla Penhallow,orla@gmx.de,https://linktr.ee/orla\nBo Lee,info@oakmere.example,\n",
        "crm",
        [
            {"company_domain": None, "person_email": "orla@gmx.de"},
            {"person_email": "info@oakmere.example", "company_domain": "oakmere.example"},
        ],
        0,
    ),
    "es": (
        "Nombre;Apellidos;Correo electrónico;Empresa;Cargo;País\nJosé;García López;jose@cafe.example;Café S.A. de C.V.;Gerente;México\n".encode(
            "cp1252"
        ),
        "crm",
        [
            {
                "person_first_name": "José",
                "person_last_name": "García López",
                "company_name": "Café S.A. de C.V.",
                "person_title": "Gerente",
                "person_country": "Mexico",
            }
        ],
        0,
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_the_rows_tell_what_a_reader_sees(name):
    """Nothing wrong, nothing missing, and the rows that are no records are kept aside."""
    content, profile, people, aside = FILES[name]
    rows = list(read_import(content, profile=profile, name=f"{name}.csv").rows())
    found = [{**row.person, **row.company} for row in rows if isinstance(row, ImportedRow)]
    assert [{fact: told.get(fact) for fact in wanted} for told, wanted in zip(found, people, strict=True)] == people
    assert len(rows) - len(found) == aside
