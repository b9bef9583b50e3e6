"""Binding parameters to metrics: what is wrong with them, in words, whatever the type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import pytest
from msgspec import Meta

from assay.core.binding import Fault, bind, faults, parameter_types, required, spreads
from assay.core.errors import SuiteError
from assay.core.metric import Metric
from assay.metrics import find, load_all


@pytest.mark.parametrize("name", sorted(load_all()))
def test_every_metric_binds_its_example(name: str) -> None:
    """Types resolve at run time, and the example is what the suite would accept."""
    cls = find(name)
    metric = bind(cls, cls.example)
    assert isinstance(metric, Metric)
    assert set(required(cls)) <= set(cls.example) <= set(parameter_types(cls))
    assert metric == bind(cls, cls.example)
    assert hash(metric) == hash(bind(cls, cls.example))


def test_columns_stand_for_column_only() -> None:
    assert spreads(find("completeness"))
    assert spreads(find("drift"))
    assert not spreads(find("uniqueness"))
    assert not spreads(find("row_count"))


@pytest.mark.parametrize(
    ("metric", "params", "messages"),
    [
        ("completeness", {}, ["needs the parameter 'column'."]),
        ("completeness", {"column": 1}, ["column must be text."]),
        ("completeness", {"column": None}, ["column must be text."]),
        ("quantile", {"column": "a", "q": "x"}, ["q must be a number."]),
        ("quantile", {"column": "a", "q": True}, ["q must be a number."]),
        ("quantile", {"colum": "a", "q": -1},
         ["colum is not a parameter of quantile. Did you mean 'column'?",
          "needs the parameter 'column'.", "q must be a number >= 0.0."]),
        ("row_count", {"x": 1}, ["x is not a parameter of row_count. It has none."]),
        ("completeness", {"column": "a", "zzz": 1},
         ["zzz is not a parameter of completeness. It has: column."]),
        ("uniqueness", {"key": "id"}, ["key must be a list."]),
        ("uniqueness", {"key": []}, ["key must be a list of length >= 1."]),
        ("uniqueness", {"key": ["id", 3]}, ["key[1] must be text."]),
        ("drift", {"column": "a", "method": "PSI"},
         ["method must be one of auto, chi_square, hellinger, jensen_shannon, kl, ks, psi,"
          " total_variation, wasserstein. Did you mean 'psi'?"]),
        ("drift", {"column": "a", "bins": 2.5}, ["bins must be a whole number."]),
        ("in_range", {"column": "a"}, ["in_range needs `lower`, `upper` or both."]),
    ],
)  # fmt: skip
def test_faults_in_words(metric: str, params: dict[str, Any], messages: list[str]) -> None:
    assert [str(fault) for fault in faults(find(metric), params)] == messages
    with pytest.raises(SuiteError) as caught:
        bind(find(metric), params)
    first = messages[0]
    assert str(caught.value) == (first if first.startswith(metric) else f"{metric}: {first}")


@dataclass(frozen=True, kw_only=True)
class Shapes(Metric):
    """Parameters of types that built-in metrics may not have; abstract, and registered nowhere."""

    name: ClassVar[str] = "shapes"
    nested: Annotated[tuple[tuple[Literal["x", "yes"], ...], ...], Meta(min_length=1)] = ()
    named: dict[str, int] | None = None
    either: int | float | str | None = None


@pytest.mark.parametrize(
    ("params", "path", "message"),
    [
        ({"nested": [["x"], ["yas"]]}, ("nested", 1, 0), "must be one of x, yes"),
        ({"named": {"a": "b"}}, ("named",), "must be a whole number"),
        ({"named": [1]}, ("named",), "must be a mapping"),
        ({"either": [1]}, ("either",), "must be a number or text"),
    ],
)
def test_places_within_values(params: dict[str, Any], path: tuple[Any, ...], message: str) -> None:
    (fault,) = faults(Shapes, params)
    assert (fault.path, fault.message) == (path, message)


def test_a_fault_prints_its_place() -> None:
    assert str(Fault(("values", 2), "must be text", "value")) == "values[2] must be text."
