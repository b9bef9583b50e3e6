# ruff: noqa: E501
"""A run as large and as varied as a real one: 45 results, all six verdicts, all kinds of evidence.

Intervals are Wilson's, verdicts follow from the criteria, and the decision is the gate's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.check import GatePolicy
from assay.core.criterion import AtLeast, AtMost, Between, Equals, NoWorseThan, OneOf
from assay.core.evidence import Chart, Distributions, Examples, Matrix, Table, Text
from assay.core.measurement import Estimation, Measurement, Unmeasured, number_text
from assay.core.result import (
    Environment,
    Quarantine,
    Result,
    Run,
    RunRecord,
    Score,
    SubjectRecord,
    SuiteRecord,
)
from assay.gate.policy import decide
from assay.history.records import ScoredRun
from assay.inference.proportions import proportion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.check import Severity
    from assay.core.criterion import Criterion
    from assay.core.evidence import Evidence

COLUMNS = ("pirat", "hirat", "lvrat", "chist", "mhist", "phist", "unemp", "selfemp", "insurance")
SUITE_TEXT = """suite: mortgage-approval
subjects:
  train:  {table: data/train.parquet}
  test:   {table: data/test.parquet}
  model:  {model: models/approval.skops, task: binary, target: deny, positive: "yes"}
gate: {inconclusive: block, false_alarm: 0.05}
checks:
  - completeness: {on: train, columns: [pirat, hirat, lvrat]}
    at_least: 0.99
  - classification.roc_auc: {on: model, data: test}
    at_least: 0.80
