"""Every fault of a configuration is named by its key, all at once, and without a word of any secret."""

from pathlib import Path

import pytest

from enrichcore.registry import ConfigurationError, parse

ID = "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10"
OTHER_ID = "5d3f8c8e-3a52-4c0c-9b53-0f2b6a6f4a11"
WORKSTREAM = """
[workstreams.apollo_scrape]
ingest = "apollo"
[[workstreams.apollo_scrape.steps]]
workflow = "tidy"
kind = "local"
entity = "company"
function = "tidying:tidy"
[[workstreams.apollo_scrape.steps]]
workflow = "find_email"
kind = "webhook"
entity = "person"
{step}
[[workstreams.apollo_scrape.steps]]
workflow = "score"
kind = "http"
entity = "person"
{http}
"""
CLIENT = """
[clients.acme]
id = "0b9c6a52-8c1e-4b8e-9a43-4f6e9d1a7c10"
{client}
"""
WEBHOOK = """
callback_secret = "words"
[clients.acme.webhooks.apollo_scrape.find_email]
{webhook}
"""
HTTP_URL = 'url = "https://api.example/score"'
HOOK = 'url = "https://hooks.example/1"'
STEPS = "workstreams.apollo_scrape.steps"
HOOKS = "clients.acme.webhooks.apollo_scrape"


def configuration(step: str = "", http: str = HTTP_URL, client: str = "") -> str:
    """A sound configuration with these lines put in."""
    return WORKSTREAM.format(step=step, http=http) + CLIENT.format(client=client)


def runner(lines: str) -> str:
    """A configuration of the runner alone, of these lines."""
    return f"[runner]\n{lines}"


def step(lines: str) -> str:
    """The sound configuration with these lines in its webhook step."""
    return configuration(step=lines)


def http(lines: str) -> str:
    """The sound configuration with these lines in its http step."""
    return configuration(http=f"{HTTP_URL}\n{lines}")


def client(lines: str) -> str:
    """The sound configuration with these lines in its client."""
    return configuration(client=lines)


def webhook(lines: str) -> str:
    """The sound configuration with a webhook of these lines."""
    return client(WEBHOOK.format(webhook=lines))


def faults_of(text: str | bytes, env: dict[str, str] | None = None):
    """The faults of a configuration that is refused."""
    with pytest.raises(ConfigurationError) as caught:
        parse(text, env=env or {})
    return caught.value.faults


@pytest.mark.parametrize("text", [configuration(), webhook(HOOK), webhook(f"{HOOK}\nrate = 0.5")])
def test_the_sound_configuration_has_no_faults(text):
    """What the table below breaks is sound before."""
    parse(text, env={})


