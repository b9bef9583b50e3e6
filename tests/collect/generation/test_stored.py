"""Answers that exist already, joined with samples: every sample stands there, nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay.collect.generation.collecting import Generated
from assay.collect.generation.layout import exchanges
from assay.collect.generation.stored import collect_stored
from assay.core.check import LanguageModelSpec
from assay.core.errors import SubjectError
from assay.core.exchange import Exchange, Sample
from assay.subjects.language.stored import open_stored


def collected(folder: Path, n: int, *answers: dict[str, Any], **more: Any) -> Generated:
    (folder / "a.jsonl").write_text("".join(json.dumps(a) + "\n" for a in answers))
    spec = LanguageModelSpec(answers="a.jsonl", **more)
    samples = [Sample(id=f"s{i}", input=f"q{i}", target=("x",)) for i in range(n)]
    return collect_stored(
        samples, open_stored(spec, folder=str(folder)), spec, folder=folder / "out",
        data_fingerprint="d",
    )  # fmt: skip


def rows(generated: Generated) -> list[Exchange]:
    return [e for batch in exchanges(generated.source) for e in batch]


def test_each_sample_has_its_answers_and_what_is_missing_is_said(tmp_path: Path) -> None:
    found = collected(
        tmp_path, 3, {"id": "s2", "output": "two"}, {"id": "s0", "output": "zero", "seconds": 2},
        {"id": "s0", "output": "again"}, {"id": "gone", "output": "?"},
        {"id": "gone", "output": "!"},
    )  # fmt: skip
    told = [(e.sample.input, e.answer.repeat, e.answer.text, e.answer.error) for e in rows(found)]
    assert told == [
        ("q0", 0, "zero", ""), ("q0", 1, "again", ""), ("q1", 0, "", "no answer in the file"),
        ("q2", 0, "two", ""),
    ]  # fmt: skip
    assert [e.answer.seconds for e in rows(found)] == [2.0, None, 0.0, None]
    assert found.repeats == 2
    assert (found.totals.rows, found.totals.answered, found.totals.unasked) == (4, 3, 1)
    assert found.notes == (
        "1 of 3 samples have no answer in the file ('s1'): they count as unknown.",
        "2 answers are to no sample and are left out ('gone').",
    )


def test_answers_to_other_samples_alone_are_an_error_that_names_the_ids(tmp_path: Path) -> None:
    said = r"None of the 2 samples has an answer in 'a\.jsonl': it answers '0', and .* 's0', 's1'"
    with pytest.raises(SubjectError, match=said):
        collected(tmp_path, 2, {"id": "0", "output": "x"})


def test_errors_of_the_log_are_no_failures_of_the_model(tmp_path: Path) -> None:
    found = collected(
        tmp_path, 2, {"id": "s0", "error": "timeout"}, {"id": "s1", "error": "timeout"}
    )
    assert found.totals.failed == 2
    assert found.notes == (
        "2 of 2 answers are errors: timeout (×2). They count as unknown, never as the model's "
        "failures.",
    )


def test_what_stands_there_twice_is_said(tmp_path: Path) -> None:
    same = {"id": "s0", "output": "x"}
    assert collected(tmp_path, 1, same, same, same).notes == (
        "2 answers stand in the file twice, letter by letter: each counts as an answer of its own.",
    )


def test_prices_tell_the_cost_of_tokens(tmp_path: Path) -> None:
    found = collected(
        tmp_path, 2, {"id": "s0", "output": "x", "tokens": {"prompt": 10, "completion": 5}},
        {"id": "s1", "output": "x", "tokens": {"prompt": 10, "completion": 5}, "cost": 3.0},
        price_prompt=100_000.0, price_completion=200_000.0,
    )  # fmt: skip
    assert [e.answer.cost for e in rows(found)] == [2.0, 3.0]
    assert found.totals.cost == 5.0


def test_the_same_files_are_joined_once(tmp_path: Path) -> None:
    lines = [{"id": f"s{i}", "output": "x"} for i in range(3)]
    first, again = collected(tmp_path, 3, *lines), collected(tmp_path, 3, *lines)
    assert (first.reused, again.reused) == (0, 3)
    changed = collected(tmp_path, 3, *lines[:2], {"id": "s2", "output": "y"})
    assert [e.answer.text for e in rows(changed)] == ["x", "x", "y"]
    assert changed.reused == 0


def test_what_an_earlier_pass_left_is_not_counted_twice(tmp_path: Path) -> None:
    lines = [{"id": "s0", "output": "x"}, {"id": "s1", "error": "e"}]
    collected(tmp_path, 2, *lines)
    again = collected(tmp_path, 2, *lines)
    assert [(e.answer.text, e.answer.error) for e in rows(again)] == [("x", ""), ("", "e")]


def test_many_answers_in_another_order(tmp_path: Path) -> None:
    n = 5_000
    found = collected(tmp_path, n, *({"id": f"s{i}", "output": str(i)} for i in reversed(range(n))))
    assert all(e.answer.text == e.sample.id[1:] for e in rows(found))
    assert found.totals.answered == n
    assert len(found.source.paths) == 3