"""


def share(successes: int, n: int, **key: str) -> Measurement:
    """A proportion with its Wilson interval."""
    found = proportion(successes, n, Estimation(), key=key)
    assert isinstance(found, Measurement)
    return found


def exact(value: float, n: int, unit: str = "", **key: str) -> Measurement:
    """A census."""
    return Measurement(
        value=value, low=value, high=value, level=None, method="census", n=n, unit=unit, key=key
    )


def estimate(
    value: float, half: float, n: int, unit: str = "", method: str = "delong", **key: str
) -> Measurement:
    """A symmetric interval."""
    return Measurement(
        value=value, low=value - half, high=value + half, level=0.95, method=method, n=n,
        unit=unit, key=key,
    )  # fmt: skip


def result(
    name: str,
    metric: str,
    criterion: Criterion | None,
    measurements: Sequence[Measurement],
    *,
    evidence: Sequence[Evidence] = (),
    severity: Severity = "block",
    rows_needed: int | None = None,
    **fields: Any,
) -> Result:
    """A result whose verdict follows from its measurements, unless one is given."""
    words = "" if criterion is None else str(criterion)
    verdict = fields.pop("verdict", None)
    if verdict is None:
        assert criterion is not None
        assert not isinstance(criterion, NoWorseThan)
        decisions = {criterion.decide(m) for m in measurements}
        verdict = (
            "fail" if "outside" in decisions
            else "inconclusive" if "straddles" in decisions
            else "pass"
        )  # fmt: skip
    reason = fields.pop("reason", None)
    if reason is None:
        decisive = {"pass": "inside", "fail": "outside", "inconclusive": "straddles"}[verdict]
        value = next(number_text(m.value) for m in measurements if criterion.decide(m) == decisive)
        reason = {
            "pass": f"It is {value}, {words}.",
            "fail": f"It must be {words}, and it is {value}: the whole interval misses it.",
            "inconclusive": f"It must be {words}: for {value} the interval leaves both open.",
        }[verdict]
    return Result(
        id=name, metric=metric, params=fields.pop("params", {}), severity=severity,
        verdict=verdict, reason=reason, criterion=criterion, criterion_text=words,
        measurements=list(measurements), evidence=list(evidence), on=fields.pop("on", "model"),
        data=fields.pop("data", "test"), rows_needed=rows_needed,
        location=fields.pop("location", "suite.yaml:8:5"), **fields,
    )  # fmt: skip


def roc_chart(auc: float, points: int = 100, title: str = "ROC curve") -> Chart:
    """True against false positive rate of a binormal model, with the diagonal of chance."""
    power = 1 / auc - 1
    rates = np.linspace(0, 1, points)
    values = [
        {"false positive rate": round(float(x), 4), "true positive rate": round(float(x**power), 4)}
        for x in rates
    ]
    axes = {
        "x": {"field": "false positive rate", "type": "quantitative"},
        "y": {"field": "true positive rate", "type": "quantitative"},
    }
    diagonal = {"data": {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]},
                "mark": {"type": "line", "strokeDash": [4, 4], "strokeWidth": 1},
                "encoding": {"x": {"field": "x", "type": "quantitative"},
                             "y": {"field": "y", "type": "quantitative"}}}  # fmt: skip
    curve = {"data": {"values": values}, "mark": "line", "encoding": axes}
    return Chart(
        title=title,
        alt=f"The curve is above the diagonal of chance; the area under it is {auc:.3f}.",
        spec={"layer": [curve, diagonal]},
    )


def histogram_chart(column: str, shift: float, seed: int) -> Chart:
    """Current against reference, as bars side by side."""
    rng = np.random.default_rng(seed)
    edges = np.linspace(-3, 4, 15)
    values = []
    for label, sample in (
        ("reference", rng.normal(0, 1, 4000)),
        ("now", rng.normal(shift, 1, 4000)),
    ):
        counts, _ = np.histogram(sample, edges)
        values += [
            {"from": round(float(low), 2), "share": int(n) / 4000, "table": label}
            for low, n in zip(edges, counts, strict=False)
        ]
    return Chart(
        title=f"Distribution of {column}",
        alt=f"The current table lies {shift:.1f} standard deviations above the reference.",
        spec={
            "data": {"values": values},
            "mark": "bar",
            "encoding": {
                "x": {"field": "from", "type": "ordinal", "title": column},
                "xOffset": {"field": "table"},
                "y": {"field": "share", "type": "quantitative", "axis": {"format": "%"}},
                "color": {"field": "table", "type": "nominal", "title": None},
            },
        },
    )


def moved(column: str, shift: float, seed: int) -> Distributions:
    """Current against reference, over each other; one column has values without an order."""
    rng = np.random.default_rng(seed)
    edges = np.linspace(-3, 4, 15)
    shares = [np.histogram(rng.normal(by, 1, 4000), edges)[0] / 4000 for by in (0, shift)]
    changed = [f"median up, 0 → {shift}"] if shift else []
    named = column == "insurance"
    return Distributions(
        title=f"Distribution of {column}",
        alt=f"Histograms of {column}: the reference and the current table over each other.",
        of=column,
        sides=("reference", "current"),
        shares=(shares[0].tolist(), shares[1].tolist()),
        edges=[] if named else edges.tolist(),
        names=[f"plan {i}" for i in range(14)] if named else [],
        missing=(0.0, shift / 10),
        beyond=((0.001, 0.0), (0.0, shift / 10)),
        changes=changed,
    )


def calibration_chart() -> Chart:
    """Observed share against predicted probability, in tenths."""
    values = [
        {
            "predicted": p / 10 + 0.05,
            "observed": min(1.0, (p / 10 + 0.05) ** 1.2),
            "n": 40 + 30 * (9 - p),
        }
        for p in range(10)
    ]
    point = {
        "mark": {"type": "point"},
        "encoding": {
            "x": {"field": "predicted", "type": "quantitative", "scale": {"domain": [0, 1]}},
            "y": {"field": "observed", "type": "quantitative", "scale": {"domain": [0, 1]}},
            "size": {"field": "n", "type": "quantitative"},
        },
    }
    return Chart(
        title="Calibration",
        alt="Observed shares lie a little below predicted probabilities.",
        spec={"data": {"values": values}, **point},
    )


def heat_chart() -> Chart:
    """Correlations of columns as a heat map."""
    rng = np.random.default_rng(0)
    values = [
        {"a": a, "b": b, "r": 1.0 if a == b else round(float(rng.uniform(0, 0.9)), 2)}
        for a in COLUMNS[:6]
        for b in COLUMNS[:6]
    ]
    return Chart(
        title="Correlation",
        alt="Housing and total payment ratio are closely related.",
        spec={
            "data": {"values": values},
            "mark": "rect",
            "encoding": {
                "x": {"field": "a", "type": "nominal", "title": None},
                "y": {"field": "b", "type": "nominal", "title": None},
                "color": {"field": "r", "type": "quantitative"},
            },
        },
    )


def data_results() -> list[Result]:
    """Checks on tables."""
    found = [
        result(
            f"train/completeness:{column}", "completeness", AtLeast(0.99),
            [exact(1 - missing / 1666, 1666, "share")],
            params={"column": column}, on="train", data=None,
            evidence=[
                Examples(
                    title="Rows that fail", columns=["row", column, "deny", "note"],
                    rows=[[i * 37, None, "yes" if i % 3 else "no", "self-employed, co-signed"]
                          for i in range(10)],
                    total=missing,
                )
            ] if missing > 16 else [],
        )
        for column, missing in zip(COLUMNS, (0, 0, 43, 0, 1, 0, 0, 2, 0), strict=True)
    ]  # fmt: skip
    found.append(
        result("train/row_count", "row_count", AtLeast(1000), [exact(1666, 1666, "rows")],
               on="train", data=None)
    )  # fmt: skip
    found.append(
        result("train/mean:pirat", "mean", Between(0.3, 0.35),
               [estimate(0.331, 0.0045, 1666, method="student-t")], on="train", data=None,
               params={"column": "pirat"})
    )  # fmt: skip
    found.append(
        result("train/distinct_count:chist", "distinct_count", OneOf((5.0, 6.0)),
               [exact(6, 1666)], on="train", data=None, params={"column": "chist"},
               evidence=[Table(title="Most frequent values", columns=["chist", "rows", "share"],
                               rows=[["1", 947, 0.5684], ["2", 301, 0.1807], ["5", 182, 0.1092],
                                     ["6", 120, 0.072], ["3", 74, 0.0444], [None, 42, 0.0252]])])
    )  # fmt: skip
    found.append(
        result("train/uniqueness:id", "uniqueness", Equals(1.0), [exact(1.0, 1666, "share")],
               on="train", data=None, params={"columns": ["id"]})
    )  # fmt: skip
    found += [
        result(
            f"test/drift:{column}", "drift", AtMost(0.1),
            [estimate(0.03 + shift / 4, 0.02, 714, method="bootstrap")],
            params={"column": column, "method": "jensen_shannon"}, on="test", data=None,
            against="train", family="drift", severity="warn" if column == "unemp" else "block",
            evidence=[moved(column, shift, i)], rows_needed=4100 if shift == 0.25 else None,
        )
        for i, (column, shift) in enumerate(
            zip(COLUMNS, (0.0, 0.05, 0.1, 0.0, 0.02, 0.25, 0.5, 0.1, 0.0), strict=True)
        )
    ]  # fmt: skip
    found.append(
        result("test/freshness:applied", "freshness", None, [], verdict="error", on="test",
               data=None, params={"column": "applied"},
               reason="It could not be measured: there is no column 'applied'. Did you mean 'app'?",
               evidence=[Text(title="Traceback", text="Traceback (most recent call last):\n"
                              '  File "fold.py", line 41, in scan\n    raise EngineError(...)\n'
                              "EngineError: there is no column 'applied'")])
    )  # fmt: skip
    return found


def model_results() -> list[Result]:
    """Checks on the model, with slices, matrices and charts."""
    groups = {"no": (560, 52), "yes": (95, 27)}
    found = [
        result("model/roc_auc", "classification.roc_auc", AtLeast(0.8),
               [estimate(0.842, 0.031, 714)], evidence=[roc_chart(0.842), calibration_chart()],
               description="The model must rank applications well enough to be of use."),
        result("model/roc_auc:by-afam", "classification.roc_auc", AtLeast(0.75),
               [estimate(0.851, 0.034, 612, afam="no"), estimate(0.772, 0.085, 102, afam="yes")],
               evidence=[roc_chart(0.851, title="ROC, afam = no"),
                         roc_chart(0.772, title="ROC, afam = yes")],
               by=[["afam"]], rows_needed=1530,
               unmeasured=[Unmeasured(reason="only 4 rows; min_slice is 30", n=4,
                                      key={"afam": "unknown"})]),
        result("model/accuracy", "classification.accuracy", AtLeast(0.85), [share(641, 714)],
               evidence=[Matrix(title="Confusion matrix", row_title="truth", column_title="predicted",
                                rows=["no", "yes"], columns=["no", "yes"],
                                values=[[607.0, 20.0], [53.0, 34.0]])]),
        result("model/recall", "classification.recall", AtLeast(0.5), [share(34, 87)],
               rows_needed=190,
               evidence=[Matrix(title="Confusion matrix", row_title="truth", column_title="predicted",
                                rows=["no", "yes"], columns=["no", "yes"],
                                values=[[607.0, 20.0], [53.0, 34.0]])]),
        result("model/precision", "classification.precision", AtLeast(0.6), [share(34, 54)],
               rows_needed=3300, severity="warn"),
        result("model/demographic_parity_difference", "fairness.demographic_parity_difference",
               AtMost(0.1), [estimate(0.1906, 0.061, 714, method="newcombe")],
               params={"sensitive": ["afam"]},
               evidence=[Table(title="Approval by group", columns=["afam", "n", "denied", "share"],
                               rows=[[k, n, d, round(d / n, 4)] for k, (n, d) in groups.items()])]),
        result("model/equal_opportunity_difference", "fairness.equal_opportunity_difference",
               AtMost(0.15), [estimate(0.11, 0.13, 87, method="newcombe")], rows_needed=930,
               params={"sensitive": ["afam"]}, severity="warn"),
        result("model/recall:by-purpose-and-afam", "classification.recall", AtLeast(0.2),
               [share(s, n, purpose=p, afam=a) for p, a, s, n in (
                   ("home purchase", "no", 61, 210), ("home purchase", "yes", 2, 61),
                   ("refinancing", "no", 48, 150), ("refinancing", "yes", 19, 50),
                   ("improvement", "no", 22, 70), ("improvement", "yes", 9, 33))],
               by=[["purpose", "afam"]]),
        result("model/roc_auc-vs-main", "classification.roc_auc", NoWorseThan("main", 0.01),
               [estimate(0.004, 0.01, 714)], verdict="pass", judged_as=AtLeast(-0.01),
               reason="It is 0.004 [-0.006, 0.014], no more than 0.01 below the run 'main'."),
        result("model/log_loss", "classification.log_loss", AtMost(0.4),
               [estimate(0.281, 0.04, 714, method="student-t")]),
        result("model/ece", "classification.expected_calibration_error", AtMost(0.05),
               [estimate(0.031, 0.012, 714, method="bootstrap")], evidence=[calibration_chart()]),
        result("model/latency", "inference.latency", AtMost(0.05),
               [Measurement(value=0.0021, low=0.0019, high=None, level=0.95, method="order-statistic",
                            n=200, unit="s")],
               verdict="inconclusive", reason="The 99th percentile of 200 calls has no upper limit."),
        result("model/size", "model.size", AtMost(5_000_000), [exact(124_096, 1, "bytes")]),
        result("model/recall:multiclass", "classification.recall", None, [],
               verdict="not_applicable", reason="The model is binary; there are no classes to average."),
        result("model/residuals", "regression.mae", AtMost(1.0), [], verdict="skipped",
               reason="The run was asked for checks on data only.", severity="info"),
        result("train/correlation:pirat-hirat", "correlation", None,
               [estimate(0.81, 0.02, 1666, method="fisher-z")], verdict="not_applicable",
               reason="Nothing is required of it: the value is only reported.", on="train",
               data=None, evidence=[heat_chart()]),
    ]  # fmt: skip
    found += [
        result(f"model/brier:{i}", "classification.brier", AtMost(0.15),
               [estimate(0.08 + i / 200, 0.01, 714, method="student-t")], severity="info",
               evidence=[roc_chart(0.8 + i / 100, title=f"ROC of fold {i}")])
        for i in range(6)
    ]  # fmt: skip
    return found


def example_run(results: Sequence[Result] | None = None, **fields: Any) -> Run:
    """The run; ``fields`` replace those of the run's record."""
    found = [*data_results(), *model_results()] if results is None else list(results)
    policy = fields.pop("gate", GatePolicy())
    decided = decide(found, policy or GatePolicy())
    record = {
        "id": "20261103T140211-3f9c", "name": "candidate-7", "seed": 7, "status": "finished",
        "exit_code": decided.exit_code, "reason": decided.reason, **fields,
    }  # fmt: skip
    return Run(
        run=RunRecord(**record),
        suite=SuiteRecord(name="mortgage-approval", file="suite.yaml", fingerprint="sha256:" + "5e" * 32,
                          text=SUITE_TEXT, gate=policy),
        decision=decided.decision,
        started="2026-11-03T14:02:11+00:00",
        duration_s=3.214,
        environment=Environment(
            python="3.11.2", platform="linux-x86_64",
            packages={"assay": "0.1.0", "duckdb": "1.4.1", "numpy": "2.3.4", "scikit-learn": "1.7.2"},
        ),
        subjects=[
            SubjectRecord(name="train", kind="table", description="Parquet, data/train.parquet",
                          fingerprint="sha256:" + "ab12" * 16, rows=1666, columns=list(COLUMNS)),
            SubjectRecord(name="test", kind="table", description="Parquet, data/test.parquet",
                          fingerprint="sha256:" + "cd34" * 16, rows=714, columns=list(COLUMNS),
                          quarantined=31,
                          quarantine=Quarantine(folder="aside/20261103T140211-3f9c", passed=683,
                                                left_out=["test/mean/pirat", "test/row_count"])),
            SubjectRecord(name="model", kind="model", description="skops, LogisticRegression, binary",
                          fingerprint="sha256:" + "ef56" * 16),
        ],
        results=found,
        scores=[] if not found else [
            Score(dimension=None, value=0.9421, checks=24, weight=26.0),
            Score(dimension="completeness", value=0.97264, checks=12, weight=12.0),
            Score(dimension="validity", value=0.99996, checks=9, weight=9.0),
            Score(dimension="timeliness", value=0.85379, checks=3, weight=5.0),
        ],
    )  # fmt: skip


