"""Folders and CSV files that are not what they seem: the file at fault is named, or read right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Answer, Project

N = 1000
COLUMNS = {"a": np.arange(N) + 0.5, "s": np.array(["x"] * N), "n": np.arange(N)}
SUITE = """
    suite: folder
    subjects:
      good: {table: good.parquet}
      d: {table: %s}
      q: {query: SELECT n FROM d WHERE a > 1}
    checks:
      - row_count: {on: good}
        at_least: 1
      - row_count: {on: d}
        at_least: 1
      - mean: {on: d, column: n}
        at_least: 0
      - completeness: {on: d, column: a}
      - duplicate_rows: {on: d, columns: [a, n]}
        at_most: 1
      - row_count: {on: q}
        at_least: 1
"""


def table(**changes: object) -> pa.Table:
    return pa.table({k: v for k, v in (COLUMNS | changes).items() if v is not None})


def folder(project: Project, fourth: pa.Table | None = None, *, ending: str = "parquet") -> Path:
    """Five files; the fourth may be another table. Gives its path."""
    project.write("good.parquet", table())
    for i in range(5):
        content = fourth if i == 3 and fourth is not None else table()
        path = project.folder / "d" / f"p{i}.{ending}"
        path.parent.mkdir(exist_ok=True)
        if ending == "parquet":
            pq.write_table(content, path)
        else:
            with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, content.schema) as out:
                out.write_table(content)
    return project.folder / "d" / f"p3.{ending}"


def refused(answer: Answer, *words: str) -> None:
    """The good table is judged; all checks of the folder say what is wrong, and in which file."""
    assert answer.code == 1
    answer.judged("good/row_count", "pass")
    others = [r for r in answer.results.values() if r["id"] != "good/row_count"]
    assert len(others) == 5
    for result in others:
        assert result["verdict"] == "error", result
        for word in words:
            assert word in result["reason"], result["reason"]


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def other_footer(content: bytes) -> bytes:
    return content[:-30] + b"\xff" * 20 + content[-10:]


def long_footer(content: bytes) -> bytes:
    return content[:-8] + (2**31 - 1).to_bytes(4, "little") + b"PAR1"


def pages(content: bytes) -> bytes:
    broken = bytearray(content)
    for i in range(4, len(broken) - 1200, 97):
        broken[i] ^= 0x55
    return bytes(broken)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (cut, "is not a complete Parquet file"),
        (long_footer, "is not a complete Parquet file"),
        (other_footer, "cannot be read: its content is damaged"),
        (lambda _: b"", "is empty (0 bytes)"),
        (lambda _: b"a,s,n\n1,x,2\n" * 50, "is not a complete Parquet file"),
        (lambda _: b"PK\x03\x04" + bytes(100), "is a zip file, not parquet"),
    ],
)
def test_the_broken_file_of_a_folder_is_named_to_every_check(project, harm, words):
    path = folder(project)
    path.write_bytes(harm(path.read_bytes()))
    refused(project.run(SUITE % "d"), f"'p3.parquet' {words}")


def test_damage_within_a_file_costs_the_checks_that_read_it(project):
    path = folder(project)
    path.write_bytes(pages(path.read_bytes()))
    answer = project.run(SUITE % "d")
    assert answer.verdicts["d/row_count"] == "pass"  # which the footer tells
    answer.judged("d/duplicate_rows/a+n", "error", "'p3.parquet' cannot be read")
    errors = [r["reason"] for r in answer.results.values() if r["verdict"] == "error"]
    assert all("'p3.parquet'" in reason for reason in errors)


TIMES = np.arange(N).astype("datetime64[D]")


@pytest.mark.parametrize(
    ("fourth", "words"),
    [
        (table(z=np.arange(N)), "'p3.parquet' has a column 'z', which 'p0.parquet' does not have"),
        (table(n=None), "'p3.parquet' has no column 'n', which 'p0.parquet' has"),
        (table(n=None, N=np.arange(N)), "'p3.parquet' has column 'N' where 'p0.parquet' has 'n'"),
        (table(n=[str(i) for i in range(N)]),
         "Column 'n' is VARCHAR in 'p3.parquet' and BIGINT in 'p0.parquet'"),
        (table(s=np.arange(N)), "Column 's' is BIGINT in 'p3.parquet' and VARCHAR"),
        (table(n=[True] * N), "Column 'n' is BOOLEAN in 'p3.parquet' and BIGINT"),
        (table(n=TIMES), "Column 'n' is DATE in 'p3.parquet' and BIGINT"),
        (table(n=np.arange(N, dtype=np.float32)), "Column 'n' is FLOAT in 'p3.parquet' and BIGINT"),
        (table(n=pa.array([[1]] * N)), "Column 'n' is BIGINT[] in 'p3.parquet' and BIGINT"),
    ],
)  # fmt: skip
def test_a_file_with_another_schema_is_named(project, fourth, words):
    folder(project, fourth)
    refused(project.run(SUITE % "d"), words, "must have the same columns and types")


@pytest.mark.parametrize("place", [0, 3])
@pytest.mark.parametrize(
    ("n", "mean"),
    [
        (np.arange(N) + 0.25, 499.55),  # no value is rounded to a whole number
        (np.arange(N, dtype=np.int8) * 0 + 7, 401.0),  # nor cut to eight bits
        (pa.nulls(N), 499.5),
        (np.arange(N)[::-1], 499.5),
    ],
)
def test_what_widens_without_loss_is_read_in_whichever_file_it_is(project, n, mean, place):
    folder(project)
    pq.write_table(table(n=n).select(["n", "s", "a"]), project.folder / "d" / f"p{place}.parquet")
    answer = project.run(SUITE % "d")
    [measured] = answer.results["d/mean/n"]["measurements"]
    assert measured["value"] == pytest.approx(mean, abs=1e-9)
    assert answer.results["d/row_count"]["measurements"][0]["value"] == 5 * N


def test_names_with_brackets_and_equal_ends_are_told_apart(project):
    folder(project)
    for old, new in (("p3", "p[3]"), ("p4", "xp[3]")):
        (project.folder / f"d/{old}.parquet").rename(project.folder / f"d/{new}.parquet")
    path = project.folder / "d/xp[3].parquet"
    path.write_bytes(cut(path.read_bytes()))
    refused(project.run(SUITE % "d"), "'xp[3].parquet' is not a complete Parquet file")


def test_two_columns_of_one_name_are_refused(project):
    folder(project)
    twice = pa.Table.from_arrays([pa.array(np.arange(N))] * 2, names=["n", "n"])
    pq.write_table(twice, project.folder / "d/p0.parquet")
    refused(project.run(SUITE % "d"), "'p0.parquet' has more than one column named 'n'")


@pytest.mark.parametrize("fourth", [table(n=None), table(z=np.arange(N)), table(n=["v"] * N)])
def test_arrow_files_that_differ_are_not_filled_with_nulls(project, fourth):
    folder(project, fourth, ending="arrow")
    refused(project.run(SUITE % "d"), "not the same in 'p3.arrow' and 'p0.arrow'")


def test_one_csv_of_a_folder_is_named(project):
    project.write("good.parquet", table())
    for i in range(3):
        ragged = "1,x,2,9\n" if i == 1 else ""
        project.write(f"d/p{i}.csv", "a,s,n\n" + "1,x,2\n" * 50 + ragged)
    refused(project.run(SUITE % "d"), "'p1.csv' cannot be read as CSV", "line 52 has 4", "has 3")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"n,a,n\n1,2,3\n", "more than one column named 'n'"),
        (b"n, a,a \n1,2,3\n", "more than one column named 'a'"),
        (b"n,a,,column2\n1,2,3,4\n", "more than one column named 'column2'"),
        (b"n,a\n1,2\n1,2,3\n", "line 3 has 3 where the header has 2"),
        (b"n\n1,2\n3,4\n", "line 2 has 2 where the header has 1"),
        (b"n,a\n" + b"1,2\n" * 5000 + b"3\n", "line 5,002 has 1 field where the header has 2"),
        (b'n,a\n1,"x\n' + b"2,y\n" * 99, "a quote that opens in line 2 is never closed"),
        (b'n,a\n1,"x ""y""\nz"\n2,"p', "a quote that opens in line 4 is never closed"),
        (b"n,a\r\n1,2\n3,4\r\n", "some of its lines end with CR LF, others with LF alone"),
        ("naïve,b\n1,2\n".encode("latin-1"), "it is not UTF-8. Save it as UTF-8"),
        ("n,a\n1,2\n".encode("utf-16"), "is not UTF-8 text"),
        (b"n,a\n1,x\x00y\n", "is not UTF-8 text"),
        (b"n,a\n1," + b"x" * 3_000_000 + b"\n", "a line has 3,000,003 bytes, and 2,000,000 is"),
        (b"x" * 3_000_000 + b",a\n1,2\n", "a line has 3,000,003 bytes"),
    ],
)
def test_what_is_wrong_with_a_csv_file_is_said_with_its_line(project, content, words):
    project.write("good.parquet", table())
    project.write("d.csv", content)
    refused(project.run(SUITE % "d.csv"), "'d.csv'", words)


@pytest.mark.parametrize(
    "content",
    [
        b'\xef\xbb\xbf"n",a\n1,2\n3,4\n',
        b"n,a\r\n1,2\r\n3,4\r\n",
        b'n;a\n"1";2\n3;4\n',
        b"n,a,\n1,2,\n3,4,\n",
        b'n,"a"\n1,"2"\n\n3,4\n\n',
    ],
)
def test_csv_files_that_are_only_odd_are_read(project, content):
    project.write("good.parquet", table())
    project.write("d.csv", content)
    answer = project.run(SUITE % "d.csv")
    assert answer.code == 0, answer.verdicts
    assert answer.results["d/mean/n"]["measurements"][0]["value"] == 2


def test_a_column_without_a_name_is_called_by_its_place(project):
    project.write("d.csv", ",n\n5,1\n6,2\n")  # as pandas writes its index
    text = "suite: t\nsubjects:\n  d: {table: d.csv}\nchecks:\n"
    answer = project.run(text + "  - mean: {on: d, column: column0}\n    equals: 5.5\n")
    assert answer.code == 0
