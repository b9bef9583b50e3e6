"""Killed in the middle and gone on with, scored again, and where a key is left: in three tools.

    python benchmarks/bench_llm_resume.py [--samples 1000] [--only TOOL] \\
        --inspect INSPECT --promptfoo PROMPTFOO

A peer's program is of an environment where it is installed; one that is not given is left out. A
server in a process of its own answers after 20 ms, 50 calls in flight, and counts them.

*Killed*: a run is ended by SIGKILL once the server has had half of the calls, and is gone on with
by the tool's own means. ``repeated`` are the calls beyond one for each sample; ``summary`` is how
many samples the last summary counts, and how many tokens of the 21 that each answer has.
*Scored again*: the stored answers get another scorer; ``calls`` are those that it needed, ``cpu``
seconds of the process (its start included). *Key*: which of the files that the tool left, logs and
its folder in the home included, hold the key that it was given. *Disk*: bytes of all of them for a
sample.

DeepEval does not ask the model: what is killed there is the caller's own loop, so it is not here.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench_llm import FLYING, seen
from bench_llm_gaps import KEY, holds
from bench_llm_peers import server, written

TASK = """
from inspect_ai import Task, task
from inspect_ai.dataset import json_dataset
from inspect_ai.scorer import exact, includes
from inspect_ai.solver import generate

@task
def capitals():
    return Task(dataset=json_dataset("qa.jsonl"), solver=generate(), scorer=exact())
"""

AGAIN = """
suite: again
subjects:
  bot: {answers: answered.jsonl}
  qa: {samples: qa.jsonl}
checks:
  - llm.includes: {on: bot, data: qa}
    at_least: 0.5
"""


class Tool:
    """One tool in a folder of its own."""

    def __init__(self, program: str, folder: Path, url: str) -> None:
        self.program, self.folder, self.url = program, folder, url
        self.env = os.environ | {
            "HOME": str(folder), "KEY": KEY, "MOCK_API_KEY": KEY, "MOCK_BASE_URL": url,
            "OPENAI_API_KEY": KEY, "PROMPTFOO_CONFIG_DIR": str(folder / "promptfoo"),
            "PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1",
            "XDG_DATA_HOME": str(folder / "data"), "XDG_CACHE_HOME": str(folder / "cache"),
        }  # fmt: skip

    def first(self) -> list[str]:
        """The command of the run."""
        raise NotImplementedError

    def resumed(self) -> list[list[str]]:
        """The commands that go on with it."""
        raise NotImplementedError

    def again(self) -> list[list[str]]:
        """The commands that score the stored answers otherwise."""
        raise NotImplementedError

    def summary(self) -> tuple[int, int]:
        """Samples and tokens in the last summary."""
        raise NotImplementedError

    def start(self, command: list[str], name: str) -> subprocess.Popen[bytes]:
        """A process whose words go to a file outside of the folder that is searched."""
        with (self.folder.parent / name).open("wb") as words:
            return subprocess.Popen(
                command, cwd=self.folder, env=self.env, stdout=words, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip

    def finish(self, command: list[str], name: str) -> float:
        """Run to the end; CPU seconds."""
        process = self.start(command, name)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode in (0, 1, 100), (self.folder.parent / name).read_text()[-2_000:]
        return used.ru_utime + used.ru_stime


class Assay(Tool):
    """``assay run``."""

    def first(self) -> list[str]:
        """The suite, with the key of the environment and tokens counted."""
        suite = self.folder / "suite.yaml"
        keyed = suite.read_text().replace("model: mock,", 'model: mock, api_key: "${KEY}",')
        suite.write_text(
            keyed + "  - llm.tokens: {on: bot, data: qa, part: total}\n    severity: info\n"
        )
        (self.folder / "again.yaml").write_text(AGAIN)
        return [self.program, "-m", "assay", "run", "suite.yaml"]

    def resumed(self) -> list[list[str]]:
        """As the interrupted run says."""
        return [[self.program, "-m", "assay", "run", "--resume", "--report", "run.json"]]

    def again(self) -> list[list[str]]:
        """The answers of the run as a file, and a suite with another scorer for them."""
        export = ["samples", "export", "--run", "latest", "--to", "jsonl", "-o", "answered.jsonl"]
        return [[self.program, "-m", "assay", *export],
                [self.program, "-m", "assay", "run", "again.yaml"]]  # fmt: skip

    def summary(self) -> tuple[int, int]:
        """Of the run's document."""
        found = {r["metric"]: r["measurements"][0] for r in
                 json.loads((self.folder / "run.json").read_text())["results"]}  # fmt: skip
        tokens = found["llm.tokens"]
        return found["llm.exact_match"]["n"], round(tokens["value"] * tokens["n"])


