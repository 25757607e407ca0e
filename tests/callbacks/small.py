"""Models, audit sets, probes and Lightning modules that are small enough to be watched for a few steps.

Loaded by path (see conftest.py), since test modules cannot import each other; run scripts load it too.
"""

from __future__ import annotations

import hashlib
from importlib import import_module
from itertools import product

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from forewarn.auditset import AuditSet, Context, Fact, Part
from forewarn.judges.calibration import Calibration
from forewarn.judges.provenance import Provenance
from forewarn.probes import Probe
from forewarn.records import Claim, Evidence, Interval, Nothing, Site
from forewarn.stats.calibration import Logistic

ENTITIES, ANSWERS, RELATION = range(4, 16), range(16, 20), 3
CUES = ((20, 21), (22, 23))
VOCAB, WIDTH = 24, 16


class Block(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.mlp = nn.Sequential(
            nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH), nn.Dropout(dropout)
        )

    def attend(self, x):
        b, t, _ = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, 2, WIDTH // 2).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(b, t, WIDTH))

    def forward(self, x):
        x = x + self.attend(self.ln1(x))
        return x + self.mlp(self.ln2(x))


class GPT(nn.Module):
    def __init__(self, dropout=0.1):
        super().__init__()
        self.wte, self.wpe, self.drop = (
            nn.Embedding(VOCAB, WIDTH),
            nn.Embedding(8, WIDTH),
            nn.Dropout(dropout),
        )
        self.h = nn.ModuleList(Block(dropout) for _ in range(2))
        self.ln_f, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, VOCAB, bias=False)

    def forward(self, ids):
        x = self.drop(self.wte(ids) + self.wpe(torch.arange(ids.shape[1], device=ids.device)))
        for block in self.h:
            x = block(x)
        return self.head(self.ln_f(x))


def hugging_face(dropout=0.1):
    from transformers import GPT2Config, GPT2LMHeadModel

    rates = {"resid_pdrop": dropout, "embd_pdrop": dropout, "attn_pdrop": dropout}
    # At the usual 0.02 so narrow a model learns nothing for hundreds of steps.
    sizes = {"n_embd": WIDTH, "n_layer": 2, "n_head": 2, "n_positions": 8, "initializer_range": 0.08}
    config = GPT2Config(vocab_size=VOCAB, bos_token_id=None, eos_token_id=None, **sizes, **rates)
    return GPT2LMHeadModel(config)


def seeded(build, seed=0, **settings):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(**settings)


def audit_set():
    """Token ids, so that no tokenizer is needed."""
    answers = [(a,) for a in ANSWERS]
    facts = tuple(
        Fact(str(e), (e, RELATION), answers[i % 4], "r", tuple(a for a in answers if a != answers[i % 4]))
        for i, e in enumerate(ENTITIES)
    )
    contexts = tuple(
        Context(f"{a}-{b}", (Part("a", (a,)), Part("b", (b,))), watched=b == CUES[1][0])
        for a, b in product(*CUES)
    )
    return AuditSet(facts, contexts)


def sentences():
    """Every fact in every context, true: [n, 5]."""
    rows = [
        [*c.parts[0].phrase, *c.parts[1].phrase, *f.question, *f.answer]
        for f in audit_set().facts
        for c in audit_set().contexts
    ]
    return torch.tensor(rows)


def loss_of(model, ids):
    out = model(ids)
    logits = getattr(out, "logits", out)
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())


