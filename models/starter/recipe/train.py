"""Trains the tokenizer and the decoder on freshly generated examples.

Two processes of one thread each share the weights: each works out the gradient of its own batch and updates its half of the
matrices. On a busy machine that waits far less than one process of two threads.

Invariant: only the generator's training split is read here. The schedule runs on time spent, so that a busy machine only
makes it see fewer examples; it can be stopped and resumed.

    python train.py --work DIR --minutes 90
"""

import argparse
import json
import math
import os
import re
import signal
import time
from dataclasses import asdict
from pathlib import Path

import torch
import torch.multiprocessing as mp
import torch.nn as nn
import torch.nn.functional as F
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

import corpus
from corpus import INTENTS, Generator
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
    tok.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=size - len(SPECIAL), min_frequency=12,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tok.add_special_tokens(SPECIAL)  # after training: they take the last ids
    tok.save(str(path))
    return tok


OPENERS = re.compile(r"(Thank you for your message|I am sorry to hear that|I am very sorry for the trouble|Thanks for asking|that we are sorry)\. ")
COPIED = re.compile(r"(?i)FW-?\d+|\d{5}|^(Hello|Hi) [^\n]+,")
NUMBER = re.compile(r"(?i)FW-?\d+|\d{5}")


def reply_weights(pair, text, offsets):
    """More weight where the reply decides something: the start of each paragraph, what is copied; and on labels."""
    text = text.removesuffix("<|im_end|>")
    if len(text) < 30:
        return [6.0] * len(offsets)
    opener = OPENERS.search(text)
    if not opener:
        return [1.0] * len(offsets)
    spans = [(opener.end() - 1, opener.end() + 40, 4.0)] + [(m.end(), m.end() + 30, 4.0) for m in re.finditer(r"\n\n", text) if m.end() > opener.end()]
    spans += [(m.start() - 1, m.end(), 4.0) for m in COPIED.finditer(text)]
    spans += [(m.start() - 1, m.end(), 4.0) for part in pair.copied for m in re.finditer(re.escape(part), text)]
    return [max([1.0] + [w for begin, end, w in spans if begin <= o[0] < end]) for o in offsets]


def shorten(rng, pair):
    """For most replies keeps only what decides: up to the start of the body and the last thing copied; the rest is learnt soon."""
    prompt, reply = pair.prompt, pair.reply
    opener = OPENERS.search(reply)
    if not opener or rng.random() < 0.25:
        return prompt, reply + "<|im_end|>"
    paragraph = reply.rindex("\n\n", 0, reply.rindex("\n\n"))  # the last one before the closing
    end = max(opener.end(), paragraph) + 40
    for part in pair.copied:
        end = max(end, reply.find(part, opener.end()) + len(part))
    if number := NUMBER.search(reply, opener.end()):
        end = max(end, number.end())
    end = next((i for i in range(end, len(reply)) if reply[i] == " "), len(reply))  # at the end of a word, or half words are learnt
    if rng.random() < 0.7:
        at = prompt.index("<|im_start|>user")
        pair.ends = [(i - at, shares) for i, shares in pair.ends]
        prompt = prompt[at:]
    return prompt, reply[:end]


