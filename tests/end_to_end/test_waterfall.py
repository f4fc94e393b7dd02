"""A chain of `http` steps beside webhooks, in the daemon as a process, against the simulated Clay's providers."""

import re
import sys
from collections import Counter
from pathlib import Path

import httpx
import pytest

sys.path.append(str(Path(__file__).parent))
from test_daemon import FILES, World, make_world, until

assert make_world  # the fixture of worlds

pytestmark = pytest.mark.end_to_end

PROVIDERS = ("first", "second", "third")
STEP = """
[[workstreams.apollo_scrape.steps]]
workflow = "find_email_{name}"
kind = "http"
entity = "person"
when = "person_email is missing"
method = "POST"
url = "env:URL_{name}"
headers = {{ x-api-key = "env:PROVIDER_KEY" }}
body = {{ full_name = "{{person_full_name}}", domain = "{{company_domain}}", item_id = "{{item_id}}" }}
not_found = [404]
answer_within = "5s"
attempts = 2
on_doubt = "resend"
pace_group = "{name}"
rate = 500
burst = 500
credits_per_send = 0.5
"""


class Waterfall(World):
    """The Apollo workstream, with three providers asked in order in the place of one webhook."""

    def _configure(self) -> dict[str, str]:
        env = super()._configure()
        path = self.folder / "enrichcore.toml"
        text = path.read_text("utf-8")
        shipped = re.search(
            r"\[\[workstreams\.apollo_scrape\.steps\]\]\nworkflow = \"find_email_via_waterfall\".*?\n\n\n",
            text,
            re.DOTALL,
        ).group(0)
        text = text.replace(shipped, "".join(STEP.format(name=name) for name in PROVIDERS) + "\n")
        text = re.sub(r"\[clients\.acme\.webhooks\.apollo_scrape\.find_email_via_waterfall\]\nurl = .*\n", "", text)
        text = text.replace("[runner]", '[runner]\nnotify = "env:NEWS"', 1)
        path.write_text(text, "utf-8")
        urls = {f"URL_{name}": f"{self.clay}/providers/find-email-{name}" for name in PROVIDERS}
        return {**env, **urls, "PROVIDER_KEY": "provider-key", "NEWS": f"{self.clay}/hooks/news"}

    def news(self) -> list[dict]:
        """What people were told of."""
        posts = httpx.get(f"{self.clay}/sandbox/posts?limit=100000").json()["posts"]
        return [post["payload"] for post in posts if post["hook"] == "news" and post["taken"]]


@pytest.fixture
def make_waterfall(make_world, monkeypatch):
    """Make worlds whose addresses are looked for in a waterfall."""
    monkeypatch.setattr("test_daemon.World", Waterfall)
    return make_world


def email_steps(world: World) -> dict[tuple[str, str], int]:
    """Step runs of the waterfall by (workflow, state)."""
    counted = (
        "select workflow, state, count(*) from enrichcore.step_runs where workflow like 'find_email_%' group by 1, 2"
    )
    return {(workflow.removeprefix("find_email_"), state): count for workflow, state, count in world.rows(counted)}


def test_a_waterfall_asks_each_provider_only_while_no_address_is_known(make_waterfall) -> None:
    """Slow, busy, lost: with every fault on, each item ends, each request has a key of its own, and nobody is asked in vain."""
    world = make_waterfall(
        "--provider-key", "provider-key", "--not-found-status", "404", "--status-429", "0.1", "--retry-after", "0.2",
        "--drop", "0.05", "--slow", "0.1", "--slow-by", "0.3",
    )  # fmt: skip
    world.start_daemon()
    batch = world.launch("apollo_scrape")
    until(world.finished, what="the batch finishes")
    posts = httpx.get(f"{world.clay}/sandbox/posts?limit=100000").json()["posts"]
    asked = [post for post in posts if post["hook"].startswith("providers/")]
    assert asked
    keys = [post["idempotency_key"] for post in asked]
    assert len(set(keys)) == len(keys)
    assert all(post["payload"]["person_full_name"] and post["payload"]["company_domain"] for post in asked)
    steps = email_steps(world)
    assert {state for _, state in steps} <= {"completed", "skipped", "timed_out"}, steps
    # Whoever has an address was asked about no further.
    found = """
        select count(*) from enrichcore.stored_events s
        join enrichcore.step_runs f on f.run_id = s.originator_id and f.workflow like 'find_email_%%' and f.rank = 3
        join enrichcore.step_runs l on l.run_id = f.run_id and l.step_no > f.step_no
        where l.state <> 'skipped' and s.originator_version = 1
    """
    assert world.rows(found.replace("%%", "%")) == [(0,)]
    until(lambda: world.rows("select count(*) from enrichcore.final_leads")[0][0] > 0, what="there are leads")
    with_address = "select count(*) from enrichcore.step_runs where workflow like 'find_email_%' and rank = 3"
    leads = """
        select count(*) from enrichcore.final_leads where provenance -> 'person_email' ->> 0 like 'find_email_%'
        and person_email_status is not null
    """
    until(lambda: world.rows(leads) == world.rows(with_address), what="every address that was found is a lead's")
    assert world.rows(with_address)[0][0] > 0
    spent = "select coalesce(sum(spent), 0) from enrichcore.spend where workflow like 'find_email_%'"
    answered = "select count(*) from enrichcore.step_runs where workflow like 'find_email_%' and state = 'completed'"
    assert world.rows(spent)[0][0] >= world.rows(answered)[0][0] * 0.5
    status = world.command("status", batch)["batches"][0]
    assert (status["status"], status["items_active"]) == ("finished", 0)
    until(lambda: [told["notice"] for told in world.news()] == ["batch_finished"], what="somebody is told")
    assert (world.news()[0]["batch_id"], world.news()[0]["items_failed"]) == (batch, 0)


