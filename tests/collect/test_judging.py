"""Replies of judges put together: panels, what is counted, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from assay.collect.judging import Spoken, Trial, Verdicts, name_of, unasked
from assay.core.exchange import Answer, Exchange, Sample
from assay.core.judged import JudgedScorer
from assay.core.scorer import Score
from assay.scorers.judged.claims import Faithfulness
from assay.scorers.judged.rubric import RubricGrade


def exchange(number: int, text: str = "An answer.", **more: Any) -> Exchange:
    sample = Sample(id=f"q{number}", input=f"Question {number}", context=("x",))
    return Exchange(sample, Answer(unit=sample.id, text=text, **more))


def spoken(scorer: JudgedScorer, of: Exchange, **replies: str | None) -> Spoken:
    """Replies to the questions about one answer, by their names."""
    found = Spoken()
    case = Trial(scorer).case(of)
    for _ in range(scorer.rounds):
        known = {n: r for n, r in replies.items() if r is not None}
        for question in scorer.questions(case, known):
            if question.name in replies:
                found.replies[name_of(question)] = replies[question.name]
    return found


def panel(*replies: str | None, how: str = "mean") -> tuple[Score | None, Verdicts]:
    names = "abcde"[: len(replies)]
    scorer = RubricGrade(judge=tuple(names), rubric="x", panel=how)  # type: ignore[arg-type]
    heard = {n: spoken(scorer, exchange(1), grade=r) for n, r in zip(names, replies, strict=True)}
    verdicts = Verdicts(Trial(scorer), heard)
    (score,) = verdicts([exchange(1)])
    return score, verdicts


@pytest.mark.parametrize(
    ("replies", "how", "value"),
    [
        (("GRADE: 4", "GRADE: 1"), "mean", 2.5),
        (("GRADE: 4", "GRADE: 4", "GRADE: 1"), "majority", 4),
        (("GRADE: 4", "GRADE: 3", "GRADE: 1"), "majority", None),
        (("GRADE: 4", "GRADE: 4", "?"), "majority", 4),
        (("GRADE: 4", "GRADE: 2", "?"), "mean", 3),
        (("GRADE: 4", "?"), "mean", None),
        (("GRADE: 4", "?", "?"), "mean", None),
        (("?",), "mean", None),
    ],
)
def test_panels(replies: tuple[str, ...], how: str, value: float | None) -> None:
    score, verdicts = panel(*replies, how=how)
    assert score is not None
    assert score.value == value
    assert sum(verdicts.unreadable.values()) == replies.count("?")


def test_one_reply_that_did_not_come_makes_the_answer_unknown() -> None:
    score, verdicts = panel("GRADE: 4", "GRADE: 4", None)
    assert score is None
    assert verdicts.lost == 1
    assert "they count as unknown" in verdicts.notes[0]


def test_agreement_of_a_panel_is_krippendorff_s_alpha() -> None:
    import numpy as np

    from assay.inference.agreement.pooled import krippendorff
    from assay.inference.agreement.ratings import Ratings

    grades = [(4, 4), (1, 2), (5, 5), (3, 1)]
    scorer = RubricGrade(judge=("a", "b"), rubric="x")
    heard = {"a": Spoken(), "b": Spoken()}
    exchanges = [exchange(i) for i in range(len(grades))]
    for one, pair in zip(exchanges, grades, strict=True):
        for name, grade in zip("ab", pair, strict=True):
            heard[name].replies |= spoken(scorer, one, grade=f"GRADE: {grade}").replies
    verdicts = Verdicts(Trial(scorer), heard)
    assert [s.value for s in verdicts(exchanges) if s] == [4, 1.5, 5, 2]
    alpha = krippendorff(Ratings.from_table(np.array(grades, dtype=float).T), "interval").value
    (note,) = verdicts.notes
    assert f"Krippendorff's alpha {alpha:.2f}" in note
    assert "over 4 answers" in note


def test_a_panel_that_always_says_the_same_has_no_alpha() -> None:
    _, verdicts = panel("GRADE: 4", "GRADE: 4")
    (note,) = verdicts.notes
    assert "How far the judges agree beyond chance is not known" in note


def test_questions_are_asked_once_and_round_by_round() -> None:
    scorer, twin = Faithfulness(judge="j"), Faithfulness(judge="j", panel="mean")
    exchanges = [exchange(1), exchange(1), exchange(2), exchange(3, error="HTTP 503")]
    known = Spoken()
    first = list(unasked(exchanges, [Trial(scorer), Trial(twin)], known))
    assert len(first) == 2
    known.replies = dict.fromkeys([s.id for s in first], '["A claim."]')
    second = list(unasked(exchanges, [Trial(scorer)], known))
    assert len(second) == 1  # both make the same claim of the same context
    known.replies[second[0].id] = "[true]"
    assert list(unasked(exchanges, [Trial(scorer)], known)) == []
    verdicts = Verdicts(Trial(scorer), {"j": known})
    scores = list(verdicts(exchanges))
    assert [None if s is None else s.value for s in scores] == [1, 1, 1, None]


def test_what_cannot_be_read_ends_the_questions_and_is_shown() -> None:
    scorer = Faithfulness(judge="j")
    heard = spoken(scorer, exchange(1))
    (listing,) = unasked([exchange(1)], [Trial(scorer)], heard)
    heard.replies[listing.id] = "There are <b>no</b> claims.\x1b[31m " + "x" * 500
    assert list(unasked([exchange(1)], [Trial(scorer)], heard)) == []
    verdicts = Verdicts(Trial(scorer), {"j": heard})
    (score,) = verdicts([exchange(1)])
    assert score is not None
    assert score.value is None
    assert len(score.reason) < 500
    assert "\x1b" not in score.reason
    assert "not fit for this task. 1 of 1 replies" in verdicts.notes[0]


def test_a_second_round_that_did_not_come_is_unknown() -> None:
    scorer = Faithfulness(judge="j")
    heard = spoken(scorer, exchange(1), claims='["A claim."]', verdicts=None)
    verdicts = Verdicts(Trial(scorer), {"j": heard})
    assert list(verdicts([exchange(1)])) == [None]
    assert verdicts.lost == 1
    never = spoken(scorer, exchange(1), claims='["A claim."]')
    assert list(Verdicts(Trial(scorer), {"j": never})([exchange(1)])) == [None]
