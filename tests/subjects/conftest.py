"""Decoders that nobody has named beforehand: what users write themselves."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn import functional as F

V, D, HEADS = 23, 16, 2
_FAMILIES = "forewarn_test_families"


class Attention(nn.Module):
    def __init__(self, causal=True):
        super().__init__()
        self.qkv, self.out, self.causal = nn.Linear(D, 3 * D), nn.Linear(D, D), causal

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, HEADS, D // HEADS).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.out(y.transpose(1, 2).reshape(b, t, D))


def mlp():
    return nn.Sequential(nn.Linear(D, 4 * D), nn.GELU(), nn.Linear(4 * D, D), nn.Dropout(0.1))


class Block(nn.Module):
    """`order`: pre or post norm, parallel, or as a tuple; `x` may arrive by name."""

    def __init__(self, order="pre", causal=True):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.attn, self.ffwd, self.order = Attention(causal), mlp(), order

    def forward(self, x):
        if self.order == "post":
            x = self.ln1(x + self.attn(x))
            return self.ln2(x + self.ffwd(x))
        if self.order == "parallel":
            y = self.ln1(x)
            return x + self.attn(y) + self.ffwd(y)
        x = x + self.attn(self.ln1(x))
        x = x + self.ffwd(self.ln2(x))
        return (x, None) if self.order == "tuple" else x


class GPT(nn.Module):
    """`head`: linear, tied, cut (to the last position), capped, scaled, logp; `norm`: layer, rms, None."""

    def __init__(
        self, *, layers=2, head="linear", norm="layer", order="pre", causal=True, by_name=False, size=32
    ):
        super().__init__()
        self.wte, self.wpe, self.drop = nn.Embedding(V, D), nn.Embedding(size, D), nn.Dropout(0.1)
        self.h = nn.ModuleList(Block(order, causal) for _ in range(layers))
        self.norm, self.kind, self.by_name = norm, head, by_name
        if norm == "layer":
            self.ln_f = nn.LayerNorm(D)
        if head != "tied":
            self.lm_head = nn.Linear(D, V, bias=False)

    def forward(self, ids):
        x = self.drop(self.wte(ids) + self.wpe(torch.arange(ids.shape[1], device=ids.device)))
        for block in self.h:
            out = block(x=x) if self.by_name else block(x)
            x = out[0] if isinstance(out, tuple) else out
        x = self.ln_f(x) if self.norm == "layer" else F.rms_norm(x, (D,)) if self.norm == "rms" else x
        return self.finish(x)

    def finish(self, x):
        if self.kind == "tied":
            return x @ self.wte.weight.T
        if self.kind == "cut":
            return self.lm_head(x[:, [-1]]), None
        logits = self.lm_head(x)
        if self.kind == "capped":
            return 15.0 * torch.tanh(logits / 15.0)
        if self.kind == "scaled":
            return logits * 0.25
        return logits.log_softmax(-1) if self.kind == "logp" else logits


class Encoder(nn.Module):
    """A stack of torch's own encoder layers under a causal mask."""

    def __init__(self, batch_first=True, layers=2):
        super().__init__()
        self.embed, self.batch_first = nn.Embedding(V, D), batch_first
        layer = nn.TransformerEncoderLayer(D, HEADS, 32, 0.1, batch_first=batch_first, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, nn.LayerNorm(D), enable_nested_tensor=False)
        self.decode = nn.Linear(D, V)

    def forward(self, ids):
        mask = torch.full((ids.shape[1],) * 2, float("-inf"), device=ids.device).triu(1)
        x = self.embed(ids)
        if self.batch_first:
            return self.decode(self.encoder(x, mask=mask))
        return self.decode(self.encoder(x.transpose(0, 1), mask=mask)).transpose(0, 1)


class OneBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.block, self.head = nn.Embedding(V, D), Block(), nn.Linear(D, V)

    def forward(self, ids):
        return self.head(self.block(self.embed(ids)))


def seeded(build, *args, seed=0, **kwargs):
    """A model in train mode with weights large enough to matter; the test's random state is not touched."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build(*args, **kwargs)
        for p in model.parameters():
            if p.ndim > 1:
                p.data.mul_(2.0)
        return model


@pytest.fixture(scope="session")
def own():
    """The classes above and a seeded builder."""
    return SimpleNamespace(
        GPT=GPT, Encoder=Encoder, OneBlock=OneBlock, Block=Block, seeded=seeded, vocab=V, width=D
    )


@pytest.fixture(scope="session")
def prompts():
    """Ragged on purpose."""
    return [[5, 9, 11, 7, 3, 2], [3, 4], [8, 8, 1, 20], [6], [2, 19, 4, 4], [1, 2]]


@pytest.fixture(scope="session")
def families():
    """Decoder families of transformers (families.py)."""
    if _FAMILIES not in sys.modules:
        spec = importlib.util.spec_from_file_location(_FAMILIES, Path(__file__).with_name("families.py"))
        sys.modules[_FAMILIES] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[_FAMILIES])
    return sys.modules[_FAMILIES]


@pytest.fixture
def accelerate():
    """The package, as in a process that has not used it yet: it keeps one state for all of a process."""
    package = pytest.importorskip("accelerate")
    package.state.AcceleratorState._reset_state(True)
    yield package
    package.state.AcceleratorState._reset_state(True)