def test_a_refused_key_stops_its_lane_until_a_person_resumes_it(make_waterfall) -> None:
    """The rows wait, the others go on, and no key is seen anywhere."""
    world = make_waterfall("--provider-key", "another-key")
    world.start_daemon()
    batch = world.launch("apollo_scrape")
    lane = "acme/apollo_scrape/find_email_first"

    def stopped() -> list[dict]:
        return [known for known in world.command("lanes")["lanes"] if known["status"] == "stopped"]

    until(lambda: [known["lane"] for known in stopped()] == [lane], what="the lane stops")
    assert "HTTP 401" in stopped()[0]["reason"]
    assert stopped()[0]["lifetime_limit"] is None
    until(lambda: [told["lane"] for told in world.news()] == [lane], what="somebody is told")
    world.daemons[-1].kill()
    world.daemons[-1].wait()
    world.env["PROVIDER_KEY"] = "another-key"
    world.start_daemon()
    world.command("lanes", "--resume", lane)
    until(world.finished, what="the batch finishes")
    assert world.command("status", batch)["batches"][0]["items_with_gaps"] == 0
    assert world.rows("select count(*) from enrichcore.events where payload::text like '%another-key%'") == [(0,)]


def test_a_dry_run_counts_what_a_waterfall_would_ask(make_waterfall) -> None:
    """With its price, before anything is sent."""
    world = make_waterfall()
    uploaded = world.command("upload", str(FILES["apollo_scrape"]), "--client", "acme", "--workstream", "apollo_scrape")
    steps = {step["workflow"]: step for step in world.command("launch", uploaded["upload_id"], "--dry-run")["steps"]}
    first = steps["find_email_first"]
    assert 0 < first["to_send"] < uploaded["row_count"]
    assert float(first["credits"]) == first["to_send"] * 0.5
    assert httpx.get(f"{world.clay}/sandbox/stats").json()["posts_total"] == 0


def test_a_killed_daemon_asks_again_only_where_the_step_says_so(make_waterfall) -> None:
    """Killed while providers take their time: what was under way is in doubt, and each further request was decided."""
    world = make_waterfall(
        "--provider-key", "provider-key", "--slow", "1", "--slow-by", "1.5", "--provider-knows", "0.3"
    )
    world.start_daemon()
    world.launch("apollo_scrape")

    def asked() -> list[dict]:
        posts = httpx.get(f"{world.clay}/sandbox/posts?limit=100000").json()["posts"]
        return [post for post in posts if post["hook"].startswith("providers/")]

    for number in (1, 5):
        until(lambda number=number: len(asked()) >= number or world.finished(), what="providers are asked")
        world.daemons[-1].kill()
        world.daemons[-1].wait()
        world.start_daemon()
    until(world.finished, what="the batch finishes in spite of it")
    requests = Counter((post["hook"], post["item_id"]) for post in asked())
    doubts = world.rows(
        "select count(*) from enrichcore.events where type = 'DoubtSettled' and payload ->> 'settlement' = 'resend'"
    )[0][0]
    assert doubts > 0
    assert sum(count - 1 for count in requests.values()) <= doubts
    assert max(requests.values()) <= 2
    assert len({post["idempotency_key"] for post in asked()}) == len(asked())
    assert {state for _, state in email_steps(world)} <= {"completed", "skipped", "timed_out"}
