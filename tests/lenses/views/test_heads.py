from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from forewarn.errors import ConfigurationError, NotApplicableError
from forewarn.lenses.transports import Identity
from forewarn.lenses.views import ov_factors, qk_factors
from forewarn.records import StreamSite
from forewarn.subjects.anatomy import Unsupported


def whole(found):
    return found.left @ found.right.T


def slow_ov(anatomy, head, first, second):
    """For each attended token the logits that its value, written, gives; both sides less the mean token."""
    heads = anatomy.heads(2)
    rows = []
    for token in anatomy.embedding:
        carried = first @ (token - anatomy.embedding.mean(0))
        written = sum(
            (w @ carried) * out for w, out in zip(heads.value[head], heads.write[head], strict=True)
        )
        logits = anatomy.final.fold(anatomy.unembedding) @ (second @ written)
        rows.append(logits - logits.mean())
    return torch.stack(rows)


@pytest.mark.parametrize("vocab", [9, 4], ids=["wide", "narrow"])
@pytest.mark.parametrize("kind", ["layer", "rms"])
def test_ov_is_what_its_definition_says(drawn, kind, vocab):
    anatomy, transport = drawn.anatomy(kind, vocab=vocab), drawn.transport()
    lenses = drawn.lens_set(vocab=vocab)
    last = transport.maps[StreamSite(2, True), StreamSite(2)]
    first = transport.maps[StreamSite(0), StreamSite(1)]
    plain, mixed = ov_factors(anatomy, 2, 1, transport), ov_factors(anatomy, 2, 1, transport, lenses)
    assert torch.allclose(whole(plain), slow_ov(anatomy, 1, first, last), atol=1e-10)
    generated = lenses.generate(StreamSite(1)).weight
    assert torch.allclose(whole(mixed), slow_ov(anatomy, 1, generated, last), atol=1e-10)
    assert (plain.through, mixed.through) == ("jacobian", "generative, jacobian")
    assert plain.left.shape[1] == 4, "of the head's rank, not the vocabulary's"


def test_ov_through_the_identity_is_direct(drawn):
    anatomy, eye = drawn.anatomy(), torch.eye(drawn.D, dtype=torch.float64)
    found = ov_factors(anatomy, 2, 0, Identity())
    assert torch.allclose(whole(found), slow_ov(anatomy, 0, eye, eye), atol=1e-10)
    assert (found.effect, found.through) == ("direct", "identity")


def slow_qk(anatomy, head, matrix, back):
    """The bilinear part of the score of each query at position 5 with each key `back` before, both turned."""
    heads, centred = anatomy.heads(2), anatomy.embedding - anatomy.embedding.mean(0)
    out = torch.zeros(len(centred), len(centred), dtype=torch.float64)
    for i, first in enumerate(centred):
        for j, second in enumerate(centred):
            query, key = heads.query[head] @ (matrix @ first), heads.key[head] @ (matrix @ second)
            if heads.rotary is not None:
                query, key = heads.rotary.turn(query, 5), heads.rotary.turn(key, 5 - back)
            out[i, j] = heads.scale * (query @ key)
    return out


@pytest.mark.parametrize("rotary", [True, False])
@pytest.mark.parametrize("back", [0, 3])
def test_qk_is_what_its_definition_says(drawn, rotary, back):
    anatomy, lenses = drawn.anatomy(rotary=rotary), drawn.lens_set()
    found = qk_factors(anatomy, 2, 1, lenses, back)
    matrix = lenses.generate(StreamSite(1)).weight
    assert torch.allclose(whole(found), slow_qk(anatomy, 1, matrix, back), atol=1e-10)
    assert (found.effect, found.through) == ("total", "generative")


def test_a_distance_matters_to_rotated_heads_only(drawn):
    turned, still = drawn.anatomy(), drawn.anatomy(rotary=False)
    for anatomy, same in ((turned, False), (still, True)):
        near, far = (whole(qk_factors(anatomy, 1, 0, Identity(), back)) for back in (0, 4))
        assert torch.allclose(near, far) is same


def test_corrected_factors_know_no_gauge(drawn):
    """h' = G h where the head reads and G' h where it writes."""
    anatomy, transport, lenses, draw = drawn.anatomy(), drawn.transport(), drawn.lens_set(), drawn.Draw(9)
    reading, writing = draw(drawn.D, drawn.D), draw(drawn.D, drawn.D)
    heads, index = anatomy.heads(2), lenses.sites.index(StreamSite(1))
    key = StreamSite(2, True), StreamSite(2)
    before = [
        whole(ov_factors(anatomy, 2, 0, transport, lenses)),
        whole(qk_factors(anatomy, 2, 0, lenses, 2)),
    ]
    raw = whole(qk_factors(anatomy, 2, 0, Identity()))
    back = torch.linalg.inv(reading)
    moved = replace(
        heads, query=heads.query @ back, key=heads.key @ back, value=heads.value @ back,
        write=heads.write @ writing.T,
    )  # fmt: skip
    blocks = (anatomy.blocks[0], replace(anatomy.blocks[1], heads=moved))
    turned = replace(anatomy, blocks=blocks)
    lenses.generations.weight[index] = reading @ lenses.generations.weight[index]
    moved_on = drawn.Matrices({key: transport.maps[key] @ torch.linalg.inv(writing)})
    after = [whole(ov_factors(turned, 2, 0, moved_on, lenses)), whole(qk_factors(turned, 2, 0, lenses, 2))]
    assert all(torch.allclose(a, b, atol=1e-8) for a, b in zip(before, after, strict=True))
    assert not torch.allclose(raw, whole(qk_factors(turned, 2, 0, Identity())), atol=0.1)


def test_refusals_say_what_was_found(drawn):
    anatomy = drawn.anatomy()
    heads = replace(anatomy.heads(1), query=None, key=None, reason="queries pass a norm of their own")
    lame = replace(anatomy, blocks=(replace(anatomy.blocks[0], heads=heads), *anatomy.blocks[1:]))
    gone = replace(anatomy.blocks[0], heads=Unsupported("no attention was found in block 1"))
    none = replace(anatomy, blocks=(gone, *anatomy.blocks[1:]))
    with pytest.raises(NotApplicableError, match="queries pass a norm of their own"):
        qk_factors(lame, 1, 0, Identity())
    assert len(ov_factors(lame, 1, 0, Identity()).left) == 9
    with pytest.raises(NotApplicableError, match="no attention was found in block 1"):
        ov_factors(none, 1, 0, Identity())
    with pytest.raises(ConfigurationError, match="block 2 has heads 0 to 1; found 2"):
        ov_factors(anatomy, 2, 2, Identity())
    with pytest.raises(
        ConfigurationError, match="a key stands 0 or more positions before its query; found -1"
    ):
        qk_factors(anatomy, 1, 0, Identity(), -1)