#: A configuration, the key of its one fault, and words of the problem and the remedy.
FAULTS = [
    ("zap = 1", "zap", "not a known key", "known: runner, workstreams, clients, fields, indicators, answers"),
    ("[workstream.x]", "workstream", "not a known key", "did you mean workstreams?"),
    ("clients = 3", "clients", "not a table", "write [clients.NAME]"),
    ("runner = 'x'", "runner", "not a table", "write [runner]"),
    ("[clients]\nacme = 1", "clients.acme", "not a table", "write [clients.acme]"),
    (runner("listn = '127.0.0.1:1'"), "runner.listn", "not a known key", "did you mean listen?"),
    (runner("listen = 'nowhere'"), "runner.listen", "'nowhere' is not an address", "127.0.0.1:8000"),
    (runner("listen = 'here:70000'"), "runner.listen", "not an address", "127.0.0.1:8000"),
    (runner("listen = 8000"), "runner.listen", "8000 is not a text", "quotes"),
    (runner("lease = '5 parsecs'"), "runner.lease", "not a duration", '"15m"'),
    (runner("lease = 60"), "runner.lease", "60 is not a duration", '"90s"'),
    (runner("lease = '2h'"), "runner.lease", "out of bounds", "1s to 1h"),
    (runner("lease = '0s'"), "runner.lease", "out of bounds", "1s to 1h"),
    (runner("timeout_grace = '-5m'"), "runner.timeout_grace", "not a duration", '"15m"'),
    (runner("callback_base_url = 'enrich.example'"), "runner.callback_base_url", "not an http or https", "https://"),
    (runner("callback_base_url = 'https://x.example?a=1'"), "runner.callback_base_url", "query", "without ?"),
    (runner("notify = 'x'"), "runner.notify", "not an http or https", "https://"),
    (runner("notify = 1"), "runner.notify", "not a table", "url ="),
    (runner("[runner.notify]\nlane_stopped = 'x'"), "runner.notify.lane_stopped", "not an http or https", "https://"),
    (
        runner("[runner.notify]\nlane_stoped = 'https://x.example'"),
        "runner.notify.lane_stoped",
        "told of",
        "lane_stopped",
    ),
    (runner("api_token = ''"), "runner.api_token", "empty", "give a text"),
    (runner("api_token = 'env:TOKEN'"), "runner.api_token", "variable TOKEN is not set", "set TOKEN"),
    (runner("api_token = 'env:EMPTY'"), "runner.api_token", "EMPTY is set but empty", "set EMPTY"),
    (runner("api_token = 'env:BYTES'"), "runner.api_token", "BYTES is not UTF-8", "UTF-8"),
    (runner("api_token = 'env:'"), "runner.api_token", "names no variable", "env:NAME"),
    (runner("lease = 'env:WORDS'"), "runner.lease", "the value of WORDS is not a duration", '"15m"'),
    ("[workstreams.w]\ningest = 'crm'\nsteps = []", "workstreams.w.steps", "no steps", "at least one"),
    ("[workstreams.w]\ningest = 'crm'", "workstreams.w.steps", "is missing", "list of tables"),
    ("[workstreams.w]\ningest = 'crm'\nsteps = [3]", "workstreams.w.steps[1]", "not a table", "write ["),
    ("[workstreams.w]\ningest = 'crm'\nsteps = 'x'", "workstreams.w.steps", "not a list of tables", "[[workstreams"),
    (configuration().replace('"apollo"', '"apolo"'), "workstreams.apollo_scrape.ingest", "'apolo'", "mean apollo?"),
    (configuration().replace('"find_email"', '"tidy"'), f"{STEPS}[2].workflow", "there twice", "once"),
    (configuration().replace('"find_email"', '"find email"'), f"{STEPS}[2].workflow", "not a name", "letters"),
    (configuration().replace('workflow = "find_email"', ""), f"{STEPS}[2].workflow", "is missing", "name"),
    (configuration().replace('"webhook"', '"webhok"'), f"{STEPS}.find_email.kind", "'webhok'", "mean webhook?"),
    (
        configuration().replace('"company"', '"companies"'),
        f"{STEPS}.tidy.entity",
        "'companies'",
        '"company" or "person"',
    ),
    (configuration().replace('"tidying:tidy"', '"tidy"'), f"{STEPS}.tidy.function", "place of a function", "module:"),
    (configuration().replace('function = "tidying:tidy"', ""), f"{STEPS}.tidy.function", "is missing", "module:"),
    (
        configuration().replace('function = "tidying:tidy"', 'function = "a:b"\nrate = 1'),
        f"{STEPS}.tidy.rate",
        "local",
        "out",
    ),
    (step("function = 'a:b'"), f"{STEPS}.find_email.function", "means nothing", "take it out"),
    (step("url = 'https://x.example'"), f"{STEPS}.find_email.url", "means nothing", "take it out"),
    (step("answer_witin = '1h'"), f"{STEPS}.find_email.answer_witin", "not a known key", "mean answer_within?"),
    (step("answer_within = '0s'"), f"{STEPS}.find_email.answer_within", "out of bounds", "1s to 365d"),
    (step("answer_within = '99999999d'"), f"{STEPS}.find_email.answer_within", "out of bounds", "365d"),
    (step("answer_within = '6 fortnights'"), f"{STEPS}.find_email.answer_within", "not a duration", '"6h"'),
    (step("reuse_within = '1h30m'"), f"{STEPS}.find_email.reuse_within", "not a duration", '"30d"'),
    (step("attempts = 0"), f"{STEPS}.find_email.attempts", "0 is out of bounds", "1 to 100"),
    (step("attempts = 1.5"), f"{STEPS}.find_email.attempts", "1.5 is not a whole number", "1 to 100"),
    (step("attempts = true"), f"{STEPS}.find_email.attempts", "true is not a number", "without quotes"),
    (step("attempts = '1'"), f"{STEPS}.find_email.attempts", "'1' is not a number", "without quotes"),
    (step("attempts = 0x" + "f" * 5000), f"{STEPS}.find_email.attempts", "so large a number", "1 to 100"),
    (step("on_doubt = 'panic'"), f"{STEPS}.find_email.on_doubt", "'panic'", '"wait" or "resend"'),
    (step("on_failure = 1"), f"{STEPS}.find_email.on_failure", "1 is not one", '"continue" or "stop"'),
    (step("rate = 0"), f"{STEPS}.find_email.rate", "out of bounds", "0.001 to 1000"),
    (step("rate = nan"), f"{STEPS}.find_email.rate", "not a finite number", "number"),
    (step("rate = 1e999999999999999999999"), f"{STEPS}.find_email.rate", "not a finite number", "number"),
    (step("burst = -1"), f"{STEPS}.find_email.burst", "out of bounds", "1 to 10000"),
    (step("credits_per_send = -1"), f"{STEPS}.find_email.credits_per_send", "out of bounds", "0 to"),
    (step("credits_per_send = 1e-999999"), f"{STEPS}.find_email.credits_per_send", "too fine", "6 digits"),
    (step("when = 'person_email gone'"), f"{STEPS}.find_email.when", "not a condition", "is missing"),
    (step("when = 'person_email is gone'"), f"{STEPS}.find_email.when", "not a condition", "is known"),
    (step("when = 'person_emial is missing'"), f"{STEPS}.find_email.when", "no lead has", "mean person_email?"),
    (step("when = 'email is missing'"), f"{STEPS}.find_email.when", "no lead has", "person_email"),
    (step("result = ''"), f"{STEPS}.find_email.result", "empty", "give a text"),
    (configuration(http=""), f"{STEPS}.score.url", "is missing", "URL template"),
    (configuration(http="url = 'https://{company_domain}/x'"), f"{STEPS}.score.url", "usable host", "https://"),
    (
        configuration(http="url = 'https://x.example/{person_emial}'"),
        f"{STEPS}.score.url",
        "no lead has",
        "person_email?",
    ),
    (http("method = 'FETCH'"), f"{STEPS}.score.method", "'FETCH'", '"GET"'),
    (http("headers = 'x'"), f"{STEPS}.score.headers", "not a table", "name ="),
    (http("headers = { 'a b' = 'x' }"), f'{STEPS}.score.headers."a b"', "name for a header", "rename"),
    (http('headers = { a = "line\\nbreak" }'), f"{STEPS}.score.headers.a", "cannot be printed", "line ends"),
    (http("headers = { a = 'ä' }"), f"{STEPS}.score.headers.a", "HTTP header", "ASCII"),
    (http("headers = { a = 'env:NOPE' }"), f"{STEPS}.score.headers.a", "NOPE is not set", "set NOPE"),
    (http("query = { q = 1 }"), f"{STEPS}.score.query.q", "not a text", "quotes"),
    (http("body = 1"), f"{STEPS}.score.body", "not a body", "table"),
    (http("body = { at = 1979-05-27 }"), f"{STEPS}.score.body", "JSON", "texts"),
    (http("body = { at = [inf] }"), f"{STEPS}.score.body", "JSON", "texts"),
    (http("body = { a = [{ b = 'env:NOPE' }] }"), f"{STEPS}.score.body.a[1].b", "NOPE is not set", "set NOPE"),
    ("[clients.acme]", "clients.acme.id", "is missing", "uuid"),
    ("[clients.acme]\nid = 'x'", "clients.acme.id", "'x' is not a uuid", "uuid4"),
    (f"[clients.'a b']\nid = '{ID}'", 'clients."a b"', "not a name", "letters"),
    (f"[clients.{OTHER_ID}]\nid = '{ID}'", f"clients.{OTHER_ID}", "is a uuid", "in words"),
    (f"[clients.a]\nid = '{ID}'\n[clients.b]\nid = '{ID.upper()}'", "clients.b.id", "is the id of a too", "its own"),
    (client("nmae = 'x'"), "clients.acme.nmae", "not a known key", "mean name?"),
    (client('name = "two\\nlines"'), "clients.acme.name", "cannot be printed", "line ends"),
    (client("callback_secret = []"), "clients.acme.callback_secret", "empty", "at least one"),
    (client("callback_secret = ['a', '']"), "clients.acme.callback_secret[2]", "empty", "give a text"),
    (client("callback_secret = 1"), "clients.acme.callback_secret", "the given value is not a text", "quotes"),
    (client("customers = 'x.example'"), "clients.acme.customers", "not a list", "quillhaven"),
    (client("customers = ['x.example', 'Acme Inc']"), "clients.acme.customers[2]", "not a domain", "quillhaven"),
    (client("customers_file = 'no.csv'"), "clients.acme.customers_file", "cannot be read", "beside"),
    (client("budget_credits = -1"), "clients.acme.budget_credits", "out of bounds", "0 to"),
    (client("budget_credits = inf"), "clients.acme.budget_credits", "not a finite", "number"),
    (client("budget_period = '30d'"), "clients.acme.budget_period", "without a budget", "budget_credits"),
    (client("webhooks = 1"), "clients.acme.webhooks", "not a table", "WORKFLOW"),
    (client("[clients.acme.webhooks]\napollo_scrape = 1"), HOOKS, "not a table", "WORKFLOW"),
    (webhook(""), f"{HOOKS}.find_email.url", "is missing", "URL"),
    (webhook("url = 'hooks.example/1'"), f"{HOOKS}.find_email.url", "not an http or https", "https://"),
    (webhook("url = 'https://'"), f"{HOOKS}.find_email.url", "usable host", "https://"),
    (webhook("url = 'https://x.example:0/'"), f"{HOOKS}.find_email.url", "usable host", "https://"),
    (webhook("url = 'https://x.example:port/'"), f"{HOOKS}.find_email.url", "not a URL", "https://"),
    (webhook("url = 'https://[::1/'"), f"{HOOKS}.find_email.url", "not a URL", "https://"),
    (webhook("url = 'https://x .example'"), f"{HOOKS}.find_email.url", "blank", "https://"),
    (webhook("url = 'env:NOPE'"), f"{HOOKS}.find_email.url", "NOPE is not set", "set NOPE"),
    (webhook(f"{HOOK}\nauth = 'ä'"), f"{HOOKS}.find_email.auth", "HTTP header", "ASCII"),
    (webhook(f"{HOOK}\nattempts = 2"), f"{HOOKS}.find_email.attempts", "not a known key", "known: url"),
    (
        webhook(HOOK).replace("acme.webhooks.apollo_scrape", "acme.webhooks.apollo"),
        "clients.acme.webhooks.apollo",
        "workstream",
        "mean apollo_scrape?",
    ),
    (
        webhook(HOOK).replace("scrape.find_email]", "scrape.find_mail]"),
        f"{HOOKS}.find_mail",
        "workflow",
        "mean find_email?",
    ),
    (
        webhook(HOOK).replace("scrape.find_email]", "scrape.tidy]"),
        f"{HOOKS}.tidy",
        "local step",
        "take the webhook out",
    ),
    (webhook("auth = 'x'").replace("scrape.find_email]", "scrape.score]"), f"{HOOKS}.score.auth", "kind http", "out"),
    (
        webhook(HOOK).replace("callback_secret", "# "),
        "clients.acme.callback_secret",
        "no answer could come",
        "env:NAME",
    ),
    (
        client("callback_secret = 's'") + f"[clients.b]\nid = '{OTHER_ID}'\ncallback_secret = ['t', 's']",
        "clients.b.callback_secret",
        "a secret of acme too",
        "its own",
    ),
]


