"""What tools make of answers that never come, and of a judge whose replies are no grades.

    python benchmarks/bench_llm_gaps.py --inspect PYTHON --promptfoo PROMPTFOO \\
        --deepeval PYTHON --ragas PYTHON

A peer is run by the interpreter (promptfoo: the program) of an environment where it is installed;
one that is not given is left out. ragas 0.4.3 needs ``langchain-community<0.4`` beside it. Nothing
is fetched: a server of ours stands for the models.

*never*: of 100 questions, 10 always end with the status 400; the others are answered rightly.
(DeepEval and ragas do not ask the model under test.) The server's error repeats the key that it was
sent, and ``key in`` are the files of the tool that hold it then. *judge*: of 20 right answers, a
judge grades 10 as good, and says of the others what is no grade.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
from aiohttp import web
from bench_llm import ROOT
from bench_llm_intervals import asked

sys.path.insert(0, str(ROOT))

from tests.servers.behaviours import Behaviour, body, completion, refuses
from tests.servers.endpoint import serving

QUESTION = "What is the capital of the country numbered {}?"
KEY = "sk-planted-6f1c0f5d7a9b4e2c8d3a"
ZSTANDARD = 93  # the number of the method in an archive
NO_GRADE = "I would rather not say."
GOOD = {
    "assay": "GRADE: 5", "inspect": "GRADE: C",
    "promptfoo": '{"pass": true, "score": 1, "reason": "r"}',
    "deepeval": '{"score": 10, "reason": "r"}', "ragas": '{"reason": "r", "verdict": 1}',
}  # fmt: skip

SUITE = """
suite: gaps
subjects:
  bot: {{llm: "{url}", model: mock, api_key: "${{KEY}}"}}
  grader: {{llm: "{url}", model: judge}}
  qa: {{samples: qa.jsonl}}
checks:
  - {check}
"""
CHECKS = {
    "never": "{llm.exact_match: {on: bot, data: qa}, at_least: 0.95}",
    "judge": "{llm.judge: {on: bot, data: qa, judge: grader, rubric: right?}, at_least: 4}",
}

INSPECT_RUN = """
import json, os, sys
from inspect_ai import Task, eval as run
from inspect_ai.dataset import json_dataset
from inspect_ai.model import get_model
from inspect_ai.scorer import exact, model_graded_qa
from inspect_ai.solver import generate
url, what = sys.argv[1:]
model, judge = (get_model(f"openai-api/mock/{name}", base_url=url, api_key=os.environ["KEY"])
                for name in ("mock", "judge"))
scorer = exact() if what == "never" else model_graded_qa(model=judge)
(log,) = run(Task(dataset=json_dataset("qa.jsonl"), solver=generate(), scorer=scorer), model=model,
             display="none", fail_on_error=False, log_dir="logs")
(score,) = log.results.scores
print("found", json.dumps({name: m.value for name, m in score.metrics.items()}
      | {"scored": score.scored_samples, "unscored": score.unscored_samples, "status": log.status}))
"""

DEEPEVAL_JUDGE = """
import json, os, sys
os.environ |= {"DEEPEVAL_TELEMETRY_OPT_OUT": "1"}
from deepeval import evaluate
from deepeval.evaluate import DisplayConfig, ErrorConfig
from deepeval.metrics import GEval
from deepeval.models import LocalModel
from deepeval.test_case import LLMTestCase, SingleTurnParams
judge = LocalModel(model="judge", base_url=sys.argv[1], api_key="none")
metric = GEval(name="Right", evaluation_steps=["Is it right?"], model=judge, evaluation_params=[
    SingleTurnParams.INPUT, SingleTurnParams.ACTUAL_OUTPUT])
lines = [json.loads(line) for line in open("qa.jsonl")]
cases = [LLMTestCase(input=line["input"], actual_output="Paris") for line in lines]
quiet = DisplayConfig(show_indicator=False, print_results=False)
try:
    evaluate(cases, [metric], display_config=quiet)
    first = "ended"
except Exception as error:
    first = f"{type(error).__name__}: {error}"[:200]
done = evaluate(cases, [metric], error_config=ErrorConfig(ignore_errors=True), display_config=quiet)
print("found", json.dumps({"by default": first, "ignore_errors": {
    "passed": sum(r.success is True for r in done.test_results),
    "failed": sum(r.success is False for r in done.test_results),
    "neither": sum(r.success is None for r in done.test_results)}}))
