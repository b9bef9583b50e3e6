"""A reader who types what a page shows, in order, and compares what is printed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.docs.blocks import ROOT, Block
from tests.docs.likeness import missing_line

BIN = Path(sys.executable).parent
JUDGED = {"pass", "fail", "inconclusive"}
_SUBJECTS = {
    "mortgage": """\
suite: checks
subjects:
  train: {table: data/train.parquet, unit: application}
  test: {table: data/test.parquet, unit: application}
  model: {model: models/approval.skops, task: binary, target: deny, positive: "yes"}
""",
    "flights": """\
suite: checks
subjects:
  flights: {table: data/flights}
  january: {table: data/flights/2013-01.parquet}
  december: {table: data/flights/2013-12.parquet}
  planes: {table: data/planes.parquet, unit: tailnum}
  airlines: {table: data/airlines.parquet}
  airports: {table: data/airports.parquet}
""",
}


class Reader:
    """Types the blocks of one page into one folder.

    ``printed`` is what the last block printed, both streams together; ``patience_s`` is how long
    a command may take.
    """

    def __init__(self, folder: Path, home: Path, *, patience_s: float = 120) -> None:
        self.folder = folder
        self.patience_s = patience_s
        self.printed = ""
        self.environ = {
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "COLUMNS": "88",
            "TERM": "dumb",
            "NO_COLOR": "1",
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def type(self, block: Block) -> None:
        """Do what the block asks of a reader; raises AssertionError where the page is wrong."""
        if block.tested:
            self._tested_elsewhere(block)
        elif block.file:
            self._write(block.file, block.text)
        elif block.language == "text":
            self._compare(block, block.text)
        else:
            handle = {
                "sh": self._script,
                "console": self._console,
                "python": self._python,
                "yaml": self._yaml,
                "toml": self._toml,
            }
            assert block.language in handle, f"{block}: what is {block.language!r}?"
            handle[block.language](block)

    def run(self, *command: str, code: int | None = 0) -> str:
        """Run a program in the folder; returns what it printed."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=self.patience_s,
            check=False,
        )
        self.printed = done.stdout
        assert code is None or done.returncode == code, (
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}"
        )
        return done.stdout

    def _compare(self, block: Block, shown: str) -> None:
        line = missing_line(shown, self.printed)
        assert line is None, f"{block}: {line!r} was not printed, but:\n{self.printed}"

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def _tested_elsewhere(self, block: Block) -> None:
        test = ROOT / str(block.tested)
        source = test.read_text(encoding="utf-8")
        for line in block.text.splitlines():
            command = line.partition("#")[0].strip()
            if command and not command.startswith(("git clone", "cd ")):
                assert re.search(rf"`{re.escape(command)}|{re.escape(command)}\b", source), (
                    f"{block}: {test.name} does not speak of {command!r}"
                )

    def _script(self, block: Block) -> None:
        self.run("bash", "-eu", "-o", "pipefail", "-c", block.text, code=block.exit)

    def _console(self, block: Block) -> None:
        """Commands after ``$``, each followed by what it prints."""
        parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
        assert not parts[0], f"{block}: a console starts with a command"
        for position, part in enumerate(parts[1:], 2):
            command, _, shown = part.partition("\n")
            code = block.exit if position == len(parts) else 0
            self.run("bash", "-c", command, code=code)
            self._compare(block, shown)

    def _python(self, block: Block) -> None:
        self.run(sys.executable, "-W", "error", "-c", block.text, code=block.exit)

    def _yaml(self, block: Block) -> None:
        content: Any = YAML(typ="safe", pure=True).load(block.text)
        if isinstance(content, dict) and "jobs" in content:
            for step in (s for job in content["jobs"].values() for s in job["steps"]):
                command = str(step.get("run", ""))
                if command and not command.startswith("pip install"):
                    self.run("bash", "-eu", "-c", command, code=None)
                    assert "assay: " not in self.printed, self.printed
            return
        text = block.text
        if isinstance(content, list):  # checks alone, of the example's subjects
            subjects = _SUBJECTS[self.folder.name]
            text = f"{subjects}checks:\n" + re.sub("^", "  ", text, flags=re.MULTILINE)
        self._write("shown.yaml", text)
        self.run("assay", "run", "shown.yaml", "--quiet", code=None)
        if block.exit == 2:
            assert self.printed.startswith("assay: "), f"{block}: {self.printed}"
            return
        run = json.loads(self.run("assay", "show", "--json"))
        odd = [
            f"{result['id']}: {result['verdict']}: {result['reason']}"
            for result in run["results"]
            if result["verdict"] not in JUDGED and result["criterion"] is not None
        ]
        assert not odd, f"{block}: {odd}"

    def _toml(self, block: Block) -> None:
        """Install a project as pip would: what matters of it is its entry points."""
        project = tomllib.loads(block.text)["project"]
        lines = [
            line
            for group, entries in project["entry-points"].items()
            for line in (f"[{group}]", *(f"{name} = {value}" for name, value in entries.items()))
        ]
        info = f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
        self._write(f"{info}/entry_points.txt", "\n".join(lines) + "\n")
        self._write(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n",
        )
        self.environ["PYTHONPATH"] = str(self.folder)
