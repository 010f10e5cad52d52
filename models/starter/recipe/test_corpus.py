"""The generator's promises, checked on a few thousand examples."""

import json
import re
from pathlib import Path

import corpus
import pytest
from corpus import INTENTS, Generator, bucket, intents_in, phrasings_of


def examples(split, count=2000):
    gen = Generator(split, 99)
    return [gen.example() for _ in range(count)]


@pytest.mark.parametrize("split", ["train", "held"])
def test_every_placeholder_is_filled(split):
    for e in examples(split):
        text = e.reply + e.fields["message"] + e.fields["subject"] + e.fields["customer"]
        assert not re.search(r"[{}\[\]<>|]", text), text


def test_there_are_at_least_forty_intents_with_several_phrasings():
    assert len(INTENTS) >= 40
    assert all(len(i.phrasings) >= 8 for i in INTENTS.values())


def test_held_out_phrasings_are_disjoint_from_training():
    for i in INTENTS.values():
        train, held = phrasings_of(i)
        assert held and not set(train) & set(held)
    trained = {line for e in examples("train") for line in e.phrasings}
    held = {line for i in INTENTS.values() for line in phrasings_of(i)[1]}
    assert not trained & held


def test_no_phrasing_stands_twice():
    lines = [line for i in INTENTS.values() for line in i.phrasings + i.more]
    assert len(lines) == len(set(lines))


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
    lines = {line for i in INTENTS.values() for line in i.phrasings + i.more}
    assert not [r for r in requests if any(len(line) > 25 and line in r for line in lines)]
