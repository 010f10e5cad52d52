"""Compares the GGUF under llama.cpp with the PyTorch weights: token ids and greedy text.

    python verify.py --work DIR
"""

import argparse
from pathlib import Path

import gguf
import torch
from tokenizers import Tokenizer

import corpus
import export
from corpus import Generator
from model import Config, Decoder
from runner import Runner


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--work", type=Path, required=True)
    a.add_argument("--gguf", type=Path, default=Path(__file__).parent.parent / "gait-starter-q8_0.gguf")
    a.add_argument("--weights", choices=["ema", "last"], default="ema")
    a.add_argument("--count", type=int, default=12)
    a = a.parse_args()
    saved = torch.load(a.work / "last.pt", weights_only=False)
    model = Decoder(Config(**saved["config"]))
    model.load_state_dict(export.weights(saved, a.weights), strict=False)
    # The PyTorch model gets the same rounding to Q8_0, so that only the forward passes differ.
    for p in model.parameters():
        if p.dim() == 2:
            q = gguf.quants.quantize(p.detach().numpy(), gguf.GGMLQuantizationType.Q8_0)
            p.data = torch.from_numpy(gguf.quants.dequantize(q, gguf.GGMLQuantizationType.Q8_0))
    tok = Tokenizer.from_file(str(a.work / "tokenizer.json"))
    runner = Runner(a.gguf)
    stop = tok.token_to_id("<|im_end|>")
    gen = Generator("held", "verify")
    ids_equal = text_equal = 0
    extra = ["Größe 42½ – naïve café № 12345\n\n\n  spaces   and\ttabs", "한국어 요청입니다. 주문 FW-12345 🙂", "I'll DON'T we'Ve x1y2  \n z"]
    prompts = [corpus.chat(corpus.SYSTEM, corpus.render(corpus.PROMPT_TEMPLATE, gen.example().fields)) for _ in range(a.count)]
    prompts += [corpus.chat(corpus.SYSTEM, t) for t in extra]
    for prompt in prompts:
        ids = tok.encode(prompt, add_special_tokens=False).ids
        theirs = runner.llm.tokenize(prompt.encode(), add_bos=False, special=True)
        ids_equal += ids == theirs
        if ids != theirs:
            print("TOKENS DIFFER", prompt, ids, theirs)
        ours = tok.decode(model.greedy(ids, 120, stop))
        out = runner.greedy(prompt, 120).text
        text_equal += ours == out
        if ours != out:
            print(f"TEXT DIFFERS\n{ours}\n--\n{out}")
    print(f"token ids equal {ids_equal}/{len(prompts)}, greedy text equal {text_equal}/{len(prompts)}")


if __name__ == "__main__":
    main()
