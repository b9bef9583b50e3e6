"""Judged scorers: what they ask, and what they make of the replies."""

from __future__ import annotations

import pytest

from assay import scorers
from assay.core.judged import JudgedScorer, Unreadable
from assay.core.scorer import Score
from assay.scorers.judged.answer_relevance import AnswerRelevance
from assay.scorers.judged.claims import ContextRecall, Faithfulness
from assay.scorers.judged.context_precision import ContextPrecision, average_precision
from assay.scorers.judged.factuality import Factuality
from assay.scorers.judged.preference import Preference
from assay.scorers.judged.rubric import RubricGrade, presets
from tests.scorers.judged.replied import asked, case, judged
from tests.servers.judges import parts_of

CONTEXT = ("Paris is the capital.", "It lies on the Seine.")
PREFERENCE = Preference(judge="j", against="other")


def test_every_judged_scorer_asks_no_more_than_it_says() -> None:
    of = case("It is Paris.", "Paris", context=CONTEXT, rival="Lyon.")
    reply = {
        "grade": "GRADE: 1", "claims": '["It is Paris."]', "verdicts": "[true]", "same": "[true]",
        "guess": '{"questions": ["Which?"], "evasive": false}', "useful": "[true, false]",
        "verdict": "VERDICT: SAME", "first": "CHOICE: A", "second": "CHOICE: B",
    }  # fmt: skip
    found = {n: c for n, c in scorers.load_all().items() if issubclass(c, JudgedScorer)}
    assert set(presets()) | {"judge", "preference", "faithfulness"} <= set(found)
    for cls in found.values():
        more = {"guesses": 1} if cls is AnswerRelevance else {}
        scorer = cls(**{**cls.example, **more})
        replies: dict[str, str] = {}
        for _ in range(scorer.rounds):
            replies = {name: reply[name] for name in asked(scorer, of, **replies)}
        assert len(asked(scorer, of, **replies)) == len(replies) <= scorer.calls
        score = scorer.judged(of, replies)
        low, high = scorer.bounds()
        assert score.value is not None
        assert low <= score.value <= high


def test_a_rubric_and_what_the_judge_is_given() -> None:
    scorer = RubricGrade(judge="j", rubric="Is it polite?", scale=(0, 10))
    text = asked(scorer, case("Yes.", "Paris", context=CONTEXT))["grade"]
    assert "Is it polite?" in text
    assert "from 0 to 10" in text
    assert set(parts_of(text)) == {"question", "context", "reference", "answer"}
    alone = RubricGrade(judge="j", rubric="Is it polite?", given=())
    assert set(parts_of(asked(alone, case("Yes.", "Paris"))["grade"])) == {"answer"}
    assert judged(scorer, case(), grade="It is.\nGRADE: 7") == Score(7, "7: It is.")
    with pytest.raises(Unreadable):
        judged(scorer, case(), grade="7")


def test_presets_are_data() -> None:
    for name, kept in presets().items():
        scorer = scorers.find(name)(judge="j")
        assert isinstance(scorer, JudgedScorer)
        assert kept["rubric"].split()[-1] in asked(scorer, case())["grade"]
        assert scorer.bounds() == (kept["low"], kept["high"])
        assert scorer.higher_is_better is kept["higher_is_better"]
    assert judged(scorers.find("toxicity")(judge="j"), case(), grade="GRADE: 0").value == 0


@pytest.mark.parametrize(
    ("first", "second", "value", "said"),
    [
        ("A", "B", 1, "it wins"), ("B", "A", 0, "it loses"), ("A", "A", 0.5, "stands first"),
        ("B", "B", 0.5, "stands second"), ("TIE", "TIE", 0.5, "a tie"), ("TIE", "A", 0.5, "a tie"),
    ],
)  # fmt: skip
def test_only_what_is_preferred_in_both_orders_wins(first, second, value, said) -> None:
    of = case("Paris.", rival="Lyon.")
    score = judged(PREFERENCE, of, first=f"So.\nCHOICE: {first}", second=f"So.\nCHOICE: {second}")
    assert score.value == value
    assert said in score.reason
    assert "Lyon." in score.reason


def test_pairs_are_shown_in_both_orders_and_equal_ones_not_at_all() -> None:
    texts = asked(PREFERENCE, case("Paris.", rival="Lyon."))
    first, second = parts_of(texts["first"]), parts_of(texts["second"])
    assert (first["answer_A"], first["answer_B"]) == ("Paris.", "Lyon.")
    assert (second["answer_A"], second["answer_B"]) == ("Lyon.", "Paris.")
    assert judged(PREFERENCE, case("Paris.", rival="Paris.")).value == 0.5


