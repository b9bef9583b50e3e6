"""Presets: what they expand to, how a person overrides them, and that each one is sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assay.core.criterion import AtLeast, AtMost, Between
from assay.core.errors import Location
from assay.suite.presets import presets

if TYPE_CHECKING:
    from collections.abc import Callable

    from assay.core.check import Suite

    Good = Callable[..., Suite]
    Wrong = Callable[..., str]

GIVEN = {"subject": "train", "column": "age", "columns": "[age, income]"}


def test_there_are_presets_with_descriptions() -> None:
    assert {"data-quality", "tabular-classification", "tabular-regression"} <= set(presets())
    for preset in presets().values():
        assert preset.description.endswith(".")
        assert all(parameter.description for parameter in preset.parameters.values())


@pytest.mark.parametrize("name", sorted(presets()))
@pytest.mark.parametrize("which", ["all", "required"])
def test_each_preset_loads(good: Good, name: str, which: str) -> None:
    """Every check of it has a criterion (or only informs), a description, and real parameters."""
    preset = presets()[name]
    given = ", ".join(
        f"{key}: {'model' if key == 'model' else GIVEN[parameter.kind]}"
        for key, parameter in preset.parameters.items()
        if which == "all" or parameter.required
    )
    suite = good(f"checks:\n  - preset: {name}\n    with: {{{given}}}\n")
    assert all(check.description for check in suite.checks)
    assert all(check.criterion or check.severity == "info" for check in suite.checks)
    assert all(check.location == Location("s.yaml", 7, 5) for check in suite.checks)
    if which == "all":
        assert len(suite.checks) == len(preset.checks)
    else:
        assert 0 < len(suite.checks) < len(preset.checks)


def test_what_is_not_given_is_left_out_and_defaults_hold(good: Good) -> None:
    suite = good("checks:\n  - preset: data-quality\n    with: {table: train}\n")
    assert [check.metric for check in suite.checks] == ["row_count", "completeness"]
    assert suite.checks[1].params == {"columns": ["*"]}


def test_a_person_overrides_criterion_severity_and_parameters(good: Good) -> None:
    suite = good("""\
checks:
  - preset: data-quality
    with: {table: train, columns: [age], key: [id], reference: test}
    skip: [key_complete]
    override:
      rows: {between: [10, 20], severity: info}
      drift: {method: psi, at_most: 0.3, where: age > 3}
""")
    rows, completeness, unique, drift = suite.checks
    assert (rows.criterion, rows.severity) == (Between(10.0, 20.0), "info")
    assert (completeness.params, completeness.criterion) == ({"columns": ["age"]}, AtLeast(0.95))
    assert unique.params == {"key": ["id"]}
    assert (drift.on, drift.against, drift.where) == ("train", "test", "age > 3")
    assert (drift.params, drift.criterion, drift.severity) == (
        {"method": "psi"},
        AtMost(0.3),
        "warn",
    )


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("preset: data-qualty",
         "7:13: preset must be one of data-quality, tabular-classification, tabular-regression, not"
         " 'data-qualty'. Did you mean 'data-quality'?"),
        ("preset: data-quality",
         "7:5: The preset data-quality needs 'table': The table under test."
         " Write `with: {table: …}`."),
        ("preset: data-quality\n    with: {tabel: train}",
         "7:5: The preset data-quality needs 'table': The table under test."
         " Write `with: {table: …}`.\n"
         "s.yaml:8:12: with has no key 'tabel'. Did you mean 'table'?"),
        ("preset: data-quality\n    with: {table: train, key: id}",
         "8:31: key must be a list, not 'id'. Write ['id']."),
        ("preset: data-quality\n    with: {table: tarin}",
         "8:19: The suite has no subject 'tarin'. Did you mean 'train'?"),
        ("preset: data-quality\n    with: {table: model}",
         "8:19: on must be a table, and 'model' is a model: row_count measures a table.\n"
         "s.yaml:8:19: on must be a table, and 'model' is a model: completeness measures a table."),
        ("preset: data-quality\n    with: {table: train}\n    skip: [row]",
         "9:12: each item of skip must be one of rows, completeness, key_complete, key_unique,"
         " freshness, drift, not 'row'. Did you mean 'rows'?"),
        ("preset: data-quality\n    with: {table: train}\n    override: {drift: {at_most: 1}}",
         "9:23: The check 'drift' needs a parameter that is not given: nothing to override."),
        ("preset: data-quality\n    with: {table: train}\n    override: {rows: {at_leats: 1}}",
         "9:23: 'at_leats' is not a parameter of row_count. It has none."),
        ("preset: data-quality\n    with: {table: train}\n    override: {rows: {at_least: x}}",
         "9:33: at_least must be a number, not 'x'."),
        ("preset: data-quality\n    with: {table: train}\n    severity: warn",
         "9:5: A preset has no key 'severity'. Known: preset, with, skip, override."),
    ],
)  # fmt: skip
def test_what_is_said_about_a_preset(wrong: Wrong, item: str, message: str) -> None:
    assert wrong(f"checks:\n  - {item}\n") == f"s.yaml:{message}"
