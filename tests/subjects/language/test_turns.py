"""From a sample to turns."""

from __future__ import annotations

from assay.core.check import LanguageModelSpec
from assay.core.exchange import Message, Sample
from assay.subjects.language.turns import filled, letter, turns_of

SPEC = LanguageModelSpec(url="http://h/v1")


def test_an_input_is_the_users_turn() -> None:
    assert turns_of(Sample(id="1", input="Q"), SPEC) == (Message(role="user", content="Q"),)


def test_the_system_prompt_comes_first_and_the_input_last() -> None:
    spec = LanguageModelSpec(url="http://h/v1", system="Be brief.")
    turns = (Message(role="user", content="a"), Message(role="assistant", content="b"))
    got = turns_of(Sample(id="1", input="c", messages=turns), spec)
    assert [(m.role, m.content) for m in got] == [
        ("system", "Be brief."), ("user", "a"), ("assistant", "b"), ("user", "c"),
    ]  # fmt: skip


def test_turns_without_an_input_stay_as_they_are() -> None:
    spec = LanguageModelSpec(url="http://h/v1", template="Q: {input}")
    turns = (Message(role="user", content="a"),)
    assert turns_of(Sample(id="1", messages=turns), spec) == turns


def test_a_template_is_filled_once() -> None:
    sample = Sample(id="1", input="{context} {x}", context=("p", "q"), choices=("yes", "no"))
    got = filled('{context}\n{input}\n{choices}\n{"json": {}}', sample)
    assert got == 'p\n\nq\n{context} {x}\nA. yes\nB. no\n{"json": {}}'


def test_letters_go_on_after_z() -> None:
    assert [letter(i) for i in (0, 25, 26, 27, 701, 702)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]
