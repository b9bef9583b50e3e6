"""Tables that a run makes for its checks: groups, and what queries give."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

import assay
from assay.api.stored import compare
from assay.core.check import CheckSpec, Suite, TableSpec
from assay.core.errors import AssayError
from assay.core.evidence import Examples
from assay.core.result import Result
from assay.core.source import Memory
from assay.engines.duckdb import DuckDBEngine
from assay.runner.derive import Deriving
from assay.runner.expand import expand
from assay.runner.opening import open_subjects

ORDERS = pd.DataFrame(
    {
        "id": range(240),
        "shop": ["a", "b", "c"] * 80,
        "city": ["x"] * 120 + ["y"] * 120,
        "item": [i % 60 for i in range(240)],
        "paid": [i % 4 > 0 for i in range(240)],
    }
)


def run(*checks: CheckSpec, unit: str | None = None, **tables: object) -> list[Result]:
    on = {name: TableSpec(source=Memory(t), unit=unit) for name, t in tables.items()}
    return assay.run(list(checks), on=on).results


def one(check: CheckSpec, table: object = ORDERS, **kwargs: object) -> Result:
    (found,) = run(check, data=table, **kwargs)
    return found


def duplicated(frame: pd.DataFrame, columns: list[str]) -> float:
    return float(frame.duplicated(subset=columns).mean())


def test_a_filter_applies_before_rows_are_grouped():
    check = assay.check("duplicate_rows", columns=["item"], where="city = 'x' AND id < 100")
    rows = ORDERS[(ORDERS["city"] == "x") & (ORDERS["id"] < 100)]
    found = one(check)
    assert found.measurements[0].value == duplicated(rows, ["item"]) == 0.4
    assert found.measurements[0].n == 100


@pytest.mark.parametrize("by", [["shop"], ["city"], ["item"], [["shop", "city"]], ["shop", "city"]])
def test_a_slice_is_grouped_among_its_own_rows(by):
    """Slicings do not disturb each other: rows that repeat across cities repeat within a shop."""
    columns = ["item", "paid"]
    found = one(assay.check("duplicate_rows", columns=columns, by=by, min_slice=1))
    expected = {}
    for slicing in by:
        names = [slicing] if isinstance(slicing, str) else slicing
        for key, rows in ORDERS.groupby(names):
            label = dict(
                zip(names, map(str, key if isinstance(key, tuple) else [key]), strict=True)
            )
            expected[tuple(label.items())] = (duplicated(rows, columns), len(rows))
    measured = {tuple(m.key.items()): (m.value, m.n) for m in found.measurements}
    assert measured == expected


def test_a_slice_is_as_large_as_its_rows_not_its_groups():
    found = one(assay.check("mode_share", column="paid", by=["shop"], at_most=1))
    assert [m.n for m in found.measurements] == [80, 80, 80]  # of two groups each
    small = one(assay.check("mode_share", column="paid", by=["item"], at_most=1))
    assert "only 4 rows; slices under 30 are not judged" in small.reason


def test_the_unit_is_no_part_of_a_record():
    frame = ORDERS.drop(columns="item")
    assert one(assay.check("duplicate_rows"), frame).measurements[0].value == 0
    columns = ["shop", "city", "paid"]
    found = one(assay.check("duplicate_rows"), frame, unit="id").measurements[0]
    assert found.value == duplicated(frame, columns) > 0.9
    conflict = one(assay.check("conflicting_labels", label="paid"), frame, unit="id")
    assert conflict.measurements[0].value == 1
    lone = one(assay.check("conflicting_labels", label="paid"), frame[["id", "paid"]], unit="id")
    assert lone.verdict == "error"
    assert "'data' has no column that conflicting_labels could compare" in lone.reason


@pytest.fixture
def engine():
    with DuckDBEngine(threads=1) as found:
        yield found


def planned(engine: DuckDBEngine, *checks: CheckSpec) -> tuple[Deriving, list]:
    suite = Suite(name="s", subjects={"data": TableSpec(source=Memory(ORDERS))}, checks=checks)
    opened = open_subjects(suite, engine, allow_code=False)
    expansion = expand(suite, {"data": opened.tables["data"].schema})
    return Deriving(opened, engine), list(expansion.checks)


def test_equal_wishes_share_a_table_which_is_forgotten_at_the_end(engine):
    deriving, checks = planned(
        engine,
        assay.check("entropy", column="shop", at_least=0),
        assay.check("mode_share", column="shop", at_most=1),
        assay.check("mode_share", column="shop", at_most=1, where="paid"),
        assay.check("mode_share", column="shop", at_most=1, by=["city"]),
        assay.check("query_rows", query="SELECT * FROM data"),
    )
    tasks = [deriving.task(check) for check in checks]
    assert tasks[0].table == tasks[1].table
    names = {task.table for task in tasks}
    assert len(names) == 4
    assert all(name.startswith(("data:groups(", "data:query(")) for name in names)
    for name in names:
        assert engine.schema(name).columns
    deriving.close()
    for name in names:
        with pytest.raises(AssayError):
            engine.schema(name)
    assert engine.schema("data").columns


def test_slicings_that_group_alike_share_a_table(engine):
    deriving, (check,) = planned(
        engine,
        assay.check(
            "duplicate_rows", columns=["shop", "city", "item"], by=["shop", "city", "paid"]
        ),
    )
    task = deriving.task(check)
    assert [d.slicings for d in task.derived] == [(("shop",), ("city",)), (("paid",),)]


def test_what_fails_is_shown_under_names_for_people():
    check = assay.check("conflicting_labels", label="paid", features=["shop", "item"])
    found = one(check, ORDERS.assign(paid=[i % 7 > 0 for i in range(240)]))
    (shown,) = (e for e in found.evidence if isinstance(e, Examples))
    assert shown.title == "Groups of rows that fail"
    assert shown.columns == ["shop", "item", "rows", "different", "least", "greatest"]
    assert len(shown.rows) <= 10
    assert shown.total is not None
    assert shown.total >= len(shown.rows)
    taken = one(assay.check("duplicate_rows"), pa.table({"rows": [7, 7]}))
    (shown,) = (e for e in taken.evidence if isinstance(e, Examples))
    assert (shown.columns, shown.rows) == (["rows", "rows (of the group)"], [[7, 2]])


def test_keys_repeat_within_the_filter_and_the_slice_of_a_check():
    table = pa.table({"k": [1, 1, 2, 2, 3], "s": ["a", "b", "a", "a", "b"], "ok": [1, 0, 1, 1, 1]})

    def shown(**requirement: object) -> list:
        found = one(assay.check("uniqueness", key=["k"], min_slice=1, **requirement), table)
        assert found.verdict == "fail"
        return sorted(row[0] for e in found.evidence if isinstance(e, Examples) for row in e.rows)

    assert shown() == [1, 1, 2, 2]
    assert shown(where="ok = 1") == [2, 2]
    assert shown(by=["s"]) == [2, 2]


def test_a_query_reads_the_tables_of_the_suite_and_nothing_else():
    tables = {"data": pa.table({"k": [1, 2, 3]}), "known": pa.table({"k": [1, 2]})}

    def asked(query: str) -> Result:
        (found,) = run(assay.check("query_rows", query=query), **tables)
        return found

    found = asked("SELECT k FROM data ANTI JOIN known USING (k)")
    assert (found.verdict, found.measurements[0].value) == ("fail", 1)
    (shown,) = (e for e in found.evidence if isinstance(e, Examples))
    assert (shown.title, shown.columns, shown.rows) == ("Rows that the query gives", ["k"], [[3]])
    for query, words in (
        ("SELECT * FROM knwon", "Did you mean 'known'?"),
        ("SELECT lost FROM data", "lost"),
        ("SELECT * FROM read_csv('/etc/hostname')", "is not a table of the suite"),
        ("DELETE FROM data", "one SELECT"),
        ("SELECT 1; SELECT 2", "one SELECT"),
        ('SELECT * FROM "data:query(1)"', "There is no table"),
    ):
        found = asked(query)
        assert found.verdict == "error", (query, found)
        assert words in found.reason, found.reason
        assert "groups(" not in found.reason


def test_an_error_of_one_query_costs_no_other_check():
    bad = assay.check("query_value", query="SELECT CAST('x' AS INTEGER) FROM data", at_least=0)
    bad_filter = assay.check("duplicate_rows", columns=["item"], where="lost = 1", id="filter")
    good = assay.check("query_value", query="SELECT count(*) FROM data", equals=240)
    results = run(bad, bad_filter, good, assay.check("row_count", equals=240), data=ORDERS)
    assert [r.verdict for r in results] == ["error", "error", "pass", "pass"]
    assert "There is no column 'lost'" in results[1].reason


def test_a_query_of_its_own_is_neither_sliced_nor_filtered():
    for extra in ({"by": ["shop"]}, {"where": "paid"}):
        found = one(assay.check("query_rows", query="SELECT 1 FROM data WHERE id < 0", **extra))
        assert found.verdict == "error"
        assert "belong in it" in found.reason


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("SELECT id FROM data", "the query gives 240 rows, not one"),
        ("SELECT id FROM data WHERE id < 0", "the query gives 0 rows, not one"),
        ("SELECT max(id) FROM data WHERE id < 0", "no finite number, but null"),
        ("SELECT 1, 2", "gives 2 columns"),
        ("SELECT max(shop) FROM data", "not a number"),
    ],
)
def test_a_value_is_one_number(query, reason):
    found = one(assay.check("query_value", query=query, at_least=0))
    assert found.verdict == "error"
    assert reason in found.reason
    assert not [e for e in found.evidence if e.title == "Traceback"]


def test_many_values_are_counted_before_they_are_held(monkeypatch):
    from assay.metrics.data import pairs

    assert pairs.MOST_PAIRS == 100_000
    for module in ("mutual_information", "association"):
        monkeypatch.setattr(f"assay.metrics.data.{module}.MOST_PAIRS", 10)
    check = assay.check("mutual_information", column="item", with_column="shop", at_most=9)
    found = one(check)
    assert found.verdict == "not_applicable"
    assert (
        "'item' and 'shop' take 60 different values, more than the 10 that mutual_information takes"
        in found.reason
    )
    few = assay.check("association", column="shop", with_column="city", at_most=1)
    filtered = assay.check(
        "mutual_information", column="item", with_column="shop", at_most=9, where="item < 9"
    )
    sliced = assay.check("association", column="shop", with_column="city", at_most=1, by=["paid"])
    wrong = assay.check("mutual_information", column="item", with_column="shop", at_most=9,
                        where="lost", id="wrong")  # fmt: skip
    results = run(few, filtered, sliced, wrong, data=ORDERS)
    verdicts = [r.verdict for r in results]
    assert verdicts == ["pass", "pass", "not_applicable", "error"]
    assert "12 different values over all slices" in results[2].reason


def test_runs_are_compared_and_held_to_a_baseline(tmp_path):
    checks = [
        assay.check("duplicate_rows", columns=["item"], at_most=1),
        assay.check("association", column="shop", with_column="city", claim="process", at_most=1),
        assay.check("query_rows", query="SELECT * FROM data WHERE id < 5", at_most=10),
    ]
    assay.run(checks, on=ORDERS, home=tmp_path, name="before")
    held = [
        assay.check("duplicate_rows", columns=["item"],
                    no_worse_than={"baseline": "before", "margin": 0.1}),
        assay.check("query_rows", query="SELECT * FROM data WHERE id < 5",
                    no_worse_than={"baseline": "before"}),
    ]  # fmt: skip
    later = ORDERS.assign(item=range(240))
    b = assay.run([*held, checks[1]], on=later, home=tmp_path, name="after")
    assert [r.verdict for r in b.results] == ["pass", "pass", "pass"]
    worse = assay.run(held, on=ORDERS.assign(item=0), home=tmp_path)
    assert worse.results[0].verdict == "fail"
    compared = compare(tmp_path, "before", "after")
    assert "data/association/shop+city" in {d.id for d in compared.differences}


def test_a_share_that_is_too_high_counts_the_rows_that_make_it():
    found = one(assay.check("duplicate_rows", columns=["item"]))
    assert found.reason == "It must be at most 0, and it is 0.75: 180 of 240 rows."
