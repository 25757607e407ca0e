"""Constructions in which one part is trained beside others, each with what is right to watch.

Every function builds one and returns a `Kind`. They need nothing of the tests, so that other tests can use them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

V, D, T = 24, 16, 32
IDS = torch.tensor([[1, 5, 2, 9, 4, 7], [3, 3, 8, 6, 2, 11]])


@dataclass(frozen=True)
class Kind:
    """A module in training, and what is right to watch in it."""

    module: nn.Module
    answer: Callable[[Tensor], Tensor]
    """Logits [B, T, V] of what is trained, by the live module."""
    watched: str | None = None
    """Path of the part that is to be watched; None where the module is to be refused."""
    says: str = ""
    """What the refusal says, as a pattern."""
    part: str = ""
    """The part of it that is called."""

    def step(self) -> None:
        """One step on everything that asks for gradients."""
        trained = [p for p in self.module.parameters() if p.requires_grad]
        optimiser = torch.optim.SGD(trained, 0.5)
        logits = self.answer(IDS)
        F.cross_entropy(logits[:, :-1].flatten(0, 1), IDS[:, 1:].flatten()).backward()
        optimiser.step()


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.qkv, self.out = nn.LayerNorm(D), nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.mlp = nn.Sequential(nn.LayerNorm(D), nn.Linear(D, 2 * D), nn.GELU(), nn.Linear(2 * D, D))

    def forward(self, x):
        q, k, v = self.qkv(self.norm(x)).chunk(3, -1)
        x = x + self.out(F.scaled_dot_product_attention(q, k, v, is_causal=True))
        return x + self.mlp(x)


class Decoder(nn.Module):
    """Token ids to logits."""

    def __init__(self):
        super().__init__()
        self.embed, self.place = nn.Embedding(V, D), nn.Embedding(T, D)
        self.layers, self.norm = nn.ModuleList([Layer()]), nn.LayerNorm(D)
        self.head = nn.Linear(D, V, bias=False)

    def body(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.norm(x)

    def embedded(self, ids):
        return self.embed(ids) + self.place(torch.arange(ids.shape[1]))

    def forward(self, ids):
        return self.head(self.body(self.embedded(ids)))


class Recurrent(nn.Module):
    """A student of another kind, which takes a batch."""

    def __init__(self):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(V, D), nn.GRU(D, D, batch_first=True), nn.Linear(D, V)

    def forward(self, batch):
        return self.o(self.r(self.e(batch["ids"]))[0])


class Wrapped(nn.Module):
    """A decoder behind a forward of another form; `call` makes of the arguments the token ids."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner


def frozen(module):
    return module.requires_grad_(False)


def pair(student, answer, watched="student", says=""):
    return Kind(nn.ModuleDict({"teacher": frozen(Decoder()), "student": student}), answer, watched, says)


# -- a frozen teacher beside a student that is called in some way


def student_and_teacher():
    student = Decoder()
    return pair(student, student)


def recurrent_student():
    student = Recurrent()
    return pair(student, lambda ids: student({"ids": ids}))


def student_by_keyword():
    class ByKeyword(Wrapped):
        def forward(self, *, input_ids):
            return self.inner(input_ids + 0)

    # The inner decoder takes token ids alone, and is all that is trained.
    student = ByKeyword(Decoder())
    return pair(student, lambda ids: student(input_ids=ids), "student.inner")


def recurrent_by_keyword():
    class ByKeyword(Recurrent):
        def forward(self, *, question):
            return super().forward({"ids": question})

    student = ByKeyword()
    return pair(student, lambda ids: student(question=ids))


def recurrent_by_named_batch():
    class NamedBatch(Recurrent):
        def forward(self, *, batch):
            return super().forward({"ids": batch["input_ids"]})

    student = NamedBatch()
    return pair(student, lambda ids: student(batch={"input_ids": ids}))


def recurrent_with_mask():
    class Masked(Recurrent):
        def forward(self, tokens, attention_mask):
            return super().forward({"ids": tokens}) * attention_mask[:, :, None]

    student = Masked()
    return pair(student, lambda ids: student(ids, torch.ones_like(ids)))


def recurrent_with_loss():
    class WithLoss(Recurrent):
        def forward(self, batch):
            logits = super().forward({"ids": batch["tokens"]})
            return {
                "loss": F.cross_entropy(logits.flatten(0, 1), batch["labels"].flatten()),
                "logits": logits,
            }

    student = WithLoss()
    return pair(student, lambda ids: student({"tokens": ids, "labels": ids})["logits"])


def recurrent_by_attribute():
    class ByAttribute(Recurrent):
        def forward(self, batch):
            return super().forward({"ids": batch.input_ids})

    student = ByAttribute()
    return pair(student, lambda ids: student(type("Batch", (), {"input_ids": ids})))


