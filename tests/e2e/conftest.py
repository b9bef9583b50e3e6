"""A folder to run ``assay`` in, and what it answered."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.e2e.browsing import browsing

from assay.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selenium.webdriver import Chrome

PATIENCE_S = 60


@dataclass(frozen=True)
class Answer:
    """What a call of ``assay`` gave back."""

    code: int
    out: str
    err: str

    @cached_property
    def document(self) -> dict[str, Any]:
        """The run's document on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def results(self) -> dict[str, dict[str, Any]]:
        """Results by check id."""
        return {r["id"]: r for r in self.document["results"]}

    @property
    def verdicts(self) -> dict[str, str]:
        """Verdicts by check id."""
        return {name: r["verdict"] for name, r in self.results.items()}

    def refused(self, *words: str) -> None:
        """Hold it to be one clear error before anything was judged, with these words in it."""
        assert self.code == 2, (self.code, self.out, self.err)
        assert self.out == ""
        for word in words:
            assert word in self.err

    def judged(self, check: str, verdict: str, *words: str) -> None:
        """Hold one check to a verdict, with these words in its reason."""
        result = self.results[check]
        assert result["verdict"] == verdict, result
        for word in words:
            assert word in result["reason"], result["reason"]


@dataclass(frozen=True)
class Project:
    """A folder with data and suites."""

    folder: Path
    _call: Callable[..., Answer]

    def write(self, name: str, content: str | bytes | pa.Table | dict[str, Any]) -> Path:
        """A file of the project; tables go to Parquet."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict):
            content = pa.table(content)
        if isinstance(content, pa.Table):
            pq.write_table(content, path)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(dedent(content), encoding="utf-8")
        return path

    def assay(self, *arguments: str) -> Answer:
        """Call ``assay`` in this process: what it prints and its exit code are the real ones."""
        return self._call(*arguments)

    def run(self, suite: str, *arguments: str) -> Answer:
        """Run a suite, given as text."""
        self.write("suite.yaml", suite)
        return self.assay("run", "suite.yaml", "--json", *arguments)

    def process(self, *arguments: str, **options: Any) -> Answer:
        """Call ``assay`` in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "assay", *arguments], cwd=self.folder, capture_output=True,
            timeout=PATIENCE_S, check=False, **options,
        )  # fmt: skip
        answer = Answer(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in answer.err, answer.err
        return answer


@pytest.fixture
def project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Project]:
    """An empty project; a call that takes too long fails the test instead of hanging it."""

    def call(*arguments: str) -> Answer:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["assay", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        assert "Traceback" not in printed.err, printed.err
        return Answer(code, printed.out, printed.err)

    def too_slow(number: int, frame: object) -> None:
        raise TimeoutError(f"no answer in {PATIENCE_S} s")

    before = signal.signal(signal.SIGALRM, too_slow)
    signal.alarm(PATIENCE_S)
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("ASSAY_HOME", raising=False)
    yield Project(folder, call)
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    assert not [name for name in os.listdir(tmp_path) if name != "project"], "written outside"


@pytest.fixture
def browser(
    tool: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Chrome]:
    """A fresh Chromium with a log of its console and of every request."""
    monkeypatch.setenv("SE_OFFLINE", "true")
    with browsing(tool("chromium"), tool("chromedriver"), tmp_path_factory.mktemp("it")) as opened:
        yield opened


@pytest.fixture(scope="session")
def mortgage_example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example of mortgages after its model was trained: ``data`` and ``models``."""
    example = Path(__file__).resolve().parents[2] / "examples" / "mortgage"
    folder = tmp_path_factory.mktemp("example") / "mortgage"
    (folder / "data").mkdir(parents=True)
    for name in ("train.py", "suite.yaml", "data/hmda.csv"):
        shutil.copy(example / name, folder / name)
    subprocess.run([sys.executable, folder / "train.py"], check=True, capture_output=True)
    return folder