def test_place_is_counted() -> None:
    marks = [
        m for a, b in ("AA", "AB", "BB", "AA") for m in
        PREFERENCE.marks({"first": f"CHOICE: {a}", "second": f"CHOICE: {b}"})
    ]  # fmt: skip
    (said,) = PREFERENCE.remarks({mark: marks.count(mark) for mark in marks})
    assert "Place decided in 3 of 4 pairs" in said
    assert "preferred both times in 2, the second in 1" in said


def test_faithfulness_is_the_share_of_claims_supported() -> None:
    scorer, of = Faithfulness(judge="j"), case("Paris, on the Rhine.", context=CONTEXT)
    listing = asked(scorer, of)
    assert set(listing) == {"claims"}
    assert parts_of(listing["claims"])["text"] == "Paris, on the Rhine."
    claims = '["The capital is Paris.", "It lies on the Rhine."]'
    verdicts = parts_of(asked(scorer, of, claims=claims)["verdicts"])
    assert "[2] It lies on the Seine." in verdicts["context"]
    assert verdicts["claims"] == "1. The capital is Paris.\n2. It lies on the Rhine."
    score = judged(scorer, of, claims=claims, verdicts="[true, false]")
    assert score.value == 0.5
    assert "It lies on the Rhine." in score.reason
    assert judged(scorer, of, claims="[]") == Score(None, "it claims nothing")
    with pytest.raises(Unreadable):
        judged(scorer, of, claims=claims, verdicts="[true]")
    with pytest.raises(Unreadable):
        asked(scorer, of, claims="It is about Paris.")


def test_context_recall_holds_the_target_against_the_context() -> None:
    scorer, of = ContextRecall(judge="j"), case("Lyon.", "Paris, on the Seine", context=CONTEXT)
    assert parts_of(asked(scorer, of)["claims"])["text"] == "- Paris, on the Seine"
    assert judged(scorer, of, claims='["a", "b"]', verdicts="[true, true]").value == 1


@pytest.mark.parametrize(
    ("useful", "value"),
    [
        ([True, True, False], 1), ([False, True], 1 / 2), ([True, False, True], (1 + 2 / 3) / 2),
        ([False, False], 0), ([False, False, True, True], (1 / 3 + 2 / 4) / 2),
    ],
)  # fmt: skip
def test_average_precision(useful: list[bool], value: float) -> None:
    from sklearn.metrics import average_precision_score

    assert average_precision(useful) == pytest.approx(value)
    if any(useful):
        order = [-i for i in range(len(useful))]
        assert average_precision_score(useful, order) == pytest.approx(value)


def test_context_precision() -> None:
    of = case("?", "Paris", context=("Bread.", *CONTEXT))
    score = judged(ContextPrecision(judge="j"), of, useful="[false, true, false]")
    assert score == Score(0.5, "useful passages: 2 of 3")


def test_answer_relevance() -> None:
    scorer, of = AnswerRelevance(judge="j", guesses=2), case("Paris has two airports.")
    assert "Capital of France?" not in asked(scorer, of)["guess"]
    guess = (
        '{"questions": ["How many airports has Paris?", "Capital of France?"], "evasive": false}'
    )
    shown = parts_of(asked(scorer, of, guess=guess)["same"])
    assert shown["question"] == "Capital of France?"
    score = judged(scorer, of, guess=guess, same="[false, true]")
    assert score.value == 0.5
    assert "How many airports" in score.reason
    evasive = '{"questions": ["?", "?"], "evasive": true}'
    assert judged(scorer, of, guess=evasive) == Score(0.0, "it evades the question")
    with pytest.raises(Unreadable, match="has 1 questions, not 2"):
        asked(scorer, of, guess='{"questions": ["?"], "evasive": false}')


def test_factuality() -> None:
    scorer = Factuality(judge="j", partial=0.25)
    of = case("Paris, I think.", "Paris")
    for verdict, value in {"SAME": 1, "MORE": 1, "LESS": 0.25, "CONFLICT": 0}.items():
        assert judged(scorer, of, verdict=f"They agree.\nVERDICT: {verdict}").value == value


def test_without_replies_nothing_is_known() -> None:
    assert Factuality(judge="j").score([]) == []
