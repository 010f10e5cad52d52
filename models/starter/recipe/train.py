"""Trains the tokenizer and the decoder on freshly generated examples.

Invariant: only the generator's training split is read here. The schedule runs on time spent, so that a busy machine only
makes it see fewer examples; it can be stopped and resumed.

    python train.py --work DIR --minutes 75
"""

import argparse
import json
import math
import re
import signal
import time
from dataclasses import asdict
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

import corpus
from corpus import Generator
from model import Config, Decoder

# The regular expression of llama.cpp's pre-tokenizer "qwen2" (each digit stands alone).
QWEN2 = (
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


class Nameless(Generator):
    """No names: they must not become whole tokens, or unusual names could not be copied in the same way as usual ones."""

    def person(self):
        return "Bo"

    def invented(self):
        return "Bo"


def train_tokenizer(path, size):
    gen = Nameless("train", 7)
    texts = []
    for _ in range(80000):
        e = gen.example()
        texts.append("\n".join([corpus.render(corpus.PROMPT_TEMPLATE, e.fields), e.reply, corpus.extract_of(e)]))
    texts += [s for s in corpus.OTHER_SYSTEMS + [corpus.SYSTEM, corpus.LABEL_SYSTEM, corpus.EXTRACT_SYSTEM] for _ in range(500)]
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN2), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=size - len(SPECIAL), min_frequency=25,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tok.add_special_tokens(SPECIAL)  # after training: they take the last ids
    tok.save(str(path))
    return tok


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised by Newton-Schulz (Jordan et al. 2024), for the matrices of the blocks."""

    def __init__(self, params, lr=0.02, momentum=0.95):
        super().__init__(params, dict(lr=lr, momentum=momentum))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                buf = self.state[p].setdefault("buf", torch.zeros_like(p))
                buf.lerp_(p.grad, 1 - group["momentum"])
                x = p.grad.lerp(buf, group["momentum"])
                tall = x.shape[0] > x.shape[1]
                x = x.T if tall else x
                x = (x / (x.norm() + 1e-7)).bfloat16()
                for _ in range(5):
                    a = x @ x.T
                    x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
                x = (x.T if tall else x).float()
                p.mul_(1 - group["lr"] * 0.1)
                p.add_(x, alpha=-group["lr"] * max(1, p.shape[0] / p.shape[1]) ** 0.5)


OPENERS = re.compile(r"(Thank you for your message|I am sorry to hear that|I am very sorry for the trouble|Thanks for asking|that we are sorry)\. ")
COPIED = re.compile(r"(?i)FW-?\d+|\d{5}|^(Hello|Hi) [^\n]+,")


def reply_weights(text, offsets):
    """More weight where the reply decides something: the start of each paragraph, the name, the order number; and on labels."""
    text = text.removesuffix("<|im_end|>")
    if len(text) < 30:
        return [6.0] * len(offsets)
    opener = OPENERS.search(text)
    if not opener:
        return [1.0] * len(offsets)
    spans = [(opener.end() - 1, opener.end() + 40, 3.0)] + [(m.end(), m.end() + 30, 3.0) for m in re.finditer(r"\n\n", text) if m.end() > opener.end()]
    spans += [(m.start() - 1, m.end(), 2.0) for m in COPIED.finditer(text)]
    return [max([1.0] + [w for begin, end, w in spans if begin <= o[0] < end]) for o in offsets]


def shorten(rng, prompt, reply):
    """For most replies keeps only what decides: up to the start of the body and the first order number; the rest is learnt soon."""
    opener = OPENERS.search(reply)
    if not opener or rng.random() < 0.35 or reply.count("\n\n") > 3:
        return prompt, reply + "<|im_end|>"
    number = re.compile(r"(?i)FW-?\d+|\d{5}").search(reply, opener.end())
    end = max(opener.end() + 40, number.end() if number else 0)
    end = next((i for i in range(end, len(reply)) if reply[i] == " "), len(reply))  # at the end of a word, or half words are learnt
    if rng.random() < 0.6:
        prompt = prompt[prompt.index("<|im_start|>user") :]
    return prompt, reply[:end]


def batches(tok, seed, tokens_per_batch, prompt_weight, copy_share, ease, short):
    """Endless (ids, weights) batches of similar lengths. ids: (batch, time + 1); weights: (batch, time) of the targets."""
    round_ = 0
    while True:
        gen = Generator("train", f"{seed}-{round_}")
        round_ += 1
        gen.ease = ease()
        pairs = [corpus.training_pair(gen, copy_share()) for _ in range(1024)]
        pairs = [shorten(gen.rng, *pair) if short() else (pair[0], pair[1] + "<|im_end|>") for pair in pairs]
        prompts = tok.encode_batch([p for p, _ in pairs], add_special_tokens=False)
        replies = tok.encode_batch([r for _, r in pairs], add_special_tokens=False)
        user = tok.token_to_id("<|im_start|>")
        rows = []
        for p, r, (_, reply) in zip(prompts, replies, pairs):
            starts = [i for i, t in enumerate(p.ids) if t == user]
            begin = starts[-2] + 2 if len(starts) > 1 else 2  # the user's text; the system prompt is not a target
            weights = [0.0] * (begin - 1) + [prompt_weight] * (len(p.ids) - begin) + reply_weights(reply, r.offsets)
            rows.append((p.ids + r.ids, weights))
        rows.sort(key=lambda row: len(row[0]))
        groups, group = [], []
        for row in rows:
            if group and len(row[0]) * (len(group) + 1) > tokens_per_batch:
                groups.append(group)
                group = []
            group.append(row)
        groups.append(group)
        gen.rng.shuffle(groups)
        for group in groups:
            width = len(group[-1][0])
            ids, weights = torch.zeros(len(group), width, dtype=torch.long), torch.zeros(len(group), width - 1)
            for i, (row, w) in enumerate(group):
                ids[i, : len(row)] = torch.tensor(row)
                weights[i, : len(w)] = torch.tensor(w)
            yield ids, weights


def loss_of(model, ids, weights):
    """(loss, share of reply tokens predicted right)"""
    hidden = model.hidden(ids[:, :-1])
    at = weights > 0
    logits = F.linear(hidden[at], model.embed.weight).float()
    target, w = ids[:, 1:][at], weights[at]
    loss = (F.cross_entropy(logits, target, reduction="none") * w).sum() / w.sum()
    reply = w >= 1
    return loss, (logits[reply].argmax(-1) == target[reply]).float().mean()


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--work", type=Path, required=True)
    a.add_argument("--minutes", type=float, default=75)
    a.add_argument("--decay", type=float, default=0.35, help="share of the time at the end in which the rate falls to zero")
    a.add_argument("--batch-tokens", type=int, default=6144)
    a.add_argument("--lr", type=float, default=0.02)
    a.add_argument("--adam-lr", type=float, default=0.003)
    a.add_argument("--prompt-weight", type=float, default=0.03)
    a.add_argument("--vocab", type=int, default=3072)
    a.add_argument("--layers", type=int, default=6)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--fp32", action="store_true")
    a.add_argument("--compile", action="store_true")
    a.add_argument("--steps", type=int, default=10**9, help="stop early, for measuring")
    a = a.parse_args()
    a.work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(a.seed)
    torch.set_flush_denormal(True)

    path = a.work / "tokenizer.json"
    tok = Tokenizer.from_file(str(path)) if path.exists() else train_tokenizer(path, a.vocab)
    config = Config(vocab=tok.get_vocab_size(), layers=a.layers)
    model = Decoder(config)
    blocks = [p for p in model.blocks.parameters() if p.dim() == 2]
    others = [p for n, p in model.named_parameters() if not (p.dim() == 2 and n.startswith("blocks"))]
    muon = Muon(blocks, lr=a.lr)
    adam = torch.optim.AdamW(others, lr=a.adam_lr, betas=(0.9, 0.98), weight_decay=0.0)
    ema = {n: p.detach().clone() for n, p in model.named_parameters()}
    state = dict(step=0, seconds=0.0, tokens=0, examples=0)
    saved = a.work / "last.pt"
    if saved.exists():
        s = torch.load(saved, weights_only=False)
        model.load_state_dict(s["model"]), muon.load_state_dict(s["muon"]), adam.load_state_dict(s["adam"])
        ema, state = s["ema"], s["state"]
    print(f"vocab {config.vocab}, {sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, from step {state['step']}", flush=True)

    def save():
        torch.save(dict(model=model.state_dict(), muon=muon.state_dict(), adam=adam.state_dict(), ema=ema, state=state, config=asdict(config)), a.work / "new.pt")
        (a.work / "new.pt").rename(saved)
        (a.work / "state.json").write_text(json.dumps(state))

    step_loss = torch.compile(loss_of, dynamic=True) if a.compile else loss_of
    def progress():
        return state["seconds"] / (a.minutes * 60)

    # Copying is practised most at the start, so that the copying heads form early.
    stream = batches(tok, f"{a.seed}-{state['step']}", a.batch_tokens, a.prompt_weight,
        lambda: 0.2 if progress() < 0.7 else 0.03, lambda: max(0.0, 0.9 - progress()), lambda: progress() < 0.8)
    last_saved = began = time.time()
    before = state["seconds"]
    mark, shown = began, state["tokens"]
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    while state["seconds"] < a.minutes * 60 and state["step"] < a.steps and not stop:
        ids, weights = next(stream)
        scale = min(1.0, (state["step"] + 1) / 40) * min(1.0, max(0.0, (1 - progress()) / a.decay))
        for opt, lr in ((muon, a.lr), (adam, a.adam_lr)):
            for group in opt.param_groups:
                group["lr"] = lr * scale
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=not a.fp32):
            loss, right = step_loss(model, ids, weights)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(others, 1.0)
        muon.step(), adam.step()
        model.zero_grad(set_to_none=True)
        rate = min(0.99, (state["step"] + 1) / (state["step"] + 10))
        with torch.no_grad():
            for n, p in model.named_parameters():
                ema[n].lerp_(p, 1 - rate)
        state["step"] += 1
        state["tokens"] += int((weights > 0).sum()) + ids.shape[0] * 20
        state["examples"] += ids.shape[0]
        state["seconds"] = before + time.time() - began
        if state["step"] % 20 == 0:
            speed = (state["tokens"] - shown) / max(1e-9, time.time() - mark)
            mark, shown = time.time(), state["tokens"]
            print(f"{state['step']} {state['seconds'] / 60:.1f} min loss {loss.item():.4f} right {right.item():.4f} {ids.numel()} tokens, {speed:.0f} tokens/s, lr {scale:.3f}", flush=True)
        if not math.isfinite(loss.item()):
            raise SystemExit("the loss is not finite; lower --lr")
        if time.time() - last_saved > 300:
            save()
            last_saved = time.time()
    save()


if __name__ == "__main__":
    main()