@pytest.mark.parametrize(("text", "key", "problem", "remedy"), FAULTS)
def test_a_fault_is_named_by_its_key(text, key, problem, remedy):
    """One fault gives one entry: where it is, what is wrong, and what would be right."""
    (fault,) = faults_of(text, {"EMPTY": "", "BYTES": "\udcff", "WORDS": "some words"})
    assert fault.key == key
    assert problem in fault.problem
    assert remedy in fault.remedy


def test_all_faults_are_told_at_once():
    """Faults in every section, within values and over the whole, come in one error."""
    text = runner("lease = 1\n") + webhook("url = 'x'\nrate = 0").replace("apollo_scrape.find_email]", "apollo.z]")
    keys = [fault.key for fault in faults_of(text)]
    assert keys == [
        "runner.lease",
        "clients.acme.webhooks.apollo",
        "clients.acme.webhooks.apollo.z.url",
        "clients.acme.webhooks.apollo.z.rate",
    ]


def test_the_error_reads_as_a_list():
    """Its text counts the faults, names the file, and has a line for each."""
    with pytest.raises(ConfigurationError) as caught:
        parse("a = 1\nb = 2", env={}, path=Path("enrichcore.toml"))
    assert str(caught.value).splitlines() == [
        "2 faults in enrichcore.toml:",
        "  a: is not a known key; known: runner, workstreams, clients, fields, indicators, answers",
        "  b: is not a known key; known: runner, workstreams, clients, fields, indicators, answers",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb = [", "line 2"),
        ("a = 1\n\nb\n", "line 3"),
        ("[a]\n[a]", "line 2"),
        ("a = 1\na = 2", "line 2"),
        ("a = 'x\n", "line 1"),
        (b"a = 1\nb = '\xff'", "line 2"),
    ],
)
def test_a_syntax_error_names_its_line(text, line):
    """What is not TOML is one fault, with the line it is in."""
    (fault,) = faults_of(text)
    assert fault.key == line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = " + "[" * 5000, "too deep"),
        ("a = " + "[" * 100 + "]" * 100, "too deep"),
        (".".join("a" * 500) + " = 1", "too deep"),
        ("[clients.x]\n" + ".".join("a" * 500) + " = 1", "too deep"),
        ("a = " + "1" * 5000, "too long"),
        ("a = '\udcff'", "not Unicode"),
    ],
)
def test_a_monstrous_text_is_one_fault(text, words):
    """Depth, length and lone surrogates that would break a parser are told as faults of the file."""
    (fault,) = faults_of(text)
    assert words in fault.problem


