"""Exports of providers of contacts, of address books, and of CRMs in other languages: what their columns tell."""

import csv
import io

import pytest

from enrichcore.ingest import read_import

SLUG = "https://www.linkedin.com/in/orla-penhallow"
MEMBER = "https://www.linkedin.com/in/ACwAAAwMJ8gB1ACzMnNA8Sj1P-0J9_pd4mT3eZ4"
SEARCH = "https://www.linkedin.com/sales/lead/ACwAAAwMJ8gB1ACzMnNA8Sj1P-0J9_pd4mT3eZ4,NAME_SEARCH,kF3b"
MAIL, OTHER = "orla@marrowfen.example", "o.penhallow@marrowfen.example"
ORLA = {"person_first_name": "Orla", "person_last_name": "Penhallow", "person_full_name": "Orla Penhallow"}

#: By export: a row by its columns, what it tells, and the columns that tell nothing or may tell several things.
EXPORTS = {
    "zoominfo": (
        {
            "ZoomInfo Contact ID": "-123", "Last Name": "Penhallow", "First Name": "Orla", "Job Title": "Head of Sales",
            "Management Level": "Director", "Job Start Date": "2024-06", "Direct Phone Number": "+44 20 7946 0011",
            "Email Address": MAIL, "LinkedIn Contact Profile URL": SLUG, "Person City": "Leeds", "Person State": "England",
            "Country": "United Kingdom", "Company Name": "Marrowfen Ltd", "Website": "www.marrowfen.example", "Founded Year": "1998",
            "Company HQ Phone": "+44 113 496 0000", "Revenue (in 000s USD)": "12,000", "Revenue Range (in USD)": "$10 mil. - $25 mil.",
            "Employees": "88", "Employee Range": "50 - 100", "Primary Industry": "Software", "Primary Sub-Industry": "Engineering Software",
            "All Industries": "Software; Business Services", "All Sub-Industries": "Engineering Software; Security, Fire & Safety",
            "LinkedIn Company Profile URL": "https://www.linkedin.com/company/marrowfen", "Ownership Type": "Private",
            "Total Funding Amount (in 000s USD)": "4,000", "Recent Funding Round": "Series A", "Recent Funding Date": "2026-05-04",
            "Company City": "London", "Company State": "England", "Company Country": "United Kingdom",
        },
        {
            **ORLA, "person_title": "Head of Sales", "person_current_job_start_date": "2024-06", "person_email": MAIL,
            "person_linkedin_url": SLUG, "person_city": "Leeds", "person_country": "United Kingdom", "company_name": "Marrowfen Ltd",
            "company_domain": "marrowfen.example", "company_founded_year": 1998, "company_revenue_range": "$10 mil. - $25 mil.",
            "company_employee_count": 88, "company_size_bucket": "50 - 100", "company_industry": "Software",
            "company_industries": ["Software", "Business Services"],
            "company_subindustries": ["Engineering Software", "Security, Fire & Safety"], "company_type": "Private",
            "company_latest_funding": "Series A", "company_last_raised_at": "2026-05-04", "company_city": "London",
        },
        {"ZoomInfo Contact ID", "Revenue (in 000s USD)", "Total Funding Amount (in 000s USD)"},
    ),
    "lusha": (
        {
            "First Name": "Orla", "Last Name": "Penhallow", "Work Email": MAIL, "Work Email Confidence": "A+",
            "Direct Email": "orla@gmail.com", "Additional Email 1": OTHER, "Phone 1": "+44 20 7946 0011", "Job Title": "Head of Sales",
            "LinkedIn URL": SLUG, "Continent": "Europe", "Country": "United Kingdom", "State": "", "City": "Leeds", "Country ISO": "GB",
            "Company Name": "Marrowfen Ltd", "Company Domain": "marrowfen.example", "Company Year Founded": "1998",
            "Company Number of Employees": "51-200", "Company LinkedIn URL": "https://www.linkedin.com/company/marrowfen",
            "Last Round/Event Type": "Acquisition", "Last Round/Event Date": "2026-01-01", "Company Main Industry": "Software",
            "Company Sub Industry": "Banking, Insurance Software", "Company Country": "United Kingdom", "Company City": "London", "Company Country ISO": "GB",
        },
        {
            **ORLA, "person_email": MAIL, "person_title": "Head of Sales", "person_linkedin_url": SLUG, "person_city": "Leeds",
            "person_country": "United Kingdom", "company_size_bucket": "51-200", "company_industry": "Software",
            "company_subindustries": ["Banking, Insurance Software"], "company_founded_year": 1998, "company_city": "London",
            "company_country": "United Kingdom",
        },
        {"Work Email Confidence", "Direct Email", "Continent", "Last Round/Event Type", "Last Round/Event Date"},
    ),
    "evaboot": (
        {
            "First Name": "Orla", "Last Name": "Penhallow", "Current Job": "Head of Sales ", "Linkedin URL Unique ID": MEMBER,
            "Linkedin URL Public": SLUG, "Sales Navigator URL": SEARCH, "Email": MAIL, "Email Status": "safe",
            "Profile Headline": "Sales at Marrowfen", "Person Location": "Leeds, England, United Kingdom", "Years in Position": "2",
            "Company Name": "Marrowfen", "Company Website URL": "http://www.marrowfen.example/",
            "Company Linkedin URL Unique ID": "https://www.linkedin.com/company/109209384", "Company Location": "London, England, United Kingdom",
            "Company Employee Exact Count": "88", "Company Employee Range": "51-200", "Company Year Founded": "0",
        },
        {
            **ORLA, "person_title": "Head of Sales", "person_linkedin_url": SLUG, "person_email": MAIL, "person_email_status": "verified",
            "person_headline": "Sales at Marrowfen", "person_location": "Leeds, England, United Kingdom",
            "company_linkedin_url": "https://www.linkedin.com/company/109209384", "company_domain": "marrowfen.example",
            "company_city": "London", "company_state": "England", "company_country": "United Kingdom", "company_employee_count": 88,
            "company_size_bucket": "51-200", "company_founded_year": None,
        },
        {"Years in Position"},
    ),
    "evaboot without public pages": (
        {"First Name": "Orla", "Last Name": "Penhallow", "Linkedin URL Public": "", "Linkedin URL Unique ID": MEMBER, "Sales Navigator URL": SEARCH},
        {**ORLA, "person_linkedin_url": MEMBER},
        set(),
    ),
    "seamless": (
        {
            "Contact Full Name": "Orla Penhallow", "First Name": "Orla", "Last Name": "Penhallow", "Title": "Head of Sales",
            "Company Name": "Marrowfen Ltd.", "Company Name - Cleaned": "Marrowfen", "Website": "marrowfen.example",
            "Contact LI Profile URL": SLUG, "Email 1": OTHER, "Email 1 Validation": "invalid", "Email 2": MAIL, "Email 2 Validation": "valid",
            "Personal Email": "orla@gmail.com", "Contact Phone 1": "+44 20 7946 0011", "Contact City": "Leeds", "Contact Country": "United Kingdom",
            "Company Location": "London, England, United Kingdom", "Company City": "London", "Company LI Profile Url": "https://www.linkedin.com/company/marrowfen",
            "Company Staff Count": "88", "Company Staff Count Range": "51 - 200 employees", "Company Website Domain": "marrowfen.example",
        },
        {
            **ORLA, "person_title": "Head of Sales", "company_name": "Marrowfen Ltd.", "person_linkedin_url": SLUG, "person_email": MAIL,
            "person_email_status": "verified", "company_employee_count": 88, "company_size_bucket": "51 - 200 employees", "company_city": "London",
        },
        {"Personal Email"},
    ),
    "wiza": (
        {
            "email": MAIL, "first_name": "Orla", "last_name": "Penhallow", "full_name": "Orla Penhallow", "title": "Head of Sales",
            "location": "Leeds, England, United Kingdom", "linkedin_profile_url": SLUG, "profile_url": SEARCH, "email_status": "valid", "email_type": "work",
            "company": "Marrowfen", "domain": "marrowfen.example", "company_domain": "marrowfen.example", "company_size": "88",
            "company_size_range": "51-200", "company_founded": "1998", "company_revenue_range": "$10M-$25M", "company_last_funding_round": "Series A",
            "company_last_funding_at": "2026-05-04", "company_locality": "London", "company_region": "England", "company_country": "GB",
        },
        {
            **ORLA, "person_email_status": "verified", "person_linkedin_url": SLUG, "company_domain": "marrowfen.example",
            "company_employee_count": 88, "company_size_bucket": "51-200", "company_founded_year": 1998,
            "company_latest_funding": "Series A", "company_last_raised_at": "2026-05-04", "company_city": "London", "company_state": "England",
            "company_country": "United Kingdom",
        },
        {"email_type"},
    ),
    "outlook": (
        {
            "First Name": "Orla", "Last Name": "Penhallow", "Title": "Dr.", "Web Page": "https://marrowfen.example", "E-mail Address": "orla@gmail.com",
            "E-mail 2 Address": MAIL, "Home City": "Leeds", "Business City": "London", "Company": "Marrowfen Ltd", "Job Title": "Head of Sales",
        },
        {**ORLA, "person_email": MAIL, "person_title": "Head of Sales", "company_name": "Marrowfen Ltd", "person_city": None, "company_city": None},
        {"Title", "Home City", "Business City"},
    ),
    "google": (
        {
            "First Name": "Orla", "Last Name": "Penhallow", "Organization Name": "Marrowfen Ltd", "Organization Title": "Head of Sales",
            "Organization Department": "Sales", "E-mail 1 - Label": "* Work", "E-mail 1 - Value": MAIL, "E-mail 2 - Value": "orla@gmail.com",
            "Website 1 - Value": "https://marrowfen.example",
        },
        {**ORLA, "person_email": MAIL, "person_title": "Head of Sales", "company_name": "Marrowfen Ltd", "company_domain": "marrowfen.example"},
        {"E-mail 1 - Label"},
    ),
    "dynamics": (
        {
            "(Do Not Modify) Contact": "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "Full Name": "Orla Penhallow", "Parent Customer": "Marrowfen Ltd",
            "Job Title": "Head of Sales", "Email Address 1": MAIL, "Email Address 2": OTHER, "Address 1: City": "Leeds",
            "Address 1: Country/Region": "United Kingdom", "Website (Company Name) (Account)": "https://marrowfen.example", "Owner": "Sari Dewi", "Status": "Active",
        },
        {**ORLA, "company_name": "Marrowfen Ltd", "person_title": "Head of Sales", "person_email": MAIL, "person_city": "Leeds", "company_domain": "marrowfen.example"},
        {"(Do Not Modify) Contact", "Owner", "Status"},
    ),
    "hubspot in french": (
        {
            "Prénom": "Orla", "Nom": "Penhallow", "Adresse e-mail": MAIL, "Intitulé du poste": "Directrice", "Nom de l'entreprise": "Marrowfen SAS",
            "Nom de domaine de l'entreprise": "marrowfen.example", "Ville": "Lyon", "État/région": "", "Pays/région": "France",
            "Nombre d'employés": "88", "Entreprise associée": "Marrowfen SAS",
        },
        {**ORLA, "person_title": "Directrice", "company_name": "Marrowfen SAS", "company_domain": "marrowfen.example", "person_country": "France", "company_employee_count": 88},
        set(),
    ),
    "hubspot in german": (
        {
            "Vorname": "Orla", "Nachname": "Penhallow", "E-Mail": MAIL, "Jobbezeichnung": "Leiterin", "Unternehmensname": "Marrowfen GmbH",
            "Website-URL": "https://marrowfen.example", "Bundesland/Region": "Bayern", "Land/Region": "Deutschland", "Mobiltelefonnummer": "+49 151 23456789",
        },
        {**ORLA, "person_title": "Leiterin", "company_name": "Marrowfen GmbH", "person_state": "Bayern", "person_country": "Germany"},
        set(),
    ),
    "rocketreach": (
        {
            "Name": "Orla Penhallow",
            "First Name": "Orla",
            "Last Name": "Penhallow",
            "Employer": "Marrowfen",
            "Employer Domain": "marrowfen.example",
            "Employer LinkedIn": "https://www.linkedin.com/company/marrowfen",
            "Recommended Email": "orla@gmail.com",
            "Recommended Work Email": MAIL,
            "Email 1": "orla@gmail.com",
            "Email 1 Grade": "A",
        },
        {
            **ORLA,
            "person_email": MAIL,
            "company_domain": "marrowfen.example",
            "company_linkedin_url": "https://www.linkedin.com/company/marrowfen",
        },
        {"Name", "Email 1 Grade"},
    ),
    "hunter": (
        {
            "Email address": MAIL,
            "Domain name": "marrowfen.example",
            "Organization": "Marrowfen",
            "Confidence score": "97",
            "First name": "Orla",
            "Last name": "Penhallow",
            "Verification status": "accept_all",
        },
        {**ORLA, "person_email": MAIL, "person_email_status": "catch-all", "company_domain": "marrowfen.example"},
        {"Confidence score"},
    ),
    "contactout": (
        {
            "Name": "Orla Penhallow",
            "Company": "Marrowfen",
            "Work Email": MAIL,
            "Work Email Status": "Verified",
            "Personal Email": "orla@gmail.com",
            "Company HQ": "Leeds, England, United Kingdom",
        },
        {**ORLA, "person_email": MAIL, "person_email_status": "verified", "company_city": "Leeds", "company_country": "United Kingdom"},
        {"Personal Email"},
    ),
    "linkedin in german": (
        {"Vorname": "Orla", "Nachname": "Penhallow", "URL": SLUG, "E-Mail-Adresse": "", "Unternehmen": "Marrowfen GmbH", "Position": "Leiterin", "Verbunden am": "03 Apr 2022"},
        {**ORLA, "person_linkedin_url": SLUG, "company_name": "Marrowfen GmbH", "person_title": "Leiterin"},
        {"Verbunden am"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_what_an_export_tells(name):
    """And what it does not: columns of another unit, of private addresses, and those that may be two things."""
    cells, told, left = EXPORTS[name]
    out = io.StringIO()
    csv.writer(out).writerows([cells.keys(), cells.values()])
    reading = read_import(out.getvalue().encode(), profile="crm")
    (row,) = reading.rows()
    facts = {**row.person, **row.company}
    assert {fact: facts.get(fact) for fact in told} == told
    assert {*reading.mapping.unmapped, *reading.mapping.ambiguous} == left