def batches(tok, seed, tokens_per_batch, progress):
    """Endless batches of similar lengths: ids (batch, time + 1), weights (batch, time) of the targets, and where in the
    flattened (batch, time) which intents are known, as shares."""
    round_, names = 0, list(INTENTS)
    end_of_turn = tok.token_to_id("<|im_end|>")
    user = tok.token_to_id("<|im_start|>")
    while True:
        gen = Generator("train", f"{seed}-{round_}")
        round_ += 1
        p = progress()
        # Bare questions most at the start, so that words get their meanings; copying too, so that the copying heads form early.
        lines = 0.8 if p < 0.65 else 0.4 if p < 0.9 else 0.15
        copies = 0.3 if p < 0.4 else 0.12 if p < 0.65 else 0.04
        gen.ease = max(0.0, 0.9 - 1.3 * p)
        # Several questions are hard and so come often; in the end seldom enough that a single one is not answered twice.
        gen.questions = [0.5, 0.34, 0.16] if p < 0.65 else [0.64, 0.25, 0.11]
        pairs = [corpus.line_pair(gen) if gen.rng.random() < lines else corpus.training_pair(gen, copies) for _ in range(1024)]
        texts = [(x.prompt, "") if not x.reply else shorten(gen.rng, x) if p < 0.95 else (x.prompt, x.reply + "<|im_end|>") for x in pairs]
        prompts = tok.encode_batch([t for t, _ in texts], add_special_tokens=False)
        replies = tok.encode_batch([r for _, r in texts], add_special_tokens=False)
        rows = []
        for enc, r, (_, reply), pair in zip(prompts, replies, texts, pairs):
            starts = [i for i, t in enumerate(enc.ids) if t == user]
            if reply:
                begin = starts[-2] + 2 if len(starts) > 1 else 2  # the user's text; the system prompt is not a target
                weights = [0.0] * (begin - 1) + [0.03] * (len(enc.ids) - begin) + reply_weights(pair, reply, r.offsets)
            else:
                weights = [0.0] * 2 + [0.1] * (len(enc.ids) - 3)
            known = []
            for at, shares in pair.ends:
                token = enc.char_to_token(at)
                if token is not None and token < len(enc.ids) + len(r.ids) - (1 if reply else 0):
                    known.append((token, shares))
            for at, shares in pair.starts:
                token = r.char_to_token(at) if at < len(reply) else None
                if token is not None and token < len(r.ids) - 1:
                    known.append((len(enc.ids) + token, shares))
            rows.append((enc.ids + r.ids, weights, known))
        rows.sort(key=lambda row: len(row[0]))
        groups, group = [], []
        for row in rows:
            if group and len(row[0]) * (len(group) + 1) > tokens_per_batch:
                groups.append(group)
                group = []
            group.append(row)
        if len(group) * len(group[-1][0]) > tokens_per_batch // 2:
            groups.append(group)
        gen.rng.shuffle(groups)
        for group in groups:
            width = len(group[-1][0]) + 1  # the last column is only a target
            ids, weights = torch.full((len(group), width), end_of_turn), torch.zeros(len(group), width - 1)
            at, shares_at = [], []
            for i, (row, w, known) in enumerate(group):
                ids[i, : len(row)] = torch.tensor(row)
                weights[i, : len(w)] = torch.tensor(w)
                for token, shares in known:
                    at.append(i * (width - 1) + token)
                    shares_at.append(shares)
            intents = torch.zeros(len(at), len(names))
            for i, shares in enumerate(shares_at):
                for name, share in shares.items():
                    intents[i, names.index(name)] = share
            yield ids, weights, torch.tensor(at, dtype=torch.long), intents


def loss_of(model, intent_head, ids, at, target, w, known_at, intents):
    """(loss, share of reply tokens predicted right, share of questions recognised). `at`: the flattened places with a target.

    The intent head exists only in training: it makes the state at the end of a question, and before its answer, say what is asked."""
    hidden = model.hidden(ids[:, :-1]).flatten(0, 1)
    logits = F.linear(hidden.index_select(0, at), model.embed.weight).float()
    guess = intent_head(hidden.index_select(0, known_at)).float()
    words = (F.cross_entropy(logits, target, reduction="none") * w).sum()
    questions = -(guess.log_softmax(-1) * intents).sum()
    # A fixed measure, so that a batch of bare questions does not count as much as one full of replies.
    loss = (words + 3.0 * questions) / (0.7 * ids.numel())
    reply = w >= 1
    right = ((logits.argmax(-1) == target) & reply).sum() / reply.sum().clamp(min=1)
    known = (guess.argmax(-1) == intents.argmax(-1)).float().sum() / max(1, known_at.numel())
    return loss, right, known


class Shared:
    """The weights, their running mean, the optimizers' state and both gradients, in memory that both processes see."""

    def __init__(self, shapes):
        self.size = sum(math.prod(s) for _, s in shapes)
        self.shapes = shapes
        self.flat = {k: torch.zeros(self.size).share_memory_() for k in ("weights", "ema", "first", "second", "grad0", "grad1")}
        self.clock = torch.zeros(4, dtype=torch.float64).share_memory_()  # seconds, stop, tokens and examples of process 1

    def views(self, key):
        out, at = {}, 0
        for name, shape in self.shapes:
            n = math.prod(shape)
            out[name] = self.flat[key][at : at + n].view(shape)
            at += n
        return out


