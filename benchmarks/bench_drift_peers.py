"""Drift of 19 columns, next to other tools at their own defaults: cost, and what they find.

    python benchmarks/bench_drift_peers.py --evidently PYTHON --nannyml PYTHON \\
        --alibi-detect PYTHON --deepchecks PYTHON

A peer is run by the interpreter that is given for it, of an environment where it is installed
beside pyarrow; one that is not given is left out. *Cost*: two Parquet files as in
``bench_drift.py``, whole processes in turn, reading included and no report drawn by choice;
medians, with the least and the greatest of the ratio to Assay's CPU seconds in the same turn.
*Planted* and *null pairs*: the same tables for all; what counts is which columns a tool calls
drifted. NannyML judges ten chunks of the rows: a column counts where any chunk alerts, and, a line
below, where most of them do. It gets a multiple of ten rows: of others, up to nine would be an
eleventh chunk, which lies far from all, and with it in the reference hardly anything alerts.
alibi-detect wants numbers: texts become the positions of their values, times their nanoseconds.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from bench_drift import (
    BY_DAY,
    PLANTED,
    SUITE,
    measured,
    null_halves,
    of_2013,
    planted_pairs,
    write,
    wrongly,
)

PAIRS = """
import json, sys, warnings
from importlib.metadata import version
import pandas as pd
warnings.simplefilter("ignore")

def pairs():
    for folder in sys.argv[1:]:
        files = [f"{folder}/{side}.parquet" for side in ("reference", "current")]
        yield [pd.read_parquet(file).drop(columns="date", errors="ignore") for file in files]

def say(drifted, mostly=None):
    print("drifted", json.dumps([sorted(drifted), sorted(mostly or ())]), flush=True)
"""

ASSAY = """
import json, sys, tempfile
from importlib.metadata import version
import assay
print("version", version("assay"))
for folder in sys.argv[1:]:
    with tempfile.TemporaryDirectory() as home:
        run = assay.run(f"{folder}/suite.yaml", home=home)
    odd = {r.verdict for r in run.results} - {"pass", "fail", "inconclusive"}
    assert not odd, odd
    failed = [r.id.rsplit("/", 1)[-1] for r in run.results if r.verdict == "fail"]
    print("drifted", json.dumps([failed, []]), flush=True)
"""

EVIDENTLY = """
from evidently import Report
from evidently.presets import DataDriftPreset
print("version", version("evidently"))
for reference, current in pairs():
    metrics = Report([DataDriftPreset()]).run(current, reference).dict()["metrics"]
    judged = [(m["config"], m["value"]) for m in metrics if "column" in m["config"]]
    say([
        c["column"] for c, value in judged
        if (value < c["threshold"] if "p_value" in c["method"] else value >= c["threshold"])
    ])
