"""Experiment files: what they say, and every error with its place."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from assay.core.errors import SuiteError
from assay.experiments.reading import load_experiment, read_experiment

GOOD = """\
experiment: checkout
salt: checkout-2
unit: user_id
arms: {old: 0.5, new: 0.3, newer: 0.2}
control: old
layer: {name: shop, from: 0.25, to: 0.75}
traffic: 0.4
exclude: [17, bot]
overrides: {qa-1: new}
start: 2026-03-01
end: 2026-03-15T12:00:00+02:00
metrics:
  conversion: {kind: proportion, where: "event = 'purchase'"}
  spend: {kind: revenue, value: amount, role: secondary, covariate: past, strata: [country]}
  cost: {kind: mean, value: cost, role: guardrail, direction: decrease, relative_margin: 0.02}
  items: {kind: ratio, value: n, denominator: {value: orders, where: paid}}
  wait: {kind: quantile, value: ms, quantile: 0.99, winsorize: false}
  buy: {kind: time_to_event, where: paid, horizon: 7}
analysis: {level: 0.9, method: bayesian, correction: none, priors: {alpha: 2, lift_sd: 0.1}}
"""


def test_everything_that_a_file_can_say() -> None:
    spec = read_experiment(GOOD)
    assert (spec.name, spec.salt, spec.control) == ("checkout", "checkout-2", "old")
    assert spec.treatments == ("new", "newer")
    assert spec.exclude == {"17", "bot"}
    assert spec.overrides == {"qa-1": "new"}
    assert spec.start == datetime(2026, 3, 1, tzinfo=UTC)
    assert spec.end == datetime(2026, 3, 15, 10, tzinfo=UTC)
    metrics = {metric.name: metric for metric in spec.metrics}
    assert metrics["spend"].winsorize == 0.99
    assert metrics["wait"].winsorize is None
    assert (metrics["cost"].margin, metrics["cost"].relative) == (0.02, True)
    assert not metrics["cost"].higher_is_better
    assert (metrics["items"].denominator, metrics["items"].denominator_where) == ("orders", "paid")
    assert spec.analysis.priors.lift_sd == 0.1
    assert spec.layer is not None
    assert (spec.layer.low, spec.layer.high) == (0.25, 0.75)


@pytest.mark.parametrize("design", ["switchback", "interleaving", "bandit"])
def test_designs_that_no_file_describes_are_refused(design: str) -> None:
    with pytest.raises(SuiteError) as refused:
        read_experiment(GOOD + f"{design}: {{length: 3600}}\n")
    assert f"The file of an experiment has no section {design!r}" in str(refused.value)
    assert f"assay.experiments.{design}" in str(refused.value)


def test_a_key_that_is_not_known_is_not_told_to_be_a_design() -> None:
    with pytest.raises(SuiteError, match="has no key 'monitor'") as refused:
        read_experiment(GOOD + "monitor: 1\n")
    assert "bandit" not in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("level: 0.9", "level: 1e-300", "The level lies between 0 and 1"),
        ("alpha: 2", "alpha: 1e300", "alpha of a prior lies between 1e-06 and 1e+09"),
        ("lift_sd: 0.1", "lift_sd: 1e-200", "lift_sd of a prior lies between 1e-06 and 1e+09"),
        ("alpha: 2", "lift_mean: -1e300", "lift_mean of a prior lies between 0 and 1e+09"),
        ("unit: user_id\n", "", "1:1: The experiment has no 'unit'"),
        ("newer: 0.2", "newer: 0.1", "4:7: The weights of the arms must sum to 1, not 0.9"),
        ("newer: 0.2", "newer: -0.2", "4:7: The weight of the arm 'newer' must be 0 or more"),
        ("arms: {old: 0.5, new: 0.3, newer: 0.2}", "arms: {old: 1}", "at least two arms"),
        ("control: old", "control: older", "The control 'older' is not an arm"),
        ("to: 0.75", "to: 0.2", "6:8: A layer's range lies within 0 and 1"),
        ("traffic: 0.4", "traffic: 40%", "7:10: traffic must be a number, not '40%'. Write 0.4"),
        ("traffic: 0.4", "traffic: 1.5", "7:10: traffic must be above 0 and at most 1"),
        ("qa-1: new", "qa-1: newest", "The unit 'qa-1' is given to 'newest', which is not an arm"),
        ("2026-03-01\n", "March\n", "10:8: start must be a date or time such as 2026-03-01"),
        ("start: 2026-03-01", "start: 2027-03-01", "The experiment ends before it starts"),
        ("kind: proportion", "kind: proportoin", "Did you mean 'proportion'?"),
        ("kind: proportion, ", "", "13:15: The metric 'conversion' has no 'kind'"),
        ("value: amount, ", "", "14:10: The metric 'spend' needs a value"),
        ("relative_margin: 0.02", "unit: s", "is a guardrail, which needs `margin`"),
        ("relative_margin: 0.02", "margin: 1, relative_margin: 0.02", "not both"),
        ("denominator: {value: orders, where: paid}", "unit: s", "'items' needs a denominator"),
        ("quantile: 0.99", "quantile: 99", "needs a quantile between 0 and 1, not 99"),
        (", horizon: 7", "", "'buy' needs a horizon above 0"),
        ("method: bayesian", "method: sequential", "analysis needs `planned`"),
        ("method: bayesian", "method: bayes", "Did you mean 'bayesian'?"),
        ("level: 0.9", "level: 95", "The level lies between 0 and 1"),
        ("alpha: 2", "alpha: 0", "The parameters of a Beta prior are above 0"),
        ("metrics:", "metric:", "Did you mean 'metrics'?"),
        ("salt: checkout-2", "salt: shop", "must not be the layer's name"),
        ("salt: checkout-2", "salt: 'a:b'", "The salt must be text without a colon"),
    ],
)
def test_each_error_has_its_place(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(SuiteError) as error:
        read_experiment(GOOD.replace(old, new), file="e.yaml")
    assert said in str(error.value)
    assert "e.yaml:" in str(error.value)


def test_all_errors_are_told_at_once() -> None:
    with pytest.raises(SuiteError) as error:
        read_experiment("experiment: a\nunit: [u]\narms: 3\nmetric: {}\n", file="e.yaml")
    lines = str(error.value).splitlines()
    assert len(lines) == 3
    assert [line.split(":")[1] for line in lines] == ["2", "3", "4"]


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "e.yaml"
    path.write_text(
        "experiment: a\nunit: u\narms: {a: 0.5, b: 0.5}\nassignments: {table: gone.parquet}\n"
    )
    with pytest.raises(SuiteError, match=r"e\.yaml:4:22: .*gone\.parquet"):
        load_experiment(path)


def test_no_such_file_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "checkout.yaml").write_text("")
    with pytest.raises(SuiteError, match=r"Did you mean 'checkout\.yaml'\?"):
        load_experiment(tmp_path / "chekout.yaml")