def orthogonal(x):
    """Newton-Schulz on a stack of matrices (Muon, Jordan et al. 2024)."""
    tall = x.shape[1] > x.shape[2]
    x = x.transpose(1, 2) if tall else x
    x = (x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)).bfloat16()
    for _ in range(5):
        a = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return (x.transpose(1, 2) if tall else x).float()


def network(config, seed):
    torch.manual_seed(seed)
    model = nn.ModuleDict({"decoder": Decoder(config), "intent": nn.Linear(config.hidden, len(INTENTS), bias=False)})
    nn.init.normal_(model["intent"].weight, std=0.02)
    return model


def work(rank, a, shared, barrier, state, config):
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    tok = Tokenizer.from_file(str(a.work / "tokenizer.json"))
    net = network(config, a.seed)
    model, intent_head = net["decoder"], net["intent"]
    for block in model.blocks:
        block.drop = a.dropout
    weights = shared.views("weights")
    for name, p in net.named_parameters():
        p.data = weights[name]
    ema, first, second = (shared.views(k) for k in ("ema", "first", "second"))
    grads = [shared.views("grad0"), shared.views("grad1")]
    matrices = [n for n, p in net.named_parameters() if p.dim() == 2 and ".blocks." in n]
    mine = [n for n in matrices if (int(n.split(".")[2]) < config.layers / 2) == (rank == 0)]
    stacks = {}
    for n in mine:
        stacks.setdefault(tuple(sorted(weights[n].shape)), []).append(n)
    others = [n for n in weights if n not in matrices] if rank == 0 else []
    step_loss = torch.compile(loss_of, dynamic=True) if a.compile else loss_of
    seconds = state["seconds"]
    torch.manual_seed(a.seed * 1000 + state["step"] * 2 + rank)

    def progress():
        return min(1.0, float(shared.clock[0]) / (a.minutes * 60))

    stream = batches(tok, f"{a.seed}-{state['step']}-{rank}", a.batch_tokens // 2, progress)
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    signal.signal(signal.SIGINT, lambda *_: stop.append(True))

    def save():
        saved = dict(model={n.removeprefix("decoder."): v.clone() for n, v in weights.items() if n.startswith("decoder.")},
            ema={n.removeprefix("decoder."): v.clone() for n, v in ema.items() if n.startswith("decoder.")},
            flat={k: shared.flat[k] for k in ("weights", "ema", "first", "second")}, state=state, config=asdict(config))
        torch.save(saved, a.work / "new.pt")
        (a.work / "new.pt").rename(a.work / "last.pt")
        (a.work / "state.json").write_text(json.dumps(state))

    began = last_saved = mark = time.time()
    shown, sums = state["tokens"], torch.zeros(4)
    while True:
        ids, w, known_at, intents = next(stream)
        at = (w.flatten() > 0).nonzero().squeeze(1)
        target, w = ids[:, 1:].flatten()[at], w.flatten()[at]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss, right, known = step_loss(model, intent_head, ids, at, target, w, known_at, intents)
        loss.backward()
        for n, p in net.named_parameters():
            grads[rank][n].copy_(p.grad)
            p.grad = None
        if rank == 1:
            shared.clock[2] += ids.numel()
            shared.clock[3] += ids.shape[0]
        barrier.wait()

        scale = min(1.0, (state["step"] + 1) / 40) * min(1.0, max(0.0, (1 - progress()) / a.decay))
        rate = min(0.995, (state["step"] + 1) / (state["step"] + 10))
        with torch.no_grad():
            for names in stacks.values():
                rows = []
                for n in names:
                    g = (grads[0][n] + grads[1][n]).mul_(0.5)
                    first[n].lerp_(g, 0.05)
                    g = g.lerp_(first[n], 0.95)
                    rows.append(g if g.shape[0] <= g.shape[1] else g.T)
                for n, x in zip(names, orthogonal(torch.stack(rows))):
                    p = weights[n]
                    x = x if p.shape[0] <= p.shape[1] else x.T
                    p.mul_(1 - a.lr * scale * a.weight_decay)
                    p.add_(x, alpha=-a.lr * scale * max(1, p.shape[0] / p.shape[1]) ** 0.5)
                    ema[n].lerp_(p, 1 - rate)
            if others:
                gs = {n: (grads[0][n] + grads[1][n]).mul_(0.5) for n in others}
                norm = float(torch.stack([g.norm() for g in gs.values()]).norm())
                t = state["step"] + 1
                for n, g in gs.items():
                    g.mul_(min(1.0, 1.0 / (norm + 1e-6)))
                    first[n].lerp_(g, 0.1)
                    second[n].mul_(0.98).addcmul_(g, g, value=0.02)
                    bias = (1 - 0.98**t) ** 0.5 / (1 - 0.9**t)
                    weights[n].addcdiv_(first[n], second[n].sqrt().add_(1e-8), value=-a.adam_lr * scale * bias)
                    ema[n].lerp_(weights[n], 1 - rate)
        state["step"] += 1
        state["tokens"] += ids.numel()
        state["examples"] += ids.shape[0]
        if rank == 0:
            state["seconds"] = seconds + time.time() - began
            shared.clock[0] = state["seconds"]
            over = stop or state["seconds"] >= a.minutes * 60 or state["step"] >= a.steps or not math.isfinite(loss.item())
            shared.clock[1] = 1.0 if over else 0.0
        barrier.wait()

        if rank == 0:
            sums += torch.tensor([loss.item(), right.item(), 1.0 if (w >= 1).any() else 0.0, known.item()])
            if state["step"] % 20 == 0:
                both = state["tokens"] - shown + float(shared.clock[2])
                print(f"{state['step']} {state['seconds'] / 60:.1f} min loss {sums[0] / 20:.4f} right {sums[1] / max(1, sums[2]):.4f} known {sums[3] / 20:.4f}"
                    f" {both / (time.time() - mark):.0f} tokens/s, lr {scale:.3f}", flush=True)
                state["tokens"] += int(shared.clock[2])
                state["examples"] += int(shared.clock[3])
                shared.clock[2:] = 0
                mark, shown, sums = time.time(), state["tokens"], torch.zeros(4)
            if not math.isfinite(loss.item()):
                print("the loss is not finite; lower --lr")
                return
            if time.time() - last_saved > 240 or shared.clock[1]:
                save()
                last_saved = time.time()
        if shared.clock[1]:
            return


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--work", type=Path, required=True)
    a.add_argument("--minutes", type=float, default=90)
    a.add_argument("--decay", type=float, default=0.5, help="share of the time at the end in which the rate falls to zero")
    a.add_argument("--batch-tokens", type=int, default=4608)
    a.add_argument("--lr", type=float, default=0.01)
    a.add_argument("--adam-lr", type=float, default=0.004)
    a.add_argument("--weight-decay", type=float, default=0.1)
    a.add_argument("--dropout", type=float, default=0.1)
    a.add_argument("--vocab", type=int, default=4096)
    a.add_argument("--layers", type=int, default=6)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--compile", action="store_true")
    a.add_argument("--steps", type=int, default=10**9, help="stop early, for measuring")
    a = a.parse_args()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    a.work.mkdir(parents=True, exist_ok=True)
    path = a.work / "tokenizer.json"
    tok = Tokenizer.from_file(str(path)) if path.exists() else train_tokenizer(path, a.vocab)
    config = Config(vocab=tok.get_vocab_size(), layers=a.layers)
    net = network(config, a.seed)
    shared = Shared([(n, tuple(p.shape)) for n, p in net.named_parameters()])
    state = dict(step=0, seconds=0.0, tokens=0, examples=0)
    for key in ("weights", "ema"):
        for n, view in shared.views(key).items():
            view.copy_(dict(net.named_parameters())[n].data)
    if (a.work / "last.pt").exists():
        saved = torch.load(a.work / "last.pt", weights_only=False)
        for key, flat in saved["flat"].items():
            shared.flat[key].copy_(flat)
        state = saved["state"]
    shared.clock[0] = state["seconds"]
    print(f"vocab {config.vocab}, {sum(p.numel() for p in net['decoder'].parameters()) / 1e6:.2f} M parameters, from step {state['step']}", flush=True)
    barrier = mp.get_context("spawn").Barrier(2)
    mp.spawn(work, args=(a, shared, barrier, state, config), nprocs=2)


if __name__ == "__main__":
    main()
