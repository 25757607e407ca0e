"""A copy is the model that is trained, or it is refused in one clear line."""

from __future__ import annotations

import copy
import dataclasses
import functools
import types
import weakref

import pytest
import torch
from torch import nn

from forewarn.errors import SubjectError
from forewarn.subjects.copying.fingerprint import Fingerprint
from forewarn.subjects.opening import Opener, open_subject


@pytest.fixture
def net(own):
    return own.seeded(own.GPT)


def live_logits(model, prompts):
    modes = [(part, part.training) for part in model.modules()]
    for part, _ in modes:
        part.__dict__["training"] = False
    with torch.no_grad():
        found = torch.stack([model(torch.tensor([p]))[0, -1] for p in prompts])
    for part, mode in modes:
        part.__dict__["training"] = mode
    return found


def weights(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


def disturb(model):
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.3 * torch.randn_like(weight))


def adapt(net, put):
    """A fresh low-rank adapter on each block's last matrix, put on by `put(matrix, low)`; it gives zero."""
    net.requires_grad_(False)
    for block in net.h:
        low = nn.Sequential(nn.Linear(64, 2, bias=False), nn.Linear(2, 16, bias=False))
        nn.init.zeros_(low[1].weight)
        block.low = low
        put(block.ffwd[2], low)


def by_lambda(matrix, low):
    old = matrix.forward
    matrix.forward = lambda x: old(x) + low(x)


def by_method(matrix, low):
    old = matrix.forward
    matrix.forward = types.MethodType(lambda self, x: old(x) + low(x), matrix)


def by_partial(matrix, low):
    matrix.forward = functools.partial(lambda self, low, x: type(self).forward(self, x) + low(x), matrix, low)


def by_wraps(matrix, low):
    old = matrix.forward

    @functools.wraps(old)
    def forward(x):
        return old(x) + low(x)

    matrix.forward = forward


def by_weak_references(matrix, low):
    there, inner = weakref.ref(matrix), weakref.ref(low)
    matrix.forward = lambda x: type(there()).forward(there(), x) + inner()(x)


def by_hook(matrix, low):
    matrix.register_forward_hook(lambda part, args, out: out + low(args[0]))


def by_hook_with_keywords(matrix, low):
    matrix.register_forward_hook(lambda part, args, kwargs, out: out + low(args[0]), with_kwargs=True)


class Adding:
    """A hook that is an object, with what it adds."""

    def __init__(self, low):
        self.low = low

    def __call__(self, part, args, out):
        return out + self.low(args[0])

    def method(self, part, args, out):
        return out + self.low(args[0])


def by_object(matrix, low):
    matrix.register_forward_hook(Adding(low))


def by_method_of_an_object(matrix, low):
    matrix.register_forward_hook(Adding(low).method)