def recurrent_handed_on():
    class Inner(Recurrent):
        def forward(self, *, input_ids=None, **_):
            return super().forward({"ids": input_ids})

    class HandsOn(Wrapped):
        def forward(self, batch):
            return self.inner(**batch)

    student = HandsOn(Inner())
    return pair(student, lambda ids: student({"input_ids": ids}))


def recurrent_by_row():
    class ByRow(Recurrent):
        def forward(self, batch):
            ids, _ = batch
            return super().forward({"ids": ids})

    student = ByRow()
    return pair(student, lambda ids: student((ids, ids)))


def student_that_nobody_can_call():
    class Preference(Recurrent):
        def forward(self, chosen, rejected):
            both = super().forward({"ids": chosen}), super().forward({"ids": rejected})
            return both[0] - both[1]

    student = Preference()
    says = (
        r"training changes 7 tensors \('student.e.weight', .*acts on the logits of the decoder .* 'teacher'"
    )
    return pair(student, lambda ids: student(ids, ids.flip(1)), None, says)


def student_that_is_not_causal():
    class Bag(nn.Module):
        def __init__(self):
            super().__init__()
            self.e, self.o = nn.Embedding(V, D), nn.Linear(D, V)

        def forward(self, ids):
            x = self.e(ids)
            return self.o(x + x.mean(1, keepdim=True))

    student = Bag()
    return pair(student, student, None, r"3 tensors \('student.e.weight', .*\n.*student: is not causal")


def student_that_shares_the_embedding():
    teacher, student = frozen(Decoder()), Recurrent()
    student.e = teacher.embed.requires_grad_(True)
    module = nn.ModuleDict({"teacher": teacher, "student": student})
    return Kind(
        module, lambda ids: student({"ids": ids}), None, "several decoders were found: 'teacher', 'stud"
    )


# -- two of one kind


def policy_and_reference():
    policy = Decoder()
    reference = frozen(copy.deepcopy(policy))
    return Kind(nn.ModuleDict({"reference": reference, "policy": policy}), policy, "policy")


def averaged_beside():
    model = Decoder()
    return Kind(nn.ModuleDict({"ema": frozen(copy.deepcopy(model)), "model": model}), model, "model")


def two_that_train():
    both = nn.ModuleDict({"a": Decoder(), "b": Decoder()})
    return Kind(
        both, lambda ids: both["a"](ids) + both["b"](ids), None, "several decoders were found: 'a', 'b'"
    )


def generator_and_discriminator():
    generator, judge = Decoder(), nn.Sequential(nn.Linear(V, D), nn.Linear(D, 1))
    module = nn.ModuleDict({"generator": generator, "judge": judge})
    return Kind(module, lambda ids: generator(ids) + 0 * judge(generator(ids)), "generator")


# -- a wrapper around both


def wrapper_that_answers_as_the_student():
    class Distil(nn.Module):
        def __init__(self):
            super().__init__()
            self.teacher, self.student = frozen(Decoder()), Decoder()

        def forward(self, ids):
            self.loss = (self.teacher(ids) - self.student(ids)).pow(2).mean()
            return self.student(ids)

    module = Distil()
    return Kind(module, module.student, "student")


def wrapper_that_answers_as_the_teacher():
    class Distil(nn.Module):
        def __init__(self):
            super().__init__()
            self.teacher, self.student = frozen(Decoder()), Decoder()

        def forward(self, ids):
            return self.teacher(ids)

    module = Distil()
    return Kind(module, module.student, "student")


# -- heads


def value_head_beside():
    model, value = Decoder(), nn.Linear(D, 1)
    module = nn.ModuleDict({"model": model, "value": value})
    return Kind(module, lambda ids: model(ids) + 0 * value(model.embedded(ids)), "model")


class WithValue(nn.Module):
    def __init__(self):
        super().__init__()
        self.model, self.value = Decoder(), nn.Linear(D, 1)

    def forward(self, ids):
        h = self.model.body(self.model.embedded(ids))
        return self.model.head(h), None, self.value(h)


def value_head_inside():
    module = WithValue()
    return Kind(module, lambda ids: module(ids)[0] + 0 * module(ids)[2], "")


def only_the_value_head():
    module = WithValue()
    frozen(module.model)
    says = r"training changes 2 tensors \('value.weight', 'value.bias'\), and none of that acts on the logits"
    return Kind(module, lambda ids: module(ids)[0] + module(ids)[2], None, says)


class Scorer(nn.Module):
    def __init__(self):
        super().__init__()
        self.lm, self.score = Decoder(), nn.Linear(D, 1)

    def forward(self, ids):
        return self.score(self.lm.body(self.lm.embedded(ids)))


