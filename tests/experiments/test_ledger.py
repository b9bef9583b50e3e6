"""Ledgers where the disk is full, or holds no writable folder."""

from __future__ import annotations

import subprocess
import sys

import pytest

from assay.core.errors import HistoryError
from assay.experiments import ledger

_FULL = """
import resource, signal, sys
from pathlib import Path
from assay.core.errors import HistoryError
from assay.experiments import ledger

path = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
ledger.append(path, {"a": 1})
resource.setrlimit(resource.RLIMIT_FSIZE, (12, 12))
try:
    ledger.append(path, {"b": "x" * 100})
except HistoryError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file sizes are POSIX")
def test_a_line_that_does_not_fit_leaves_nothing_behind(tmp_path) -> None:
    path = tmp_path / "journal.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", _FULL, path], capture_output=True, text=True, check=True
    )
    assert "cannot be written: File too large" in done.stdout
    assert path.read_bytes() == b'{"a":1}\n'
    ledger.append(path, {"b": 2})
    assert ledger.lines(path) == [b'{"a":1}', b'{"b":2}']


def test_a_ledger_that_is_none_is_empty_and_a_folder_is_an_error(tmp_path) -> None:
    assert ledger.lines(tmp_path / "nothing") == []
    ledger.cut_torn_line(tmp_path / "nothing")
    for call in (ledger.lines, ledger.cut_torn_line):
        with pytest.raises(HistoryError):
            call(tmp_path)
    with pytest.raises(HistoryError, match="cannot be written"):
        ledger.append(tmp_path / "no" / "journal.jsonl", {})


def test_what_follows_is_written_only_where_it_changed(tmp_path) -> None:
    path = tmp_path / "weights.json"
    ledger.write_beside(path, {"a": 1})
    first = path.stat().st_ino
    ledger.write_beside(path, {"a": 1})
    assert path.stat().st_ino == first
    ledger.write_beside(path, {"a": 2})
    assert path.read_text() == '{\n  "a": 2\n}\n'
    with pytest.raises(HistoryError, match="decision is kept"):
        ledger.write_beside(tmp_path / "no" / "weights.json", {})
