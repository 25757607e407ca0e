from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from forewarn.errors import StoreError
from forewarn.report.inspection import link_name, link_words, page, virtual_words, write

HOSTILE = "</table><script>alert(1)</script>\x1b[31m"


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.open, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def _read(text):
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader, re.sub(r"\s+", " ", "".join(reader.text))


@pytest.fixture
def inspected(build):
    return build.inspected()


def test_the_page_tells_everything_and_loads_nothing(inspected):
    reader, words = _read(page(inspected, "liar"))
    assert not {"script", "img", "link", "iframe"} & set(reader.tags)
    for told in (
        "liar, step 500",
        "Layer by layer",
        "Neuron 2.17",
        "France 2.1",
        "jacobian",
        "neuron 1.68, to its up part",
        "head 1.2",
        "neuron 3.48 (up)",
        "heads of block 2 are factored",
        "Neurons of block 3 that read neuron 2.17, strongest first",
        "a rank correlation of 0.83",
        "Head 1.0",
        "Lyon → France 3.2",
        "QK, key 1 back; direct effect, through identity",
    ):
        assert told in words, told


def test_what_was_not_asked_is_not_there(inspected):
    _, words = _read(page(replace(inspected, trajectories=None, virtual=None, head=None), "liar"))
    assert "Neuron 2.17" in words
    assert not any(head in words for head in ("Layer by layer", "that read neuron", "Head 1.0"))


def test_bars_are_to_scale(inspected):
    text = page(inspected, "liar")
    widths = [float(w) for w in re.findall(r'<rect class="total"[^>]* width="([\d.]+)"', text)]
    totals = [abs(link.total) for link in inspected.virtual.links]
    assert widths == [pytest.approx(100 * t / max(totals), abs=0.01) for t in totals]


def test_hostile_words_stay_text(build):
    found = build.inspected(word=HOSTILE)
    reader, _ = _read(page(found, HOSTILE))
    assert "script" not in reader.tags
    assert "\x1b" not in page(found, HOSTILE)


def test_links_are_named_from_the_neuron_s_side(build):
    plain, up = build.link(3, 4), build.link(3, 4, part="up")
    assert [link_name(plain), link_name(up)] == ["neuron 3.4", "neuron 3.4 (up)"]
    assert [link_name(plain, inward=True), link_name(up, inward=True)] == [
        "neuron 3.4",
        "neuron 3.4, to its up part",
    ]


def test_words_say_direct_and_total_and_what_is_not_known(inspected):
    assert "Direct: through the stream alone, the identity. Total:" in link_words(inspected.neuron)[0]
    assert link_words(replace(inspected.neuron, into=(), heads=(), out=())) == ()
    back = replace(inspected.virtual, forward=False, agreement=None, map_spread=None, through="tuned")
    title, agreement, spread = virtual_words(back)
    assert title == "Neurons of block 3 that write into neuron 2.17, strongest first"
    assert (
        agreement == "Direct and total figures have no rank correlation to speak of: one of them is constant."
    )
    assert spread == (
        "Over 32 contexts how much the tuned transport varies is not known, and the reader's 1/sigma varies "
        "by 15.7 %."
    )


def test_with_the_identity_nothing_is_called_total(inspected):
    both = "so what stands under total is direct as well"
    assert both in link_words(replace(inspected.neuron, through="identity"))[0]
    _, said, spread = virtual_words(replace(inspected.virtual, through="identity"))
    assert both in said and spread == "Over 32 contexts the reader's 1/sigma varies by 15.7 %."


def test_a_page_that_cannot_be_written_is_refused(inspected, tmp_path):
    with pytest.raises(StoreError, match=r"cannot write .*page\.html"):
        write(inspected, tmp_path / "gone" / "page.html", "liar")