"""

NANNYML = """
import nannyml
print("version", version("nannyml"))
for sides in pairs():
    reference, current = (frame[: len(frame) // 10 * 10] for frame in sides)
    calculator = nannyml.UnivariateDriftCalculator(column_names=list(reference.columns))
    found = calculator.fit(reference).calculate(current).filter(period="analysis").to_df()
    share = {c[0]: found[c].mean() for c in found.columns if c[-1] == "alert"}
    say([c for c, s in share.items() if s > 0], [c for c, s in share.items() if s > 0.5])
"""

ALIBI_DETECT = """
import numpy as np
from alibi_detect.cd import TabularDrift
print("version", version("alibi-detect"))
for reference, current in pairs():
    x, values = [np.empty(frame.shape) for frame in (reference, current)], {}
    for i, column in enumerate(reference):
        sides = [frame[column] for frame in (reference, current)]
        if sides[0].dtype == object:
            known = sorted({value for side in sides for value in side.dropna()})
            sides = [pd.Series(pd.Categorical(side, known).codes) for side in sides]
            values[i] = None
        elif sides[0].dtype.kind == "M":
            sides = [side.astype("int64") for side in sides]
        for to, side in zip(x, sides):
            to[:, i] = side
    said = TabularDrift(x[0], categories_per_feature=values).predict(x[1])["data"]
    say([c for c, p in zip(reference, said["p_val"]) if p < said["threshold"]])
"""

DEEPCHECKS = """
import logging
from deepchecks.tabular import Dataset
from deepchecks.tabular.checks import FeatureDrift
logging.disable()
print("version", version("deepchecks"))
for reference, current in pairs():
    texts = [c for c in reference if reference[c].dtype == object]
    sides = [Dataset(frame, cat_features=texts) for frame in (reference, current)]
    result = FeatureDrift().add_condition_drift_score_less_than().run(*sides)
    scores = {c: v["Drift score"] for c, v in result.value.items()}
    say([c for c, score in scores.items() if score is not None and score >= 0.2])
"""

PEERS = {
    "Evidently": PAIRS + EVIDENTLY,
    "NannyML": PAIRS + NANNYML,
    "alibi-detect": PAIRS + ALIBI_DETECT,
    "Deepchecks": PAIRS + DEEPCHECKS,
}
QUIET = {"DO_NOT_TRACK": "1", "NML_DISABLE_USAGE_LOGGING": "1", "NML_DISABLE_USER_ANALYTICS": "1"}
"""How the peers are told to send nothing."""


def write_findings(folder: Path, pairs: int, rows: int) -> None:
    """The planted pairs and the null pairs, each with a suite.

    Rows are in random order, so that NannyML's ten chunks of the reference are alike.
    """
    table = of_2013()
    tables = {f"planted{i}": p[2:] for i, p in enumerate(planted_pairs(table))}
    for null, days in (("rows", False), ("days", True)):
        halves = null_halves(table, pairs, rows, days=days)
        tables |= {f"{null}{i}": sides for i, sides in enumerate(halves)}
    for name, sides in tables.items():
        place = folder / name
        place.mkdir()
        for side, frame in zip(("reference", "current"), sides, strict=True):
            frame.sample(frac=1, random_state=1).to_parquet(place / f"{side}.parquet", index=False)
        suite = BY_DAY if name.startswith("days") else SUITE
        (place / "suite.yaml").write_text(suite.format(limit=0.1))


def apart(work: object, *given: object) -> None:
    """Do it in a process of its own: a child's peak begins with what its parent holds."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=given)  # type: ignore[arg-type]
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit("the tables were not written")


def costs(commands: dict[str, list[str]], folder: str, repeats: int) -> None:
    """Measure whole processes in turn and print."""
    turns = [{n: measured(c, folder) for n, c in commands.items()} for _ in range(repeats)]
    print(f"{'':14}{'wall':>8}{'cpu':>8}{'peak':>8}   cpu beside Assay's")
    for name in commands:
        wall, cpu, peak = (statistics.median(t[name][i] for t in turns) for i in range(3))
        ratios = sorted(t[name][1] / t["Assay"][1] for t in turns)
        spread = f"{statistics.median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})"
        print(f"{name:14}{wall:8.2f}{cpu:8.2f}{peak:8.0f}   {spread}", flush=True)


def said(
    command: list[str], folders: Iterable[str], home: str
) -> tuple[str, list[list[list[str]]]]:
    """The version of a tool, and the columns that it calls drifted in each folder."""
    done = subprocess.run([*command, *folders], cwd=home, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command[0]}: {done.stderr[-2000:]}")
    lines = [line.split(" ", 1) for line in done.stdout.splitlines()]
    version = next(rest for word, rest in lines if word == "version")
    return version, [json.loads(rest) for word, rest in lines if word == "drifted"]


def findings(name: str, command: list[str], pairs: int, home: str) -> None:
    """Print what a tool finds of the planted drifts, and where it finds what is not there."""
    version, planted = said(command, [f"planted{i}" for i in range(len(PLANTED))], home)
    null = {n: said(command, [f"{n}{i}" for i in range(pairs)], home)[1] for n in ("rows", "days")}
    lines = [f"{name} {version}"]
    if any(mostly for _, mostly in planted):
        lines.append("  most chunks")
    for i, line in enumerate(lines):
        missed, wrong = [], []
        for (drift, (column, _)), drifted in zip(PLANTED.items(), planted, strict=True):
            missed += [] if column in drifted[i] else [f"{column} {drift}"]
            wrong += wrongly(drifted[i], drift)
        print(f"{line}: {len(PLANTED) - len(missed)} of {len(PLANTED)} found")
        print(f"  missed: {'; '.join(missed) or 'none'}")
        print(f"  other columns: {counted(wrong)}")
        for halves, found in null.items():
            alarms = sum(bool(drifted[i]) for drifted in found)
            columns = counted([column for drifted in found for column in drifted[i]])
            print(f"  halves of {halves}: {alarms} of {pairs} suites alarm: {columns}", flush=True)


def counted(names: list[str]) -> str:
    """Names with how often each is there."""
    return ", ".join(f"{n} {times}" for n, times in Counter(names).most_common()) or "none"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--repeats", type=int, default=3, help="of the cost; 0: leave that out")
    parser.add_argument("--pairs", type=int, default=20, help="of each kind without a drift")
    parser.add_argument("--pair-rows", type=int, default=20_000)
    for peer in PEERS:
        parser.add_argument(f"--{peer.lower()}", metavar="PYTHON")
    options = vars(parser.parse_args())
    os.environ.update(QUIET)
    pythons = {peer: options[peer.lower().replace("-", "_")] for peer in PEERS}
    for peer in [peer for peer, python in pythons.items() if not python]:
        print(f"{peer} is left out: no interpreter was given for it")
        del pythons[peer]
    with tempfile.TemporaryDirectory() as home:
        for name, script in {"Assay": ASSAY, **PEERS}.items():
            Path(home, f"{name}.py").write_text(script)
        Path(home, "suite.yaml").write_text(SUITE.format(limit=0.1))
        apart(write, Path(home), "flights", options["rows"])
        peers = {peer: [python, f"{peer}.py"] for peer, python in pythons.items()}
        whole = {"Assay": [sys.executable, "-m", "assay", "run", "suite.yaml"]}
        whole |= {peer: [*command, "."] for peer, command in peers.items()}
        if options["repeats"]:
            print(f"cost: {options['rows']:,} rows a side, median of {options['repeats']}")
            costs(whole, home, options["repeats"])
        apart(write_findings, Path(home), options["pairs"], options["pair_rows"])
        for name, command in {"Assay": [sys.executable, "Assay.py"], **peers}.items():
            findings(name, command, options["pairs"], home)


if __name__ == "__main__":
    main()