"""

RAGAS_JUDGE = """
import json, os, sys, warnings
warnings.filterwarnings("ignore")
os.environ |= {"RAGAS_DO_NOT_TRACK": "true", "OPENAI_API_KEY": "none"}
from langchain_openai import ChatOpenAI
from ragas import EvaluationDataset, evaluate
from ragas.llms import LangchainLLMWrapper
from ragas.metrics import AspectCritic
judge = LangchainLLMWrapper(ChatOpenAI(model="judge", base_url=sys.argv[1], api_key="none"))
lines = [json.loads(line) for line in open("qa.jsonl")]
data = EvaluationDataset.from_list([{"user_input": x["input"], "response": "Paris"} for x in lines])
metric = AspectCritic(name="right", definition="Is it right?", llm=judge)
found = evaluate(data, [metric], show_progress=False)
none = sum(value != value for value in found["right"])
print("found", json.dumps({"shown": str(found), "without": none, "of": len(lines)}))
"""


def promptfoo(program: str, config: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """The rows of an evaluation, and its counts printed."""
    (folder / "c.json").write_text(json.dumps(config))
    command = [program, "eval", "-c", "c.json", "--no-cache", "--no-progress-bar", "--no-table",
               "-o", "out.json"]  # fmt: skip
    asked(command, folder)
    results = json.loads((folder / "out.json").read_text())["results"]
    print("promptfoo", {k: results["stats"][k] for k in ("successes", "failures", "errors")})
    return list(results["results"])


def assay_run(folder: Path, suite: str) -> None:
    """The measurements of a suite."""
    (folder / "suite.yaml").write_text(suite)
    command = [
        sys.executable,
        "-m",
        "assay",
        "run",
        "suite.yaml",
        "--allow-code",
        "--report",
        "run.json",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    for r in json.loads((folder / "run.json").read_text())["results"]:
        for m in r["measurements"]:
            found = f"{m['value']:.4f} [{m['low']:.4f}, {m['high']:.4f}] n {m['n']}"
            print(f"assay {r['id']}: {found}, {r['verdict']}", flush=True)


async def repeats_the_key(request: web.Request, asked: dict[str, Any]) -> web.StreamResponse:
    """An error that says too much."""
    return await refuses(400, f"No: {request.headers['Authorization']}")(request, asked)


def behaviour(what: str, tool: str) -> Callable[[dict[str, Any], int], Behaviour]:
    """Of the server: it goes by the number in the question."""

    def choose(call: dict[str, Any], _number: int) -> Behaviour:
        number = int(re.findall(r"numbered (\d+)", json.dumps(call["messages"]))[-1])
        text = "Paris"
        if call["model"] == "judge":
            text = GOOD[tool] if number % 2 else NO_GRADE
        elif what == "never" and number % 10 == 0:
            return repeats_the_key
        return body(completion({"content": text}, model=call["model"]))

    return choose


def failing(peers: dict[str, str], what: str, n: int) -> None:
    """Answers that never come; grades that are none."""
    print(f"== {what}")
    for tool in ("assay", *peers):
        if tool == "garak" or (tool in ("deepeval", "ragas") and what == "never"):
            continue
        with serving(behaviour(what, tool)) as served, tempfile.TemporaryDirectory() as name:
            folder, url = Path(name), served.url
            lines = [
                {"id": i + 1, "input": QUESTION.format(i), "target": "Paris"} for i in range(n)
            ]
            (folder / "qa.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
            if tool == "assay":
                assay_run(folder, SUITE.format(url=url, check=CHECKS[what]))
            elif tool == "promptfoo":
                of = {"apiBaseUrl": url, "apiKeyEnvar": "KEY"}
                judge = {"id": "openai:chat:judge", "config": of}
                check: dict[str, Any] = {"type": "equals", "value": "Paris"}
                if what == "judge":
                    rubric = "Is it right? {{input}}"
                    check = {"type": "llm-rubric", "value": rubric, "provider": judge}
                config = {
                    "prompts": ["{{input}}"],
                    "providers": [{"id": "openai:chat:mock", "config": of}],
                    "tests": [{"vars": {"input": x["input"]}, "assert": [check]} for x in lines],
                }
                promptfoo(peers[tool], config, folder)
            else:
                script = {
                    "inspect": [INSPECT_RUN, url, what],
                    "deepeval": [DEEPEVAL_JUDGE, url],
                    "ragas": [RAGAS_JUDGE, url],
                }[tool]
                print(tool, asked([peers[tool], "-c", *script], folder), flush=True)
            if what == "never":
                held = {p.name for p in folder.rglob("*") if p.is_file() and holds(p)}
                print(f"{tool} key in {held or 'no file'}", flush=True)


def holds(path: Path) -> bool:
    """Whether the key is in the file, or in a member of it where it is an archive."""
    data = path.read_bytes()
    if not zipfile.is_zipfile(path):
        return KEY.encode() in data
    with zipfile.ZipFile(path) as archive:
        return any(KEY.encode() in member(archive, info, data) for info in archive.infolist())


def member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, data: bytes) -> bytes:
    """The bytes of a member, also where it is compressed by Zstandard (as Inspect's logs are)."""
    if info.compress_type != ZSTANDARD:
        return archive.read(info)
    name, extra = struct.unpack("<HH", data[info.header_offset + 26 : info.header_offset + 30])
    begin = info.header_offset + 30 + name + extra
    packed = pyarrow.BufferReader(data[begin : begin + info.compress_size])
    return bytes(pyarrow.input_stream(packed, compression="zstd").read())


def main() -> None:
    """Both."""
    parser = argparse.ArgumentParser()
    tools = ("inspect", "promptfoo", "deepeval", "ragas")
    for tool in tools:
        parser.add_argument(f"--{tool}", metavar="PROGRAM")
    os.environ["KEY"] = KEY
    given = vars(parser.parse_args())
    peers = {tool: given[tool] for tool in tools if given[tool]}
    failing(peers, "never", 100)
    failing(peers, "judge", 20)


if __name__ == "__main__":
    main()
