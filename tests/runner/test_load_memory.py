"""Memory of what serves a model: in this process, in one of its own, and elsewhere."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.blocks import ROOT

import assay
from assay.core.check import LanguageModelSpec
from assay.core.result import Result
from assay.subjects.language.processes import resident_bytes, serving_processes

MB = 2**20
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="memory is read from /proc, which is Linux's"
)


def run(folder: Path, llm: str, more: str = "") -> Result:
    write(folder, llm, more)
    (result,) = assay.run(folder / "suite.yaml").results
    return result


def write(folder: Path, llm: str, more: str = "") -> None:
    lines = [{"id": i, "input": f"question {i}"} for i in range(5)]
    (folder / "qa.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "suite.yaml").write_text(
        f"suite: memory\nsubjects:\n  bot: {{llm: '{llm}'{more}}}\n  qa: {{samples: qa.jsonl}}\n"
        "checks:\n  - llm.load_memory: {on: bot, data: qa, concurrency: [1, 4], requests: 8}\n"
        "    at_most: 100000000000\n"
    )


def test_memory_of_a_callable_is_that_of_this_process(tmp_path: Path) -> None:
    """Each call keeps 8 MB and more; the second level comes after 8 such calls."""
    (tmp_path / "hoards.py").write_text(
        "kept = []\n\n\ndef answer(text):\n    kept.append(bytes([1]) * 2**23)\n    return 'yes'\n"
    )
    write(tmp_path, "python:hoards:answer")
    done = subprocess.run(  # a process that has nothing yet which it could use again
        [sys.executable, "-m", "assay", "run", "suite.yaml", "--allow-code", "--json"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    (result,) = json.loads(done.stdout)["results"]
    assert result["verdict"] == "pass", result["reason"]
    one, four = result["measurements"]
    assert (one["key"], four["key"]) == ({"concurrency": "1"}, {"concurrency": "4"})
    assert one["value"] > 8 * 8 * MB
    assert four["value"] > one["value"] + 7 * 8 * MB
    assert (one["unit"], one["n"]) == ("bytes", 8)
    assert one["low"] == one["value"] == one["high"]


def test_a_server_of_its_own_is_found_by_its_port(tmp_path: Path) -> None:
    server = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "servers" / "endpoint.py")],
        stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        assert serving_processes(LanguageModelSpec(url=url)) == (server.pid,)
        result = run(tmp_path, url, ", model: m")
        status = Path(f"/proc/{server.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        most = int(line.split()[1]) * 1024
        assert [0.5 * most < m.value <= most + MB for m in result.measurements] == [True, True]
    finally:
        server.terminate()
        server.wait(10)
        assert server.stdout is not None
        server.stdout.close()


def test_descendants_count_too() -> None:
    """A shell that holds the port, and a child that does not."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        url = f"http://localhost:{listening.getsockname()[1]}/v1"
        child = subprocess.Popen(["sleep", "30"])
        try:
            found = serving_processes(LanguageModelSpec(url=url))
            assert {os.getpid(), child.pid} <= set(found)
            alone, both = resident_bytes((os.getpid(),)), resident_bytes(found)
            assert alone is not None
            assert both is not None
            assert both > alone
        finally:
            child.kill()
            child.wait(10)


def test_what_is_elsewhere_or_gone_has_no_memory() -> None:
    for url in ("https://api.openai.com/v1", "http://127.0.0.1:9/v1", "http://10.0.0.1:8080/v1"):
        assert serving_processes(LanguageModelSpec(url=url)) == ()
    assert resident_bytes(()) is None
    gone = subprocess.Popen(["true"])
    gone.wait(10)
    assert resident_bytes((gone.pid,)) is None
