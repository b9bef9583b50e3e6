"""Variants change the form of a question, and nothing that its answer rests on."""

from __future__ import annotations

import re
from random import Random

import pytest

from assay.core.errors import SubjectError
from assay.core.exchange import Message, Sample
from assay.subjects.samples.variants import find, load_all
from assay.subjects.samples.variants.wording import asked

SAMPLE = Sample(
    id="a",
    input="Which city was not the capital of Prussia in 1871, according to `doc.txt`? "
    "Write to someone@example.org about {topic} by 3 p.m., please, and mention Potsdam "
    "where your answer allows for mentioning neighbouring places.",
    target=("Potsdam",),
)
CHOICE = Sample(
    id="c", input="Largest planet?", target=("B",), choices=("Mars", "Jupiter", "Venus", "Earth"),
    context=("Passage one.", "Passage two.", "Passage three."),
)  # fmt: skip
KEPT = ("not", "1871,", "`doc.txt`", "someone@example.org", "{topic}", "3", "Potsdam", "before")


def made(name: str, sample: Sample, seed: int = 0, strength: float | None = None) -> Sample | None:
    family = find(name)
    return family.change(sample, Random(seed), family.hold(strength))


def text_of(
    name: str, sample: Sample = SAMPLE, seed: int = 0, strength: float | None = None
) -> str:
    found = made(name, sample, seed, strength)
    assert found is not None
    return asked(found)


@pytest.mark.parametrize("name", load_all())
def test_every_family_is_seeded_pure_and_changes_something(name: str) -> None:
    sample = CHOICE if name == "order" else SAMPLE
    before = repr(sample)
    for seed in range(30):
        first, second = made(name, sample, seed), made(name, sample, seed)
        assert first is not None
        assert first == second != sample
        assert first.id == sample.id
        if name != "order":
            assert (first.target, first.choices) == (sample.target, sample.choices)
    assert repr(sample) == before
    assert len({repr(made(name, sample, seed)) for seed in range(30)}) > 1
    assert find(name).about


@pytest.mark.parametrize("name", ["typos", "case", "whitespace"])
def test_what_an_answer_rests_on_stays(name: str) -> None:
    strength = None if find(name).strength is None else 1.0
    for seed in range(50):
        text = text_of(name, seed=seed, strength=strength)
        for piece in KEPT[:-1]:
            assert piece in text, (name, text)


def test_typos_are_one_slip_a_word_behind_the_first_letter() -> None:
    words = asked(SAMPLE).split()
    for seed in range(50):
        after = text_of("typos", seed=seed, strength=1.0).split()
        assert len(after) == len(words)
        changed = [(a, b) for a, b in zip(words, after, strict=True) if a != b]
        assert len(changed) >= 10
        for a, b in changed:
            assert a[0] == b[0]
            assert abs(len(a) - len(b)) <= 1
            assert len(a.strip(",.?")) >= 4


def test_the_strength_is_the_share_of_words_with_a_slip() -> None:
    words = asked(SAMPLE).split()

    def changed(strength: float) -> int:
        after = text_of("typos", strength=strength).split()
        return sum(a != b for a, b in zip(words, after, strict=True))

    assert changed(0.01) == 1
    most = changed(1.0)
    assert changed(0.5) == round(most * 0.5)


def test_words_that_the_sample_protects_stay() -> None:
    sample = Sample(id="a", input="Translate mitochondrion", metadata={"protected": ["Translate"]})
    assert {text_of("typos", sample, seed).split()[0] for seed in range(30)} == {"Translate"}
    only = Sample(id="a", input="Translate", metadata={"protected": "translate"})
    assert made("typos", only) is None


def test_case() -> None:
    sample = Sample(id="a", input="Who wrote Faust?")
    found = {text_of("case", sample, seed) for seed in range(30)}
    assert found == {"who wrote faust?", "WHO WROTE FAUST?", "Who Wrote Faust?"}
    assert made("case", Sample(id="a", input="123 + 4?")) is None


def test_whitespace_keeps_the_words() -> None:
    for seed in range(30):
        assert text_of("whitespace", seed=seed).split() == asked(SAMPLE).split()


