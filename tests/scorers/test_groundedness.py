"""Groundedness: measured on a labelled set, and next to what likeness would say of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from assay.scorers.groundedness import Groundedness, claimed
from assay.scorers.grounding.dates import Date, date_at
from assay.scorers.grounding.quantities import quantity_at
from assay.scorers.grounding.words import tokens
from assay.scorers.wording import plain
from tests.scorers.asked import one

TRUE = {"supported", "paraphrase"}
FLOORS = {
    "supported": 28 / 29,
    "paraphrase": 17 / 21,
    "number": 1.0,
    "date": 1.0,
    "entity": 1.0,
    "negation": 1.0,
    "antonym": 7 / 9,
    "quantifier": 1.0,
    "addition": 1.0,
    "swap": 2 / 5,
}
"""Shares of the held-out claims that are judged rightly: the figures of the guide."""
TOWER = ("The Eiffel Tower, built in 1889, is 330 metres tall. It was not meant to last.",)


class Labelled(NamedTuple):
    context: tuple[str, ...]
    claim: str
    kind: str


def labelled(which: str) -> Iterator[Labelled]:
    """Claims by passage; rules were written looking at the half "tuning" only."""
    lines = (Path(__file__).parent / "data" / "groundedness.jsonl").read_text().splitlines()
    for line in map(json.loads, lines):
        if line["set"] == which:
            for kind in line.keys() - {"set", "context"}:
                for claim in line[kind]:
                    yield Labelled(tuple(line["context"]), claim, kind)


def flagged(pair: Labelled) -> bool:
    score = one(Groundedness(), pair.claim, context=pair.context)
    assert score.value is not None
    assert bool(score.reason) == (score.value < 1)
    return score.value < 1


def test_claims_that_were_held_out_are_judged_as_the_guide_says() -> None:
    right: dict[str, list[bool]] = {}
    for pair in labelled("held"):
        right.setdefault(pair.kind, []).append(flagged(pair) == (pair.kind not in TRUE))
    shares = {kind: sum(found) / len(found) for kind, found in right.items()}
    assert sum(map(len, right.values())) == 124
    assert {kind for kind, floor in FLOORS.items() if shares[kind] < floor} == set()


def test_precision_and_recall_exceed_those_of_shared_words() -> None:
    pairs = list(labelled("held"))
    wrong = [pair.kind not in TRUE for pair in pairs]
    precision, recall = _rates([flagged(pair) for pair in pairs], wrong)
    assert precision >= 0.93
    assert recall >= 0.93
    best = max(_accuracy([overlap(pair) < t / 100 for pair in pairs], wrong) for t in range(102))
    assert best < 0.75  # although its threshold was chosen on these very claims
    assert _accuracy([flagged(pair) for pair in pairs], wrong) > 0.9


def overlap(pair: Labelled) -> float:
    words = set(plain(pair.claim).split())
    return len(words & set(plain(" ".join(pair.context)).split())) / len(words)


def _rates(found: list[bool], wrong: list[bool]) -> tuple[float, float]:
    hits = sum(f and w for f, w in zip(found, wrong, strict=True))
    return hits / sum(found), hits / sum(wrong)


def _accuracy(found: list[bool], wrong: list[bool]) -> float:
    return sum(f == w for f, w in zip(found, wrong, strict=True)) / len(wrong)


def test_the_reason_names_the_claim_and_what_is_wrong() -> None:
    score = one(Groundedness(), "The Eiffel Tower is 331 metres tall. It is tall.", context=TOWER)
    assert score.value == 0.5
    assert "'The Eiffel Tower is 331 metres tall.': 331 metres, not 330 metres" in score.reason
    assert "'Lyon'" not in score.reason
    score = one(Groundedness(), "The Eiffel Tower stands in Lyon.", context=TOWER)
    assert "Lyon is not named there" in score.reason
    score = one(Groundedness(), "The Eiffel Tower was meant to last.", context=TOWER)
    assert "the context denies" in score.reason
    score = one(Groundedness(), "The Eiffel Tower was built in 1890.", context=TOWER)
    assert "1890, not 1889" in score.reason


WHO = {
    ("Amundsen beat Scott to the South Pole.", "Scott beat Amundsen to the South Pole.", True),
    ("Google acquired YouTube in 2006.", "YouTube acquired Google in 2006.", True),
    ("Google acquired YouTube in 2006.", "In 2006 Google was acquired by YouTube.", True),
    ("Google acquired YouTube in 2006.", "YouTube was acquired by Google in 2006.", False),
    ("YouTube, bought by Google in 2006, grew.", "Google bought YouTube in 2006.", False),
    ("YouTube was bought in 2006 by Google.", "YouTube bought Google in 2006.", True),
    ("Socrates taught Plato, and Plato taught Aristotle.", "Plato taught Socrates.", True),
    ("Socrates taught Plato, and Plato taught Aristotle.", "Plato taught Aristotle.", False),
    ("Alphabet owns Google.", "Google owns Alphabet.", True),
    ("Alphabet owns Google.", "Alphabet owns Google.", False),
    ("Anna married Boris in Riga.", "Boris married Anna in Riga.", False),
    ("Google, based in California, grew.", "California-based Google grew.", False),
    ("Paris is the capital of France.", "France's capital is Paris.", False),
    ("Pierre Curie taught Marie Curie.", "Pierre Curie taught Marie Curie.", False),
    ("France defeated Spain; then Spain defeated France.", "Spain defeated France.", False),
    ("YouTube, which Google acquired, grew.", "Google acquired YouTube.", False),
    ("Rome conquered Carthage.", "Carthage was conquered by Rome.", False),
    ("Oslo lies in Norway.", "In Norway lies Oslo.", False),
}


@pytest.mark.parametrize(("said", "claim", "wrong"), sorted(WHO))
def test_who_did_what_to_whom_is_seen_where_both_are_named(
    said: str, claim: str, wrong: bool
) -> None:
    score = one(Groundedness(), claim, context=(said,))
    assert (score.value == 0) is wrong, score
    assert ("the other way round" in score.reason) is wrong


@pytest.mark.parametrize(
    "answer", ["", "  \n", "...", "I do not know.", "The context does not say.", "Which tower?"]
)
def test_what_claims_nothing_is_not_scored(answer: str) -> None:
    assert one(Groundedness(), answer, context=TOWER) == (None, "it claims nothing")


def test_what_is_not_seen_changes_nothing() -> None:
    hidden = "The \u202eEiffel\u202c Tow\u200ber is <b>330</b> metres tall."
    assert one(Groundedness(), hidden, context=TOWER).value == 1
    assert one(Groundedness(), "\ud800 Eiffel Tower", context=("\udfff",)).value == 0
    assert one(Groundedness(), "The tower is tall.", context=("",)).value == 0


def test_citations_are_no_numbers() -> None:
    text = "The Eiffel Tower is 330 metres tall [7]. It was built in 1889.[2, 3] It is tall."
    assert one(Groundedness(), text, context=TOWER) == (1.0, "")


def test_claims_are_clauses() -> None:
    made = claimed("Dr. J. Smith came in 1990, but he left; it rained.\n- He won 3.5 points.")
    assert [claim.text for claim in made] == [
        "Dr. J. Smith came in 1990",
        "but he left",
        "it rained.",
        "He won 3.5 points.",
    ]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("28 June 1919", Date(1919, 6, 28)),
        ("June 28th, 1919", Date(1919, 6, 28)),
        ("the 28th of June", None),
        ("28th of June", Date(None, 6, 28)),
        ("1919-06-28", Date(1919, 6, 28)),
        ("28.06.1919", Date(1919, 6, 28)),
        ("06/28/1919", Date(1919, 6, 28)),
        ("05/06/1919", Date(1919)),
        ("Sept. 1919", Date(1919, 9)),
        ("1920s", Date(1920, last=1929)),
        ("19th century", Date(1800, last=1900)),
        ("May I", None),
        ("1,919", None),
        ("330", None),
    ],
)
def test_dates(text: str, date: Date | None) -> None:
    found = date_at(tokens(text), 0)
    assert (found[0] if found else None) == date


def test_a_date_is_within_one_that_says_more() -> None:
    day = Date(1826, 3, 26)
    assert Date(1826, 3).within(day)
    assert Date(1800, last=1900).within(day)
    assert not day.within(Date(1826, 3))
    assert not Date(1826, 4).within(day)


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("twenty-five", 25, ""),
        ("5.1 million dollars", 5.1e6, "dollars"),
        ("two hundred thousand", 200_000, ""),
        ("8,849 metres", 8849, "length"),
        ("8.849 km", 8849, "length"),
        ("60%", 60, "%"),
        ("5.5 million square kilometres", 5.5e12, "square length"),
        ("1085 °C", 1085, "degrees"),
        ("3rd place", 3, "ordinal"),
        ("second dose", 2, "ordinal"),
    ],
)
def test_quantities(text: str, value: float, kind: str) -> None:
    found = quantity_at(tokens(text), 0)
    assert found is not None
    assert found[0].value == pytest.approx(value)
    assert found[0].kind == kind


@pytest.mark.parametrize(
    ("claim", "context", "supported"),
    [
        ("It costs about 100 euros.", "It costs 103 euros.", True),
        ("It costs 100 euros.", "It costs 103 euros.", False),
        ("It costs more than 100 euros.", "It costs 103 euros.", True),
        ("It costs less than 100 euros.", "It costs 103 euros.", False),
        ("It grew 3.8 percent.", "It grew 3.78 percent.", True),
        ("The walk took 90 minutes.", "The walk took 1.5 hours.", True),
        ("The walk took 90 hours.", "The walk took 90 minutes.", False),
        ("It contains no gluten.", "It does not contain gluten.", True),
        ("The toy is unsafe.", "The toy is not safe.", True),
        ("The toy is safe.", "The toy is not safe.", False),
        ("The shop only opened in 1990.", "The shop did not open until 1990.", False),
        ("The shop opened in 1990.", "The shop did not open until 1990.", True),
        ("The UN met.", "The United Nations met.", True),
        ("French wine is sold.", "Wine from France is sold.", True),
    ],
)
def test_one_rule_at_a_time(claim: str, context: str, supported: bool) -> None:
    score = one(Groundedness(), claim, context=(context,))
    assert (score.value == 1) == supported, score.reason


@pytest.mark.parametrize(
    "piece",
    ["1", "1,111", "A ", "not ", "It rises not, ", ".", '."', "<a", "<", " ", "\n \n", ", ", " ;",
     "April ", "do not ", "x", "a'", "square ", "twenty-", "million ", "than ", "and 1 ",
     "1 and 2 of 3, ", "1 May 1900, 2 June 1901, "],
)  # fmt: skip
def test_hostile_text_takes_linear_time(piece: str) -> None:
    size = 200_000 if piece in (".", " ", "1", "twenty-") else 40_000
    text = (piece * size)[:size]
    start = time.process_time()
    one(Groundedness(), text, context=TOWER)
    one(Groundedness(), "The tower is tall.", context=(text,))
    assert time.process_time() - start < 5


def test_a_long_answer_and_a_long_context() -> None:
    text = "The Eiffel Tower is 330 metres tall. " * 2_000
    start = time.process_time()
    assert one(Groundedness(), text, context=(text,)).value == 1
    assert time.process_time() - start < 5


def test_the_share_of_words_is_a_parameter() -> None:
    claim = "The tall Eiffel Tower attracts tourists."
    assert one(Groundedness(coverage=0.4), claim, context=TOWER).value == 1
    assert one(Groundedness(coverage=0.9), claim, context=TOWER).value == 0
