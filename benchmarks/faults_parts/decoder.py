"""The small decoder that is wrapped and adapted."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

VOCAB, WIDTH, BLOCKS = 24, 16, 2


class Block(nn.Module):
    """Pre-norm, with attention and MLP as modules of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Run it."""
        b, t, _ = x.shape
        q, k, v = self.qkv(self.ln1(x)).view(b, t, 3, 2, WIDTH // 2).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(b, t, WIDTH))
        return x + self.down(F.dropout(F.gelu(self.up(self.ln2(x))), 0.1, self.training))


class Decoder(nn.Module):
    """A small decoder; `autocast` runs it in bfloat16 as a forward of one's own may."""

    def __init__(self, autocast: bool = False) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(VOCAB, WIDTH), nn.Embedding(8, WIDTH)
        self.h = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.ln_f, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, VOCAB, bias=False)
        self.half = autocast

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Logits."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            x = self.wte(ids) + self.wpe(torch.arange(ids.shape[1], device=ids.device))
            for block in self.h:
                x = block(x)
            return self.head(self.ln_f(x)).float() if self.half else self.head(self.ln_f(x))


def trained(net: nn.Module) -> list[nn.Parameter]:
    """What the optimiser is given, parts in plain lists too."""
    hidden = [p for low in getattr(net, "lows", ()) for p in low.parameters()]
    return [p for p in (*net.parameters(), *hidden) if p.requires_grad]