def earlier_scores(runs: int = 8) -> list[ScoredRun]:
    """Scores of earlier runs, a day apart; the first has one dimension less."""
    found = []
    for day in range(runs):
        scores = [
            Score(dimension=None, value=0.9 + day / 200, checks=24, weight=26.0),
            Score(dimension="completeness", value=0.95 + day / 400, checks=12, weight=12.0),
            Score(dimension="validity", value=1.0, checks=9, weight=9.0),
            Score(dimension="timeliness", value=0.8 + day / 120, checks=3, weight=5.0),
        ]
        found.append(
            ScoredRun(
                run_id=f"202610{day + 10}-120000-00000{day}", started=f"2026-10-{day + 10}T12:00:00Z",
                scores=scores if day else scores[:3],
            )
        )  # fmt: skip
    return found


def earlier_run() -> Run:
    """The same suite on an earlier model: other values, other verdicts, one check more and less."""
    run = example_run(id="20261020T090000-77aa", name="main")
    changed = []
    for r in run.results[1:]:
        if r.id == "model/demographic_parity_difference":
            r = result(r.id, r.metric, r.criterion, [estimate(0.04, 0.05, 714, method="newcombe")],
                       params=r.params)  # fmt: skip
        if r.id == "model/roc_auc":
            r = result(r.id, r.metric, r.criterion, [estimate(0.838, 0.031, 714)])
        if r.id == "model/size":
            r = result(r.id, r.metric, r.criterion, [exact(98_112, 1, "bytes")])
        changed.append(r)
    changed.append(result("model/r2", "regression.r2", AtLeast(0), [estimate(0.4, 0.1, 714)]))
    return example_run(changed, id="20261020T090000-77aa", name="main")
