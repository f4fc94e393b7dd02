import pytest

from enrichcore.ingest.composing import compose
from enrichcore.normalize import (
    company_domain,
    email_domain,
    is_free_mail,
    is_page_host,
    registrable_domain,
    usable_email,
    website_url,
)


@pytest.mark.parametrize(
    ("value", "domain"),
    [
        ("https://www.quillhaven.example/about?x=1#y", "quillhaven.example"),
        ("HTTPS://www.Verrastrom.example/", "verrastrom.example"),
        ("tallowbrook.example:8080", "tallowbrook.example"),
        ("lumafjord.example.", "lumafjord.example"),
        ("uk.shop.brackenford-fictional.co.uk", "brackenford-fictional.co.uk"),
        ("https://www.münzwerk.example", "xn--mnzwerk-n2a.example"),
        ("XN--MNZWERK-N2A.EXAMPLE", "xn--mnzwerk-n2a.example"),
        ("m%C3%BCnzwerk.example", "xn--mnzwerk-n2a.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("//quillhaven.example/x", "quillhaven.example"),
        ("https://user:secret@quillhaven.example", "quillhaven.example"),
        ("quillhaven.example; orchidlane.example", "quillhaven.example"),
        (["", "quillhaven.example"], "quillhaven.example"),
        ("jane@quillhaven.example", None),
        ("co.uk", None),
        ("localhost:8000", None),
        ("192.0.2.7", None),
        ("http://[2001:db8::1]/", None),
        ("printer.local", None),
        ("brochure.pdf", None),
        ("javascript:alert(1)", None),
        ("Quillhaven Robotics", None),
        ("a..example", None),
        (7, None),
        ({}, None),
    ],
)
def test_a_domain_has_one_form(value, domain):
    """The registrable domain is ASCII and lower-case whatever it is written in; anything else is None."""
    assert registrable_domain(value) == domain


@pytest.mark.parametrize(
    "value",
    [
        "gmail.com",
        "comcast.net",
        "roadrunner.rr.com",
        "xs4all.nl",
        "docomo.ne.jp",
        "privaterelay.appleid.com",
        "mailinator.com",
        "https://www.linkedin.com/company/x",
        "https://sites.google.com/view/x",
        "acme.wixsite.com",
        "linktr.ee/acme",
        "acme.odoo.com",
        "https://acme.en.alibaba.com/",
        "kpnmail.nl",
        "chello.at",
        "https://www.hugedomains.com/domain_profile.cfm?d=acme.com",
        "http://sedo.com/search/details/?domain=acme.com",
        "https://www.godaddy.com/forsale/acme.com",
        "https://www.amazon.co.uk/acme",
        "https://www.bloomberg.com/profile/company/ACME:US",
    ],
)
def test_free_mail_and_pages_of_others_belong_to_no_company(value):
    """Free mail, social networks and page builders are no company's domain."""
    assert company_domain(value) is None


def test_a_host_of_pages_does_not_take_its_owner_with_it():
    """`sites.google.com` shows other people's pages, `google.com` is a company."""
    assert company_domain("google.com") == "google.com"
    assert is_page_host("sites.google.com")
    assert not is_page_host("google.com")
    assert is_free_mail("gmail.com")
    assert not is_free_mail("quillhaven.example")


@pytest.mark.parametrize(
    ("value", "domain"),
    [
        ("www.odoo.com", "odoo.com"), ("alibaba.com", "alibaba.com"), ("amazon.co.uk", "amazon.co.uk"), ("https://www.bloomberg.com/?utm_source=x", "bloomberg.com"), ("https://www.booking.com/de/", "booking.com"),
        ("https://acme.example/amazon.com/shop", "acme.example"), ("https://acme.example, https://www.amazon.com/acme", "acme.example"),
    ],
)  # fmt: skip
def test_a_site_with_pages_of_others_is_a_company_at_its_first_page(value, domain):
    """Those who work at a market place, a directory or a registrar have a domain, too."""
    assert company_domain(value) == domain


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("www.Quillhaven.example/", "https://www.quillhaven.example"),
        ("HTTP://Quillhaven.example/Path?q=1#top", "http://quillhaven.example/Path?q=1"),
        ("https://www.münzwerk.example", "https://www.münzwerk.example"),
        ("Quillhaven", None),
        ("ask us", None),
        ("www.quillhaven", None),
        (None, None),
    ],
)
def test_a_website_is_a_clean_url(value, url):
    """A website keeps its path, and gains a scheme where it has none."""
    assert website_url(value) == url


@pytest.mark.parametrize(
    ("value", "email"),
    [
        (" Jane.Doe@Quillhaven.EXAMPLE ", "jane.doe@quillhaven.example"),
        ("Jane Doe <jane@quillhaven.example>", "jane@quillhaven.example"),
        ("mailto:jane@quillhaven.example?subject=Hi", "jane@quillhaven.example"),
        ("jane@quillhaven.example; doe@orchidlane.example", "jane@quillhaven.example"),
        ("bad@, jane@quillhaven.example", "jane@quillhaven.example"),
        (["", None, "jane@quillhaven.example"], "jane@quillhaven.example"),
        ({"email": "jane@quillhaven.example"}, "jane@quillhaven.example"),
        ([{"Email Address": "jane@quillhaven.example"}], "jane@quillhaven.example"),
        ("jane@münzwerk.example", "jane@xn--mnzwerk-n2a.example"),
        ("email_not_unlocked@domain.com", None),
        ("name@company.com", None),
        ("first.last@company.com", None),
        ("user@domain.com", None),
        ("jane@yourcompany.com", None),
        ("jane@example.com", None),
        ("john.smith@company.com", "john.smith@company.com"),
        ("jane.holloway@domain.com", "jane.holloway@domain.com"),
        ("jane.holloway@mycompany.com", "jane.holloway@mycompany.com"),
        ("❌ No email found", None),
        ("jane@localhost", None),
        ("j***@quillhaven.example", None),
        ("redacted@quillhaven.example", None),
        ("jane@quillhaven", None),
        ("@quillhaven.example", None),
        (5, None),
    ],
)
def test_an_address_is_found_in_whatever_holds_it(value, email):
    """The first usable address is taken; placeholders are none."""
    assert usable_email(value) == email


@pytest.mark.parametrize(
    "host",
    [
        "gmial.com",
        "hotmial.com",
        "gmail.co",
        "gmail.con",
        "yaho.com",
        "outlok.com",
        "iclod.com",
        "users.noreply.github.com",
    ],
)
def test_a_misspelt_host_of_free_mail_is_nobodys(host):
    """No mail comes there, and two people with the same typing error are not of one company."""
    person, company = compose([("person_email", f"ann@{host}"), ("company_name", "Larch One")])
    assert usable_email(f"ann@{host}") is None
    assert "person_email" not in person.facts
    assert company.facts == {"company_name": "Larch One"}


@pytest.mark.parametrize("host", ["gmail.com", "yahoo.co.uk", "hotmail.co.uk", "googlemail.com", "vodafone.de"])
def test_a_host_of_free_mail_has_addresses_and_is_no_company(host):
    """As it is spelt in each country."""
    assert (usable_email(f"ann@{host}"), company_domain(host)) == (f"ann@{host}", None)


def test_an_address_tells_its_registrable_domain():
    """The host below the domain does not matter."""
    assert email_domain("jane@mail.brackenford-fictional.co.uk") == "brackenford-fictional.co.uk"
    assert email_domain("jane") is None
