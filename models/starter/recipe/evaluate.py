"""Measures the GGUF on requests whose phrasings, names and order numbers were never trained on, and on the hand-written ones.

Invariant: a reply is judged by what it says (the marks in shop.py, the name, the numbers), never by how it was generated.

    python evaluate.py --card           writes ../figures.json and the model card's table
    python evaluate.py --hand FILE      only answers the hand-written requests, for a person to judge
"""

import argparse
import hashlib
import json
import re
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import llama_cpp

import corpus
from corpus import Generator, intents_in
from runner import GGUF, Runner

HERE = Path(__file__).parent
HAND = HERE.parent / "sample" / "requests_handwritten.jsonl"
VERDICTS = HERE.parent / "fixtures" / "handwritten_verdicts.jsonl"
NUMBER = re.compile(r"(?i)\bFW-?\d+|\b\d{5,}\b")


def auroc(scores, good):
    """Probability that a good reply has the higher score; ties count half (Mann-Whitney)."""
    a, b = [s for s, g in zip(scores, good) if g], [s for s, g in zip(scores, good) if not g]
    if not a or not b:
        return None
    return sum((x > y) + 0.5 * (x == y) for x in a for y in b) / (len(a) * len(b))


def share(flags):
    flags = list(flags)
    return {"share": round(sum(flags) / len(flags), 4), "of": len(flags)} if flags else None


def judge(example, reply):
    """What is right about a reply; None where it does not apply."""
    request = " ".join(example.fields.values())
    head = reply.split("\n")[0]
    greeting = {"internal": "Hi", "external": "Hello"}[example.audience]
    numbers = NUMBER.findall(reply)
    wants_number = bool(example.slots["o"]) and example.slots["o"] in example.reply
    product = example.slots["p"]
    return {
        "name": head == f"{greeting} {example.name}," if example.name else None,
        "no_name": head == f"{greeting}," if not example.name else None,
        "order": example.slots["o"] in numbers if wants_number else None,
        "no_foreign_number": all(n in NUMBER.findall(request) for n in numbers),
        "product": f"the {product}" in reply if product and f"the {product}" in example.reply else None,
        "intent": intents_in(reply) == set(example.intents),
        "audience": reply.endswith(example.reply.rsplit("\n\n", 1)[1]),
        "exact": reply == example.reply,
    }


def hand_replies(runner):
    out = []
    for line in HAND.open():
        row = json.loads(line)
        g = runner.greedy(corpus.chat(corpus.SYSTEM, corpus.render(corpus.PROMPT_TEMPLATE, row)))
        out.append({"id": row["id"], "reply": g.text, "confidence": round(g.confidence, 4)})
    return out


def hand_figures(runner):
    """Counts a person's verdicts, and only where the model still writes the reply that was judged."""
    if not VERDICTS.exists():
        return None
    verdicts = {v["id"]: v for v in map(json.loads, VERDICTS.open())}
    replies = hand_replies(runner)
    if any(verdicts[r["id"]]["reply"] != r["reply"] for r in replies):
        return {"stale": "the model no longer writes the replies that were judged"}
    good = [verdicts[r["id"]]["verdict"] == "send" for r in replies]
    return {"judged": len(replies), "could_be_sent": sum(good), "auroc_confidence": round(auroc([r["confidence"] for r in replies], good) or 0, 4)}


NAMES = {"name": "name copied exactly into the greeting", "no_name": "greeting without a name where none is given", "order": "order number copied exactly",
    "no_foreign_number": "no order number that is not in the request", "product": "product copied exactly", "intent": "intent of the reply right (all of them)",
    "intent_one_question": "the same, one question", "intent_several_questions": "the same, several questions", "audience": "form right for customer or colleague",
    "all_right": "all of these right", "exact": "equal to the reference reply"}


def write_card(figures, card):
    """Puts the figures between the card's markers."""
    held, first, hand = figures["held_out"], figures["held_out_first"], figures["handwritten"]
    lines = ["| figure | held out | of | first held-out phrasings only | of |", "|---|---|---|---|---|"]

    def cells(part):
        return f"{part['share']:.1%} | {part['of']}" if part else "| "

    for key, text in NAMES.items():
        lines.append(f"| {text} | {cells(held[key])} | {cells(first[key])} |")
    lines.append(f"| confidence (geometric-mean token probability) tells right from wrong, AUROC | {held['auroc_confidence']:.3f} | {held['all_right']['of']} "
        f"| {first['auroc_confidence']:.3f} | {first['all_right']['of']} |")
    for part, value in held["right_among_most_confident"].items():
        lines.append(f"| all right among the {part} most confident | {value:.1%} | | {first['right_among_most_confident'][part]:.1%} | |")
    lines.append(f"| label right | {cells(figures['label'])} | | |")
    lines.append(f"| JSON right in all five fields | {cells(figures['extract']['all_fields'])} | | |")
    if hand and "judged" in hand:
        lines.append(f"\nHand-written requests: {hand['could_be_sent']} of {hand['judged']} replies could be sent as they are "
            "(read strictly by one person or model, `fixtures/handwritten_verdicts.jsonl`).")
    text = card.read_text()
    begin, end = text.index("<!-- figures -->") + len("<!-- figures -->"), text.index("<!-- /figures -->")
    card.write_text(text[:begin] + "\n" + "\n".join(lines) + "\n" + text[end:])


