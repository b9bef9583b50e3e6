"""Answers and scores read back: worst first, repeats together, in memory that stays flat."""

from __future__ import annotations

import math
import tracemalloc
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from assay.collect import transcripts as module
from assay.collect.generation.layout import Row, Shape, asked, table_of
from assay.collect.scoring import collect_scores
from assay.collect.transcripts import Scoring, natural, transcripts
from assay.core.errors import StorageError
from assay.core.exchange import Answer, Exchange, Sample, Tokens
from assay.core.source import Files
from assay.scorers.matching import Includes
from assay.scorers.shape import Length

SHAPE = Shape(clustered=False, carry={})


def exchange(number: int, text: str, repeat: int = 0, **more: object) -> Exchange:
    sample = Sample(id=f"q{number}", input=f"question {number}", target=("x",))
    return Exchange(sample, Answer(unit=sample.id, repeat=repeat, text=text, **more))  # type: ignore[arg-type]


def kept(folder: Path, exchanges: list[Exchange], *, part: int = 500) -> Files:
    """These answers as a run keeps them, in several parts."""
    paths = []
    for start in range(0, len(exchanges), part):
        rows = []
        for one in exchanges[start : start + part]:
            known = asked(one.sample)
            rows.append(Row(known.key(one.answer.repeat), known, one.answer))
        path = folder / f"part-{start:06d}.parquet"
        pq.write_table(table_of(rows, SHAPE), path)
        paths.append(str(path))
    return Files(tuple(paths), "parquet")


def scored(folder: Path, exchanges: list[Exchange], repeats: int = 1) -> list[Scoring]:
    includes = collect_scores(exchanges, Includes(), folder=folder / "s1", repeats=repeats)
    length = collect_scores(exchanges, Length(), folder=folder / "s2", repeats=repeats)
    return [
        Scoring("includes", includes.source, 0.0, 1.0, True),
        Scoring("length", length.source, 0.0, math.inf, None),
    ]


def test_the_worst_come_first_with_their_repeats_together(tmp_path: Path) -> None:
    answers = [
        exchange(10, "x"), exchange(2, "no"), exchange(3, "x"), exchange(4, "", error="HTTP 503"),
        exchange(2, "x", 1), exchange(10, "x", 1), exchange(3, "x", 1),
        exchange(4, "", 1, error="HTTP 503"), exchange(5, "no", 1), exchange(5, "nor this"),
    ]  # fmt: skip
    found = transcripts("bot", "qa", kept(tmp_path, answers, part=3), scored(tmp_path, answers, 2))
    read = list(found.read())
    assert [t.sample.id for t in read] == ["q5", "q2", "q4", "q3", "q10"]
    assert (found.samples, found.checks) == (5, ("includes", "length"))
    worst, half, none, *_ = read
    assert [a.text for a in worst.answers] == ["nor this", "no"]
    assert [a.repeat for a in half.answers] == [0, 1]
    assert half.judged[0] is not None
    assert (half.judged[0].value, half.judged[0].loss, half.judged[0].short) == (0.5, 0.5, True)
    assert half.judged[0].reason == "without 'x'"
    assert half.judged[1] is not None
    assert half.judged[1].loss is None
    assert none.judged[0] is not None
    assert none.judged[0].value is None
    assert none.answers[0].error == "HTTP 503"
    assert worst.sample.input == "question 5"
    assert [t.sample.id for t in found.read()] == [
        t.sample.id for t in read
    ]  # it can be read again


def test_many_are_put_in_order_page_by_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 7)
    monkeypatch.setattr(module, "_WAITING", 2_000)
    answers = [exchange(i, "x" if i % 3 else "no") for i in range(60)]
    found = transcripts("bot", "qa", kept(tmp_path, answers), scored(tmp_path, answers))
    wrong = [f"q{i}" for i in range(60) if i % 3 == 0]
    right = [f"q{i}" for i in range(60) if i % 3]
    assert [t.sample.id for t in found.read()] == wrong + right


def test_memory_does_not_grow_with_the_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 100)
    monkeypatch.setattr(module, "_WAITING", 500_000)
    answers = [exchange(i, f"{i} " + "lengthy" * 1_000) for i in range(4_000)]  # 28 MB
    files = kept(tmp_path, answers)
    del answers
    tracemalloc.start()
    n = sum(1 for _ in transcripts("bot", "qa", files, []).read())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n == 4_000
    assert most < 18e6  # a batch of 1,000 answers, with what is made of it


def test_what_the_answers_took(tmp_path: Path) -> None:
    tokens = Tokens(prompt=9, completion=1)
    answers = [
        exchange(1, "x", seconds=0.5, first_token_s=0.2, tokens=tokens, cost=0.1),
        exchange(2, "x", seconds=0.25, tokens=Tokens(prompt=8), cost=0.2),
        exchange(3, "x", seconds=9.0, cached=True, cost=5.0),
        exchange(4, "", error="HTTP 500", attempts=6),
    ]  # fmt: skip
    taken = transcripts("bot", "qa", kept(tmp_path, answers), []).taken
    assert taken.seconds == (0.25, 0.5)
    assert taken.first_token_s == (0.2,)
    assert (taken.prompt_tokens, taken.completion_tokens) == ((8, 9), (1,))
    assert taken.cost == pytest.approx(0.3)
    assert (taken.answers, taken.cached, taken.failed) == (2, 1, 1)


def test_losses_are_shares_of_the_way_from_best_to_worst() -> None:
    none = Files((), "parquet")
    low, high = Scoring("a", none, 0.0, 4.0, False), Scoring("b", none, 1.0, 5.0, True)
    assert [low.loss(v) for v in (0.0, 1.0, 4.0, None)] == [0.0, 0.25, 1.0, None]
    assert [high.loss(v) for v in (5.0, 1.0)] == [0.0, 1.0]
    assert Scoring("c", none, 0.0, math.inf, False).loss(3.0) == 0.75
    assert Scoring("d", none, 0.0, math.inf, True).loss(3.0) is None


def test_a_part_that_is_broken_is_named(tmp_path: Path) -> None:
    (tmp_path / "part-000000.parquet").write_bytes(b"nothing")
    files = Files((str(tmp_path / "part-000000.parquet"),), "parquet")
    with pytest.raises(StorageError, match=r"part-000000\.parquet cannot be read"):
        transcripts("bot", "qa", files, [])


def test_numbers_in_ids_are_ordered_as_numbers() -> None:
    names = ["q10", "q2", "a", "q2b", "2", "10", "", "9" * 300]
    assert sorted(names, key=natural) == ["", "2", "10", "9" * 300, "a", "q2", "q2b", "q10"]
