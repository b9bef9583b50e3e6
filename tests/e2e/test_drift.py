"""``assay drift`` as a program: the ranking, exit codes, reports, and what it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tests.e2e.conftest import Project


def tables(project: Project) -> None:
    rng = np.random.default_rng(3)
    project.write(
        "before.parquet", {"x": rng.normal(size=900), "y": ["a", "b"] * 450, "old": [1] * 900}
    )
    project.write("now.parquet", {"x": rng.normal(size=900) + 1, "y": ["a", "b"] * 450})


def test_it_ranks_judges_and_writes(project):
    tables(project)
    moved = project.assay("drift", "before.parquet", "now.parquet", "--report", "d.html",
                          "--report", "d.md")  # fmt: skip
    assert moved.code == 1
    assert "1 of 2 columns moved, 1 is within the limit." in moved.out
    assert "✗ x" in moved.out
    assert "old: only reference has it" in moved.out
    assert "d.html" in moved.err
    assert "What moved" in (project.folder / "d.html").read_text()
    assert "1 of 2 columns moved" in (project.folder / "d.md").read_text()
    assert not (project.folder / ".assay").exists()
    calm = project.assay("drift", "before.parquet", "now.parquet", "--columns", "y")
    assert calm.code == 0
    wide = project.assay("drift", "before.parquet", "now.parquet", "--at-most", "0.9", "-q")
    assert (wide.code, wide.out) == (0, "")


def test_json_is_the_document_of_a_run(project):
    tables(project)
    answer = project.assay("drift", "before.parquet", "now.parquet", "--except", "y", "--json")
    document = json.loads(answer.out)
    assert document["schema"] == "assay.run/1"
    (result,) = document["results"]
    kinds = [item["kind"] for item in result["evidence"]]
    assert kinds[0] == "distributions"
    assert len(result["evidence"][0]["shares"]) == 2


def test_what_is_wrong_is_said_in_one_line(project):
    tables(project)
    for arguments, words in (
        (("before.parquet", "nowhere.parquet"), "no file 'nowhere.parquet'"),
        (("before.parquet", "before.parquet"), "the same file"),
        (("before.parquet", "now.parquet", "-c", "yy"), "Did you mean 'y'"),
        (("before.parquet", "now.parquet", "--report", "d.pdf"), "stands for no report"),
        (("before.parquet",), "CURRENT"),
    ):
        answer = project.assay("drift", *arguments)
        assert answer.code == 2, answer
        assert words in answer.err
        assert "Traceback" not in answer.err
        assert answer.out == ""