def measure(path, count, kind, show):
    """Figures of the replies to held-out requests."""
    runner, gen = Runner(path), Generator("held", "evaluation", kind)
    examples = [gen.example() for _ in range(count)]
    judged, scores = [], []
    for e in examples:
        g = runner.greedy(corpus.chat(corpus.SYSTEM, corpus.render(corpus.PROMPT_TEMPLATE, e.fields)))
        judged.append(judge(e, g.text))
        scores.append(g.confidence)
        if show and not all(v is not False for k, v in judged[-1].items() if k != "exact"):
            show -= 1
            print(json.dumps(e.fields, ensure_ascii=False), e.intents, "\n", g.text, f"\n {g.confidence:.3f}", judged[-1], "\n" + "-" * 30)
    good = [all(v is not False for k, v in j.items() if k != "exact") for j in judged]
    # How good the sendable part is when only the confident ones are taken.
    ranked = sorted(zip(scores, good), reverse=True)
    return {
        **{k: share(j[k] for j in judged if j[k] is not None) for k in ("name", "no_name", "order", "no_foreign_number", "product", "intent", "audience", "exact")},
        "intent_one_question": share(j["intent"] for j, e in zip(judged, examples) if len(e.intents) == 1),
        "intent_several_questions": share(j["intent"] for j, e in zip(judged, examples) if len(e.intents) > 1),
        "all_right": share(good),
        "auroc_confidence": round(auroc(scores, good) or 0, 4),
        "mean_confidence_right": round(sum(s for s, g in zip(scores, good) if g) / max(1, sum(good)), 4),
        "mean_confidence_wrong": round(sum(s for s, g in zip(scores, good) if not g) / max(1, len(good) - sum(good)), 4),
        "right_among_most_confident": {f"{p} %": round(sum(g for _, g in ranked[: count * p // 100]) / (count * p // 100), 4) for p in (25, 50, 75, 100)},
        # For choosing the sample's threshold: how many are at least so confident, and how many of those are right.
        "above_confidence": {str(t): share(g for s, g in ranked if s >= t) for t in (0.9, 0.95, 0.97, 0.98, 0.985, 0.99, 0.993, 0.995, 0.997, 0.998, 0.999, 0.9995, 0.9998)},
    }


def measure_tasks(path, count):
    """Figures of labels and extracted fields."""
    runner, gen = Runner(path), Generator("held", "evaluation")
    examples = [gen.example() for _ in range(count + 400)][count:]
    labels, fields, rows = [], {k: [] for k in ("name", "order_number", "product", "city", "date")}, []
    for e in [e for e in examples if len(e.intents) == 1][:200]:
        user = corpus.render(corpus.PROMPT_TEMPLATE, e.fields)
        labels.append(runner.greedy(corpus.chat(corpus.LABEL_SYSTEM, user), 8).text == corpus.label_of(e))
        want = json.loads(corpus.extract_of(e))
        try:
            got = json.loads(runner.greedy(corpus.chat(corpus.EXTRACT_SYSTEM, user), 96).text)
        except ValueError:
            got = {}
        for k in fields:
            fields[k].append(k in got and got[k] == want[k])
        rows.append(got == want)
    return {"label": share(labels), "extract": {"all_fields": share(rows), **{k: share(v) for k, v in fields.items()}}}


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--count", type=int, default=500)
    a.add_argument("--gguf", type=Path, default=GGUF)
    a.add_argument("--hand", type=Path)
    a.add_argument("--out", type=Path, default=HERE.parent / "figures.json")
    a.add_argument("--card", action="store_true", help="also write the figures into the model card")
    a.add_argument("--show", type=int, default=0, help="print so many wrong replies")
    a = a.parse_args()
    runner = Runner(a.gguf)
    if a.hand:
        a.hand.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in hand_replies(runner)))
        return

    began = time.time()
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        held, first, tasks = (pool.submit(f, a.gguf, a.count, *more) for f, *more in
            ((measure, "all", a.show), (measure, "first", 0), (measure_tasks,)))
        figures = {
            "model": {"file": a.gguf.name, "bytes": a.gguf.stat().st_size, "sha256": hashlib.sha256(a.gguf.read_bytes()).hexdigest()},
            "made_with": f"llama-cpp-python {llama_cpp.__version__}, greedy",
            "held_out": {"what": "requests with phrasings, names, order numbers and codes never used in training", **held.result()},
            "held_out_first": {"what": "the same with the first 220 held-out phrasings only, as for earlier versions of the model", **first.result()},
            **tasks.result(),
        }
    figures["seconds"] = round(time.time() - began)
    figures["handwritten"] = hand_figures(runner)
    a.out.write_text(json.dumps(figures, indent=2) + "\n")
    if a.card:
        write_card(figures, HERE.parent / "README.md")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
