"""Asking a language model the same questions through other tools: cost, and what failures do.

    python benchmarks/bench_llm_peers.py [--samples 1000] [--rounds 3] [--only cost] \\
        --inspect PYTHON --deepeval PYTHON --promptfoo PROMPTFOO

A peer is run by the interpreter (promptfoo: the program) that is given for it, of an environment
where it is installed; one that is not given is left out. Each is a whole process, from its start to
its verdict: it reads the questions, asks a server that answers after 20 ms with as many as 50 calls
in flight, and compares each answer exactly. They take turns. ``cpu_ms`` are milliseconds of the
process and those that it started, for a sample, less those of the same process with one sample
(``start``: its CPU seconds); ``peak`` is its greatest resident memory in MB, ``flying`` what the
server saw at once. A tool that takes longer for a sample than the server does has few in flight,
whatever it was asked for: with answers after a second, promptfoo too has 50.

*Failures*: the same over a server that refuses one call in ten with 429 (with ``Retry-After``) and
one in twenty with 500. ``scored`` is how many samples the tool gives a score for, ``wrong`` how
many of them it counts as the model's failures though the server always answers rightly.

DeepEval does not ask the model under test: OpenAI's client does it there, as its documentation
shows, with 50 calls at once and five retries. Inspect is given ``max_samples`` beside
``max_connections``: without it, fewer are in flight than are asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from bench_llm import FLYING, QUESTION, seen, server

SUITE = """
suite: capitals
subjects:
  bot: {{llm: "{url}", model: mock, temperature: 0, concurrency: {flying}}}
  qa: {{samples: qa.jsonl}}
checks:
  - llm.exact_match: {{on: bot, data: qa}}
    at_least: 0.5
"""

ASSAY = """
import json, sys, assay
run = assay.run("suite.yaml", home="home")
(result,) = run.results
found = result.measurements[0]
print("found", json.dumps([found.n, round(found.n * (1 - found.value))]))
"""

INSPECT = """
import json, sys
from inspect_ai import Task, eval as run
from inspect_ai.dataset import json_dataset
from inspect_ai.model import get_model
from inspect_ai.scorer import exact
from inspect_ai.solver import generate
url, flying = sys.argv[1], int(sys.argv[2])
model = get_model("openai-api/mock/mock", base_url=url, api_key="none")
task = Task(dataset=json_dataset("qa.jsonl"), solver=generate(), scorer=exact())
(log,) = run(task, model=model, max_connections=flying, max_samples=flying, display="none",
             log_dir="logs", fail_on_error=False, temperature=0)
scores = [s.scores["exact"].value for s in log.samples if s.scores]
print("found", json.dumps([len(scores), scores.count("I")]))
"""

DEEPEVAL = """
import asyncio, json, os, sys
os.environ |= {"DEEPEVAL_TELEMETRY_OPT_OUT": "1", "OPENAI_API_KEY": "none"}
from deepeval import evaluate
from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig
from deepeval.metrics import ExactMatchMetric
from deepeval.test_case import LLMTestCase
from openai import AsyncOpenAI, APIError
url, flying = sys.argv[1], int(sys.argv[2])
lines = [json.loads(line) for line in open("qa.jsonl")]

async def ask():
    gate = asyncio.Semaphore(flying)
    async with AsyncOpenAI(base_url=url, api_key="none", max_retries=5) as client:
        async def one(line):
            turns = [{"role": "user", "content": line["input"]}]
            async with gate:
                try:
                    reply = await client.chat.completions.create(
                        model="mock", temperature=0, messages=turns)
                except APIError:
                    return None
            return LLMTestCase(input=line["input"], expected_output=line["target"],
                               actual_output=reply.choices[0].message.content)
        return await asyncio.gather(*map(one, lines))

cases = [case for case in asyncio.run(ask()) if case is not None]
done = evaluate(
    cases, [ExactMatchMetric()],
    async_config=AsyncConfig(run_async=True, max_concurrent=flying, throttle_value=0),
    display_config=DisplayConfig(show_indicator=False, print_results=False),
    cache_config=CacheConfig(write_cache=False, use_cache=False))
