"""From answers to scores: one row for each sample, whatever became of its calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.collect.score_manifest import question_digest
from assay.collect.scoring import collect_scores
from assay.core.errors import SubjectError
from assay.core.exchange import Answer, Exchange, Sample
from assay.core.schema import (
    ANSWERED,
    CLUSTER,
    CONFIDENCE,
    INPUT,
    OUTPUT,
    PROBABILITY,
    QUESTION,
    REASON,
    SCORE,
    TARGET,
    UNIT,
)
from assay.core.scorer import Score, Scorer
from assay.scorers.matching import ExactMatch

PARIS = Sample(id="fr", input="Capital of France?", target=("Paris",), metadata={"level": 1})
ROME = Sample(id="it", input="Of Italy?", target=("Rome", "Roma"), metadata={"level": 2.5})


def table(folder: Path) -> pa.Table:
    return pa.concat_tables(pq.read_table(p) for p in sorted(folder.glob("part-*.parquet")))


def answered(sample: Sample, *texts: str) -> list[Exchange]:
    return [Exchange(sample, Answer(unit=sample.id, repeat=i, text=t)) for i, t in enumerate(texts)]


def failed(sample: Sample, repeat: int = 0) -> Exchange:
    return Exchange(sample, Answer(unit=sample.id, repeat=repeat, error="HTTP 503"))


def test_one_row_for_each_sample(tmp_path: Path) -> None:
    found = collect_scores(
        answered(PARIS, "Paris") + answered(ROME, "Milan"), ExactMatch(), folder=tmp_path
    )
    assert (found.samples, found.unanswered, found.notes) == (2, 0, ())
    rows = table(tmp_path).to_pylist()
    assert rows[1] == {
        UNIT: "it", TARGET: "Rome | Roma", SCORE: 0.0, ANSWERED: 1, INPUT: "Of Italy?",
        OUTPUT: "Milan", REASON: "not 'Rome', 'Roma'", QUESTION: question_digest(ROME),
        CONFIDENCE: None, PROBABILITY: None,
    }  # fmt: skip
    assert rows[0][SCORE] == 1.0


def test_repeats_are_averaged_and_the_worst_is_shown(tmp_path: Path) -> None:
    mixed = [
        *answered(PARIS, "Paris", "Lyon")[:1], failed(ROME), *answered(PARIS, "Paris", "Lyon")[1:],
        failed(PARIS, 2), failed(ROME, 1), failed(ROME, 2),
    ]  # fmt: skip
    found = collect_scores(mixed, ExactMatch(), folder=tmp_path, repeats=3)
    rows = {row[UNIT]: row for row in table(tmp_path).to_pylist()}
    assert rows["fr"][SCORE] == 0.5
    assert rows["fr"][ANSWERED] == 2
    assert rows["fr"][OUTPUT] == "Lyon"
    assert rows["it"][SCORE] is None
    assert rows["it"][ANSWERED] == 0
    assert found.unanswered == 1
    assert "1 of 2 samples have no answer" in found.notes[0]


def test_a_sample_whose_answers_did_not_all_come_is_kept(tmp_path: Path) -> None:
    collect_scores(answered(PARIS, "Paris"), ExactMatch(), folder=tmp_path, repeats=5)
    assert table(tmp_path).to_pylist()[0][SCORE] == 1.0


def test_columns_carried_along_have_one_type(tmp_path: Path) -> None:
    clustered = Sample(id="a", input="x", target=("y",), cluster="doc", metadata={"level": "low"})
    collect_scores(
        answered(PARIS, "Paris") + answered(clustered, "y"), ExactMatch(), folder=tmp_path,
        clustered=True, carry={"level": "string"},
    )  # fmt: skip
    found = table(tmp_path)
    assert found.column("level").to_pylist() == ["1", "low"]
    assert found.column(CLUSTER).to_pylist() == [None, "doc"]


def test_no_sample_gives_an_empty_table(tmp_path: Path) -> None:
    found = collect_scores([], ExactMatch(), folder=tmp_path)
    assert found.samples == 0
    assert table(tmp_path).num_rows == 0


def test_a_long_answer_is_cut(tmp_path: Path) -> None:
    collect_scores(answered(PARIS, "x" * 10_000), ExactMatch(), folder=tmp_path)
    assert len(table(tmp_path).to_pylist()[0][OUTPUT]) == 2_002


class Odd(Scorer):
    """Gives what it is told to."""

    def __init__(self, *values: float | None) -> None:
        self.values = values
        type(self).name = "odd"
        type(self).needs = ()
        type(self).low, type(self).high = 0.0, 1.0
        type(self).higher_is_better = True
        type(self).version = 1

    def parameters(self) -> dict[str, Any]:
        return {}

    def score(self, exchanges: object) -> list[Score]:
        return [Score(value, "no secret is planted.") for value in self.values]


def test_a_scorer_that_cannot_tell_is_said(tmp_path: Path) -> None:
    found = collect_scores(answered(PARIS, "Paris"), Odd(None), folder=tmp_path)
    assert found.unscorable == 1
    assert found.notes == ("1 answered sample has no score: no secret is planted.",)
    assert table(tmp_path).to_pylist()[0][SCORE] is None


@pytest.mark.parametrize("values", [(float("nan"),), (2.0,), ()])
def test_a_scorer_that_answers_nonsense_is_refused(tmp_path: Path, values: tuple[float]) -> None:
    with pytest.raises(SubjectError, match="odd gave"):
        collect_scores(answered(PARIS, "Paris"), Odd(*values), folder=tmp_path)


def test_what_a_scorer_needs_must_be_there(tmp_path: Path) -> None:
    bare = Sample(id="bare", input="x")
    with pytest.raises(SubjectError, match="'bare' has no 'target', which exact_match needs"):
        collect_scores(answered(bare, "x"), ExactMatch(), folder=tmp_path)
