"""What a subject remembers of its anatomy, and what it refuses."""

from __future__ import annotations

import pytest
import torch

from forewarn.errors import NotApplicableError, SubjectError
from forewarn.subjects.anatomy import HeadWeights, MlpWeights
from forewarn.subjects.layout import Overrides
from forewarn.subjects.opening import Opener, open_subject

PROMPTS = [[1, 2, 3, 4, 5, 6, 7], [8, 9, 10]]


def weights_of(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def test_it_is_remembered_and_its_blocks_too(models):
    subject = open_subject(models.build(), None, PROMPTS)
    anatomy = subject.anatomy()
    assert subject.anatomy() is anatomy
    assert anatomy.block(2) is anatomy.blocks[1]


def test_weights_are_copies_of_this_snapshot(models):
    model, other = models.build(), models.build(seed=1)
    opener = Opener(model, PROMPTS)
    first = opener.open(weights_of(model)).anatomy()
    read, unembedding = first.mlp(1).read.clone(), first.readout()[1].clone()
    second = opener.open(weights_of(other)).anatomy()
    assert torch.equal(first.mlp(1).read, read) and torch.equal(first.readout()[1], unembedding)
    assert not torch.allclose(second.mlp(1).read, read)


def test_a_closed_subject_looks_into_no_more_blocks(models):
    model = models.build()
    opener = Opener(model, PROMPTS)
    subject = opener.open(weights_of(model))
    anatomy = subject.anatomy()
    assert anatomy.mlp(1).n == 24
    opener.open(weights_of(model))
    assert anatomy.mlp(1).n == 24
    for ask in (lambda: anatomy.mlp(2), subject.anatomy, lambda: subject.activations(PROMPTS, 2)):
        with pytest.raises(SubjectError, match="this subject is closed"):
            ask()


def test_the_random_state_and_the_weights_stay_as_they_were(models):
    model = models.build()
    subject = open_subject(model, None, PROMPTS)
    before, state = weights_of(subject._found.module), torch.random.get_rng_state()
    list(subject.anatomy().blocks)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(before[n], v) for n, v in subject._found.module.state_dict().items())
    assert all(p.grad is None for p in subject._found.module.parameters())


@pytest.mark.parametrize("inside", [torch.inference_mode, torch.no_grad, torch.enable_grad])
def test_it_is_found_in_whatever_mode_the_caller_is(models, inside):
    subject = open_subject(models.build(block={"attention": "half"}), None, PROMPTS)
    with inside():
        heads, mlp = subject.anatomy().heads(1), subject.anatomy().mlp(1)
    assert heads.rotary is not None and not mlp.read.is_inference() and not heads.value.requires_grad


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_half_precision_is_read_as_single_and_double_stays(models, kind):
    anatomy = open_subject(models.build().to(kind), None, PROMPTS).anatomy()
    wanted = torch.float64 if kind == torch.float64 else torch.float32
    block = anatomy.block(1)
    assert isinstance(block.mlp, MlpWeights) and isinstance(block.heads, HeadWeights)
    tensors = (anatomy.embedding, anatomy.readout()[1], block.mlp.read, block.mlp.write, block.heads.query)
    assert {x.dtype for x in tensors} == {wanted}


@torch.no_grad()
def test_a_fresh_model_whose_last_matrices_are_zero_has_its_neurons_and_heads(models):
    model = models.build()
    for block in model.blocks:
        for part in (block.attn.out, block.mlp.last):
            part.weight.zero_()
            part.bias.zero_()
    anatomy = open_subject(model, None, PROMPTS).anatomy()
    assert not anatomy.mlp(2).write.any() and anatomy.mlp(2).read.any()
    assert not anatomy.heads(2).write.any() and anatomy.heads(2).query.any()


def test_a_model_of_two_positions_has_neurons_and_no_heads(models):
    subject = open_subject(models.build(), None, [[1, 2]], Overrides(max_length=2))
    assert subject.anatomy().mlp(1).n == 24
    with pytest.raises(NotApplicableError, match="prompts of 3 tokens; the model takes 2"):
        subject.anatomy().heads(1)


@pytest.mark.parametrize("example", [[[3]], [[3, 3, 3]], [[1, 2, 3, 4, 5, 6, 7, 8]]])
def test_one_token_is_example_enough(models, example):
    anatomy = open_subject(models.build(), None, example).anatomy()
    assert anatomy.mlp(1).n == 24 and anatomy.heads(2).n == 4


def test_time_first_is_no_hindrance(own, prompts):
    plain, turned = (
        open_subject(own.seeded(own.Encoder, batch_first=b), None, prompts).anatomy() for b in (True, False)
    )
    for layer in (1, 2):
        torch.testing.assert_close(turned.mlp(layer).read, plain.mlp(layer).read)
        torch.testing.assert_close(turned.mlp(layer).write, plain.mlp(layer).write)
    with pytest.raises(NotApplicableError, match="there is none inside it"):
        turned.heads(1)


def test_a_decoder_of_attention_alone_has_heads_and_no_neurons(models):
    class Alone(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.norm, self.attn = torch.nn.LayerNorm(16), models.Attention("half")

        def forward(self, x):
            return x + self.attn(self.norm(x))

    model = models.build(layers=2)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model.blocks = torch.nn.ModuleList(Alone() for _ in range(2))
    subject = open_subject(model, None, PROMPTS)
    heads = subject.anatomy().heads(2)
    assert heads.n == 4 and heads.query is not None and str(heads.writes_to) == "2"
    with pytest.raises(NotApplicableError, match="no MLP was found"):
        subject.anatomy().mlp(1)
