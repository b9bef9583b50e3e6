"""Samples multiplied by their variants: ids, clusters and seeds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay.core.check import SamplesSpec
from assay.core.errors import SubjectError
from assay.core.exchange import Sample
from assay.core.samples import NeedleSpec, VariantSpec
from assay.subjects.samples.opening import open_samples

TYPOS = VariantSpec((("typos", None),))
BOTH = VariantSpec((("case", None), ("typos", 0.5)))
RECORDS = [
    {"id": "fr", "input": "What is the capital city of France?", "target": "Paris", "level": 1},
    {"id": "it", "input": "Which city is the capital of Italy?", "cluster": "south"},
]


def read(folder: Path, *variants: VariantSpec, records: Any = RECORDS, **more: Any) -> list[Sample]:
    (folder / "qa.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    spec = SamplesSpec(path="qa.jsonl", variants=variants, **more)
    return list(open_samples(spec, folder=str(folder)))


def test_each_sample_is_there_as_it_is_and_in_each_variant(tmp_path: Path) -> None:
    found = read(tmp_path, TYPOS, BOTH, copies=2)
    assert [s.id for s in found][:5] == [
        "fr", "fr~typos~1", "fr~typos~2", "fr~case+typos(0.5)~1", "fr~case+typos(0.5)~2",
    ]  # fmt: skip
    assert len(found) == 10
    assert {s.cluster for s in found} == {"fr", "south"}
    assert found[0].metadata == {"level": 1, "variant": "original", "original": "fr"}
    assert found[2].metadata == {
        "level": 1, "variant": "typos", "original": "fr", "copy": 2,
    }  # fmt: skip
    assert len({s.input for s in found}) == 10
    assert {s.target for s in found[:5]} == {("Paris",)}


def test_a_variant_depends_on_the_seed_and_its_sample_alone(tmp_path: Path) -> None:
    first = {s.id: s.input for s in read(tmp_path, TYPOS, copies=3)}
    again = {s.id: s.input for s in read(tmp_path, BOTH, TYPOS, records=RECORDS[::-1], copies=1)}
    assert first["it~typos~1"] == again["it~typos~1"]
    other = {s.id: s.input for s in read(tmp_path, TYPOS, copies=3, seed=1)}
    assert other["it"] == first["it"]
    assert other["it~typos~1"] != first["it~typos~1"] or other["fr~typos~1"] != first["fr~typos~1"]


def test_copies_are_different_ones_as_far_as_there_are_any(tmp_path: Path) -> None:
    case = VariantSpec((("case", None),))
    records = [{"id": "a", "input": "who wrote faust?"}, {"id": "n", "input": "1 + 1"}]
    found = read(tmp_path, case, records=records, copies=9)
    assert sorted(s.input for s in found) == [
        "1 + 1", "WHO WROTE FAUST?", "Who Wrote Faust?", "who wrote faust?",
    ]  # fmt: skip


def test_the_fingerprint_tells_what_was_varied(tmp_path: Path) -> None:
    (tmp_path / "qa.jsonl").write_text(json.dumps(RECORDS[0]))
    specs = [
        SamplesSpec(path="qa.jsonl"), SamplesSpec(path="qa.jsonl", variants=(TYPOS,)),
        SamplesSpec(path="qa.jsonl", variants=(BOTH,)),
        SamplesSpec(path="qa.jsonl", variants=(TYPOS,), copies=2),
        SamplesSpec(path="qa.jsonl", variants=(TYPOS,), seed=2),
    ]  # fmt: skip
    found = [open_samples(spec, folder=str(tmp_path)).fingerprint for spec in specs]
    assert len(set(found)) == 5
    assert found == [open_samples(spec, folder=str(tmp_path)).fingerprint for spec in specs]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"id": "a~b", "input": "x"}, "without '~'"),
        ({"id": "a" * 450, "input": "x"}, "400 characters"),
        ({"id": "a", "input": "x", "variant": "y"}, "'variant'"),
        ({"id": "a", "input": "x", "original": "y"}, "'original'"),
    ],
)
def test_ids_and_metadata_of_ours_are_refused(
    tmp_path: Path, record: dict[str, str], said: str
) -> None:
    with pytest.raises(SubjectError, match=said):
        read(tmp_path, TYPOS, records=[record])


def test_copies_without_end_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match=r"copies must be at most 100"):
        read(tmp_path, TYPOS, copies=101)


def test_facts_in_texts_are_varied_too(tmp_path: Path) -> None:
    spec = SamplesSpec(needle=NeedleSpec(lengths=(500,), depths=(0.5,)), variants=(TYPOS,))
    found = list(open_samples(spec, folder=str(tmp_path)))
    assert [s.metadata["variant"] for s in found] == ["original", "typos"] * 3
    assert found[1].metadata["draw"] == found[1].metadata["copy"] == 1
