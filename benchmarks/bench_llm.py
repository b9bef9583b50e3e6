"""Collecting the answers of a language model, beside a bare loop over the same client library.

    python benchmarks/bench_llm.py [--samples 10000] [--rounds 3] [--long 100000]

A server in a process of its own answers after 20 ms; 50 calls in flight. *bare*: workers over
aiohttp that post, read and decode, and keep nothing. *assay*: the collection, with journal and
cache. *run*: ``assay run`` of a suite with an exact-match check, start to end. Each is a process,
and they take turns. ``cpu_ms`` are milliseconds of the asking process for a sample, ``peak`` its
greatest resident memory in MB, ``flying`` what the server saw at once, ``first`` how long after
the start the first call came, ``bytes`` what a sample takes in the run's folder beyond the text of
question and answer: in the journal while it is there, and in Parquet once it is finished.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assay.core.check import LanguageModelSpec
from assay.core.exchange import Sample

ROOT = Path(__file__).resolve().parents[1]
FLYING = 50
SUITE = """
suite: capitals
subjects:
  bot: {{llm: "{url}", model: mock, temperature: 0, concurrency: {flying}, cache: true}}
  qa: {{samples: qa.jsonl}}
checks:
  - llm.exact_match: {{on: bot, data: qa}}
    at_least: 0.5
"""
QUESTION = "What is the capital of the country numbered {}? Answer with its name alone."


@contextmanager
def server(*arguments: str) -> Iterator[str]:
    """The address of a server of its own, started with more arguments."""
    command = [sys.executable, "tests/servers/endpoint.py", "--after", "0.02", *arguments]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def seen(url: str) -> dict[str, float]:
    """What the server saw."""
    with urllib.request.urlopen(url.removesuffix("/v1") + "/seen") as response:
        return dict(json.load(response))


async def bare(url: str, n: int) -> None:
    """The least that a client can do."""
    import aiohttp
    import msgspec

    todo = iter(range(n))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=FLYING)) as session:

        async def work() -> None:
            for i in todo:
                turns = [{"role": "user", "content": QUESTION.format(i)}]
                body = msgspec.json.encode({"model": "mock", "temperature": 0, "messages": turns})
                headers = {"Content-Type": "application/json"}
                address = f"{url}/chat/completions"
                async with session.post(address, data=body, headers=headers) as response:
                    msgspec.json.decode(await response.read())

        await asyncio.gather(*(work() for _ in range(FLYING)))


def collected(url: str, n: int, folder: str) -> None:
    """The collection, as a run does it."""
    from assay.collect.generation.collecting import collect_generations
    from assay.subjects.language.model import open_language_model

    spec = LanguageModelSpec(
        url=url, model="mock", temperature=0, concurrency=FLYING, cache=True, stream=False
    )
    model = open_language_model(spec, folder=".", allow_code=False)
    samples = (Sample(id=f"q{i}", input=QUESTION.format(i), target=("Paris",)) for i in range(n))
    got = collect_generations(
        samples, model, spec, folder=f"{folder}/run", cache=f"{folder}/cache.sqlite", total=n
    )
    assert got.totals.answered == n


def child(what: str, url: str, n: int) -> None:
    """One process of the comparison: prints what it took."""
    with tempfile.TemporaryDirectory() as folder:
        start, began, used = time.time(), time.perf_counter(), time.process_time()
        if what == "bare":
            asyncio.run(bare(url, n))
        else:
            collected(url, n, folder)
        took = {
            "began": start,
            "wall": time.perf_counter() - began,
            "cpu": time.process_time() - used,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        parts = sum(path.stat().st_size for path in Path(folder).glob("run/part-*"))
        took["bytes"] = parts / n
        print(json.dumps(took))


def measured(what: str, n: int) -> dict[str, float]:
    """One run in a process of its own, against a fresh server."""
    with server() as url, tempfile.TemporaryDirectory() as folder:
        if what == "run":
            took = ran(url, n, Path(folder))
        else:
            command = [sys.executable, __file__, "--child", what, "--url", url, "--samples", str(n)]
            done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
            took = json.loads(done.stdout)
        saw = seen(url)
    assert saw["calls"] == n
    text = sum(len(QUESTION.format(i)) for i in range(0, n, 100)) / (n / 100) + len("Paris")
    took["first"] = saw["first"] - took.pop("began")
    return took | {"flying": saw["most"], "bytes": took["bytes"] - text}


def ran(url: str, n: int, folder: Path) -> dict[str, float]:
    """``assay run``, whole."""
    with (folder / "qa.jsonl").open("w") as file:
        for i in range(n):
            file.write(json.dumps({"id": i, "input": QUESTION.format(i), "target": "Paris"}) + "\n")
    (folder / "suite.yaml").write_text(SUITE.format(url=url, flying=FLYING))
    began = time.time()
    command = [sys.executable, "-m", "assay", "run", "suite.yaml"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, told
    size = sum(p.stat().st_size for p in folder.glob(".assay/runs/*/observations/bot%40qa/*"))
    return {
        "began": began, "wall": time.time() - began, "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss / 1024, "bytes": size / n,
    }  # fmt: skip


def journal_bytes() -> float:
    """Bytes of a line of the journal beyond the answer's text."""
    from assay.collect.generation.journal import Piece
    from assay.core.exchange import Answer, Tokens

    with tempfile.TemporaryDirectory() as folder:
        piece = Piece(f"{folder}/journal-000000.jsonl")
        tokens = Tokens(prompt=20, completion=1)
        answer = Answer(unit="q12345", text="Paris", tokens=tokens, seconds=0.0234567890123456)
        try:
            return piece.write(bytes(16), answer) - len("Paris")
        finally:
            piece.close()


def show(name: str, n: int, took: dict[str, float]) -> None:
    """One line of the table."""
    per = 1000 * took["cpu"] / n
    kept = "" if name == "bare" else f"  bytes {took['bytes']:.0f}"
    print(
        f"{name:<6} {n:>7,} samples  {n / took['wall']:7,.0f}/s  cpu_ms {per:.3f}"
        f"  peak {took['peak']:.0f} MB  flying {took['flying']:.0f}"
        f"  first {took['first']:.2f} s{kept}",
        flush=True,
    )


def main() -> None:
    """Compare, in turns."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--long", type=int, default=100_000)
    parser.add_argument("--child", choices=("bare", "assay"))
    parser.add_argument("--url", default="")
    asked = parser.parse_args()
    if asked.child:
        child(asked.child, asked.url, asked.samples)
        return
    ratios: dict[str, list[float]] = {"assay": [], "run": []}
    for _ in range(asked.rounds):
        all_took = {what: measured(what, asked.samples) for what in ("bare", *ratios)}
        for what, took in all_took.items():
            show(what, asked.samples, took)
        for what, of in ratios.items():
            of.append(all_took["bare"]["wall"] / all_took[what]["wall"])
    for what, of in ratios.items():
        print(f"{what}: throughput {statistics.median(of):.2f} of bare (median of {len(of)})")
    print(f"journal: {journal_bytes():.0f} bytes a line beyond the text")
    if asked.long:
        show("run", asked.long, measured("run", asked.long))


if __name__ == "__main__":
    main()
