"""What an experiment's analysis costs next to the same aggregation in one DuckDB query.

    python benchmarks/bench_experiment.py [--events 10000000] [--units 1000000] [--repeats 3]

Events with 20 measured columns, and one row for each unit, are drawn at random and written to
Parquet in a temporary folder. ``by hand`` is one query: events joined to their unit's arm, those
before the assignment left out, summed by unit, and mean and variance of the sums by arm. ``assay``
is ``assay.api.experiment.analyze`` on the same files: the same sums, counted faults of the log, the
mismatch of the arms' sizes, 20 effects with intervals, and hashes of the files. With ``ids`` both
also count the events that occur again. Each measurement is a process of its own, in turns; ``peak``
is its greatest resident memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

METRICS = 20
LIMIT = "2GB"


def make(folder: Path, events: int, units: int) -> None:
    """Write the tables and the experiment files."""
    con = duckdb.connect()
    con.execute("SET threads = 1").fetchall()
    con.execute("SELECT setseed(0.42)").fetchall()
    con.sql(
        f"SELECT i AS user_id, CASE WHEN random() < 0.5 THEN 'control' ELSE 'treatment' END AS arm,"
        f" TIMESTAMP '2026-03-01' + to_seconds((random() * 86400)::BIGINT) AS assigned_at"
        f" FROM range({units}) t(i)"
    ).write_parquet(str(folder / "assignments.parquet"))
    columns = ", ".join(f"round(random() * {k + 1}, 2) AS x{k}" for k in range(METRICS))
    con.sql(
        f"SELECT i AS event_id, floor(random() * {units})::BIGINT AS user_id,"
        f" TIMESTAMP '2026-03-01' + to_seconds((random() * 86400 * 14)::BIGINT) AS at, {columns}"
        f" FROM range({events}) t(i)"
    ).write_parquet(str(folder / "events.parquet"))
    metrics = "\n".join(f"  x{k}: {{kind: mean, value: x{k}}}" for k in range(METRICS))
    for name, key in (("plain", ""), ("ids", ", id: event_id")):
        (folder / f"{name}.yaml").write_text(
            "experiment: bench\nunit: user_id\narms: {control: 0.5, treatment: 0.5}\n"
            "start: 2026-03-01\nend: 2026-03-15\n"
            "assignments: {table: assignments.parquet, arm: arm, time: assigned_at}\n"
            f"events: {{table: events.parquet, time: at{key}}}\nmetrics:\n{metrics}\n"
        )


def by_hand(folder: Path, ids: str) -> None:
    """The floor."""
    con = duckdb.connect(config={"memory_limit": LIMIT, "temp_directory": str(folder / "spill")})
    sums = ", ".join(f"sum(x{k}) AS m{k}" for k in range(METRICS))
    moments = ", ".join(
        f"avg(coalesce(m{k}, 0)), var_samp(coalesce(m{k}, 0))" for k in range(METRICS)
    )
    rows = con.execute(
        f"""
        WITH outcomes AS (
          SELECT e.user_id, {sums}
          FROM read_parquet($events) e JOIN read_parquet($assignments) a USING (user_id)
          WHERE e.at >= a.assigned_at AND e.at >= '2026-03-01' AND e.at < '2026-03-15'
          GROUP BY e.user_id)
        SELECT a.arm, count(*), {moments}
        FROM read_parquet($assignments) a LEFT JOIN outcomes o USING (user_id) GROUP BY a.arm
        """,
        {
            "events": str(folder / "events.parquet"),
            "assignments": str(folder / "assignments.parquet"),
        },
    ).fetchall()
    assert len(rows) == 2
    if ids == "ids":
        again = con.execute(
            "SELECT sum(n - 1) FROM (SELECT count(*) AS n FROM read_parquet($events)"
            " GROUP BY event_id HAVING count(*) > 1)",
            {"events": str(folder / "events.parquet")},
        ).fetchone()
        assert again == (None,)


def with_assay(folder: Path, ids: str) -> None:
    """The whole analysis."""
    from assay.api import experiment

    run = experiment.analyze(folder / f"{ids}.yaml", memory_limit=LIMIT)
    assert len(run.results) == METRICS + 2


def measure(kind: str, folder: Path, ids: str) -> dict[str, float]:
    """One measurement, in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--measure", kind, "--folder", str(folder), "--ids", ids],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--units", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--measure")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--ids", default="plain")
    given = parser.parse_args()
    if given.measure:
        start = time.perf_counter()
        {"hand": by_hand, "assay": with_assay}[given.measure](given.folder, given.ids)
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(json.dumps({
            "seconds": time.perf_counter() - start, "cpu": used.ru_utime + used.ru_stime,
            "peak": used.ru_maxrss / 1024,
        }))  # fmt: skip
        return
    with tempfile.TemporaryDirectory() as place:
        folder = given.folder or Path(place)
        if not (folder / "events.parquet").exists():
            make(folder, given.events, given.units)
        for ids in ("plain", "ids"):
            found: dict[str, list[dict[str, float]]] = {"hand": [], "assay": []}
            for _ in range(given.repeats):
                for kind, rows in found.items():
                    rows.append(measure(kind, folder, ids))
            for kind, rows in found.items():
                medians = {k: statistics.median(r[k] for r in rows) for k in rows[0]}
                print(
                    f"{ids:<6} {kind:<6} {medians['seconds']:6.2f} s  cpu {medians['cpu']:6.2f} s"
                    f"  peak {medians['peak']:5.0f} MB"
                )
            hand, ours = (statistics.median(r["cpu"] for r in found[k]) for k in ("hand", "assay"))
            wall = [statistics.median(r["seconds"] for r in found[k]) for k in ("hand", "assay")]
            print(
                f"{ids:<6} ratio  {wall[1] / wall[0]:.2f} of the time, {ours / hand:.2f} of the cpu"
            )


if __name__ == "__main__":
    main()
