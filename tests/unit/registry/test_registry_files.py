"""Files that a configuration is in, and files that it names."""

from pathlib import Path
from textwrap import dedent

import pytest

from enrichcore.registry import ConfigurationError, find_configuration, load, parse

ACME_ID = "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10"


def client_of(lines: str, path: Path | None = None):
    """The client of a configuration that has these lines besides its id."""
    return parse(f'[clients.acme]\nid = "{ACME_ID}"\n{dedent(lines)}', env={}, path=path).client("acme")


def test_customers_are_domains():
    """URLs become domains, in lower case, each once."""
    client = client_of(
        'customers = ["Quillhaven.EXAMPLE", "https://www.mooncroft.example/about", "quillhaven.example."]'
    )
    assert client.customers == ("quillhaven.example", "mooncroft.example")


@pytest.mark.parametrize(
    "content",
    [
        b"quillhaven.example\nmooncroft.example\n",
        b"# customers\r\n\r\nquillhaven.example\r\nmooncroft.example",
        b"\xef\xbb\xbfdomain\nquillhaven.example\nmooncroft.example\n",
        'name;Company Domain\n"Quill;häven";quillhaven.example\n\nMoon;mooncroft.example\nNone;\n'.encode("cp1252"),
        b'Name\tWebsite\n"Two\nlines"\thttps://quillhaven.example\nMoon\twww.mooncroft.example\n',
    ],
)
def test_customers_may_be_in_a_file_beside_the_configuration(tmp_path, content):
    """A CSV with a column for the domain, or one domain a line, in the encodings that occur."""
    (tmp_path / "customers.csv").write_bytes(content)
    client = client_of('customers_file = "customers.csv"', path=tmp_path / "enrichcore.toml")
    domains = [customer.rpartition("<")[2].rstrip(">") for customer in client.customers]
    assert domains == ["quillhaven.example", "mooncroft.example"]


def test_a_customer_without_a_domain_counts_by_its_name(tmp_path):
    """A list out of a CRM has some that nobody knows more of."""
    content = "Account Name,Website\nQuillhaven,quillhaven.example\nMooncroft Ltd.,\nN/A,\n"
    (tmp_path / "customers.csv").write_text(content)
    client = client_of('customers_file = "customers.csv"', path=tmp_path / "enrichcore.toml")
    assert client.customers == ("Quillhaven <quillhaven.example>", "Mooncroft Ltd.")
    (tmp_path / "customers.csv").write_text("name\nMooncroft Ltd.\n")
    assert client_of('customers_file = "customers.csv"', path=tmp_path / "enrichcore.toml").customers == (
        "Mooncroft Ltd.",
    )


def test_a_customer_is_known_by_name_and_domain(tmp_path):
    """An employer in a history is often told by one of them alone; a column that repeats the domain is no name."""
    content = "Account Name,Website\nQuill <West>,https://quillhaven.example/\nmooncroft.example,mooncroft.example\n"
    (tmp_path / "customers.csv").write_text(content)
    client = client_of('customers_file = "customers.csv"', path=tmp_path / "enrichcore.toml")
    assert client.customers == ("Quill West <quillhaven.example>", "mooncroft.example")
    inline = client_of("customers = ['Mooncroft Ltd. <https://www.Mooncroft.example>', 'Quill <quillhaven.example>']")
    assert inline.customers == ("Mooncroft Ltd. <mooncroft.example>", "Quill <quillhaven.example>")


@pytest.mark.parametrize(
    ("content", "customers"),
    [
        ("Quillhaven\nMooncroft Ltd.\n", ("Quillhaven", "Mooncroft Ltd.")),
        ("Quillhaven, Inc.\nMooncroft Ltd.\n", ("Quillhaven, Inc.", "Mooncroft Ltd.")),
        ("Kunde\nQuillhaven\nGesamt: 1\n", ("Quillhaven",)),
        (
            "Account Name,Website\nQuillhaven,quillhaven.example\nTotal,\nTotal 2,\n",
            ("Quillhaven <quillhaven.example>", "Total"),
        ),
        ("quillhaven.example\nTotal: 1\n", ("quillhaven.example",)),
    ],
)
def test_customers_may_be_names_one_a_line(tmp_path, content, customers):
    """A line with a total is no customer; a company is called so."""
    (tmp_path / "customers.csv").write_text(content)
    assert client_of('customers_file = "customers.csv"', path=tmp_path / "enrichcore.toml").customers == customers


@pytest.mark.parametrize("content", ["a.example\nAcme Incorporated\n", "Acme,5000\nBeta,70\n"])
def test_a_list_that_is_of_names_only_in_part_is_told(tmp_path, content):
    """A misspelt domain is not taken for a name."""
    (tmp_path / "customers.csv").write_text(content)
    with pytest.raises(ConfigurationError):
        client_of('customers_file = "customers.csv"', path=tmp_path / "enrichcore.toml")


def test_a_files_customers_are_added_to_the_listed_ones(tmp_path):
    """Both may be given; together they are each customer once."""
    (tmp_path / "more.txt").write_text("b.example\na.example\n")
    lines = 'customers = ["a.example"]\ncustomers_file = "more.txt"'
    assert client_of(lines, path=tmp_path / "x.toml").customers == ("a.example", "b.example")


def test_a_wrong_customer_is_told_with_its_line(tmp_path):
    """Nothing in a customers' file is dropped silently."""
    (tmp_path / "customers.csv").write_text("domain\na.example\nAcme Incorporated\n")
    with pytest.raises(ConfigurationError) as caught:
        client_of('customers_file = "customers.csv"', path=tmp_path / "enrichcore.toml")
    (fault,) = caught.value.faults
    assert (fault.key, "line 3" in fault.problem) == ("clients.acme.customers_file", True)


def test_a_file_is_loaded_relative_to_itself(tmp_path, monkeypatch):
    """Files that the configuration names are found from wherever the program runs."""
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "customers.csv").write_text("a.example")
    (folder / "enrichcore.toml").write_text(f'[clients.acme]\nid = "{ACME_ID}"\ncustomers_file = "customers.csv"')
    monkeypatch.chdir(tmp_path)
    assert load(Path("etc/enrichcore.toml"), env={}).client("acme").customers == ("a.example",)


def test_the_configuration_is_found_in_the_promised_order(tmp_path, monkeypatch):
    """The given file is before the variable's, and that before the current folder's."""
    monkeypatch.chdir(tmp_path)
    given, named = tmp_path / "given.toml", tmp_path / "named.toml"
    for path in (given, named, tmp_path / "enrichcore.toml"):
        path.touch()
    env = {"ENRICHCORE_CONFIG": str(named)}
    assert find_configuration(given, env) == given
    assert find_configuration(None, env) == named
    assert find_configuration(None, {}) == Path("enrichcore.toml")


@pytest.mark.parametrize(
    ("explicit", "env", "key"),
    [
        (Path("no.toml"), {}, "--config"),
        (None, {"ENRICHCORE_CONFIG": "no.toml"}, "ENRICHCORE_CONFIG"),
        (None, {}, "enrichcore.toml"),
    ],
)
def test_a_missing_configuration_says_how_to_write_one(tmp_path, monkeypatch, explicit, env, key):
    """The error tells where it was looked for, and names `enrichcore init`."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match="enrichcore init") as caught:
        find_configuration(explicit, env)
    assert caught.value.faults[0].key == key


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path):
    """A missing file, and a folder in its place, are told without a traceback."""
    with pytest.raises(ConfigurationError, match="enrichcore init"):
        load(tmp_path / "no.toml", env={})
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load(tmp_path, env={})
