"""The generator's promises, checked on a few thousand examples."""

import re

import corpus
import pytest
from corpus import INTENTS, Generator, bucket, intents_in, split_phrasings


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
    for name, i in INTENTS.items():
        train, held = split_phrasings(name, i.phrasings)
        assert held and not set(train) & set(held)
    trained = {line for e in examples("train") for line in e.phrasings}
    held = {line for i in INTENTS.values() for line in split_phrasings(i.name, i.phrasings)[1]}
    assert not trained & held


def test_no_phrasing_stands_twice():
    lines = [line for i in INTENTS.values() for line in i.phrasings]
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
