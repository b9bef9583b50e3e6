"""How often 95 % intervals of a share hold it, by the code of tools for language models.

    python benchmarks/bench_llm_intervals.py [--runs 4000] --inspect PYTHON --garak PYTHON

A peer is run by the interpreter of an environment where it is installed; one that is not given is
left out. Inspect's scorers report a mean and its standard error; ``ci`` and ``ci_wilson`` are
metrics to ask for. In the third world five questions are of one document, and Inspect and Assay are
told so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

INSPECT_INTERVALS = """
import json, sys
from inspect_ai.scorer import SampleScore, Score, ci, ci_wilson, stderr
def held(rows, p, clusters):
    ways = {"mean +- 1.96 stderr": 0, "ci": 0, "ci_wilson": 0}
    by = {"cluster": "c"} if clusters else {}
    for row in rows:
        scores = [SampleScore(score=Score(value=v), sample_id=i, sample_metadata={"c": c})
                  for i, (v, c) in enumerate(row)]
        mean = sum(v for v, _ in row) / len(row)
        error = stderr(**by)(scores)
        ways["mean +- 1.96 stderr"] += abs(mean - p) <= 1.96 * error
        for name, made in (("ci", ci), ("ci_wilson", ci_wilson)):
            found = made(**by)(scores)
            ways[name] += found["lower"] <= p <= found["upper"]
    return {name: count / len(rows) for name, count in ways.items()}
print("found", json.dumps(held(**json.load(sys.stdin))))
"""

GARAK_INTERVALS = """
import json, sys
from garak import _config
_config.load_base_config()
from garak.analyze.bootstrap_ci import calculate_bootstrap_ci
def held(rows, p, clusters):
    count = 0
    for row in rows[:1000]:
        low, high = calculate_bootstrap_ci([v for v, _ in row], 1.0, 1.0, num_iterations=1000)
        count += low <= 100 * p <= high
    return {"bootstrap": count / len(rows[:1000])}
print("found", json.dumps(held(**json.load(sys.stdin))))
"""


def asked(command: list[str], folder: Path, given: str = "") -> Any:
    """What a process found."""
    quiet = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CACHE_HOME": str(folder),
             "XDG_CONFIG_HOME": str(folder), "PROMPTFOO_CONFIG_DIR": str(folder / "p"),
             "PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1"}  # fmt: skip
    done = subprocess.run(command, input=given, capture_output=True, text=True, cwd=folder,
                          env=os.environ | quiet, check=False, timeout=400)  # fmt: skip
    line = next((x for x in done.stdout.splitlines() if x.startswith("found ")), None)
    return json.loads(line.removeprefix("found ")) if line else done.stdout + done.stderr


def intervals(peers: dict[str, str], runs: int) -> None:
    """Coverage in three worlds."""
    from assay.inference.cluster_jackknife import cluster_interval
    from assay.inference.proportions import wilson

    rng = np.random.default_rng(0)
    worlds = {
        "30 samples, 0.95": (np.full((runs, 30), 0.95), 1, 0.95),
        "30 samples, 0.7": (np.full((runs, 30), 0.7), 1, 0.7),
        "20 documents of 5, 0.9": (np.repeat(rng.beta(2.7, 0.3, (runs, 20)), 5, axis=1), 5, 0.9),
    }
    for name, (rates, size, p) in worlds.items():
        right = (rng.random(rates.shape) < rates).astype(int)
        n, held = right.shape[1], 0
        for row in right:
            total, own = int(row.sum()), wilson(int(row.sum()), n, 0.95)
            low, high = own.low, own.high
            if size > 1:
                of = np.add.reduceat(row, np.arange(0, n, size))
                sizes = np.full(len(of), size)
                low, high, _ = cluster_interval(
                    total / n, (total - of) / (n - sizes), sizes, own, level=0.95, share=True
                )
            held += low <= p <= high
        print(f"{name}: assay {held / runs:.3f}", flush=True)
        rows = [[(int(v), i // size) for i, v in enumerate(row)] for row in right]
        given = json.dumps({"rows": rows, "p": p, "clusters": size > 1})
        for tool, script in (("inspect", INSPECT_INTERVALS), ("garak", GARAK_INTERVALS)):
            if tool in peers:
                with tempfile.TemporaryDirectory() as folder:
                    found = asked([peers[tool], "-c", script], Path(folder), given)
                print(f"{name}: {tool} {found}", flush=True)


def main() -> None:
    """Three worlds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=4_000)
    for tool in ("inspect", "garak"):
        parser.add_argument(f"--{tool}", metavar="PYTHON")
    given = vars(parser.parse_args())
    intervals({tool: given[tool] for tool in ("inspect", "garak") if given[tool]}, given["runs"])


if __name__ == "__main__":
    main()
