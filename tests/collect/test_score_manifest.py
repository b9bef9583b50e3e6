"""What scores are known by: the same questions, answers and scores have the same hash."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from assay import scorers
from assay.collect.score_manifest import (
    Content,
    ScoreManifest,
    question_digest,
    scorer_digest,
)
from assay.collect.scoring import collect_scores
from assay.core.exchange import Answer, Exchange, Message, Sample

SAMPLE = Sample(id="a", input="Capital of France?", target=("Paris",))


def exchanges(*texts: str) -> list[Exchange]:
    return [
        Exchange(msgspec.structs.replace(SAMPLE, id=str(i)), Answer(unit=str(i), text=text))
        for i, text in enumerate(texts)
    ]


def content_of(found: list[Exchange], folder: Path) -> str:
    collect_scores(found, scorers.find("includes")(), folder=folder)
    manifest = ScoreManifest.read(str(folder))
    assert manifest is not None
    assert manifest.rows == len(found)
    return manifest.content


def test_the_order_in_which_answers_come_does_not_matter(tmp_path: Path) -> None:
    found = exchanges("Paris", "Rome", "Paris")
    first = content_of(found, tmp_path / "a")
    assert content_of(found[::-1], tmp_path / "b") == first
    assert content_of(exchanges("Paris", "Rome", "Rome"), tmp_path / "c") != first
    assert content_of(exchanges("Rome", "Paris", "Paris"), tmp_path / "d") != first


def test_the_same_answer_twice_does_not_cancel() -> None:
    content = Content()
    (one,) = exchanges("Paris")
    empty = content.digest
    content.add(one, None)
    content.add(one, None)
    assert content.digest != empty


def test_a_failure_is_another_content_than_an_empty_answer() -> None:
    found = []
    for error, score in (("down", None), ("", scorers.find("empty")().score(exchanges(""))[0])):
        content = Content()
        content.add(Exchange(SAMPLE, Answer(unit="a", error=error)), score)
        found.append(content.digest)
    assert found[0] != found[1]


@pytest.mark.parametrize(
    "other",
    [
        {"input": "Capital of Italy?"},
        {"target": ("Rome",)},
        {"target": ("Paris", "Lutetia")},
        {"choices": ("A", "B")},
        {"messages": (Message(role="user", content="Hello"),)},
    ],
)
def test_what_makes_another_question(other: dict[str, object]) -> None:
    assert question_digest(msgspec.structs.replace(SAMPLE, **other)) != question_digest(SAMPLE)


@pytest.mark.parametrize(
    "other",
    [
        {"messages": (Message(role="system", content="Be brief."),)},
        {"messages": (Message(role="developer", content="Be brief."),)},
        {"context": ("France has Paris.",)},
        {"metadata": {"kind": "easy"}},
        {"cluster": "c"},
    ],
)
def test_what_is_another_way_of_asking_it(other: dict[str, object]) -> None:
    assert question_digest(msgspec.structs.replace(SAMPLE, **other)) == question_digest(SAMPLE)


def test_a_scorer_is_known_by_its_parameters_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = scorers.find("includes")()
    first = scorer_digest(scorer)
    assert scorer_digest(scorers.find("includes")()) == first
    assert scorer_digest(replace(scorer, ignore_case=False)) != first  # type: ignore[type-var]
    monkeypatch.setattr(type(scorer), "version", 99)
    assert scorer_digest(scorer) != first


def test_what_is_no_manifest_is_none(tmp_path: Path) -> None:
    assert ScoreManifest.read(str(tmp_path)) is None
    (tmp_path / "manifest.json").write_text("{")
    assert ScoreManifest.read(str(tmp_path)) is None
    ScoreManifest.remove(str(tmp_path))
    ScoreManifest.remove(str(tmp_path))
    assert not list(tmp_path.iterdir())
