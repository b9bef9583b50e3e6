"""The layers of tests: where each check stands, and which layer likely causes the failures."""

from __future__ import annotations

import io
import re
from typing import Any

import pyarrow as pa
import pytest
from rich.console import Console
from tests.report.example_run import example_run, result, share

import assay
from assay.core.criterion import AtLeast
from assay.core.errors import SuiteError
from assay.core.layer import LAYERS, layer_of
from assay.core.result import Result, Run
from assay.metrics import load_all
from assay.report.html import render
from assay.report.layers import is_layered, layered, layers_line, likely_cause
from assay.report.terminal import print_run


def check(name: str, metric: str, verdict: str = "pass", **more: Any) -> Result:
    fields = {"verdict": verdict, "reason": "so", "on": "bot", "data": "qa"} | more
    return result(name, metric, AtLeast(0.5), [share(5, 9)], **fields)


def words(*checks: Result) -> str:
    cause = likely_cause(example_run(list(checks)))
    assert cause is not None
    return cause.words


@pytest.mark.parametrize(
    ("metric", "layer"),
    [
        ("llm.is_json", "component"), ("completeness", "component"),
        ("llm.tool_call", "integration"),
        ("llm.latency", "performance"), ("inference.latency", "performance"),
        ("llm.includes", "quality"), ("classification.roc_auc", "quality"), ("llm.pii", "safety"),
        ("fairness.gap", "safety"), ("llm.preference", "human"), ("mine.of_my_own", "quality"),
    ],
)  # fmt: skip
def test_a_metric_belongs_to_a_layer(metric: str, layer: str) -> None:
    assert layer_of(metric) == layer


def test_every_metric_of_language_models_has_one() -> None:
    found = {name: layer_of(name) for name in load_all()}
    assert set(found.values()) == set(LAYERS)


def test_the_suite_may_say_otherwise() -> None:
    run = example_run([check("a", "llm.includes"), check("b", "llm.includes", layer="human")])
    assert [r.id for r in layered(run)["quality"]] == ["a"]
    assert [r.id for r in layered(run)["human"]] == ["b"]


def test_the_lowest_layer_that_fails_is_named_with_its_reasons() -> None:
    said = words(
        check("fast", "llm.latency"),
        check("tools", "llm.tool_call", "fail"),
        check("right", "llm.includes", "fail"),
        check("safe", "llm.pii", "error"),
    )
    assert said == (
        "Integration is the lowest layer that fails: 1 check fails (tools). Quality and safety "
        "fail on the same subjects, likely because of it: mend it first. Nothing checks "
        "component, so the cause may lie there."
    )


def test_what_fails_on_other_subjects_is_not_blamed_on_it() -> None:
    said = words(
        check("json", "llm.is_json", "fail"),
        check("right", "llm.includes", "fail", on="another", data="others"),
    )
    assert said == "Component is the lowest layer that fails: 1 check fails (json)."


def test_what_passes_or_is_open_beneath_is_said() -> None:
    below = check("json", "llm.is_json"), check("tools", "llm.tool_call")
    many = [check(f"q{i}", "llm.includes", "fail") for i in range(5)]
    said = words(*below, check("fast", "llm.latency"), *many)
    assert "5 checks fail (q0, q1, q2 and 2 more)" in said
    assert "Beneath it, component, integration and performance pass." in said
    assert "Nothing checks" not in said
    said = words(check("json", "llm.is_json", "inconclusive"), *many)
    assert "Beneath it, component is undecided." in said
    assert "Nothing checks integration or performance" in said


def test_what_was_not_judged_beneath_does_not_pass() -> None:
    wrong = check("q", "llm.includes", "fail")
    said = words(check("json", "llm.is_json", "not_applicable"), wrong)
    assert "Nothing checks component, integration or performance" in said
    said = words(check("json", "llm.is_json", "fail", severity="info"), wrong)
    assert "Beneath it, component falls short where nothing is required." in said
    assert "passes" not in said


def test_where_nothing_fails_nothing_is_blamed() -> None:
    run = example_run([check("a", "llm.includes"), check("b", "llm.pii", "inconclusive")])
    assert likely_cause(run) is None
    assert layers_line(run) == "quality ✓1 · safety ?1"
    assert "No layer fails." in render(run)


def test_what_requires_nothing_blames_nothing() -> None:
    assert likely_cause(example_run([check("a", "llm.pii", "fail", severity="info")])) is None


def test_runs_without_a_language_model_are_as_they_were() -> None:
    run = example_run()
    assert not is_layered(run)
    assert layers_line(run) == ""
    assert 'class="pyramid"' not in render(run)


def printed(run: Run) -> str:
    out = io.StringIO()
    print_run(run, Console(file=out, width=80, color_system=None, highlight=False))
    return " ".join(out.getvalue().split())


def test_terminal_and_page_show_them() -> None:
    run = example_run([check("json", "llm.is_json", "fail"), check("safe", "llm.pii")])
    assert "Layers: component ✗1 · safety ✓1; likely root cause: component" in printed(run)
    page = render(run)
    rows = re.findall(r'<li class="layer-(\w+)( named)?">', page)
    assert [name for name, _ in rows] == list(reversed(LAYERS))
    assert [name for name, named in rows if named] == ["component"]
    assert "✗ 1 fail" in page
    assert "Likely root cause:" in page


SUITE = """
suite: t
subjects: {{t: {{table: t.csv}}}}
checks:
  - row_count: {{on: t}}
    at_least: 1
    layer: {layer}
"""


def test_a_suite_names_the_layer_of_a_check(tmp_path: Any) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")
    (tmp_path / "suite.yaml").write_text(SUITE.format(layer="safety"))
    run = assay.run(tmp_path / "suite.yaml", home=tmp_path / "home")
    assert run.results[0].layer == "safety"
    assert layers_line(run) == "safety ✓1"
    (tmp_path / "suite.yaml").write_text(SUITE.format(layer="safty"))
    with pytest.raises(SuiteError, match="safety"):
        assay.load(tmp_path / "suite.yaml")


def test_python_names_it_too() -> None:
    run = assay.run([assay.check("row_count", at_least=1, layer="human")], on=pa.table({"a": [1]}))
    assert run.results[0].layer == "human"
