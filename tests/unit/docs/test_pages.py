"""What the pages say about themselves holds: generated parts are up to date, links lead somewhere."""

import importlib.util

import pytest

from tests.unit.docs.pages import PAGES, ROOT, anchors, links


@pytest.fixture(scope="module")
def generate():
    """The script docs/generate.py, as a module."""
    spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_up_to_date(generate):
    """Each generated page is what the code says today; `make docs` writes it anew."""
    stale = [path.name for path, text in generate.pages().items() if path.read_text("utf-8") != text]
    assert not stale, f"run `make docs`: {stale}"


def test_the_catalogue_has_every_event(generate):
    """Each event class has a heading of its own, also those that hold what several share."""
    from enrichcore.store.codec import EVENTS

    catalogue = generate.event_catalogue()
    assert [name for name in EVENTS if f"\n### {name}\n" not in catalogue] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page):
    """Each relative link names a file of the repository, and its anchor a heading there."""
    broken = []
    for target in links(page):
        name, _, anchor = target.partition("#")
        if "://" in name or name.startswith("mailto:"):
            continue
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_leaves_the_repository(page):
    """A relative link never climbs out of the repository, where a reader's copy has something else."""
    inside = [name for target in links(page) if (name := target.partition("#")[0]) and "://" not in name]
    assert all((page.parent / name).resolve().is_relative_to(ROOT) for name in inside)
