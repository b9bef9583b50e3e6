"""How long a report of 40 checks with 20 charts takes to write, and how large it is.

Run from the repository's root: ``python benchmarks/bench_report.py [--json]``. The target: under
2 s and under 1 MB. Each figure is the median of fresh processes, the start of the chart converter
included.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
REPEATS = 5
MEASURE = """
import json, pathlib, resource, sys, tempfile, time
from assay.core.evidence import Chart
from tests.report.example_run import example_run
run = example_run()
charts = sum(isinstance(e, Chart) for r in run.results for e in r.evidence)
from assay.report.write import write
with tempfile.TemporaryDirectory() as folder:
    figures = {"checks": len(run.results), "charts": charts}
    for ending in ("html", "xml", "md", "json"):
        path = pathlib.Path(folder) / f"report.{ending}"
        start = time.perf_counter()
        write(run, path)
        figures[f"{ending}_s"] = time.perf_counter() - start
        figures[f"{ending}_kB"] = path.stat().st_size / 1000
children = resource.getrusage(resource.RUSAGE_CHILDREN)
figures["cpu_s"] = children.ru_utime + children.ru_stime
figures["peak_MB"] = children.ru_maxrss / 1000
json.dump(figures, sys.stdout)
"""


def measure() -> dict[str, float]:
    """Medians over fresh processes."""
    runs: list[dict[str, float]] = []
    for _ in range(REPEATS):
        done = subprocess.run(
            [sys.executable, "-c", MEASURE], cwd=ROOT, capture_output=True, check=True
        )
        runs.append(json.loads(done.stdout))
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def main() -> int:
    """Print the figures; 1 where a target is missed."""
    found = measure()
    if "--json" in sys.argv:
        print(json.dumps(found, indent=2))
    else:
        print(f"{found['checks']:.0f} checks, {found['charts']:.0f} charts, median of {REPEATS}")
        for ending in ("html", "xml", "md", "json"):
            print(f"  .{ending:<5} {found[f'{ending}_s']:7.3f} s {found[f'{ending}_kB']:8.1f} kB")
        print(f"  converter: {found['cpu_s']:.2f} s CPU, {found['peak_MB']:.0f} MB at most")
    return 0 if found["html_s"] < 2 and found["html_kB"] < 1000 else 1


if __name__ == "__main__":
    sys.exit(main())
