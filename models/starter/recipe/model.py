"""The decoder: Llama-shaped, with the interleaved rotary embedding that GGUF's `llama` architecture means.

Invariant: the weights can be written to GGUF as they are; nothing needs permuting.
"""

from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class Config:
    vocab: int = 3072
    hidden: int = 256
    layers: int = 6
    heads: int = 8
    kv_heads: int = 4
    ffn: int = 768
    context: int = 1024
    rope_theta: float = 10000.0
    eps: float = 1e-5

    @property
    def head_dim(self):
        return self.hidden // self.heads


def rotate(x, cos, sin):
    """Rotates the pairs (2i, 2i+1) of the last axis. x: (batch, heads, time, head_dim); cos, sin: (time, head_dim / 2)."""
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.attn_norm = nn.RMSNorm(c.hidden, eps=c.eps)
        self.q = nn.Linear(c.hidden, c.heads * c.head_dim, bias=False)
        self.k = nn.Linear(c.hidden, c.kv_heads * c.head_dim, bias=False)
        self.v = nn.Linear(c.hidden, c.kv_heads * c.head_dim, bias=False)
        self.o = nn.Linear(c.heads * c.head_dim, c.hidden, bias=False)
        self.ffn_norm = nn.RMSNorm(c.hidden, eps=c.eps)
        self.gate = nn.Linear(c.hidden, c.ffn, bias=False)
        self.up = nn.Linear(c.hidden, c.ffn, bias=False)
        self.down = nn.Linear(c.ffn, c.hidden, bias=False)
        self.drop = 0.0  # share of what a block adds that training leaves out

    @staticmethod
    def mask(t, like):
        return torch.full((t, t), float("-inf"), dtype=like.dtype).triu(1)

    def forward(self, x, cos, sin):
        c, (b, t, _) = self.c, x.shape
        h = self.attn_norm(x)
        q = rotate(self.q(h).view(b, t, c.heads, c.head_dim).transpose(1, 2), cos, sin)
        k = rotate(self.k(h).view(b, t, c.kv_heads, c.head_dim).transpose(1, 2), cos, sin)
        v = self.v(h).view(b, t, c.kv_heads, c.head_dim).transpose(1, 2)
        n = c.heads // c.kv_heads
        k, v = k.repeat_interleave(n, 1), v.repeat_interleave(n, 1)
        # Written out: at these short lengths it is faster on a CPU than the fused kernel's backward pass.
        scores = (q.to(v.dtype) @ k.to(v.dtype).transpose(-1, -2)) * c.head_dim**-0.5 + self.mask(t, v)
        a = scores.softmax(-1).to(v.dtype) @ v
        x = x + F.dropout(self.o(a.transpose(1, 2).reshape(b, t, -1)), self.drop)
        h = self.ffn_norm(x)
        return x + F.dropout(self.down(F.silu(self.gate(h)) * self.up(h)), self.drop)


class Decoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.embed = nn.Embedding(c.vocab, c.hidden)
        self.blocks = nn.ModuleList(Block(c) for _ in range(c.layers))
        self.norm = nn.RMSNorm(c.hidden, eps=c.eps)
        angle = torch.outer(torch.arange(c.context).float(), c.rope_theta ** (-torch.arange(0, c.head_dim, 2).float() / c.head_dim))
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02)
            if name.endswith(("o.weight", "down.weight")):
                nn.init.normal_(p, std=0.02 / (2 * c.layers) ** 0.5)
        # The embeddings must not drown in what the blocks add, or nothing can be copied; the small last norm keeps the
        # tied output's logits near 1 at the start.
        nn.init.normal_(self.embed.weight, std=0.5)
        nn.init.constant_(self.norm.weight, 0.1)

    def hidden(self, ids):
        """ids: (batch, time) -> (batch, time, hidden), after the last norm."""
        x, t = self.embed(ids), ids.shape[1]
        for block in self.blocks:
            x = block(x, self.cos[:t], self.sin[:t])
        return self.norm(x)

    def forward(self, ids):
        return F.linear(self.hidden(ids), self.embed.weight)

    @torch.no_grad()
    def greedy(self, ids, max_tokens, stop):
        out = list(ids)
        for _ in range(max_tokens):
            nxt = int(self(torch.tensor([out]))[0, -1].argmax())
            if nxt == stop:
                break
            out.append(nxt)
        return out[len(ids):]
