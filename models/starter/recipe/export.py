"""Writes the trained weights as a GGUF file: Q8_0 matrices, F32 norms, tokenizer, chat template.

Invariant: architecture `llama` with interleaved rotary embedding, so q and k are written as trained, unpermuted.

    python export.py --work DIR --out ../gait-starter-q8_0.gguf
"""

import argparse
import json
from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer

VERSION = "1.0"
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
DESCRIPTION = (
    "A small model trained from nothing for Gait's sample use case, support replies of the fictional shop Fernweg Outdoor. "
    "It knows that shop's policies and nothing else. English only. Made on generated text."
)
BLOCK = {"attn_norm": "attn_norm", "q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output", "ffn_norm": "ffn_norm",
    "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down"}


def gguf_name(name):
    """blocks.0.q.weight -> blk.0.attn_q.weight"""
    parts = name.split(".")
    if parts[0] == "blocks":
        return f"blk.{parts[1]}.{BLOCK[parts[2]]}.weight"
    return {"embed": "token_embd.weight", "norm": "output_norm.weight"}[parts[0]]


def weights(saved, which):
    """The weights of the last step, or their running mean, which is better before the rate has fallen."""
    return saved["ema"] if which == "ema" else saved["model"]


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--work", type=Path, required=True)
    a.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "gait-starter-q8_0.gguf")
    a.add_argument("--f16", action="store_true", help="F16 matrices, for comparing; with --out")
    a.add_argument("--weights", choices=["ema", "last"], default="ema")
    a = a.parse_args()
    saved = torch.load(a.work / "last.pt", weights_only=False, map_location="cpu")
    c = saved["config"]
    tok = Tokenizer.from_file(str(a.work / "tokenizer.json"))
    vocab = tok.get_vocab()
    tokens = sorted(vocab, key=vocab.get)
    assert [vocab[t] for t in tokens] == list(range(c["vocab"]))
    merges = [m if isinstance(m, str) else " ".join(m) for m in json.loads(tok.to_str())["model"]["merges"]]
    special = {t.content for t in tok.get_added_tokens_decoder().values()}
    types = [gguf.TokenType.CONTROL if t in special else gguf.TokenType.NORMAL for t in tokens]

    w = gguf.GGUFWriter(str(a.out), "llama")
    w.add_name("Gait Starter")
    w.add_basename("gait-starter")
    w.add_author("The Gait authors")
    w.add_version(VERSION)
    w.add_license("apache-2.0")
    w.add_description(DESCRIPTION)
    w.add_languages(["en"])
    w.add_size_label(f"{sum(v.numel() for v in saved['ema'].values()) / 1e6:.1f}M")
    w.add_file_type(gguf.LlamaFileType.MOSTLY_F16 if a.f16 else gguf.LlamaFileType.MOSTLY_Q8_0)
    w.add_quantization_version(gguf.GGML_QUANT_VERSION)
    w.add_vocab_size(c["vocab"])
    w.add_context_length(c["context"])
    w.add_embedding_length(c["hidden"])
    w.add_block_count(c["layers"])
    w.add_feed_forward_length(c["ffn"])
    w.add_head_count(c["heads"])
    w.add_head_count_kv(c["kv_heads"])
    w.add_key_length(c["hidden"] // c["heads"])
    w.add_value_length(c["hidden"] // c["heads"])
    w.add_rope_dimension_count(c["hidden"] // c["heads"])
    w.add_rope_freq_base(c["rope_theta"])
    w.add_layer_norm_rms_eps(c["eps"])
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("qwen2")
    w.add_token_list(tokens)
    w.add_token_types(types)
    w.add_token_merges(merges)
    w.add_bos_token_id(vocab["<|endoftext|>"])
    w.add_eos_token_id(vocab["<|im_end|>"])
    w.add_eot_token_id(vocab["<|im_end|>"])
    w.add_pad_token_id(vocab["<|endoftext|>"])
    w.add_add_bos_token(False)
    w.add_add_eos_token(False)
    w.add_chat_template(CHAT_TEMPLATE)
    for name, value in weights(saved, a.weights).items():
        data = value.float().numpy()
        if data.ndim == 1:
            w.add_tensor(gguf_name(name), data.astype(np.float32))
        elif a.f16:
            w.add_tensor(gguf_name(name), data.astype(np.float16))
        else:
            q = gguf.quants.quantize(data, gguf.GGMLQuantizationType.Q8_0)
            w.add_tensor(gguf_name(name), q, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    print(f"{a.out.name}: {a.out.stat().st_size / 1e6:.2f} MB, step {saved['state']['step']}, {saved['state']['seconds'] / 60:.1f} min")


if __name__ == "__main__":
    main()
