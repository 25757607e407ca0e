"""The map of the manual is whole, and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from forewarn.probes import catalogue
from forewarn.probes.follow_up import follow_ups

ROOT = Path(__file__).parents[2]


def anchors(page):
    heads = re.findall(r"^#+ (.+)$", page.prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_links_lead_somewhere(page, manual):
    pages = {other.path: other for other in manual.values()}
    for link in page.links():
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.path.parent / path).resolve() if path else page.path
        assert target.exists(), f"{page.name} links to {link}, which is not there"
        if anchor and target in pages:
            assert anchor in anchors(pages[target]), f"{page.name} links to {link}, but there is no such head"


def test_links_have_no_spaces(page):
    """Such a link is shown as text."""
    broken = re.findall(r"\]\([\w./-]+\.md[^)]* [^)]*\)", page.prose)
    assert not broken, f"{page.name} has links with spaces: {broken}"


def test_pictures_are_there_and_told_in_words(page):
    for image in page.images():
        assert (page.path.parent / image).exists(), f"{page.name} shows {image}, which is not there"
    assert "![](" not in page.prose


def test_pages_link_to_nothing_outside_of_the_manual(page):
    """The site has no other files. The README may link anywhere."""
    docs = ROOT / "docs"
    if page.path.is_relative_to(docs):
        local = [link.partition("#")[0] for link in page.links() if "://" not in link]
        assert all((page.path.parent / link).resolve().is_relative_to(docs) for link in local)


def test_every_page_is_on_the_map(manual):
    index = manual["docs/index.md"]
    linked = {(index.path.parent / link).resolve() for link in index.links()}
    pages = {p.path for name, p in manual.items() if name.startswith("docs/") and p is not index}
    assert pages <= linked


QUESTIONS = [q for q in (*catalogue(), *follow_ups()) if type(q).__module__.startswith("forewarn.")]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.code)
def test_every_probe_and_follow_up_of_the_package_has_a_page_under_its_name(question, manual):
    assert f"docs/probes/{question.code}.md" in manual
    assert f"[{question.title}](probes/{question.code}.md)" in manual["docs/index.md"].text
