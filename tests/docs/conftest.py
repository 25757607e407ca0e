"""The manual as data: pages, fenced blocks, tables, links."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^]]*\]\(([^)\s]+)\)")
_IMAGE = re.compile(r"!\[[^]]*\]\(([^)\s]+)\)")


def cells(line):
    """The cells of one row of a table; an escaped bar belongs to its cell."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))]


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    line: int
    marked: bool
    """Whether the line before says that it is not run."""


@dataclass(frozen=True)
class Page:
    path: Path
    text: str

    @property
    def name(self):
        return str(self.path.relative_to(ROOT))

    @property
    def prose(self):
        """The page without its fenced blocks."""
        return _FENCE.sub("", self.text)

    def blocks(self, *languages):
        return [b for b in self._blocks() if b.language in languages]

    def _blocks(self):
        for match in _FENCE.finditer(self.text):
            before = self.text[: match.start()].splitlines()
            marked = bool(before) and before[-1].strip() == "<!-- not run -->"
            yield Block(match[1], match[2], len(before) + 1, marked)

    def after(self, head):
        """What follows a head, as a page."""
        return replace(self, text=self.text.partition(f"\n{head}\n")[2])

    def links(self):
        return _LINK.findall(self.prose)

    def images(self):
        return _IMAGE.findall(self.prose)

    def tables(self):
        """Tables as lists of rows of cells, the head first, without the line below it."""
        for block in self.prose.split("\n\n"):
            lines = [line for line in block.splitlines() if line.startswith("|")]
            if lines:
                yield [cells(line) for line in [lines[0], *lines[2:]]]


def pages():
    readme = [p for p in [ROOT / "README.md"] if p.exists()]
    return [Page(p, p.read_text(encoding="utf8")) for p in [*readme, *sorted((ROOT / "docs").rglob("*.md"))]]


SHOWN = {
    "page": lambda page: True,
    "python_page": lambda page: any(not b.marked for b in page.blocks("python", "py")),
    "shell_page": lambda page: page.blocks("console", "bash", "sh", "shell"),
    "jsonl_page": lambda page: page.blocks("jsonl"),
}


def pytest_generate_tests(metafunc):
    for name in SHOWN.keys() & set(metafunc.fixturenames):
        metafunc.parametrize(name, list(filter(SHOWN[name], pages())), ids=lambda page: page.name)


@pytest.fixture(scope="session")
def manual():
    return {page.name: page for page in pages()}
