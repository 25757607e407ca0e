"""The map of the manual is whole, and every link leads somewhere."""

from __future__ import annotations

import re

from forewarn.probes import catalogue


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


def test_every_probe_of_the_package_has_a_page(manual):
    own = [p.code for p in catalogue() if type(p).__module__.startswith("forewarn.")]
    assert own
    for code in own:
        assert [name for name in manual if name.startswith(f"docs/probes/{code}-")], f"{code} has no page"
