"""Metrics of the user's own that go wrong: the verdict ``error``, and the others go on."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

import assay
from assay.core import metric as registry
from assay.core.evidence import Matrix, Table
from assay.core.result import from_json, to_json
from assay.metrics import load_all
from assay.states import Count

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = pa.table({"x": [1.0, 2.0, None, 4.0]})


class UnreadableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even this")


def exits() -> None:
    sys.exit("enough")


def raising(error: BaseException) -> Callable[[], None]:
    def do() -> None:
        raise error

    return do


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What these tests register is gone after them; what others register is here before."""
    load_all()
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))


def measurement(**changes: Any) -> assay.Measurement:
    given: dict[str, Any] = {
        "value": 3.0, "low": 3.0, "high": 3.0, "level": None, "method": "census", "n": 4
    } | changes  # fmt: skip
    return assay.Measurement(**given)


def define(name: str, **methods: Callable[..., Any]) -> None:
    """A metric that counts, but for the methods given."""

    class Own(assay.Metric):
        """Counts."""

        def aggregates(self, schema):
            return (Count(),)

        def estimate(self, fold, how):
            n = float(fold[Count()].n)
            return (measurement(value=n, low=n, high=n),)

    for method, body in methods.items():
        setattr(Own, method, body)
    Own.__abstractmethods__ = frozenset()
    assay.metric(name, formula="n", interval="census", reference="none", example={})(Own)


def run(name: str) -> assay.Run:
    """The run of such a metric between two others, which pass; and it can be stored and shown."""
    run = assay.run(
        [
            assay.check("row_count", equals=4),
            assay.check(name, at_least=0, id="own"),
            assay.check("completeness", column="x", at_least=0.5),
        ],
        on=DATA,
    )
    assert [r.verdict for r in run.results if r.id != "own"] == ["pass", "pass"]
    assert from_json(to_json(run)).results == run.results
    return run


ERRORS = [
    (raising(ValueError("odd")), "ValueError: odd"),
    (raising(ZeroDivisionError()), "ZeroDivisionError: (no message)"),
    (raising(MemoryError("none left")), "MemoryError: none left"),
    (raising(RecursionError("deep")), "RecursionError: deep"),
    (raising(StopIteration("end")), "StopIteration: end"),
    (raising(UnreadableError()), "UnreadableError: (its message cannot be read)"),
    (raising(OSError(5, "broken")), "OSError: [Errno 5] broken"),
    (raising(ValueError("bad \udc80 byte")), "ValueError: bad ? byte"),
    (raising(ValueError("x" * 100_000)), "ValueError: xxx"),
    (exits, "SystemExit: the process was asked to end with enough"),
]


@pytest.mark.parametrize("method", ["applicable", "aggregates", "estimate"])
@pytest.mark.parametrize(("harm", "words"), ERRORS, ids=[words[:30] for _, words in ERRORS])
def test_any_exception_is_an_error_of_its_check(method, harm, words):
    define("own", **{method: lambda *_: harm()})
    result = run("own").result("own")
    assert result.verdict == "error"
    assert result.reason.startswith(f"It could not be measured: {words}")
    assert len(result.reason) < 3_000
    [trace] = result.evidence
    assert trace.title == "Traceback"
    assert "test_bad_input_metrics.py" in trace.text


@pytest.mark.parametrize("method", ["collection", "columns"])
def test_an_exception_while_planning_is_an_error_of_its_check(method):
    define("own", **{method: lambda *_: raising(ValueError("odd"))()})
    result = run("own").result("own")
    assert result.verdict == "error"
    assert "ValueError: odd" in result.reason


@pytest.mark.parametrize("method", ["evidence", "failing"])
@pytest.mark.parametrize("harm", [raising(ValueError("odd")), exits])
def test_a_picture_that_fails_does_not_cost_the_verdict(method, harm):
    define("own", **{method: lambda *_: harm()})
    checks = [assay.check("own", at_most=0, id="own"), assay.check("row_count", equals=4)]
    found = assay.run(checks, on=DATA)
    assert [r.verdict for r in found.results] == ["fail", "pass"]
    [evidence] = found.result("own").evidence
    assert evidence.title == "Evidence failed"


@pytest.mark.parametrize(
    ("estimates", "words"),
    [
        (lambda: None, "TypeError"),
        (lambda: 3.0, "TypeError"),
        (lambda: [3.0], "Error"),
        (lambda: (measurement(value=float("nan")),), "must be finite, not nan"),
        (lambda: (measurement(high=float("inf")),), "must be finite, not inf"),
        (lambda: (measurement(low=5.0),), "does not hold 3.0"),
        (lambda: (measurement(n=0),), "needs n >= 1"),
        (lambda: (measurement(method=object()),), "Error"),
        (lambda: (measurement(value="3"),), "Error"),
        (lambda: (measurement(key={"k": object()}),), "Error"),
    ],
)
def test_an_answer_that_is_none(estimates, words):
    define("own", estimate=lambda *_: estimates())
    result = run("own").result("own")
    assert result.verdict == "error"
    assert words in result.reason


def test_numbers_of_numpy_are_numbers():
    three = np.float64(3)
    one = measurement(value=three, low=np.float64(2), high=np.float32(4), n=np.int64(4))
    define("own", estimate=lambda *_: (one,))
    result = run("own").result("own")
    assert result.verdict in ("pass", "error")  # kept whole, or refused with the reason
    if result.verdict == "error":
        assert "numpy" in result.reason
    else:
        assert result.measurements[0].value == 3


