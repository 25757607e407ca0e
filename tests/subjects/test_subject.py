"""PassOutput, each fast way beside its slow twin."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from forewarn.errors import SubjectError
from forewarn.subjects.opening import open_subject
from forewarn.subjects.subject import NOT_WRITTEN, Edit, Subject


@pytest.fixture(scope="module")
def model(own):
    return own.seeded(own.GPT, layers=3)


@pytest.fixture(scope="module")
def subject(model, prompts):
    return open_subject(model, None, prompts, digest="abc")


def slow_stream(model, prompt, edits=(), n_written=0):
    """The residual stream of one prompt, block by block, without a hook: [site, t, d], and the logits [t, V]."""
    twin = model.eval()
    with torch.no_grad():
        x = twin.wte(torch.tensor([prompt])) + twin.wpe(torch.arange(len(prompt)))
        stream = []
        for layer in range(len(twin.h) + 1):
            x = x if layer == 0 else twin.h[layer - 1](x)
            for edit in edits:
                if edit.layer == layer:
                    x = x.clone()
                    end = len(prompt) - n_written
                    x[0, end - len(edit.delta) : end] += edit.delta
                    x[0, end:] += edit.delta[-1]
            stream.append(x[0])
        return torch.stack(stream), twin.lm_head(twin.ln_f(x))[0]


DELTA = torch.linspace(-1.0, 2.0, 16)


@pytest.mark.parametrize(
    "edits", [(), (Edit(0, DELTA[None]),), (Edit(1, DELTA[None]), Edit(3, -DELTA[None]))]
)
def test_ragged_prompts_are_read_as_one_by_one(model, subject, prompts, edits):
    residuals, logits = subject.residuals(prompts, edits=edits), subject.logits(prompts, edits)
    for k, prompt in enumerate(prompts):
        stream, final = slow_stream(model, prompt, edits)
        torch.testing.assert_close(residuals[:, k], stream[:, -1], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(logits[k], final[-1], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("layer", [0, 2, 3])
def test_streams_are_whole_prompts_in_order(model, subject, prompts, layer):
    for prompt, stream in zip(prompts, subject.streams(prompts, layer), strict=True):
        torch.testing.assert_close(stream, slow_stream(model, prompt)[0][layer], atol=1e-5, rtol=1e-5)
    cost = subject.forwards
    subject.streams(prompts, layer)[0].zero_()
    assert float(subject.streams(prompts, layer)[0].abs().max()) > 0
    assert subject.forwards == cost


def test_small_batches_change_nothing(model, subject, prompts):
    narrow = Subject(subject._found, batch_tokens=5)
    torch.testing.assert_close(narrow.logits(prompts), subject.logits(prompts), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(narrow.residuals(prompts), subject.residuals(prompts), atol=1e-5, rtol=1e-5)
    assert torch.equal(narrow.write(prompts, 3), subject.write(prompts, 3))


def test_positions_may_be_given(model, subject, prompts):
    at = [k % len(p) for k, p in enumerate(prompts)]
    residuals = subject.residuals(prompts, at)
    for k, prompt in enumerate(prompts):
        torch.testing.assert_close(
            residuals[:, k], slow_stream(model, prompt)[0][:, at[k]], atol=1e-5, rtol=1e-5
        )
    ends = subject.residuals(prompts, [-1] * len(prompts))
    assert torch.equal(ends, subject.residuals(prompts))


@pytest.mark.parametrize("k", [1, 2])
def test_steering_covers_the_end_of_the_prompt_and_what_is_written(model, subject, k):
    prompts, edits = [[5, 9, 11, 7], [3, 4], [8, 1]], (Edit(2, torch.stack([-DELTA, DELTA])[:k]),)
    for prompt, row in zip(prompts, subject.write(prompts, 4, edits).tolist(), strict=True):
        text = list(prompt)
        for token in row:
            _, logits = slow_stream(model, text, edits, len(text) - len(prompt))
            assert token == int(logits[-1].argmax())
            text.append(token)


def test_an_edit_for_each_prompt(subject, prompts):
    deltas = torch.randn(len(prompts), 1, 16, generator=torch.Generator().manual_seed(0))
    together = subject.logits(prompts, [Edit(1, deltas)])
    alone = [subject.logits([p], [Edit(1, d)]) for p, d in zip(prompts, deltas, strict=True)]
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-5, rtol=1e-5)


def test_writing_stops_where_the_rule_says(subject, prompts):
    free = subject.write(prompts, 5)
    limits = torch.arange(len(prompts)) % 5 + 1
    wanted = [row[: int(n)].tolist() for row, n in zip(free, limits, strict=True)]
    seen = []

    def stop(written):
        seen.append(written.shape)
        ended = [
            any(row.tolist() == w[: written.shape[1]] and written.shape[1] >= len(w) for w in wanted)
            for row in written
        ]
        return torch.tensor(ended)

    out = subject.write(prompts, 5, stop=stop)
    for row, full in zip(out.tolist(), free.tolist(), strict=True):
        written = [t for t in row if t != NOT_WRITTEN]
        assert written == full[: len(written)]
        assert row == written + [NOT_WRITTEN] * (5 - len(written))
    assert NOT_WRITTEN in out
    assert all(n > 0 for n, _ in seen)


@pytest.mark.parametrize(
    "build", [("GPT", {}), ("GPT", {"head": "tied"}), ("Encoder", {"batch_first": False})]
)
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_gradients_are_finite_differences(own, prompts, build, layer):
    model = own.seeded(getattr(own, build[0]), **build[1]).double()
    subject = open_subject(model, None, prompts)
    targets = [(3 * k + 1) % own.vocab for k in range(len(prompts))]
    gradients = subject.residual_gradient(prompts, targets, layer)
    step, generator = 1e-5, torch.Generator().manual_seed(0)
    for prompt, target, gradient in zip(prompts, targets, gradients, strict=True):
        assert gradient.shape == (len(prompt), subject.width)
        way = torch.randn(gradient.shape, generator=generator, dtype=torch.float64)
        up, down = (
            subject.logits([prompt], [Edit(layer, sign * step * way)]).log_softmax(-1)[0, target]
            for sign in (1, -1)
        )
        slope = float((up - down) / (2 * step))
        assert slope == pytest.approx(float((gradient * way).sum()), rel=1e-5, abs=1e-9)


def test_the_embedding_gradient_is_that_of_site_0(subject, prompts):
    targets = [1] * len(prompts)
    pairs = zip(
        subject.embedding_gradient(prompts, targets),
        subject.residual_gradient(prompts, targets, 0),
        strict=True,
    )
    assert all(torch.equal(a, b) and float(a.abs().max()) > 0 for a, b in pairs)


def test_a_gradient_is_taken_where_the_edits_have_led(subject):
    edit = Edit(1, DELTA[None])
    plain, moved = (subject.residual_gradient([[1, 2, 3]], [4], 2, e)[0] for e in ((), (edit,)))
    assert not torch.allclose(plain, moved)


def test_reading_again_costs_nothing_and_cannot_be_spoilt(subject):
    texts = [[1, 2, 9], [4]]
    first = subject.residuals(texts)
    cost = subject.forwards
    first.zero_()
    assert float(subject.residuals(texts).abs().max()) > 0
    assert subject.forwards == cost
    subject.residuals(texts, edits=[Edit(0, DELTA[None])])
    assert subject.forwards == cost + 4


def test_cost_is_counted_in_positions(subject, prompts):
    before = subject.forwards
    subject.logits(prompts)
    assert subject.forwards - before == sum(map(len, prompts))
    before = subject.forwards
    subject.write([[1, 2]], 3)
    assert subject.forwards - before == 2 + 3 + 4


def test_there_is_nothing_to_train(subject):
    public = [getattr(subject, name) for name in dir(subject) if not name.startswith("_")]
    assert not any(isinstance(value, (nn.Module, nn.Parameter)) for value in public)
    assert not hasattr(subject, "train")
    with torch.enable_grad():
        assert not subject.logits([[1, 2]]).requires_grad
        assert not subject.read_logits(torch.zeros(1, 16, requires_grad=True)).requires_grad
    with pytest.raises(AttributeError):
        subject.digest = "other"


def test_what_a_subject_knows_of_itself(subject):
    assert (subject.n_layers, subject.width, subject.vocab, subject.digest) == (3, 16, 23, "abc")


def test_no_hook_survives_an_error(subject):
    decoder = subject._found.module
    broken = decoder.h[2].ffwd
    with (
        pytest.raises(SubjectError, match=r"the model raised ZeroDivisionError on 1 prompts of 2 tokens: oh"),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(type(broken), "forward", lambda *_: (_ for _ in ()).throw(ZeroDivisionError("oh")))
        subject.logits([[1, 2]])
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in decoder.modules())


def test_random_states_and_modes_are_put_back(subject, prompts):
    torch.manual_seed(7)
    before = torch.get_rng_state()
    with torch.inference_mode():
        subject.residual_gradient(prompts, [1] * len(prompts), 1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert subject.logits(prompts).dtype is torch.float32
    assert torch.equal(torch.get_rng_state(), before)


def test_tensors_are_copies_in_the_decoders_order_and_tied_ones_come_once(own, prompts):
    model = own.seeded(own.GPT, layers=2, head="tied")
    subject = open_subject(model, None, prompts)
    found = subject.tensors()
    assert list(found) == [name for name, _ in model.named_parameters()]
    assert all(torch.equal(found[name], weight) for name, weight in model.named_parameters())
    before = subject.logits(prompts)
    for tensor in found.values():
        tensor.zero_()
    assert torch.equal(subject.logits(prompts), before)
    assert not any(tensor.requires_grad for tensor in found.values())