class Inspect(Tool):
    """``inspect eval``, then ``inspect log recover`` and ``eval-retry``."""

    def first(self) -> list[str]:
        """A task, over a server that speaks OpenAI's format."""
        (self.folder / "task.py").write_text(TASK)
        return [self.program, "eval", "task.py", "--model", "openai-api/mock/mock", "--display",
                "none", "--temperature", "0", "--max-connections", str(FLYING), "--max-samples",
                str(FLYING), "--log-dir", "logs"]  # fmt: skip

    def log(self) -> str:
        """The newest log."""
        return str(max((self.folder / "logs").glob("*.eval"), key=lambda p: p.stat().st_mtime))

    def resumed(self) -> list[list[str]]:
        """Its documentation: a crashed log is tried again, finished samples are kept."""
        return [[self.program, "eval-retry", self.log(), "--display", "none", "--max-connections",
                 str(FLYING), "--max-samples", str(FLYING), "--log-dir", "logs"]]  # fmt: skip

    def again(self) -> list[list[str]]:
        """Its command for stored logs."""
        return [[self.program, "score", self.log(), "--scorer", "includes", "--action", "append",
                 "--overwrite", "--display", "none"]]  # fmt: skip

    def summary(self) -> tuple[int, int]:
        """Of the newest log."""
        told = subprocess.run([self.program, "log", "dump", "--header-only", self.log()],
                              capture_output=True, check=True, env=self.env).stdout  # fmt: skip
        head = json.loads(told)
        usage = head["stats"]["model_usage"].get("openai-api/mock/mock", {})
        return head["results"]["completed_samples"], usage.get("total_tokens", 0)


class Promptfoo(Tool):
    """``promptfoo eval``, then ``--resume``."""

    def first(self) -> list[str]:
        """The configuration, with the key of the environment."""
        path = self.folder / "promptfooconfig.json"
        config = json.loads(path.read_text())
        del config["providers"][0]["config"]["apiKey"]
        path.write_text(json.dumps(config))
        for test in config["tests"]:
            test["assert"] = [{"type": "icontains", "value": "Paris"}]
        (self.folder / "again.json").write_text(json.dumps(config))
        return [self.program, "eval", "-c", "promptfooconfig.json", *self.common()]

    def common(self) -> list[str]:
        """Of every command."""
        return ["-j", str(FLYING), "--no-progress-bar", "--no-table", "-o", "out.json"]

    def resumed(self) -> list[list[str]]:
        """Its own means."""
        return [[self.program, "eval", "--resume", *self.common()]]

    def again(self) -> list[list[str]]:
        """The same questions: its cache of calls answers."""
        return [[self.program, "eval", "-c", "again.json", *self.common()]]

    def summary(self) -> tuple[int, int]:
        """Of its output file."""
        results = json.loads((self.folder / "out.json").read_text())["results"]
        stats = results["stats"]
        print(f"promptfoo  rows in its output: {len(results['results']):,}")
        counted = sum(stats[name] for name in ("successes", "failures", "errors"))
        return counted, stats["tokenUsage"]["total"]


def killed(tool: Tool, n: int) -> tuple[int, int]:
    """End it by SIGKILL once the server had half of the calls; how many, and still in flight."""
    process = tool.start(tool.first(), "killed")
    ends = time.monotonic() + 300
    while time.monotonic() < ends and process.poll() is None:
        saw = seen(tool.url)
        if saw["calls"] >= n / 2:
            break
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(1)
    return int(seen(tool.url)["calls"]), int(saw["flying"])


def show(kind: type[Tool], program: str, n: int) -> None:
    """All of one tool."""
    name = kind.__name__.lower()
    with server() as url, tempfile.TemporaryDirectory() as outer:
        folder = Path(outer) / "work"
        folder.mkdir()
        written(folder, url, n)
        tool = kind(program, folder, url)
        half, flying = killed(tool, n)
        for i, command in enumerate(tool.resumed()):
            tool.finish(command, f"resumed{i}")
        calls = int(seen(url)["calls"])
        counted, tokens = tool.summary()
        print(
            f"{name:<10} killed after {half:,} calls, {flying} in flight; {calls:,} in all, "
            f"{calls - n:,} repeated; summary {counted:,} samples, {tokens:,} of {21 * n:,} tokens",
            flush=True,
        )
        used = sum(tool.finish(command, f"again{i}") for i, command in enumerate(tool.again()))
        print(f"{name:<10} scored again: {int(seen(url)['calls']) - calls} calls, cpu {used:.1f} s")
        files = [path for path in folder.rglob("*") if path.is_file()]
        held = [str(path.relative_to(folder)) for path in files if holds(path)]
        ours = {"qa.jsonl", "suite.yaml", "again.yaml", "task.py", "again.json", "out.json",
                "promptfooconfig.json", "run.json", "answered.jsonl"}  # fmt: skip
        size = sum(path.stat().st_size for path in files if path.name not in ours)
        print(f"{name:<10} key in {held or 'no file'}; {size / n:,.0f} bytes a sample", flush=True)


def main() -> None:
    """One tool after the other."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=1_000)
    parser.add_argument("--only", choices=("assay", "inspect", "promptfoo"))
    parser.add_argument("--inspect", metavar="PROGRAM")
    parser.add_argument("--promptfoo", metavar="PROGRAM")
    asked = parser.parse_args()
    kinds = {Assay: sys.executable, Inspect: asked.inspect, Promptfoo: asked.promptfoo}
    for kind, program in kinds.items():
        if program and asked.only in (None, kind.__name__.lower()):
            show(kind, program, asked.samples)


if __name__ == "__main__":
    main()