def scorer_on_a_frozen_model():
    module = Scorer()
    frozen(module.lm)
    says = r"'score.weight', 'score.bias'\), and none .*found, 'lm'(.|\n)*: returned 1 values a position"
    return Kind(module, lambda ids: module(ids).expand(-1, -1, V), None, says)


def scorer_that_trains_the_body():
    module = Scorer()
    return Kind(module, lambda ids: module.lm(ids) + 0 * module(ids), "lm")


def only_the_last_matrix():
    model = frozen(Decoder())
    model.head.requires_grad_(True)
    return Kind(model, model, "")


def only_biases():
    model = Decoder()
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.endswith("bias"))
    return Kind(model, model, "")


# -- adapters and soft prompts beside a frozen model


class Adapted(nn.Module):
    """The adapter acts on the embedding, in the forward of a module around both."""

    def __init__(self):
        super().__init__()
        self.lm, self.adapter = frozen(Decoder()), nn.Linear(D, D)

    def forward(self, ids):
        x = self.lm.embedded(ids)
        return self.lm.head(self.lm.body(x + self.adapter(x)))


def adapter_around():
    module = Adapted()
    return Kind(module, module, "")


def adapter_around_by_batch():
    class ByBatch(Adapted):
        def forward(self, batch):
            return super().forward(batch["input_ids"])

    module = ByBatch()
    return Kind(module, lambda ids: module({"input_ids": ids}), "")


def adapter_around_a_model_that_trains():
    class ByBatch(Adapted):
        def forward(self, batch):
            return super().forward(batch["input_ids"])

    module = ByBatch()
    module.lm.requires_grad_(True)
    return Kind(module, lambda ids: module({"input_ids": ids}), "")


def adapter_beside():
    """The model holds the adapter in a plain list, so that it is a part of the module around both alone."""

    class Reaching(Decoder):
        def embedded(self, ids):
            x = super().embedded(ids)
            return x + self.adapters[0](x)

    lm, adapter = frozen(Reaching()), nn.Linear(D, D)
    lm.adapters = [adapter]
    module = nn.ModuleDict({"lm": lm, "adapter": adapter})
    return Kind(module, lm, "", part="lm")


def adapter_by_a_hook():
    lm, adapter = frozen(Decoder()), nn.Linear(D, D)
    module = nn.ModuleDict({"lm": lm, "adapter": adapter})
    lm.layers[0].register_forward_hook(lambda layer, given, gave: gave + adapter(gave))
    return Kind(module, lm, "", part="lm")


def adapter_by_a_forward_on_the_instance():
    lm, adapter = frozen(Decoder()), nn.Linear(D, D)
    module = nn.ModuleDict({"lm": lm, "adapter": adapter})
    old = lm.layers[0].mlp.forward
    lm.layers[0].mlp.forward = lambda x: old(x) + adapter(x)
    return Kind(module, lm, "", part="lm")


def adapter_that_only_the_training_step_uses():
    lm, adapter = frozen(Decoder()), nn.Linear(D, D)
    module = nn.ModuleDict({"lm": lm, "adapter": adapter})
    says = r"2 tensors \('adapter.weight', 'adapter.bias'\), and none of that acts .* found, 'lm'"
    return Kind(module, lambda ids: lm.head(lm.body(adapter(lm.embedded(ids)))), None, says)


class Prompted(nn.Module):
    """Three trained vectors before the prompt; `cut` is how many of their positions are left out of the logits."""

    def __init__(self, cut=0):
        super().__init__()
        self.lm, self.prompt, self.cut = frozen(Decoder()), nn.Parameter(torch.randn(3, D)), cut

    def forward(self, ids):
        x = torch.cat([self.prompt.expand(len(ids), -1, -1), self.lm.embedded(ids)], 1)
        return self.lm.head(self.lm.body(x))[:, self.cut :]


def soft_prompt():
    module = Prompted()
    says = r"1 tensor \('prompt'\), and none .* found, 'lm'(.|\n)*returned \[2, 9, 24\] for ids \[2, 6\]"
    return Kind(module, lambda ids: module(ids)[:, 3:], None, says)


def soft_prompt_that_is_cut_off():
    module = Prompted(cut=3)
    return Kind(module, module, None, "no blocks were found")


# -- nothing, and all


def nothing_trains():
    model = frozen(Decoder())
    return Kind(model, model, "")


def double_precision():
    student = Decoder().double()
    return pair(student, student)


def forward_on_the_instance():
    import types

    student = Decoder()
    student.forward = types.MethodType(lambda self, ids: self.head(self.body(self.embedded(ids))), student)
    return pair(student, student)


KINDS = tuple(
    made
    for made in list(globals().values())
    if callable(made)
    and getattr(made, "__module__", None) == __name__
    and not isinstance(made, type)
    and made.__name__ not in ("frozen", "pair")
)
"""Every construction above."""