def test_punctuation_is_changed_at_the_end_only() -> None:
    sample = Sample(id="a", input='Who said "I came, I saw, I conquered."?')
    for seed in range(30):
        text = text_of("punctuation", sample, seed)
        assert re.fullmatch(r"Who said .I came, I saw, I conquered\..[^?]*\??\??", text), text
        assert "\u201cI came" in text
    assert made("punctuation", Sample(id="a", input="Explain `x.y`")) is None


def test_targets_follow_the_options() -> None:
    for seed in range(60):
        found = made("order", CHOICE, seed)
        assert found is not None
        assert sorted(found.choices) == sorted(CHOICE.choices)
        assert found.choices != CHOICE.choices
        assert found.choices["ABCD".index(found.target[0])] == "Jupiter"
        assert sorted(found.context) == sorted(CHOICE.context)
    by_text = Sample(id="c", input="?", target=("(b)", "Jupiter"), choices=CHOICE.choices)
    found = made("order", by_text, 3)
    assert found is not None
    assert found.target == ("ABCD"[found.choices.index("Jupiter")], "Jupiter")


def test_an_option_that_is_named_by_a_letter_is_no_letter_of_an_option() -> None:
    sample = Sample(id="v", input="Which is a vitamin?", target=("A",), choices=("B12x", "Q", "A"))
    found = made("order", sample)
    assert found is not None
    assert found.target == ("A",)


@pytest.mark.parametrize(
    "choices",
    [
        ("Mars", "Venus", "All of the above"), ("Mars", "Venus", "None of these"),
        ("Mars", "Venus", "Both A and B"), ("Mars", "Venus", "A and B"),
        ("Mars", "the former"), ("Mars", "Mars"), ("Mars",),
    ],
)  # fmt: skip
def test_options_that_speak_of_others_keep_their_places(choices: tuple[str, ...]) -> None:
    assert made("order", Sample(id="c", input="?", target=("A",), choices=choices)) is None


def test_options_that_the_question_lists_keep_their_places() -> None:
    sample = Sample(id="c", input="Pick one: A. Mars B. Venus", choices=("Mars", "Venus"))
    assert made("order", sample) is None


def test_a_format_keeps_the_letters_of_listed_options() -> None:
    sample = Sample(id="c", input="Largest planet?\nA. Mars\nB) Jupiter\n(C) Venus")
    for seed in range(60):
        text = text_of("format", sample, seed)
        assert "Largest planet?" in text
        options = re.findall(r"^[^\w\n]*([ABC])[^\w\n]+(Mars|Jupiter|Venus)", text, re.MULTILINE)
        assert options == [("A", "Mars"), ("B", "Jupiter"), ("C", "Venus")]


def test_paraphrases_are_those_of_the_sample() -> None:
    own = ["Name France's capital.", "France's capital is?"]
    for listed in (own, '["Name France\'s capital.", "France\'s capital is?"]'):
        sample = Sample(id="a", input="Capital of France?", metadata={"paraphrases": listed})
        assert {text_of("paraphrase", sample, seed) for seed in range(30)} == set(own)
    bare = Sample(id="a", input="Capital of {x} and {0}?")
    assert all("Capital of {x} and {0}?" in text_of("paraphrase", bare, s) for s in range(30))


def test_the_last_turn_of_the_user_is_put_otherwise() -> None:
    turns = (
        Message(role="user", content="Hello there"),
        Message(role="assistant", content="Good morning"),
        Message(role="user", content="Which river flows through Paris?"),
        Message(role="assistant", content="Let me think"),
    )
    found = made("typos", Sample(id="a", messages=turns))
    assert found is not None
    assert [a == b for a, b in zip(turns, found.messages, strict=True)] == [True, True, False, True]
    images = (Message(role="user", content=[{"type": "text", "text": "see"}]),)
    for name in load_all():
        assert made(name, Sample(id="a", messages=images)) is None


@pytest.mark.parametrize(
    ("name", "strength", "said"),
    [
        ("typoes", None, "Did you mean 'typos'"), ("case", 0.5, "knows no degrees"),
        ("typos", 0.0, "above 0"), ("typos", 1.5, "at most 1"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_said(name: str, strength: float | None, said: str) -> None:
    with pytest.raises(SubjectError, match=said):
        find(name).hold(strength)