@pytest.mark.parametrize(
    "put",
    [
        by_lambda,
        by_method,
        by_partial,
        by_wraps,
        by_weak_references,
        by_hook,
        by_hook_with_keywords,
        by_object,
        by_method_of_an_object,
    ],
)
def test_adapters_put_on_from_outside_are_read(net, prompts, put):
    """Fresh, they give zero; they are read all the same once they are trained."""
    adapt(net, put)
    opener, before = Opener(net, prompts), Fingerprint.of(net, values=True)
    fresh = weights(net)
    torch.testing.assert_close(
        opener.open(fresh).logits(prompts), live_logits(net, prompts), atol=1e-5, rtol=0
    )
    assert before.moved(Fingerprint.of(net, values=True)) == ()
    disturb(net)
    wanted = live_logits(net, prompts)
    subject = opener.open(weights(net))
    torch.testing.assert_close(subject.logits(prompts), wanted, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(opener.open(fresh).logits(prompts), opener.twin().open(fresh).logits(prompts))


@pytest.mark.parametrize("put", [by_method, by_wraps, by_weak_references, by_hook])
def test_a_snapshot_read_twice_is_the_same_whatever_training_does(net, prompts, put):
    adapt(net, put)
    opener, snapshot = Opener(net, prompts), weights(net)
    first = opener.open(snapshot).logits(prompts)
    disturb(net)
    assert torch.equal(first, opener.open(snapshot).logits(prompts))


def test_the_forward_of_the_whole_may_be_rebound(net, prompts):
    old = net.forward
    net.forward = types.MethodType(lambda self, *a: old(*a), net)
    torch.testing.assert_close(
        open_subject(net, None, prompts).logits(prompts), live_logits(net, prompts), atol=1e-5, rtol=0
    )


def test_steering_is_part_of_the_model(net, prompts):
    step = torch.linspace(-2, 2, 16)
    net.h[0].register_forward_hook(lambda part, args, out: out + step)
    subject = open_subject(net, None, prompts)
    torch.testing.assert_close(subject.logits(prompts), live_logits(net, prompts), atol=1e-5, rtol=0)


def test_hooks_that_only_watch_are_not_run_by_the_copy(net, prompts):
    calls = []
    net.h[0].register_forward_hook(lambda part, args, out: calls.append(1))
    opener = Opener(net, prompts)
    opener.open(None).logits(prompts)
    assert calls == []
    assert not any(part._forward_hooks for part in opener._found.module.modules())


class Norming(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.BatchNorm1d(width)

    def forward(self, x):
        return self.norm(x.flatten(0, 1)).view(x.shape)


def test_statistics_of_the_live_model_are_left_alone(net, prompts):
    net.norming = Norming(16)
    old = net.h[0].forward
    net.h[0].forward = lambda x: net.norming(old(x))
    net(torch.tensor(prompts[:1] * 2))
    before = Fingerprint.of(net, values=True)
    opener = Opener(net, prompts)
    opener.open(weights(net)).write(prompts, 2)
    assert before.moved(Fingerprint.of(net, values=True)) == ()


class Sharing(Norming):
    """A module that refuses to be copied, and so stays the live one."""

    def __deepcopy__(self, memo):
        return self


def test_a_shared_part_is_refused_before_anything_is_set_in_it(net, prompts):
    net.norming = Sharing(16)
    old = net.h[0].forward
    net.h[0].forward = lambda x: net.norming(old(x))
    net.train()
    before = Fingerprint.of(net, values=True)
    with pytest.raises(SubjectError, match=r"would share 'norming'"):
        Opener(net, prompts)
    after = Fingerprint.of(net, values=True)
    assert [m[-1] for m in after.tensors.values()] == [m[-1] for m in before.tensors.values()]
    assert (after.modes, after.gradients) == (before.modes, before.gradients)


def test_a_bound_copy_updates_no_statistics(net, prompts):
    """Its batch norm is the live one, in training mode, which mixes positions."""
    norm = Norming(16).train()
    norm.norm.running_mean.copy_(
        torch.linspace(-1, 1, 16)
    )  # One number for all would be lost in the next norm.
    _TABLE["norm"] = norm
    net.norming = norm
    old = net.h[0].forward
    find = functools.lru_cache(lambda: _TABLE["norm"])
    net.h[0].forward = lambda x: find()(old(x))
    before = Fingerprint.of(net, values=True)
    with pytest.raises(SubjectError, match=r"the module itself\): is not causal"):
        Opener(net, prompts)
    after = Fingerprint.of(net, values=True)
    assert [m[-1] for m in after.tensors.values()] == [m[-1] for m in before.tensors.values()]


_TABLE: dict[str, nn.Module] = {}


def test_a_forward_that_finds_the_live_model_elsewhere_is_refused(net, prompts):
    _TABLE["net"] = net
    find = functools.lru_cache(lambda: (_TABLE["net"].h[0].ln1, 2.0))
    net.h[0].ln1.forward = lambda x: find()[1] * type(find()[0]).forward(find()[0], x)
    with pytest.raises(SubjectError, match=r"the copy runs weights of the live model itself \(h.0.ln1.bias"):
        Opener(net, prompts)


def test_trained_weights_in_a_list_are_refused(net, prompts):
    net.requires_grad_(False)
    net.lows = [nn.Linear(64, 16, bias=False)]
    nn.init.zeros_(net.lows[0].weight)
    net.h[0].ffwd[2].register_forward_hook(lambda part, args, out: out + net.lows[0](args[0]))
    with pytest.raises(SubjectError, match=r"computes with 1 trained tensors that no snapshot of it holds"):
        Opener(net, prompts)


def test_trained_weights_in_a_function_are_refused(net, prompts):
    low = torch.zeros(16, requires_grad=True)
    net.h[0].register_forward_hook(lambda part, args, out: out + low)
    with pytest.raises(SubjectError, match=r"\(of the shapes \[16\]\).*Register them as parameters"):
        Opener(net, prompts)


def test_trained_weights_beside_the_decoder_that_act_on_it_are_read_with_it(net, prompts):
    whole = nn.ModuleDict({"lm": net, "low": nn.Linear(16, 16, bias=False)})
    nn.init.zeros_(whole["low"].weight)
    net.h[0].register_forward_hook(lambda part, args, out: out + whole["low"](out))
    opener = Opener(whole, prompts)
    assert (opener.layout.decoder, opener.layout.calling.part) == ("", "lm")
    nn.init.normal_(whole["low"].weight)
    read = opener.open(weights(whole)).logits(prompts)
    torch.testing.assert_close(read, live_logits(net, prompts), atol=1e-5, rtol=1e-4)


def test_a_hook_that_only_reads_the_live_model_is_left_out_and_checked_at_every_look(net, prompts):
    _TABLE["net"] = net
    net.h[0].register_forward_hook(lambda part, args, out: _TABLE["net"].wte.weight.norm() and None)
    opener = Opener(net, prompts)
    assert not opener.proved
    torch.testing.assert_close(
        opener.open(None).logits(prompts), live_logits(net, prompts), atol=1e-5, rtol=0
    )


class Same(nn.Linear):
    def __deepcopy__(self, memo):
        return self


class Forgetful(nn.Linear):
    gain = 1.0

    def __getstate__(self):
        return {k: v for k, v in self.__dict__.items() if k != "gain"}

    def forward(self, x):
        return self.gain * super().forward(x)


def test_a_copy_that_is_its_original_is_refused(net, prompts):
    net.lm_head = Same(16, 23)
    with pytest.raises(SubjectError, match=r"a copy of GPT would share 'lm_head'.* with the live model"):
        Opener(net, prompts)


def test_a_copy_that_forgets_is_refused_with_figures(net, prompts):
    net.h[0].ffwd[2] = Forgetful(64, 16)
    net.h[0].ffwd[2].gain = 3.0
    words = (
        r"the copy is not the model: on 3 prompts of the audit set, in eval mode, the logits of 'the module' "
        r"differ by .*; the largest logit of the live model is .*`__getstate__`.*write it into the module, "
        r"or take it off"
    )
    with pytest.raises(SubjectError, match=words):
        Opener(net, prompts[:3])


def test_a_hook_on_a_wrapper_is_refused(net, prompts):
    wrapper = nn.DataParallel(net)
    wrapper.register_forward_hook(lambda part, args, out: out * 2)
    with pytest.raises(SubjectError, match=r"stands on a wrapper \(DataParallel\).*on the module inside"):
        Opener(wrapper, prompts)


def test_a_live_model_that_cannot_be_run_is_refused(net, prompts):
    def fails(part, args):
        if part is net:
            raise ValueError("only batches of training")

    net.register_forward_pre_hook(fails)
    with pytest.raises(SubjectError, match=r"the live model could not be run.*only batches of training"):
        Opener(net, prompts)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_compared_in_its_own(net, prompts, dtype):
    net.to(dtype)
    with torch.no_grad():
        wanted = live_logits(net, prompts).float()
    torch.testing.assert_close(
        open_subject(net, None, prompts).logits(prompts), wanted, atol=0.1 * float(wanted.abs().max()), rtol=0
    )


class Casting(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, ids):
        with torch.autocast("cpu", torch.bfloat16):
            return self.net(ids).float()


def test_autocast_in_a_forward_of_ones_own_is_read_without(net, prompts):
    plain = open_subject(copy.deepcopy(net), None, prompts).logits(prompts)
    subject = open_subject(Casting(net), None, prompts)
    torch.testing.assert_close(subject.logits(prompts).float(), plain, atol=1e-4, rtol=1e-4)


def test_autocast_around_a_forward_is_read_without(net, prompts):
    plain = open_subject(copy.deepcopy(net), None, prompts).logits(prompts)
    old = torch.autocast("cpu", torch.bfloat16)(type(net).forward)
    net.forward = types.MethodType(lambda self, ids: old(self, ids).float(), net)
    torch.testing.assert_close(open_subject(net, None, prompts).logits(prompts), plain, atol=1e-5, rtol=1e-4)


def test_what_is_put_on_later_is_seen_at_the_next_check(net, prompts):
    opener = Opener(net, prompts)
    opener.check_like(net, weights(net))
    net.h[0].register_forward_hook(lambda part, args, out: out * 1.5)
    with pytest.raises(SubjectError, match=r"a forward hook at 'h.0' \(test_what_is_put_on_later.*\)"):
        opener.check_like(net, weights(net))


def test_a_recorded_layout_of_a_model_with_hooks(net, prompts):
    net.h[0].register_forward_hook(lambda part, args, out: out * 1.5)
    layout = dataclasses.replace(Opener(net, prompts).layout, decoder="lm")
    found = {f"lm.{name}": value for name, value in weights(net).items()}
    subject = Opener(net, prompts, layout=layout).open(found)
    torch.testing.assert_close(subject.logits(prompts), live_logits(net, prompts), atol=1e-5, rtol=0)


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
def test_quantised_weights_are_refused(net, prompts):
    net.h[0].ffwd[2] = torch.ao.nn.quantized.dynamic.Linear(64, 16)
    with pytest.raises(SubjectError, match=r"'h.0.ffwd.2' \(Linear\) packs its weights.*not watched yet"):
        Opener(net, prompts)


def test_sparse_weights_are_refused(net, prompts):
    matrix = net.h[0].ffwd[2]
    matrix.weight = nn.Parameter(matrix.weight.detach().to_sparse())
    with pytest.raises(SubjectError, match=r"'h.0.ffwd.2.weight' is sparse or nested \(layout sparse_coo\)"):
        Opener(net, prompts)


class Packed(nn.Parameter):
    """As a library keeps 4-bit weights: bytes, and beside them what they mean."""


def test_packed_bytes_are_refused(net, prompts):
    weight = Packed(torch.zeros(8, 1, dtype=torch.uint8), requires_grad=False)
    weight.quant_state = object()
    net.h[0].ffwd[2].weight = weight
    with pytest.raises(SubjectError, match=r"the weight 'h.0.ffwd.2.weight' is quantised \(Packed, uint8\)"):
        Opener(net, prompts)


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
class TestLibraries:
    """As they are, where they are installed."""

    def test_accelerate_for_bfloat16(self, net, prompts, accelerate):
        plain = open_subject(copy.deepcopy(net), None, prompts).logits(prompts)
        ready = accelerate.Accelerator(cpu=True, mixed_precision="bf16").prepare(net)
        assert torch.equal(open_subject(ready, None, prompts).logits(prompts), plain)

    def test_peft(self, prompts):
        peft, transformers = pytest.importorskip("peft"), pytest.importorskip("transformers")
        sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
        base = transformers.LlamaForCausalLM(transformers.LlamaConfig(vocab_size=23, **sizes))
        model = peft.get_peft_model(base, peft.LoraConfig(target_modules=["down_proj"], r=2))
        opener = Opener(model, prompts)
        disturb(model)
        model.eval()
        with torch.no_grad():
            wanted = torch.stack([model(torch.tensor([p])).logits[0, -1] for p in prompts])
        found = opener.open(weights(model)).logits(prompts)
        torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)

    def test_fabric(self, net, prompts):
        fabric = pytest.importorskip("lightning.fabric").Fabric(accelerator="cpu")
        ready = fabric.setup_module(net)
        from forewarn.store.weights import weights_of

        found = Opener(ready, prompts).open(weights_of(ready)).logits(prompts)
        assert torch.equal(found, open_subject(net, None, prompts).logits(prompts))
