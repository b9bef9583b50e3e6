"""The command line: help, JSON, exit codes, completion in real shells, pipes that end early."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.e2e.conftest import Answer

from assay.cli.main import _COMMANDS

if TYPE_CHECKING:
    from tests.e2e.conftest import Project

ASSAY = Path(sys.executable).with_name("assay")
SUITE = """
suite: cli
subjects:
  d: {table: d.parquet}
checks:
  - completeness: {on: d, columns: ["*"]}
  - mean: {on: d, column: a}
    between: [%s, 100]
"""


def suite(project: Project, *, least: float = 0) -> None:
    for name in ("d.parquet", "e.parquet"):
        project.write(name, {"a": np.arange(100.0), "b": ["x"] * 100})
    project.write("suite.yaml", SUITE % least)
    project.write("ab.yaml", "experiment: e\nunit: b\narms: {control: 0.5, treatment: 0.5}\n")


@pytest.fixture
def kept(project: Project) -> Project:
    """A project with two finished runs, the first of which has a name."""
    suite(project)
    project.write("qa.jsonl", '{"id": "fr", "input": "Capital of France?", "target": "Paris"}\n')
    assert project.assay("run", "suite.yaml", "-q", "--name", "main").code == 0
    assert project.assay("run", "suite.yaml", "-q").code == 0
    return project


@pytest.mark.parametrize("command", [None, *_COMMANDS])
def test_help_names_every_option_and_ends_with_0(project, command):
    arguments = [command] if command else []
    for option in ("--help", "-h"):
        answer = project.assay(*arguments, option)
        assert answer.code == 0
        assert answer.err == ""
        assert "Usage: " in answer.out
        assert "--json" in answer.out or command is None
    if command is None:
        assert all(name in answer.out for name in _COMMANDS)
    else:
        assert len(answer.out.split("Options:")[0].splitlines()) > 2  # more than the usage


JSON = {
    "run": ["run", "suite.yaml"],
    "plan": ["plan", "suite.yaml"],
    "experiment": ["experiment", "assign", "ab.yaml", "d.parquet", "--to", "arms.csv"],
    "show": ["show"],
    "compare": ["compare", "main"],
    "init": ["init", "d.parquet", "--output", "new.yaml"],
    "profile": ["profile", "d.parquet"],
    "drift": ["drift", "d.parquet", "e.parquet", "--at-most", "0.5"],
    "explain": ["explain", "mean"],
    "list": ["list"],
    "list presets": ["list", "presets"],
    "list runs": ["list", "runs"],
    "list baselines": ["list", "baselines"],
    "schema": ["schema"],
    "schema run": ["schema", "run"],
    "export": ["export", "r.md"],
    "import": ["import", "d.parquet"],
    "convert": ["convert", "suite.yaml", "--to", "gx"],
    "samples": ["samples", "export", "qa.jsonl", "--to", "openai-evals", "--output", "evals.jsonl"],
    "list sets": ["list", "sets"],
    "baseline": ["baseline", "second"],
    "completion": ["completion", "bash"],
}


def test_every_command_is_tried_with_json():
    assert {name.split()[0] for name in JSON} == set(_COMMANDS) - {"resume"}  # see test_resume.py


@pytest.mark.parametrize("arguments", JSON.values(), ids=JSON)
def test_json_is_all_there_is_on_stdout(kept, arguments):
    answer = kept.assay(*arguments, "--json")
    assert answer.code == 0, answer.err
    assert json.loads(answer.out)
    assert "\x1b" not in answer.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["run", "suite.yaml"], 0),
        (["run", "wrong.yaml"], 1),
        (["plan", "suite.yaml"], 0),
        (["plan", "nothing.yaml"], 2),
        (["show"], 0),
        (["show", "nothing"], 2),
        (["compare", "main", "nothing"], 2),
        (["explain", "nothing"], 2),
        (["export", "x.nothing"], 2),
        (["export", "x.md", "--run", "nothing"], 2),
        (["baseline", "a b"], 2),
        (["resume"], 2),
        (["resume", "main"], 2),
        (["profile", "nothing.csv"], 2),
        (["init", "nothing.csv"], 2),
        (["init", "d.parquet", "--output", "suite.yaml"], 2),
        (["list", "nothing"], 2),
        (["schema", "nothing"], 2),
        (["completion", "tcsh"], 2),
        (["show", "--home", "elsewhere"], 2),
        (["run"], 2),
        (["run", "a.yaml", "b.yaml"], 2),
        (["run", "suite.yaml", "--nothing"], 2),
        (["--nothing"], 2),
        (["--version"], 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_exit_codes(kept, arguments, code):
    kept.write("wrong.yaml", SUITE % 90)
    answer = kept.assay(*arguments)
    assert answer.code == code
    if code == 2:
        assert answer.out == ""
        assert len(answer.err.strip()) > 20


def test_a_command_that_is_misspelt(project):
    project.assay("rum").refused("There is no command 'rum'", "Did you mean 'run'?")
    project.assay("xyz").refused("There is no command 'xyz'", "--help")


def test_no_command_shows_the_help(project):
    answer = project.assay()
    assert answer.code == 2
    assert "Commands" in answer.out + answer.err


def test_quiet_says_nothing(project):
    suite(project)
    answer = project.assay("run", "suite.yaml", "--quiet")
    assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_a_defect_ends_with_3_and_asks_for_a_report(project):
    """A loader that is broken stands for any defect."""
    suite(project)
    code = (
        "import sys, assay.suite.load as l\n"
        "def broken(*a, **k): raise ZeroDivisionError('a defect')\n"
        "l.read_check = broken\n"
        "from assay.cli.main import main\n"
        "sys.argv = ['assay', 'run', 'suite.yaml']\nmain()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=project.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert "ZeroDivisionError: a defect" in done.stderr
    assert "defect of Assay, not of your suite. Please report it." in done.stderr


WAITS = """
import time

