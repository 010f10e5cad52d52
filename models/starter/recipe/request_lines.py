"""Reads the ways people ask from requests/, one file a category: `## intent`, then one way of asking a line.

Notation: `[a|b]` is a choice, `{o}` an order number, `{p}` a product, `{c}` a city, `{a}` an amount, `{d}` a date, `{v}` a
voucher code.

Invariant: a line in any other notation stops the program with its file, its number, what it says and what was expected.
"""

import hashlib
import re
from pathlib import Path

FOLDER = Path(__file__).parent / "requests"
SLOTS = "opcadv"
HELD_PERCENT = 8


def is_held_out(name, line):
    """Decided by the text alone, so that it stays when other lines come or go."""
    return int(hashlib.sha1(f"{name}:{line}".encode()).hexdigest(), 16) % 100 < HELD_PERCENT


def complaint(line):
    """What is wrong with a line's notation, or None."""
    rest = re.sub(r"\[[^\[\]]*\]", "", line)
    if re.search(r"[\[\]]", rest):
        return "each [ closed by one ], no choice within a choice"
    if "|" in rest:
        return "| only between [ and ]"
    if any("|" not in choice for choice in re.findall(r"\[[^\]]*\]", line)):
        return "a choice with at least two ways, [a|b]"
    if re.search(r"[{}]", re.sub(rf"\{{[{SLOTS}]\}}", "", line)):
        return "only the slots {" + "}, {".join(SLOTS) + "}"
    if re.search(r"[<>]", line):
        return "no < or >"
    if len(line) < 3:
        return "at least three characters"
    return None


def load_file(path, intents):
    """{intent: [lines]}; `intents` maps each intent's name to its category."""
    out, name, seen = {}, None, {}

    def fail(number, value, expected):
        raise ValueError(f"{path.parent.name}/{path.name}, line {number}: {value!r}; expected {expected}")

    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        if not line:
            continue
        if line.startswith("#"):
            name = line.removeprefix("## ")
            if name not in intents:
                fail(number, line, "`## ` and the name of an intent of shop.py")
            if intents[name] != path.stem:
                fail(number, line, f"an intent of the category {path.stem}; {name} belongs in {intents[name]}.txt")
            if name in out:
                fail(number, line, "each intent once a file")
            out[name] = []
            continue
        if name is None:
            fail(number, line, "a heading `## intent` before the first line")
        if wrong := complaint(line):
            fail(number, line, wrong)
        if line.lower() in seen:
            fail(number, line, f"no line twice; it stands in line {seen[line.lower()]} already")
        seen[line.lower()] = number
        out[name].append(line)
    return out


def load(intents, part="", folder=FOLDER):
    """{intent: [lines]} of the category files of a folder; `part` is a folder within it."""
    out = {name: [] for name in intents}
    for path in sorted((folder / part).glob("*.txt")):
        if path.stem not in intents.values():
            raise ValueError(f"{path.parent.name}/{path.name}: expected the name of a category, one of {', '.join(sorted(set(intents.values())))}")
        for name, lines in load_file(path, intents).items():
            out[name] += lines
    return out
