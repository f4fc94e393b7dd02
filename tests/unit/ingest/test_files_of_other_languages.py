# ruff: noqa: RUF001 - letters of other scripts are what is tested
"""Lists whose columns are named in other languages, and those of systems that call a company by a word of their own."""

import pytest

from enrichcore.ingest import ImportedRow, read_import

FILES = {
    "japanese": (
        "姓,名,会社名,役職,部署,メールアドレス,電話番号,国,都道府県,市区町村,ウェブサイト\n佐藤,健一,架空工業株式会社,部長,営業部,sato@kakuu.example,03-5555-0101,日本,東京都,千代田区,https://www.kakuu.example\n",
        "cp932",
        {
            "person_first_name": "健一",
            "person_last_name": "佐藤",
            "person_full_name": "佐藤 健一",
            "person_title": "部長",
            "person_email": "sato@kakuu.example",
            "person_country": "Japan",
            "company_name": "架空工業株式会社",
            "company_domain": "kakuu.example",
        },
    ),
    "russian": (
        "Имя;Фамилия;Компания;Должность;Электронная почта;Телефон;Сайт;Город;Страна\nОльга;Лужина;ООО «Вымысел»;Директор;luzhina@vymysel.example;+7 495 555-0101;vymysel.example;Москва;Россия\n",
        "cp1251",
        {
            "person_first_name": "Ольга",
            "person_last_name": "Лужина",
            "person_title": "Директор",
            "person_email": "luzhina@vymysel.example",
            "person_country": "Russia",
            "company_domain": "vymysel.example",
        },
    ),
    "dutch": (
        "Voornaam;Achternaam;E-mailadres;Functietitel;Bedrijfsnaam;Plaats;Provincie/regio;Land/regio\nBo;van Eikenveld;bo@eik.example;Inkoper;Eik BV;Utrecht;Utrecht;Nederland\n",
        "utf-8",
        {
            "person_title": "Inkoper",
            "person_city": "Utrecht",
            "person_country": "Netherlands",
            "company_name": "Eik BV",
        },
    ),
    "polish": (
        "Imię;Nazwisko;Adres e-mail;Stanowisko;Nazwa firmy;Miasto;Kraj\nZofia;Wiśniewolska;z@dab.example;Kierownik;Dąb Sp. z o.o.;Kraków;Polska\n",
        "cp1250",
        {"person_first_name": "Zofia", "person_last_name": "Wiśniewolska", "person_country": "Poland"},
    ),
    "finnish": (
        "Nimi,Yritys,Tehtävänimike,Sähköposti,Kaupunki,Maa\nAino Koivula,Koivu Oy,Ostaja,aino@koivu.example,Turku,Suomi\n",
        "utf-8",
        {"person_full_name": "Aino Koivula", "company_name": "Koivu Oy", "person_country": "Finland"},
    ),
    "korean": (
        "성,이름,회사명,직책,이메일,국가\n김,서연,가상공업,부장,seoyeon@gasang.example,대한민국\n",
        "cp949",
        {"person_first_name": "서연", "person_last_name": "김", "company_name": "가상공업", "person_title": "부장"},
    ),
    "attio": (
        "Record ID,Name > First name,Name > Last name,Email addresses,Job title,Company,Company > Domains,Primary location > City,Primary location > Country\na-1,Orla,Penhallow,orla@marrowfen.example,Buyer,Marrowfen,marrowfen.example,Leeds,United Kingdom\n",
        "utf-8",
        {"person_first_name": "Orla", "company_domain": "marrowfen.example", "person_city": "Leeds"},
    ),
    "close": (
        "lead_id,lead_name,contact_id,contact_name,contact_title,contact_email\nl1,Marrowfen Ltd,c1,Orla Penhallow,Buyer,orla@marrowfen.example\n",
        "utf-8",
        {"person_full_name": "Orla Penhallow", "company_name": "Marrowfen Ltd", "person_title": "Buyer"},
    ),
    "leads of close": (
        "id,display_name,status_label,primary_contact_name,primary_contact_primary_email\nl1,Marrowfen Ltd,Potential,Orla Penhallow,orla@marrowfen.example\n",
        "utf-8",
        {
            "person_full_name": "Orla Penhallow",
            "company_name": "Marrowfen Ltd",
            "person_email": "orla@marrowfen.example",
        },
    ),
    "japanese with the whole name beside its parts": (
        "名前,姓,名,会社名,メールアドレス\n架空 花子,架空,花子,架空工業,hanako@kakuu.example\n",
        "cp932",
        {"person_first_name": "花子", "person_last_name": "架空", "person_full_name": "架空 花子"},
    ),
    "kaspr": (
        "First name,Last name,Company,Job title,Work emails,Personal emails\nOrla,Penhallow,Marrowfen,Buyer,orla@marrowfen.example,orla@gmail.com\n",
        "utf-8",
        {"person_email": "orla@marrowfen.example", "person_title": "Buyer"},
    ),
    "rocketreach": (
        "Name,Title,Employer,Recommended Work Email,Recommended Personal Email,Emails\nOrla Penhallow,Buyer,Marrowfen,orla@marrowfen.example,orla@gmail.com,\n",
        "utf-8",
        {"person_email": "orla@marrowfen.example", "company_name": "Marrowfen"},
    ),
    "leads of salesforce": (
        "Lead ID,Lead Name,Email,Company / Account\n1,Orla Penhallow,orla@marrowfen.example,Marrowfen\n",
        "utf-8",
        {"person_full_name": "Orla Penhallow", "company_name": "Marrowfen"},
    ),
    "scanned by somebody": (
        "Full Name,Company,Email,By\nOrla Penhallow,Marrowfen,orla@marrowfen.example,Rowan\n",
        "utf-8",
        {"person_full_name": "Orla Penhallow", "person_city": None},
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_columns_are_known_in_their_language(name):
    """What a reader of that language takes the columns for."""
    content, encoding, wanted = FILES[name]
    rows = read_import(content.encode(encoding), profile="crm", name=f"{name}.csv").rows()
    (row,) = (row for row in rows if isinstance(row, ImportedRow))
    told = {**row.person, **row.company}
    assert {fact: told.get(fact) for fact in wanted} == wanted