SECRETS = {
    "SECRET_A": "tarnished-spoon",
    "SECRET_B": "https://hooks.example/crooked\u00adladder",
    "SECRET_C": "wet:ä:paint",
}


@pytest.mark.parametrize(
    "text",
    [
        webhook("url = 'env:SECRET_A'\nauth = 'env:SECRET_C'"),
        webhook("url = 'tarnished-spoon'\nauth = 'wet:ä:paint'"),
        webhook("url = 'env:SECRET_B'"),
        runner("listen = 'env:SECRET_A'\nlease = 'env:SECRET_A'\ncallback_base_url = 'env:SECRET_A'"),
        runner("[runner.notify]\nurl = 'tarnished-spoon'"),
        step("on_doubt = 'env:SECRET_A'\nwhen = 'env:SECRET_A'\nrate = 'env:SECRET_A'"),
        http("headers = { a = 'wet:ä:paint' }\nbody = 'tarnished-spoon {person_emial}'"),
        client(
            "callback_secret = ['wet:ä:paint', 3]\nid2 = 'tarnished-spoon'\ncustomers = ['env:SECRET_C', 'env:SECRET_A']"
        ),
        client("[clients.acme.webhooks]\napollo_scrape = 'tarnished-spoon'"),
        client("webhooks = 'tarnished-spoon'\ncallback_secret = 'env:SECRET_A'")
        + f"[clients.b]\nid = '{OTHER_ID}'\ncallback_secret = 'env:SECRET_A'",
    ],
)
def test_no_error_tells_a_secret(text):
    """Neither what is read as a secret nor what comes from the environment is in any fault."""
    with pytest.raises(ConfigurationError) as caught:
        parse(text, env=SECRETS)
    for told in (str(caught.value), repr(caught.value)):
        assert not [word for word in ("spoon", "ladder", "paint") if word in told]
