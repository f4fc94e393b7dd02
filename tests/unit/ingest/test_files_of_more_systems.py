# ruff: noqa: RUF001 - letters of other scripts are what is tested
"""More files as systems and people write them, each with the facts that its rows tell; None is what they must not tell.

What is expected was decided by reading the files, before the reader was asked.
"""

import pytest

from enrichcore.ingest import ImportedRow, read_import

FILES = {
    "mojibake": (
        "First Name,Last Name,Email,Company\nJosÃ©,NÃºÃ±ez,j@cafe.example,CafÃ© MÃ¼nz\n".encode(),
        "crm",
        [{"person_first_name": "José", "person_last_name": "Núñez", "company_name": "Café Münz"}],
        0,
    ),
    "multi_mail": (
        b'Name,E-mail,Company\nOrla Penhallow,"orla@gmail.com; orla@marrowfen.example",Marrowfen\nBo Lee,bo(at)oakmere.example,Oakmere\nCy Ray,cy@elm.example / cy@gmail.com,Elm\n',
        "crm",
        [
            {"person_email": "orla@marrowfen.example"},
            {"person_full_name": "Bo Lee", "person_email": None},
            {"person_email": "cy@elm.example"},
        ],
        0,
    ),
    "note_lines": (
        b'Name,Email,Notes,Company\nOrla Penhallow,orla@marrowfen.example,"Met at fair.\nLikes cloth, wool\nCall: 0113",Marrowfen\nBo Lee,bo@oakmere.example,,Oakmere\n',
        "crm",
        [
            {"person_full_name": "Orla Penhallow", "company_name": "Marrowfen"},
            {"person_full_name": "Bo Lee", "company_name": "Oakmere"},
        ],
        0,
    ),
    "sf_api": (
        b"FirstName,LastName,Title,Email,Account.Name,Account.Website,MailingCity,MailingState,MailingCountry,Account.NumberOfEmployees\nOrla,Penhallow,Buyer,orla@marrowfen.example,Marrowfen,www.marrowfen.example,Boston,MA,USA,250\n[object Object],,,,,,,,,\n",
        "crm",
        [
            {
                "person_first_name": "Orla",
                "person_title": "Buyer",
                "company_name": "Marrowfen",
                "company_domain": "marrowfen.example",
                "company_employee_count": 250,
                "person_city": "Boston",
                "person_state": "Massachusetts",
                "person_country": "United States",
            }
        ],
        1,
    ),
    "title_salut": (
        b"Title,First Name,Last Name,Job Title,Company,Email\nMs.,Orla,Penhallow,Buyer,Marrowfen,orla@marrowfen.example\n",
        "crm",
        [{"person_title": "Buyer", "person_first_name": "Orla"}],
        0,
    ),
    "title_only_salut": (
        b"Title,First Name,Last Name,Company,Email\nMr,Bo,Lee,Oakmere,bo@oakmere.example\nBuyer,Orla,Penhallow,Marrowfen,orla@marrowfen.example\n",
        "crm",
        [{"person_title": None, "person_first_name": "Bo"}, {"person_title": "Buyer"}],
        0,
    ),
    "dups": (
        b"Email,Email,Name,Company\norla@marrowfen.example,orla@gmail.com,Orla Penhallow,Marrowfen\n",
        "crm",
        [{"person_full_name": "Orla Penhallow", "person_email": None}],
        0,
    ),
    "nulls": (
        b"first_name,last_name,email,company_name,title,linkedin_url\nOrla,Penhallow,NULL,Marrowfen,N/A,undefined\nBo,Lee,bo@oakmere.example,-,\\N,https://www.linkedin.com/in/bo-lee/en?x=1\n",
        "crm",
        [
            {"person_email": None, "person_title": None, "person_linkedin_url": None, "company_name": "Marrowfen"},
            {"company_name": None, "person_title": None, "person_linkedin_url": "https://www.linkedin.com/in/bo-lee"},
        ],
        0,
    ),
    "swap": (
        b"Name,Website,LinkedIn,Company LinkedIn,Email\nOrla Penhallow,https://www.linkedin.com/company/marrowfen,https://www.linkedin.com/company/marrowfen,https://www.linkedin.com/in/orla,orla@marrowfen.example\n",
        "crm",
        [
            {
                "person_linkedin_url": "https://www.linkedin.com/in/orla",
                "company_linkedin_url": "https://www.linkedin.com/company/marrowfen",
                "company_website": None,
                "company_domain": "marrowfen.example",
            }
        ],
        0,
    ),
    "domains": (
        b"Name,Company,Company Domain,Email\nOrla Penhallow,Marrowfen,marrowfen.example;marrowfen.co.uk,orla@marrowfen.example\nBo Lee,Oakmere,HTTPS://WWW.OAKMERE.EXAMPLE/about,bo@gmail.com\n",
        "crm",
        [{"company_name": "Marrowfen"}, {"company_domain": "oakmere.example"}],
        0,
    ),
    "rev": (
        'Name,Company,Email,Annual Revenue,Employees,Founded\nOrla Penhallow,Marrowfen,o@marrowfen.example,"$1,200,000",~200,est. 1999\nBo Lee,Oakmere,b@oakmere.example,€1.2M,200+,1987\nCy Ray,Elm,c@elm.example,1E+06,5k,19/07/1987\n'.encode(),
        "crm",
        [
            {"company_annual_revenue": 1200000, "company_employee_count": None},
            {"company_annual_revenue": 1200000, "company_employee_count": None, "company_founded_year": 1987},
            {"company_annual_revenue": 1000000, "company_founded_year": 1987},
        ],
        0,
    ),
    "caps": (
        b"FIRST NAME,LAST NAME,EMAIL ADDRESS,COMPANY NAME,JOB TITLE,CITY,COUNTRY\nORLA,O'PENHALLOW,ORLA@MARROWFEN.EXAMPLE,MARROWFEN LTD,HEAD OF BUYING,LEEDS,UNITED KINGDOM\n",
        "crm",
        [
            {
                "person_first_name": "Orla",
                "person_last_name": "O'Penhallow",
                "person_email": "orla@marrowfen.example",
                "company_name": "MARROWFEN LTD",
                "person_title": "HEAD OF BUYING",
                "person_country": "United Kingdom",
            }
        ],
        0,
    ),
    "comma_rows": (
        b'Name,Email,Company\n,,\nOrla Penhallow,o@marrowfen.example,Marrowfen\n,,\n"","",""\nTotal,2,\n',
        "crm",
        [{"person_full_name": "Orla Penhallow"}],
        1,
    ),
    "french": (
        "Prénom;Nom;Adresse e-mail;Société;Fonction;Ville;Pays\nFrançois;d'Étienne;f@cafe.example;Café & Cie;Directeur Général;Besançon;France\n".encode(
            "cp850"
        ),
        "crm",
        [
            {
                "person_first_name": "François",
                "person_last_name": "d'Étienne",
                "company_name": "Café & Cie",
                "person_title": "Directeur Général",
                "person_city": "Besançon",
                "person_country": "France",
            }
        ],
        0,
    ),
    "turkish": (
        "First Name,Last Name,Email,Company\nGökçe,Çalışkan,g@gunes.example,Güneş A.Ş.\n".encode("cp1254"),
        "crm",
        [{"person_first_name": "Gökçe", "person_last_name": "Çalışkan", "company_name": "Güneş A.Ş."}],
        0,
    ),
    "tsv_mixed_eol": (
        b"Name\tEmail\tCompany\r\nOrla Penhallow\torla@marrowfen.example\tMarrowfen\nBo Lee\tbo@oakmere.example\tOakmere\r",
        "crm",
        [{"person_full_name": "Orla Penhallow"}, {"person_full_name": "Bo Lee", "company_name": "Oakmere"}],
        0,
    ),
    "names2": (
        'First Name,Last Name,Email,Company\nOrla (Orly),Penhallow PhD,o@marrowfen.example,Marrowfen\nDr. Bo,"Lee, Jr.",b@oakmere.example,Oakmere\n李,小龙,l@elm.example,Elm\nCy,,c@fox.example,Fox\n'.encode(),
        "crm",
        [
            {"person_first_name": "Orla", "person_last_name": "Penhallow"},
            {"person_first_name": "Bo", "person_last_name": "Lee"},
            {"person_first_name": "李", "person_last_name": "小龙"},
            {"person_first_name": "Cy", "person_full_name": None},
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
