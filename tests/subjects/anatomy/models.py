"""Decoders with parts as people write them, each choice by name, so that a test can say what ought to be found."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

V, D, HEADS, R = 29, 16, 4, 4


class Adapted(nn.Module):
    """A matrix with a low-rank adapter beside it."""

    def __init__(self, width, size):
        super().__init__()
        self.base, self.down, self.up = (
            nn.Linear(width, size),
            nn.Linear(width, 2),
            nn.Linear(2, size, bias=False),
        )

    def forward(self, x):
        return self.base(x) + 0.5 * self.up(self.down(x))

    def whole(self):
        return self.base.weight + 0.5 * self.up.weight @ self.down.weight


class Mlp(nn.Module):
    """`kind`: plain, halves, swapped, interleaved, adapted, normed, experts, linear."""

    def __init__(self, kind, n=24):
        super().__init__()
        matrix = Adapted if kind == "adapted" else nn.Linear
        fused = kind in ("halves", "swapped", "interleaved")
        self.kind, self.n = kind, n
        if kind == "experts":
            self.router = nn.Linear(D, 2)
            self.experts = nn.ModuleList(
                nn.Sequential(nn.Linear(D, n), nn.ReLU(), nn.Linear(n, D)) for _ in "ab"
            )
            return
        self.first, self.last = matrix(D, 2 * n if fused else n), matrix(n, D)
        self.norm = nn.LayerNorm(n)

    def forward(self, x):
        if self.kind == "experts":
            weights = self.router(x).softmax(-1)
            return sum(weights[..., [k]] * expert(x) for k, expert in enumerate(self.experts))
        return self.last(self.acts(self.first(x)))

    def acts(self, pre):
        if self.kind == "halves":
            return F.silu(pre[..., : self.n]) * pre[..., self.n :]
        if self.kind == "swapped":
            return pre[..., : self.n] * F.gelu(pre[..., self.n :])
        if self.kind == "interleaved":
            return torch.sigmoid(pre[..., ::2]) * pre[..., 1::2]
        if self.kind == "linear":
            return pre
        return self.norm(pre.relu()) if self.kind == "normed" else F.gelu(pre)


class Attention(nn.Module):
    """`kind`: plain, shared, half, pairs, capped, alibi, normed, shifted, sink, gated, apart, uniform."""

    def __init__(self, kind):
        super().__init__()
        self.kind, self.groups = kind, 1 if kind == "shared" else HEADS
        self.q, self.k, self.v = (nn.Linear(D, n * R) for n in (HEADS, self.groups, self.groups))
        self.gate, self.out, self.norm = nn.Linear(D, D), nn.Linear(D, D), nn.LayerNorm(D)
        self.query_norm = nn.LayerNorm(R)

    def split(self, x, n):
        return x.unflatten(-1, (n, R)).transpose(1, 2)

    def forward(self, x):
        t = x.shape[1]
        queries = self.q(self.norm(x) * 2.0 + 1.0 if self.kind == "apart" else x)
        q, k, v = (
            self.split(queries, HEADS),
            self.split(self.k(x), self.groups),
            self.split(self.v(x), self.groups),
        )
        scores = self.scores(q, k, t).masked_fill(torch.ones(t, t).triu(1).bool(), float("-inf"))
        if self.kind == "sink":
            scores = torch.cat([scores, torch.zeros(*scores.shape[:-1], 1)], -1)
        weights = scores.softmax(-1)[..., :t]
        z = (weights @ v).transpose(1, 2).flatten(2)
        return self.out(z * torch.sigmoid(self.gate(x)) if self.kind == "gated" else z)

    def scores(self, q, k, t):
        if self.kind == "uniform":
            return torch.zeros(len(q), HEADS, t, t)
        if self.kind in ("half", "pairs"):
            q, k = self.turned(q), self.turned(k)
        if self.kind == "normed":
            q, k = F.normalize(q, dim=-1), F.normalize(k, dim=-1)
        if self.kind == "shifted":
            q, k = self.turned(self.query_norm(q)), self.turned(self.query_norm(k))
        scores = 0.5 * q @ k.transpose(-1, -2)
        if self.kind == "capped":
            return 5.0 * torch.tanh(scores / 5.0)
        if self.kind == "alibi":
            return scores - 0.3 * (torch.arange(t)[:, None] - torch.arange(t))
        return scores

    def turned(self, x):
        """Two of the four coordinates when they are neighbours, all four in halves."""
        t, out = torch.arange(x.shape[2]), x.clone()
        pairs = [(0, 1, 0.9)] if self.kind == "pairs" else [(0, 2, 1.0), (1, 3, 1e-6)]
        for a, b, frequency in pairs:
            angle = t * frequency
            out[..., a] = x[..., a] * angle.cos() - x[..., b] * angle.sin()
            out[..., b] = x[..., b] * angle.cos() + x[..., a] * angle.sin()
        return out


class Block(nn.Module):
    """`norm`: layer, function, none, shifted (mixes in the position before)."""

    def __init__(self, attention="plain", mlp="plain", norm="layer", multiplier=1.0):
        super().__init__()
        self.attn, self.mlp, self.kind, self.multiplier = Attention(attention), Mlp(mlp), norm, multiplier
        self.one, self.two = nn.LayerNorm(D), nn.LayerNorm(D)

    def normed(self, x, module):
        if self.kind == "layer":
            return module(x)
        if self.kind == "function":
            return F.rms_norm(x, (D,), eps=1e-4) * 1.5
        return x if self.kind == "none" else x + 0.5 * F.pad(x, (0, 0, 1, 0))[:, :-1]

    def forward(self, x):
        x = x + self.multiplier * self.attn(self.normed(x, self.one))
        return x + self.multiplier * self.mlp(self.normed(x, self.two))


class Decoder(nn.Module):
    """`head`: linear, factored, sequential, curved, tied."""

    def __init__(self, block=None, head="linear", layers=2, vocab=V):
        super().__init__()
        self.embed, self.place = nn.Embedding(vocab, D), nn.Embedding(32, D)
        self.blocks = nn.ModuleList(Block(**(block or {})) for _ in range(layers))
        self.norm, self.kind = nn.LayerNorm(D), head
        self.inner = nn.Linear(D, D)
        self.head = nn.Linear(D, vocab)
        self.both = nn.Sequential(nn.Linear(D, 2 * D), nn.Linear(2 * D, vocab))

    def forward(self, ids):
        x = self.embed(ids) + self.place(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.read(self.norm(x))

    def read(self, x):
        if self.kind == "tied":
            return x @ self.embed.weight.T
        if self.kind == "sequential":
            return self.both(x)
        x = self.inner(x) if self.kind == "factored" else x
        return self.head(x)


class Gelu(nn.Module):
    """A head with a curve in it."""

    def __init__(self, vocab=V):
        super().__init__()
        self.dense, self.decode = nn.Linear(D, D), nn.Linear(D, vocab)

    def forward(self, x):
        return self.decode(F.gelu(self.dense(x)))


def build(seed=0, **choices):
    """A decoder in eval mode with weights of a size that matters."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Decoder(**choices).eval()
        if choices.get("head") == "curved":
            model.head = Gelu(choices.get("vocab", V))
        with torch.no_grad():
            for weight in model.parameters():
                weight.add_(torch.randn(weight.shape) * (0.2 if weight.ndim > 1 else 0.3))
    return model
