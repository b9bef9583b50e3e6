"""The end of a process of Assay: quick, and nothing is lost by that."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

LEAVES = "from assay.cli.leaving import leave\n"


def ended(code: str, *options: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *options, "-c", LEAVES + code]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("code", [0, 1, 130])
def test_the_code_and_the_output_arrive(tmp_path, code):
    done = ended(f"print('x' * 100_000)\nleave({code})", folder=tmp_path)
    assert (done.returncode, len(done.stdout), done.stderr) == (code, 100_001, "")


def test_what_is_registered_for_the_end_runs(tmp_path):
    """The folders for what does not fit in memory are removed so."""
    code = "import tempfile\nkept = tempfile.TemporaryDirectory(dir='.')\nleave(0)"
    assert ended(code, folder=tmp_path).returncode == 0
    assert not list(tmp_path.iterdir())


def test_threads_are_waited_for(tmp_path):
    code = (
        "import threading, time\n"
        "def late(): time.sleep(0.2); open('written', 'w').close()\n"
        "threading.Thread(target=late).start()\nleave(0)"
    )
    assert ended(code, folder=tmp_path).returncode == 0
    assert (tmp_path / "written").exists()


def test_a_profiler_still_writes_its_table(tmp_path):
    code = "import cProfile\np = cProfile.Profile()\np.enable()\nleave(3)"
    assert ended(code, folder=tmp_path).returncode == 3
    (tmp_path / "leaves.py").write_text(LEAVES + "leave(0)")
    command = [sys.executable, "-m", "cProfile", "leaves.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "function calls" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="does not apply: /dev/full is Linux's")
def test_output_that_cannot_be_written_is_told(tmp_path):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "assay", "list", "metrics"], cwd=tmp_path, check=False,
            stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert done.returncode == 2
    assert "cannot be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