@pytest.mark.parametrize("evidence", [
    lambda: Matrix(title="m", row_title="", column_title="", rows=["a"], columns=["b"],
                   values=[[float("nan")]]),
    lambda: Table(title="t", columns=["a"], rows=[[object()]]),
    lambda: "no evidence",
])  # fmt: skip
def test_evidence_that_no_document_can_hold(evidence):
    define("own", evidence=lambda *_: (evidence(),))
    result = run("own").result("own")
    assert result.verdict == "pass"
    assert [e.title for e in result.evidence] == ["Evidence failed"]


def test_no_estimate_at_all_is_not_a_pass():
    define("own", estimate=lambda *_: ())
    found = run("own")
    assert found.result("own").verdict == "not_applicable"
    assert found.decision != "pass"


def test_a_metric_that_raises_in_one_family_member_only():
    """A family is judged together; the member that raises is its own error."""

    def estimate(self, fold, how):
        if self.wrong:
            raise ValueError("odd")
        return (measurement(),)

    class Own(assay.Metric):
        """Raises, if told to."""

        wrong: bool

        def aggregates(self, schema):
            return (Count(),)

        def estimate(self, fold, how):
            return estimate(self, fold, how)

    assay.metric("own", formula="n", interval="census", reference="none",
                 example={"wrong": False}, family="own")(Own)  # fmt: skip
    checks = [assay.check("own", wrong=wrong, equals=3, id=f"{wrong}") for wrong in (True, False)]
    found = assay.run(checks, on=DATA)
    assert [r.verdict for r in found.results] == ["error", "pass"]


PLUGIN = '''
import assay
from assay.states import Count

@assay.metric("acme.rows", unit="rows", formula="rows", interval="census",
              reference="Acme handbook", example={})
class Rows(assay.Metric):
    """Rows, as Acme counts them."""

    extra: int = 0

    def aggregates(self, schema):
        return (Count(),)

    def estimate(self, fold, how):
        n = float(fold[Count()].n + self.extra)
        return (assay.Measurement(value=n, low=n, high=n, level=None, method="census", n=1),)
'''
SUITE = """
suite: t
subjects:
  d: {table: d.csv}
checks:
  - row_count: {on: d}
    equals: 2
  - acme.rows: {on: d, extra: 1}
    equals: 3
"""


@pytest.fixture
def plugin(project, monkeypatch):
    """An installed package with a metric, as far as Python can tell."""

    def install(code: str) -> None:
        project.write("site/acme_metrics.py", code)
        info = "site/acme-1.0.dist-info"
        project.write(f"{info}/METADATA", "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
        project.write(f"{info}/entry_points.txt", "[assay.metrics]\nacme = acme_metrics\n")
        monkeypatch.setenv("PYTHONPATH", str(project.folder / "site"))
        project.write("d.csv", "x\n1\n2\n")
        project.write("suite.yaml", SUITE)

    return install


def test_a_metric_of_an_installed_package_is_like_any_other(project, plugin):
    plugin(PLUGIN)
    answer = project.process("run", "suite.yaml", "--json")
    assert answer.code == 0
    answer.judged("d/acme.rows", "pass")
    assert answer.results["d/acme.rows"]["params"] == {"extra": 1}
    explained = project.process("explain", "acme.rows", "--json")
    assert json.loads(explained.out)["reference"] == "Acme handbook"
    assert "acme.rows" in project.process("list").out
    assert "acme.rows" in project.process("schema").out
    project.write("suite.yaml", SUITE.replace("extra: 1", "xtra: 1"))
    project.process("run", "suite.yaml").refused("suite.yaml:8:24", "Did you mean 'extra'?")


@pytest.mark.parametrize(("code", "words"), [
    ("import a_package_that_is_not_there", "ModuleNotFoundError"),
    ("def broken(:", "SyntaxError"),
    (PLUGIN.replace("acme.rows", "row_count"), "already"),
    (PLUGIN.replace('"""Rows, as Acme counts them."""', ""), "needs a docstring"),
])  # fmt: skip
def test_a_broken_package_is_named(project, plugin, code, words):
    plugin(code)
    for arguments in (("list",), ("schema",), ("run", "suite.yaml")):
        answer = project.process(*arguments)
        answer.refused("'acme' cannot be loaded", words, "uninstall it")


def test_a_metric_of_a_notebook_is_found_by_its_name():
    define("mine")
    found = run("mine")
    assert found.result("own").metric == "mine"
    assert found.result("own").measurements[0].value == 4


def test_an_exception_at_a_stricter_level_is_an_error_of_its_check():
    """Families are estimated again at other levels: what fails only there stops nobody else."""

    def estimate(self, fold, how):
        if how.level > 0.95:
            raise ValueError("too strict")
        return (measurement(value=1.0, low=-1.0, high=2.0, level=how.level, method="own"),)

    define("own", estimate=estimate)
    found = assay.run(
        [
            assay.check("own", at_least=0, id="own", family="f"),
            assay.check("mean", column="x", between=[2, 3], claim="process", family="f"),
            assay.check("row_count", equals=4),
        ],
        on=DATA,
    )
    own, mean, count = found.results
    assert own.verdict == "error"
    assert "ValueError: too strict" in own.reason
    assert (mean.verdict, count.verdict) == ("inconclusive", "pass")
