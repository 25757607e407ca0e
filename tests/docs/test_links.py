"""The map of the manual is whole, and every link leads somewhere."""

from __future__ import annotations

import re

import pytest

from forewarn.probes import catalogue
from forewarn.probes.follow_up import follow_ups


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