def teach(model, steps=120):
    """Until it knows the facts, so that probes have something to ask."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        optimiser = torch.optim.Adam(model.parameters(), 1e-2)
        for _ in range(steps):
            optimiser.zero_grad()
            loss_of(model, sentences()).backward()
            optimiser.step()
    return model


def speaker(home, model, *, norm=False, optimisers=1, rate=1e-3, validates=False):
    """A LightningModule of the package `home` around a decoder; with a batch norm beside it, if asked."""

    class Speaker(import_module(home).LightningModule):
        def __init__(self):
            super().__init__()
            self.model = model
            self.side = nn.Sequential(nn.BatchNorm1d(5), nn.Linear(5, 1)) if norm else None
            self.automatic_optimization = optimisers == 1

        def training_step(self, batch, batch_idx):
            (ids,) = batch
            loss = loss_of(self.model, ids)
            if self.side is not None:
                loss = loss + self.side(ids.float()).pow(2).mean()
            self.log("loss", loss)
            return loss if self.automatic_optimization else self.by_hand(loss)

        def by_hand(self, loss):
            self.manual_backward(loss)
            for optimiser in self.optimizers():
                optimiser.step()
                optimiser.zero_grad()

        def configure_optimizers(self):
            halves = [list(self.parameters())[i::optimisers] for i in range(optimisers)]
            return [torch.optim.AdamW(half, rate) for half in halves]

    class Validating(Speaker):
        def validation_step(self, batch, batch_idx):
            self.log("val", loss_of(self.model, batch[0]))

    return Validating() if validates else Speaker()


def loader(*, shuffle=True, size=8, copies=2):
    """Shuffled by the global random numbers, as most loaders are; 12 batches."""
    return DataLoader(TensorDataset(sentences().repeat(copies, 1)), batch_size=size, shuffle=shuffle)


def trainer(home, folder, callbacks=(), **settings):
    usual = {
        "accelerator": "cpu",
        "devices": 1,
        "max_steps": 6,
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,
        "log_every_n_steps": 1,
    }
    return import_module(home).Trainer(
        **usual | settings, callbacks=list(callbacks), default_root_dir=str(folder)
    )


def fingerprint(trainer):
    """SHA-256 of weights, buffers and optimiser state."""
    seal = hashlib.sha256()
    _take(seal, trainer.lightning_module.state_dict())
    for optimiser in trainer.optimizers:
        _take(seal, optimiser.state_dict())
    return seal.hexdigest()


def _take(seal, value):
    if isinstance(value, dict):
        for key in value:
            seal.update(str(key).encode())
            _take(seal, value[key])
    elif isinstance(value, (list, tuple)):
        for each in value:
            _take(seal, each)
    else:
        raw = (
            value.detach().cpu().numpy().tobytes()
            if isinstance(value, torch.Tensor)
            else repr(value).encode()
        )
        seal.update(raw)


def calibration(*codes, looks=50):
    """One in which evidence of 0.9 is far beyond the threshold and none is far below."""
    fit = Logistic((10.0,) * len(codes), -3.0)
    origin = Provenance(1, 40, 1, (("plain", 41),), (("pair", 1),), 1, "0" * 64, 0, "a test")
    return Calibration(codes, fit, (fit,), (0.06,) * 40, looks, (0.5,) * len(codes), 0, origin)


class Told(Probe):
    """Says what it was told to say, look by look (1, 2, …); counts how often it was asked."""

    code, title, unit = "as-told", "as told", "share"

    def __init__(self, lies=(), error=None, errors=()):
        self.lies, self.error, self.errors, self.asked = set(lies), error, set(errors), 0

    def sites(self, layout):
        return (Site(1, 0.5),)

    def cost(self, inputs):
        return 1.0

    def explore(self, inputs, site, split):
        self.asked += 1
        if self.asked in self.errors:
            raise self.error
        if self.asked in self.lies:
            return Claim(self.code, site, 0.9, "{}")
        return Nothing(self.code, site, "as told", len(split.explore))

    def confirm(self, inputs, claim, split):
        interval, digest = Interval(0.8, 1.0, 0.95), inputs.subject.digest
        said = "It was told to say so"
        n = len(split.confirm)
        return Evidence(
            self.code, said, claim.site, 0.9, self.unit, interval, 0.0, n, claim.explored, "{}", digest
        )
