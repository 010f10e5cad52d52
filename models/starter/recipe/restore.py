"""Makes a folder from which train.py goes on, out of a GGUF that export.py wrote: its tokenizer and its weights.

What a GGUF does not hold begins anew: the optimizers' state, the running mean (it begins with the weights), and the head that names
intents in training. Weights were rounded to Q8_0, which costs less than a step of training.

    python restore.py --gguf ../gait-starter-q8_0.gguf --work DIR
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import gguf
import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

from export import BLOCK
from model import Config
from train import QWEN2, SPECIAL, Shared, network


def field(reader, name):
    return reader.fields[name].contents()


def tokenizer(reader):
    tokens, merges = field(reader, "tokenizer.ggml.tokens"), field(reader, "tokenizer.ggml.merges")
    if tokens[-len(SPECIAL):] != SPECIAL:
        raise ValueError(f"tokenizer.ggml.tokens: the last ones are {tokens[-len(SPECIAL):]}; expected {SPECIAL}, as train.py puts them")
    vocab = {token: at for at, token in enumerate(tokens[: -len(SPECIAL)])}
    tok = Tokenizer(models.BPE(vocab, [tuple(merge.split(" ")) for merge in merges]))
    tok.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN2), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tok.decoder = decoders.ByteLevel()
    tok.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    return tok


def name_in_gguf(name):
    """decoder.blocks.0.q.weight -> blk.0.attn_q.weight"""
    parts = name.removeprefix("decoder.").split(".")
    return f"blk.{parts[1]}.{BLOCK[parts[2]]}.weight" if parts[0] == "blocks" else {"embed": "token_embd.weight", "norm": "output_norm.weight"}[parts[0]]


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--gguf", type=Path, default=Path(__file__).parent.parent / "gait-starter-q8_0.gguf")
    a.add_argument("--work", type=Path, required=True)
    a.add_argument("--minutes", type=float, default=0, help="of the schedule that count as done")
    a = a.parse_args()
    reader = gguf.GGUFReader(str(a.gguf))
    config = Config(vocab=len(field(reader, "tokenizer.ggml.tokens")), layers=field(reader, "llama.block_count"))
    net = network(config, 1)
    tensors = {t.name: t for t in reader.tensors}
    shapes = [(n, tuple(p.shape)) for n, p in net.named_parameters()]
    shared = Shared(shapes)
    for name, p in net.named_parameters():
        view = shared.views("weights")[name]
        if not name.startswith("decoder."):
            view.copy_(p.data)
            continue
        t = tensors[name_in_gguf(name)]
        value = torch.from_numpy(gguf.quants.dequantize(t.data, t.tensor_type).copy()).float().reshape(p.shape)
        view.copy_(value)
    shared.flat["ema"].copy_(shared.flat["weights"])
    a.work.mkdir(parents=True, exist_ok=True)
    tokenizer(reader).save(str(a.work / "tokenizer.json"))
    state = dict(step=0, seconds=a.minutes * 60, tokens=0, examples=0)
    flat = {key: shared.flat[key] for key in ("weights", "ema", "first", "second")}
    torch.save(dict(flat=flat, state=state, config=asdict(config)), a.work / "last.pt")
    (a.work / "state.json").write_text(json.dumps(state))
    print(f"{a.gguf.name}: {shared.size / 1e6:.2f} M weights, vocabulary {config.vocab}, {config.layers} layers")


if __name__ == "__main__":
    main()
