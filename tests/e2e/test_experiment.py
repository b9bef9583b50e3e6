"""The example on experiments: an A/A and an A/B test of real flights, as its README tells.

`python examples/experiment/prepare.py`, then `assay experiment analyze examples/experiment/aa.yaml`
and `assay experiment analyze examples/experiment/ab.yaml`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Project

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "experiment"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example with its tables written."""
    place = tmp_path_factory.mktemp("experiment")
    for name in ("prepare.py", "aa.yaml", "ab.yaml"):
        shutil.copy(EXAMPLE / name, place)
    done = subprocess.run(
        [sys.executable, "-W", "error", place / "prepare.py"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "3,424 planes and 268,857 flights" in done.stdout
    return place


def test_planes_to_which_nothing_was_done_do_not_differ(example: Path, project: Project) -> None:
    answer = project.assay("experiment", "analyze", str(example / "aa.yaml"), "--json")
    assert answer.code == 1  # nothing was shown to be better
    assert answer.verdicts["sample_ratio"] == "pass"
    effects = {name: v for name, v in answer.verdicts.items() if "/" in name}
    assert effects.pop("cancelled/treatment") == "pass"
    assert set(effects.values()) == {"inconclusive"}


def test_a_planted_lift_is_found_at_its_size(example: Path, project: Project) -> None:
    answer = project.assay("experiment", "analyze", str(example / "ab.yaml"), "--json")
    assert answer.code == 0
    assert answer.verdicts["delay/treatment"] == "pass"
    assert answer.verdicts["on_time/treatment"] == "pass"
    [delay] = answer.results["delay/treatment"]["measurements"]
    assert delay["low"] < -3 < delay["high"] < 0
    answer.judged("log_quality", "not_applicable", "82 events at the end or later (left out)")
    [how] = [e for e in answer.results["hours/treatment"]["evidence"] if e["kind"] == "text"]
    assert "The covariate 'early_hours'" in how["text"]


def test_what_a_person_sees_fits_80_columns(
    example: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    answer = project.assay(
        "experiment", "analyze", str(example / "ab.yaml"), "--report", "report.html",
        "--report", "junit.xml",
    )  # fmt: skip
    assert answer.code == 0
    assert max(len(line) for line in answer.out.splitlines()) <= 80
    assert "✓ Passed (exit code 0)." in answer.out
    assert "delay/treatment" in (project.folder / "report.html").read_text()
    assert "delay/treatment" in (project.folder / "junit.xml").read_text()
    shown = project.assay("show", "--json")
    assert shown.verdicts["delay/treatment"] == "pass"


def test_a_console_without_unicode_is_answered(example: Path, project: Project) -> None:
    answer = project.process(
        "experiment", "analyze", str(example / "ab.yaml"),
        env={"PYTHONIOENCODING": "ascii", "COLUMNS": "80", "HOME": str(project.folder)},
    )  # fmt: skip
    assert answer.code == 0
    assert "+ Passed (exit code 0)." in answer.out
    assert "[-46.7 %, -31.4 %]" in answer.out


def test_units_are_assigned_from_a_table_and_from_lines(example: Path, project: Project) -> None:
    planes = example / "data" / "planes.parquet"
    answer = project.assay(
        "experiment", "assign", str(example / "aa.yaml"), str(planes), "--to", "arms.parquet"
    )
    assert answer.code == 0
    assert [line.split() for line in answer.out.splitlines()] == [
        ["control", "1,721"], ["treatment", "1,703"],
    ]  # fmt: skip
    arms = pq.read_table(project.folder / "arms.parquet").to_pylist()
    names = [row["tailnum"] for row in arms[:50]]
    lines = project.process(
        "experiment", "assign", str(example / "aa.yaml"), "-", input="\n".join(names).encode()
    )
    assert lines.out.splitlines() == [f"{row['tailnum']}\t{row['arm']}" for row in arms[:50]]


def test_ids_on_stdin_go_to_a_file_where_one_is_named(example: Path, project: Project) -> None:
    answer = project.process(
        "experiment", "assign", str(example / "aa.yaml"), "-", "--to", "arms.parquet", "--json",
        input="\ufeffN14228\r\nN24211\n\nN14228".encode(),
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert sum(json.loads(answer.out).values()) == 2  # each unit once
    rows = pq.read_table(project.folder / "arms.parquet").to_pylist()
    assert {row["tailnum"]: row["arm"] for row in rows} == {
        "N14228": "treatment", "N24211": "control",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "ids", "said"),
    [
        ((), b"ok\n\xff\xfe\n", "must be UTF-8; byte 4 is not"),
        (("--json",), b"ok\n", "the arms need a file: --to"),
        (("--column", "x"), b"ok\n", "lines have no columns"),
        (("--to", "arms.csv"), b"\n", "There are no units to assign"),
    ],
)
def test_bad_ids_on_stdin_are_refused(
    example: Path, project: Project, options: tuple[str, ...], ids: bytes, said: str
) -> None:
    answer = project.process(
        "experiment", "assign", str(example / "aa.yaml"), "-", *options, input=ids
    )
    answer.refused(said)
    assert "Traceback" not in answer.err
    assert not list(project.folder.glob("*arms*"))


def test_a_design_from_past_flights(example: Path, project: Project) -> None:
    answer = project.assay(
        "experiment", "design", str(example / "aa.yaml"), "--effect", "delay=1",
        "--effect", "on_time=0.01", "--effect", "hours=1", "--units-per-day", "100", "--json",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    found = {d["metric"]: d for d in json.loads(answer.out)["metrics"]}
    assert found.keys() == {"delay", "on_time", "hours", "cancelled"}
    assert found["delay"]["effect"] == -1
    assert 1_000 < found["delay"]["units"] < 10_000
    assert found["delay"]["days"] == found["delay"]["units"] / 100


def test_experiments_in_each_others_way_are_told(example: Path, project: Project) -> None:
    answer = project.assay(
        "experiment", "design", str(example / "aa.yaml"), "--effect", "*=1",
        "--beside", str(example / "ab.yaml"),
    )  # fmt: skip
    assert answer.code == 2
    assert "share the salt 'turnaround-2013'" in answer.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("analyze", "nothing.yaml"), ("There is no experiment file 'nothing.yaml'",)),
        (("assign", "aa.yaml", "data/planes.parquet"), ("Where to?",)),
        (("assign", "aa.yaml", "data/planes.parquet", "--to", "a.xls"), ("'a.xls' is not known",)),
        (("assign", "aa.yaml", "data/planes.parquet", "--to", "a.csv", "--column", "tail"),
         ("no column 'tail'", "tailnum")),
        (("design", "aa.yaml", "--lift", "5%"), ("'5%' is not a number",)),
        (("design", "aa.yaml", "--lift", "delays=0.1"), ("Did you mean 'delay'?",)),
    ],
)  # fmt: skip
def test_bad_calls_are_refused(
    example: Path, project: Project, arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    for name in ("aa.yaml", "data/planes.parquet", "data/flights.parquet"):
        (project.folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(example / name, project.folder / name)
    project.assay("experiment", *arguments).refused(*words)
