"""What ``make`` says on a machine that lacks what it needs, and that a second call does nothing.

The programs that stand in for Python here are old or crippled on purpose; the full installation is
what ran before these tests could.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

OLD = """#!/bin/sh
case "$1" in -V) echo "Python 3.9.2" ;; *) exit 1 ;; esac
"""
NO_VENV = """#!/bin/sh
case "$2" in *ensurepip*) exit 1 ;; *) exec {python} "$@" ;; esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what the installer reads."""
    folder = tmp_path / "a checkout"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "install.sh", folder / "scripts")
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def _program(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return path


def _install(checkout: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "scripts" / "install.sh"],
        env={"PATH": os.environ["PATH"], **env},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_python_that_is_too_old_is_named(checkout: Path) -> None:
    old = _program(checkout, "python", OLD)
    done = _install(checkout, PYTHON=str(old))
    assert done.returncode == 1
    assert done.stderr == f"PYTHON={old} is not Python 3.11 or newer (Python 3.9.2).\n"
    assert not (checkout / ".venv").exists()


def test_no_python_at_all_says_what_to_do(checkout: Path, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "dirname", "cksum", "head", "cat", "rm"):
        (programs / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    _program(programs, "python3", OLD)
    done = _install(checkout, PATH=str(programs))
    assert done.returncode == 1
    assert "Assay needs Python 3.11 or newer; 'python3' is: Python 3.9.2." in done.stderr
    assert "make PYTHON=/path/to/python3.12" in done.stderr


def test_a_python_without_venv_says_what_to_install(checkout: Path) -> None:
    crippled = _program(checkout, "python", NO_VENV.format(python=sys.executable))
    done = _install(checkout, PYTHON=str(crippled))
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_current_environment_is_left_alone(checkout: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout / ".venv"], check=True)
    version = subprocess.check_output([checkout / ".venv/bin/python", "-V"], text=True)
    with (checkout / "pyproject.toml").open("rb") as project:
        checksum = subprocess.check_output(["cksum"], stdin=project, text=True)
    (checkout / ".venv/.installed-user").write_text(f"{checkout}\n{version}{checksum}")
    done = _install(checkout)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_make_help_names_what_there_is() -> None:
    make = shutil.which("make")
    assert make, "make started these tests"
    done = subprocess.run([make], cwd=ROOT, capture_output=True, text=True, check=True)
    named = [line.split()[1] for line in done.stdout.splitlines()]
    assert {"demo", "test", "lint", "types", "docs", "bench", "clean", "help"} <= set(named)
