"""The reference page says what the code does."""

from __future__ import annotations

import subprocess
import sys

from tests.architecture.guards import ROOT


def test_the_reference_page_is_current() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "reference.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
