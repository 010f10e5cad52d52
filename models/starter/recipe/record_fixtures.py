"""Records what llama.cpp makes of the GGUF, for the engine's tests: token ids and greedy text of 20 prompts.

    python record_fixtures.py
"""

import hashlib
import json
from pathlib import Path

import llama_cpp

import corpus
from runner import GGUF, Runner

HERE = Path(__file__).parent
OUT = HERE.parent / "fixtures" / "llama_cpp_greedy.json"


def rows(name):
    return [json.loads(line) for line in (HERE.parent / "sample" / name).open()]


def main():
    sample, hand = rows("requests.jsonl"), rows("requests_handwritten.jsonl")
    cases = [("reply", r["id"], corpus.SYSTEM, corpus.render(corpus.PROMPT_TEMPLATE, r)) for r in sample[:7] + hand[:6]]
    cases += [("label", r["id"], corpus.LABEL_SYSTEM, corpus.render(corpus.PROMPT_TEMPLATE, r)) for r in sample[7:9]]
    cases += [("extract", r["id"], corpus.EXTRACT_SYSTEM, corpus.render(corpus.PROMPT_TEMPLATE, r)) for r in hand[6:8]]
    cases += [
        ("copy", "copy", corpus.COPY_SYSTEM, "Anneke Vrolijk, FW-90125, PEAK-417, 3 May"),
        ("no system prompt", "plain", "", "Where is my parcel FW-31337?"),
        ("unicode", "unicode", corpus.SYSTEM, "Customer: Müßig-Øster\nSubject: \n\nGrüße! ¿Where is FW-24680? 한국어 🙂\n\n\n  1,5 l   €20\tok"),
    ]
    runner = Runner(threads=1)
    out = []
    for task, id_, system, user in cases:
        messages = ([{"role": "system", "content": system}] if system else []) + [{"role": "user", "content": user}]
        prompt = corpus.chat(system, user)
        g = runner.greedy(prompt, 64)
        out.append({"id": id_, "task": task, "messages": messages, "prompt": prompt, "prompt_ids": g.prompt_ids, "output_ids": g.ids,
            "output_text": g.text, "stopped_by_itself": g.stopped, "logprobs": [round(x, 5) for x in g.logprobs],
            "smallest_margin": round(min(g.margins), 5)})
    OUT.parent.mkdir(exist_ok=True)
    record = {
        "made_by": "python recipe/record_fixtures.py",
        "llama_cpp_python": llama_cpp.__version__,
        "settings": "greedy, 64 tokens at most, 1 thread, no beginning-of-text token, special tokens parsed, f16 key-value cache",
        "note": "logprobs are natural, one a token, with the stop token last when stopped_by_itself. smallest_margin is the log-probability "
        "between the first and the second choice: a small one may go the other way in another implementation.",
        "model": GGUF.name,
        "model_sha256": hashlib.sha256(GGUF.read_bytes()).hexdigest(),
        "cases": out,
    }
    OUT.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n")
    print(f"{len(out)} cases, smallest margin {min(c['smallest_margin'] for c in out)}")


if __name__ == "__main__":
    main()
