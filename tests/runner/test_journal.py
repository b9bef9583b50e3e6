"""What a killed run leaves behind."""

from __future__ import annotations

import os
import stat

import pytest

from assay.core.errors import AssayError
from assay.core.result import Result
from assay.runner.journal import Header, Journal


def result(check_id: str) -> Result:
    return Result(
        id=check_id, metric="completeness", params={"column": "x"}, severity="block",
        verdict="pass", reason="It is 1.", criterion=None, criterion_text="", measurements=[],
        evidence=[], on="t",
    )  # fmt: skip


HEADER = Header(
    run_id="20260101-000000-abcdef", name=None, suite_name="s", suite_file=None,
    suite_fingerprint="sha256:0", started="2026-01-01T00:00:00+00:00", now=0.0, seed=0,
    fingerprints={"t": "sha256:1"},
)  # fmt: skip


def test_header_and_results_come_back(tmp_path):
    journal = Journal(tmp_path / "run")
    assert journal.header() is None
    journal.start(HEADER)
    journal.append([result("a"), result("b")])
    journal.append([result("c")])
    again = Journal(tmp_path / "run")
    assert again.header() == HEADER
    assert list(again.finished()) == ["a", "b", "c"]


@pytest.mark.parametrize("cut", range(2, 60, 7))
def test_a_torn_line_loses_only_itself(tmp_path, cut):
    journal = Journal(tmp_path)
    journal.append([result("a")])
    journal.append([result("b")])
    path = tmp_path / "results.jsonl"
    path.write_bytes(path.read_bytes()[:-cut])
    assert list(Journal(tmp_path).finished()) == ["a"]
    Journal(tmp_path).append([result("c")])  # written past the torn line
    assert list(Journal(tmp_path).finished()) == ["a", "c"]


def test_a_damaged_header_is_said(tmp_path):
    (tmp_path / "header.json").write_text("{")
    with pytest.raises(AssayError, match=r"damaged.*Start a new run"):
        Journal(tmp_path).header()


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(AssayError, match="cannot be made"):
        Journal(tmp_path / "file" / "run")


def test_a_full_or_closed_disk_is_said(tmp_path):
    journal = Journal(tmp_path)
    (tmp_path / "results.jsonl").mkdir()  # root may write anywhere, so make it a folder
    with pytest.raises(AssayError, match="cannot be written"):
        journal.append([result("a")])
    assert stat.S_ISDIR(os.stat(tmp_path / "results.jsonl").st_mode)
