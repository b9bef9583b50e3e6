"""Two answers side by side: which words differ, and that nothing of them is lost."""

from __future__ import annotations

import random
import re

import pytest
from tests.report.hostile_run import PAYLOADS

from assay.core.comparison import Flip, Flips
from assay.report.comparison.flipped import flips_part
from assay.report.html.markup import h
from assay.report.html.wording import beside, worded
from assay.report.text import visible

MARKS = re.compile(r"</?(?:del|ins)>")


def both(before: str, after: str) -> tuple[str, str]:
    left, right = worded(before, after)
    return str(h("p", None, left))[3:-4], str(h("p", None, right))[3:-4]


def test_words_that_differ_are_marked() -> None:
    assert both("The capital is Rome.", "The capital is Atlantis.") == (
        "The capital is <del>Rome</del>.", "The capital is <ins>Atlantis</ins>.",
    )  # fmt: skip
    assert both("It is safe", "It is not safe") == ("It is safe", "It is <ins>not </ins>safe")


@pytest.mark.parametrize(
    ("before", "after"),
    [("same", "same"), ("", "x"), ("x", ""), ("quite another thing", "Je ne sais quoi, moi")],
)
def test_what_has_nothing_in_common_or_is_equal_is_left_alone(before: str, after: str) -> None:
    assert both(before, after) == (before, after)


def test_no_character_is_lost() -> None:
    draw = random.Random(3)
    words = ["a", "b ", "c\n", "don't", "漢字", "1.5", " ", "-"]
    for _ in range(200):
        before, after = ("".join(draw.choices(words, k=draw.randint(0, 30))) for _ in range(2))
        left, right = both(before, after)
        assert MARKS.sub("", left).replace("&#x27;", "'") == before
        assert MARKS.sub("", right).replace("&#x27;", "'") == after


def test_long_texts_take_no_time() -> None:
    import time

    draw = random.Random(1)
    texts = [" ".join(draw.choices(["the", "of", "city", "x", "y", "z"], k=1_000)) for _ in "ab"]
    start = time.process_time()
    worded(*texts)
    assert time.process_time() - start < 1.0


def test_an_answer_that_did_not_come_is_said() -> None:
    text = str(beside(("one", "two"), None, ""))
    assert "no answer" in text
    assert "an empty answer" in text


def flips(**more: object) -> Flips:
    lost = [
        Flip(unit=f"q{i}{text}", question=text, target=text, before=f"{text} yes",
             after=f"{text} no", score_before=1.0, score_after=0.0, reason=text)
        for i, text in enumerate(PAYLOADS)
    ]  # fmt: skip
    return Flips(
        id="c", metric="llm.includes", samples=99, unknown=2, higher_is_better=True,
        right_or_wrong=True, n_lost=50, n_won=0, lost=lost, won=[], **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_flips_are_shown_beside_each_other_and_are_inert() -> None:
    text = str(flips_part(flips()))
    assert f"({len(PAYLOADS)} of 50)" in text
    assert "Right before, wrong now" in text
    assert text.count("<details open") == 3
    assert "First answer · score 1" in text
    assert "<script" not in text
    assert "\u202e" not in text
    assert visible(PAYLOADS[15]) in text.replace("&#x27;", "'")


def test_flips_between_models_name_them() -> None:
    text = str(flips_part(flips(between=("bot", "other")), ("Answer of bot", "Answer of other")))
    assert "bot right, other wrong" in text
    assert "Of 99 samples with a score of both models: 50 bot right, other wrong" in text
    assert "Answer of other · score 0" in text
    worse = flips(between=("a", "b"))
    from msgspec.structs import replace

    assert [w.title for w in replace(worse, right_or_wrong=False).ways] == [
        "b worse than a", "b better than a",
    ]  # fmt: skip
    assert replace(worse, higher_is_better=None).ways[0].title == "b lower than a"