right = sum(result.success for result in done.test_results)
print("found", json.dumps([len(done.test_results), len(done.test_results) - right]))
"""


class Took(NamedTuple):
    """What one process took, and what it found."""

    wall: float
    cpu: float
    peak: float
    flying: float
    calls: float
    scored: int
    wrong: int


def written(folder: Path, url: str, n: int) -> None:
    """The questions, and what Assay and promptfoo are to do with them."""
    lines = [{"id": i + 1, "input": QUESTION.format(i), "target": "Paris"} for i in range(n)]
    (folder / "qa.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "suite.yaml").write_text(SUITE.format(url=url, flying=FLYING))
    config = {
        "prompts": ["{{input}}"],
        "providers": [
            {
                "id": "openai:chat:mock",
                "config": {"apiBaseUrl": url, "apiKey": "none", "temperature": 0},
            }
        ],
        "tests": [
            {
                "vars": {"input": line["input"]},
                "assert": [{"type": "equals", "value": line["target"]}],
            }
            for line in lines
        ],
    }
    (folder / "promptfooconfig.json").write_text(json.dumps(config))


def command_of(tool: str, program: str, url: str) -> list[str]:
    """How a tool is started."""
    if tool == "promptfoo":
        return [
            program, "eval", "-c", "promptfooconfig.json", "-j", str(FLYING), "--no-cache",
            "--no-progress-bar", "--no-table", "-o", "out.json",
        ]  # fmt: skip
    script = {"assay": ASSAY, "inspect": INSPECT, "deepeval": DEEPEVAL}[tool]
    return [program, "-c", script, url, str(FLYING)]


def found_by(tool: str, told: str, folder: Path) -> tuple[int, int]:
    """How many samples have a score, and how many of them are counted as failures."""
    if tool != "promptfoo":
        line = next(line for line in told.splitlines() if line.startswith("found "))
        scored, wrong = json.loads(line.removeprefix("found "))
        return scored, wrong
    results = json.loads((folder / "out.json").read_text())["results"]["results"]
    scored = [r for r in results if not r.get("error") or r.get("response", {}).get("output")]
    return len(scored), sum(not r["success"] for r in scored)


def ran(tool: str, program: str, n: int, *refusing: str) -> Took:
    """One run in a process of its own, against a fresh server, started with more arguments."""
    with server(*refusing) as url, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written(folder, url, n)
        home = {"HOME": name, "PROMPTFOO_CONFIG_DIR": name, "PROMPTFOO_DISABLE_TELEMETRY": "1",
                "PROMPTFOO_DISABLE_UPDATE": "1"}  # fmt: skip
        began = time.perf_counter()
        command = command_of(tool, program, url)
        with (
            (folder / "errors").open("w") as errors,
            subprocess.Popen(
                command, cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True,
                env=os.environ | home,
            ) as process,
        ):  # fmt: skip
            assert process.stdout is not None
            told = process.stdout.read()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        saw = seen(url)
        # promptfoo ends with 100 where a test failed
        assert process.returncode in (0, 100), (folder / "errors").read_text()[-2_000:]
        scored, wrong = found_by(tool, told, folder)
    cpu = used.ru_utime + used.ru_stime
    return Took(wall, cpu, used.ru_maxrss / 1024, saw["most"], saw["calls"], scored, wrong)


def cost(tools: dict[str, str], n: int, rounds: int) -> None:
    """What a sample costs, in turns."""
    took: dict[str, list[tuple[Took, Took]]] = {tool: [] for tool in tools}
    for _ in range(rounds):
        for tool, program in tools.items():
            took[tool].append((ran(tool, program, 1), ran(tool, program, n)))
    print(f"{n:,} samples, medians of {rounds}; `times` of Assay's CPU for a sample, in turn")
    for tool, pairs in took.items():
        each = [1000 * (many.cpu - one.cpu) / (n - 1) for one, many in pairs]
        ours = [1000 * (many.cpu - one.cpu) / (n - 1) for one, many in took["assay"]]
        times = [mine / theirs for mine, theirs in zip(each, ours, strict=True)]
        middle = [statistics.median(values) for values in zip(*(m for _, m in pairs), strict=True)]
        start = statistics.median(one.cpu for one, _ in pairs)
        many = Took(*middle)
        print(
            f"{tool:<10} wall {many.wall:6.2f} s  {n / many.wall:6,.0f}/s  start {start:4.2f} s  "
            f"cpu_ms {statistics.median(each):6.2f} ({min(times):.1f}-{max(times):.1f} times)  "
            f"peak {many.peak:4.0f} MB  flying {many.flying:.0f}",
            flush=True,
        )


def failures(tools: dict[str, str], n: int) -> None:
    """What becomes of the samples whose calls fail at first."""
    print("One call in ten refused with 429, one in twenty broken with 500:")
    for tool, program in tools.items():
        found = ran(tool, program, n, "--limited", "0.1", "--broken", "0.05")
        print(
            f"{tool:<10} scored {found.scored:,} of {n:,}, wrong {found.wrong}, "
            f"{found.calls:,.0f} calls, {found.wall:.1f} s",
            flush=True,
        )


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("cost", "failures"))
    for tool in ("inspect", "deepeval", "promptfoo"):
        parser.add_argument(f"--{tool}", metavar="PROGRAM")
    asked = parser.parse_args()
    given = {"assay": sys.executable, "inspect": asked.inspect, "deepeval": asked.deepeval,
             "promptfoo": asked.promptfoo}  # fmt: skip
    tools = {tool: program for tool, program in given.items() if program}
    n = asked.samples
    if asked.only != "failures":
        cost(tools, n, asked.rounds)
    if asked.only != "cost":
        failures(tools, n)


if __name__ == "__main__":
    main()