def model(frame):
    open("begun", "w").close()
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="does not apply: signals of POSIX")
def test_ctrl_c_ends_with_130(project):
    suite(project)
    project.write("waits.py", WAITS)
    project.write(
        "suite.yaml",
        SUITE % 0 + "  - regression.mae: {on: m, data: d}\n    at_most: 1\n",
    )
    text = (project.folder / "suite.yaml").read_text()
    model = '  m: {model: "waits:model", kind: python, task: regression, target: a}\nchecks:'
    project.write("suite.yaml", text.replace("checks:", model))
    process = subprocess.Popen(
        [sys.executable, "-m", "assay", "run", "suite.yaml", "--allow-code"],
        cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not (project.folder / "begun").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "assay run --resume" in err


def piped(project: Project, *arguments: str, reader: str) -> Answer:
    """A call whose output a shell's reader takes, or does not; the exit code is Assay's own."""
    command = f'"$0" -m assay "$@" | {reader}; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(
        ["bash", "-c", command, sys.executable, *arguments],
        cwd=project.folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr
    return Answer(done.returncode, done.stdout, done.stderr)


GONE = "(exec 0<&-; sleep 1.5)"


@pytest.mark.parametrize("reader", ["head -1", GONE])
def test_a_reader_that_leaves_costs_neither_verdict_nor_report(project, reader):
    suite(project, least=90)
    answer = piped(project, "run", "suite.yaml", "-v", "--report", "r.html", reader=reader)
    assert answer.code == 1
    assert answer.err == "Report: r.html\n"
    assert "</html>" in (project.folder / "r.html").read_text(encoding="utf-8")
    assert project.assay("show").code == 0


@pytest.mark.parametrize("arguments", [["schema"], ["list"], ["--help"], ["show", "--json"]],
                         ids=" ".join)  # fmt: skip
def test_output_that_nobody_reads_is_no_error(kept, arguments):
    answer = piped(kept, *arguments, reader=GONE)
    assert (answer.code, answer.err) == (0, "")


def test_an_error_that_nobody_reads_keeps_its_exit_code(project):
    answer = piped(project, "run", "nothing.yaml", reader=f"cat 2>&1 | {GONE}")
    assert answer.code == 2


def test_output_through_a_pipe_is_whole(project):
    whole = project.assay("schema").out
    assert len(whole) > 100_000  # more than a pipe holds
    assert piped(project, "schema", reader="cat").out == whole


BASH = """
eval "$(assay completion bash)"
COMP_WORDS=({words}); COMP_CWORD={at}
"$(complete -p assay | sed -E 's/.*-F ([^ ]+).*/\\1/')" assay
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
ZSH = """
autoload -Uz compinit; compinit -u
eval "$(assay completion zsh)"
print -r -- $_comps[assay]
"""
FISH = "assay completion fish | source; complete -C 'assay ru'"


def in_shell(shell: str, script: str) -> list[str]:
    env = {**os.environ, "PATH": f"{ASSAY.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [shell, "-c", script], env=env, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("assay ru", ["run"]),
        ("assay co", ["compare", "completion", "convert"]),
        ("assay list ", ["baselines", "metrics", "presets", "runs", "sets"]),
        ("assay run --allow", ["--allow-code"]),
        ("assay completion z", ["zsh"]),
    ],
)
def test_completion_in_bash(words, expected):
    parts = [f"'{word}'" for word in words.split(" ")]
    found = in_shell("bash", BASH.format(words=" ".join(parts), at=len(parts) - 1))
    assert sorted(found) == expected


@pytest.mark.parametrize(
    ("shell", "script", "expected"),
    [found for found in [("zsh", ZSH, "_assay_completion"), ("fish", FISH, "run")]
     if shutil.which(found[0])] or [("bash", "assay completion fish", "function")],
)  # fmt: skip
def test_completion_in_other_shells_of_this_machine(shell, script, expected):
    assert any(expected in line for line in in_shell(shell, script))
