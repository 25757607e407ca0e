"""Models as libraries hand them back: the part that is watched, and names that a snapshot has."""

from __future__ import annotations

import logging

import pytest
import torch
from lightning.fabric import Fabric
from torch import nn
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper
from transformers import LlamaConfig, LlamaForCausalLM

from forewarn.audit.manifest import model_card
from forewarn.errors import SubjectError
from forewarn.subjects.copying.live import part_at
from forewarn.subjects.layout import Overrides
from forewarn.subjects.opening import Opener

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated")
PROMPTS = [[1, 5, 2, 9, 4], [3, 3, 8]]


def llama():
    sizes = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return LlamaForCausalLM(LlamaConfig(vocab_size=23, max_position_embeddings=32, **sizes))


class Holder(nn.Module):
    """Training code around a language model."""

    def __init__(self, lm):
        super().__init__()
        self.lm = lm


def by_fabric(module):
    return Fabric(accelerator="cpu").setup(module)


def checkpointed(module):
    module.model.layers[0] = checkpoint_wrapper(module.model.layers[0])
    return module


WRAPPERS = {
    "fabric": by_fabric,
    "compiled": torch.compile,
    "parallel": nn.DataParallel,
    "fabric and compiled": lambda module: by_fabric(torch.compile(module)),
    "compiled and parallel": lambda module: torch.compile(nn.DataParallel(module)),
    "checkpointed": checkpointed,
}


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_a_wrapped_model_is_watched_without_its_wrappers(wrap):
    plain = llama()
    names = {name: tensor.clone() for name, tensor in plain.state_dict().items()}
    opener = Opener(wrap(plain), PROMPTS)
    assert opener.layout.blocks == ("model.layers.0",)
    torch.testing.assert_close(
        opener.open(names).logits(PROMPTS),
        torch.stack([llama().eval()(torch.tensor([p])).logits[0, -1].detach() for p in PROMPTS]),
    )


@pytest.mark.parametrize(
    "wrap", [by_fabric, torch.compile, nn.DataParallel], ids=["fabric", "compile", "parallel"]
)
def test_a_part_of_a_wrapped_module_has_its_plain_path(wrap):
    module = wrap(Holder(llama()))
    opener = Opener(module, PROMPTS)
    assert opener.layout.decoder == "lm"
    assert type(part_at(module, "lm")) is LlamaForCausalLM
    card = model_card(module, opener)
    assert (card["class"], card["config"]["model_type"]) == ("LlamaForCausalLM", "llama")


def test_a_name_in_the_wrapped_module_will_do_as_an_override():
    module = by_fabric(Holder(llama()))
    assert Opener(module, PROMPTS, Overrides(decoder="_forward_module.lm")).layout.decoder == "lm"


def test_a_decoder_that_is_named_and_not_trained_is_watched_and_that_is_said(caplog):
    module = nn.ModuleDict({"teacher": llama().requires_grad_(False), "student": llama()})
    with caplog.at_level(logging.WARNING, "forewarn"):
        assert Opener(module, PROMPTS, Overrides(decoder="teacher")).layout.decoder == "teacher"
    assert (
        "nothing that is trained acts on the logits of 'teacher', which Overrides(decoder=...)" in caplog.text
    )
    caplog.clear()
    assert Opener(module, PROMPTS, Overrides(decoder="student")).layout.decoder == "student"
    assert not caplog.text


def test_what_the_optimiser_holds_tells_two_decoders_apart():
    module = nn.ModuleDict({"teacher": llama(), "student": llama()})
    with pytest.raises(SubjectError, match="several decoders were found: 'teacher', 'student'"):
        Opener(module, PROMPTS)
    stepped = [p for g in torch.optim.SGD(module["student"].parameters()).param_groups for p in g["params"]]
    assert Opener(module, PROMPTS, stepped=stepped).layout.decoder == "student"
    # An optimiser that holds flat copies says nothing of the module.
    flat = [torch.cat([p.detach().flatten() for p in module["student"].parameters()])]
    module["teacher"].requires_grad_(False)
    assert Opener(module, PROMPTS, stepped=flat).layout.decoder == "student"


def test_a_named_part_that_is_no_decoder_is_refused():
    with pytest.raises(
        SubjectError, match=r"names 'lm.model', which is no decoder: it returned no tensor \[B"
    ):
        Opener(Holder(llama()), PROMPTS, Overrides(decoder="lm.model"))


def test_accelerate(accelerate):
    assert Opener(accelerate.Accelerator(cpu=True).prepare(llama()), PROMPTS).layout.decoder == ""


PEFT = {
    "lora": ("LoraConfig", {"r": 2, "target_modules": ["q_proj", "v_proj"]}),
    "ia3": ("IA3Config", {"target_modules": ["k_proj", "down_proj"], "feedforward_modules": ["down_proj"]}),
    "prompt": ("PromptTuningConfig", {"num_virtual_tokens": 3}),
    "prefix": ("PrefixTuningConfig", {"num_virtual_tokens": 3}),
}


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated")
@pytest.mark.parametrize("kind", PEFT)
def test_adapters_of_peft_are_read_or_refused_by_name(kind):
    peft = pytest.importorskip("peft")
    name, settings = PEFT[kind]
    model = peft.get_peft_model(llama(), getattr(peft, name)(task_type="CAUSAL_LM", **settings))
    try:
        opener = Opener(model, PROMPTS)
    except SubjectError as error:
        # A soft prompt makes the streams longer than the prompts. A prefix stands in a cache, which grows.
        assert {"prompt": "prompt_encoder.default.embedding.weight", "prefix": "no blocks"}[kind] in str(
            error
        )
        return
    subject = opener.open({n: t.clone() for n, t in model.state_dict().items()})
    before = subject.logits(PROMPTS)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn(parameter.shape) * 0.5)
        live = torch.stack([model.eval()(torch.tensor([p])).logits[0, -1] for p in PROMPTS])
    after = opener.open({n: t.clone() for n, t in model.state_dict().items()}).logits(PROMPTS)
    torch.testing.assert_close(after, live, atol=1e-5, rtol=1e-4)
    assert (after - before).abs().max() > 1e-4
