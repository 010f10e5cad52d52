"""The generator's promises, checked on a few thousand examples."""

import hashlib
import json
import re
from pathlib import Path

import corpus
import pytest
import request_lines
from corpus import INTENTS, Generator, bucket, intents_in, phrasings_of, wordings

LINES = [(name, line) for part in (corpus.FIRST, corpus.FIRST_HELD_OUT, corpus.LATER) for name, lines in part.items() for line in lines]


def examples(split, count=2000):
    gen = Generator(split, 99)
    return [gen.example() for _ in range(count)]


@pytest.mark.parametrize("split", ["train", "held"])
def test_every_placeholder_is_filled(split):
    for e in examples(split):
        text = e.reply + e.fields["message"] + e.fields["subject"] + e.fields["customer"]
        assert not re.search(r"[{}\[\]<>|]", text), text


def test_there_are_at_least_forty_intents_with_many_phrasings():
    assert len(INTENTS) >= 40
    assert all(len(phrasings_of(name)[0]) >= 60 for name in INTENTS)


@pytest.mark.parametrize("kind", ["first", "later", "all"])
def test_no_wording_of_a_held_out_phrasing_is_trained_on(kind):
    held = {w for name in INTENTS for line in phrasings_of(name)[1] for w in wordings(line)}
    trained = {w for name in INTENTS for line in phrasings_of(name, kind)[0] for w in wordings(line)}
    assert held and not trained & held
    used = {line for pair in examples("train") for line in pair.phrasings}
    assert not used & {line for name in INTENTS for line in phrasings_of(name)[1]}


def test_bare_questions_are_held_out_too():
    held = {w for name in INTENTS for line in phrasings_of(name)[1] for w in wordings(line)}
    gen = Generator("train", 5)
    prompts = [re.sub(r"[^\w{}]+", " ", corpus.line_pair(gen).prompt.removeprefix("<|im_start|>user\n").removesuffix("<|im_end|>").lower()).strip() for _ in range(3000)]
    assert not held & set(prompts)


def test_the_first_held_out_phrasings_are_still_the_same():
    lines = [f"{name}:{line}" for name, lines in corpus.FIRST_HELD_OUT.items() for line in lines]
    assert len(lines) == 220
    assert hashlib.sha1("\n".join(sorted(lines)).encode()).hexdigest() == "61e406577e5867fd68f4acfa96176e8644e233a5"


def test_about_eight_percent_of_the_later_phrasings_are_held_out():
    train = sum(len(phrasings_of(name, "later")[0]) for name in INTENTS)
    held = sum(len(phrasings_of(name, "later")[1]) for name in INTENTS)
    assert 0.06 < held / (train + held) < 0.10


def test_no_phrasing_stands_twice():
    assert len(LINES) == len({line for _, line in LINES})


def test_no_wording_belongs_to_two_intents():
    owner = {}
    for name, line in LINES:
        for w in wordings(line):
            assert owner.setdefault(w, name) == name, (w, line)


@pytest.mark.parametrize("line, number, value", [
    ("Can I [pay|book later?", 2, "each [ closed"), ("a | b", 2, "only between"), ("[one] way", 2, "at least two ways"), ("Where is {x}?", 2, "only the slots"),
    ("# password", 2, "name of an intent"), ("## nonsense", 2, "name of an intent"), ("## refund_when", 2, "refund.txt"), ("hi", 2, "three characters"),
    ("Fine so far.\nFine so far.", 3, "line 2 already"), ("## password\n", 2, "once a file")])
def test_a_bad_line_is_named_with_file_number_value_and_what_was_expected(tmp_path, line, number, value):
    (tmp_path / "account.txt").write_text(f"## password\n{line}\n")
    with pytest.raises(ValueError) as e:
        request_lines.load(corpus.CATEGORY_OF, folder=tmp_path)
    said = str(e.value)
    assert f"account.txt, line {number}: " in said and value in said and line.strip().split("\n")[-1] in said


def test_a_line_before_any_heading_and_a_file_of_no_category_are_errors(tmp_path):
    (tmp_path / "account.txt").write_text("hello there\n")
    with pytest.raises(ValueError, match="line 1: 'hello there'; expected a heading"):
        request_lines.load(corpus.CATEGORY_OF, folder=tmp_path)
    (tmp_path / "account.txt").rename(tmp_path / "acount.txt")
    with pytest.raises(ValueError, match="acount.txt: expected the name of a category"):
        request_lines.load(corpus.CATEGORY_OF, folder=tmp_path)


def test_where_a_question_ends_is_marked_right():
    gen = Generator("train", 3)
    for _ in range(500):
        e = gen.example()
        if e.ambiguous:
            continue
        assert len(e.ends) == len(e.intents) and corpus.END not in e.fields["message"] + e.reply
        prompt = corpus.chat(corpus.SYSTEM, corpus.render(corpus.PROMPT_TEMPLATE, e.fields))
        for at, shares in corpus.ends_of(e, prompt):
            assert 0 < at < len(prompt) and abs(sum(shares.values()) - 1) < 1e-6 and set(shares) <= set(e.intents)
        starts = corpus.starts_of(e)
        assert [list(shares)[0] for _, shares in starts] == e.intents and all(e.reply[at] in ".\n" for at, _ in starts)


@pytest.mark.parametrize("split", ["train", "held"])
def test_a_reply_names_only_order_numbers_of_the_request(split):
    for e in examples(split):
        request = " ".join(e.fields.values())
        for number in re.findall(r"(?i)\bFW-?\d{5}\b|\b\d{5}\b", e.reply):
            assert number in request


def test_held_out_order_numbers_and_names_are_disjoint_from_training():
    for split, zero in (("train", False), ("held", True)):
        for e in examples(split, 500):
            if e.slots["o"]:
                assert (bucket("order", re.search(r"\d{5}", e.slots["o"])[0]) == 0) == zero


@pytest.mark.parametrize("split", ["train", "held"])
def test_each_reply_is_recognised_as_exactly_its_intents(split):
    for e in examples(split):
        assert intents_in(e.reply) == set(e.intents), e.reply


def test_a_name_in_the_reply_stands_in_the_request():
    for e in examples("held"):
        if e.name:
            assert e.name in " ".join(e.fields.values())
        head = e.reply.split("\n")[0]
        assert head in ("Hello,", "Hi,") or e.name in head


def test_the_same_seed_gives_the_same_examples():
    assert [e.reply for e in examples("train", 50)] == [e.reply for e in examples("train", 50)]


def test_the_sample_files_say_the_prompts_that_training_uses():
    sample = Path(__file__).parent.parent / "sample"
    case = json.loads((sample / "use_case.json").read_text())
    assert (case["system_prompt"], case["prompt_template"]) == (corpus.SYSTEM, corpus.PROMPT_TEMPLATE)
    tasks = json.loads((sample / "other_tasks.json").read_text())
    assert tasks["label"]["system_prompt"] == corpus.LABEL_SYSTEM and tasks["label"]["labels"] == list(corpus.CATEGORIES)
    assert tasks["extract"]["system_prompt"] == corpus.EXTRACT_SYSTEM


def test_no_hand_written_request_stands_in_a_phrasing():
    sample = Path(__file__).parent.parent / "sample" / "requests_handwritten.jsonl"
    requests = [json.loads(line)["message"] for line in sample.open()]
    lines = {line for _, line in LINES}
    assert not [r for r in requests if any(len(line) > 25 and line in r for line in lines)]
