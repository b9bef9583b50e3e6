"""The register of expectation types: for each a function from its arguments to checks.

The functions stand in ``tables.py``, ``figures.py``, ``values.py`` and ``rows.py``; what no
function stands for is named in :data:`WITHOUT` with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from assay.suite.exchange.arguments import Arguments
from assay.suite.exchange.entries import Draft

Rule = Callable[[Arguments], "Mapped"]

RULES: dict[str, Rule] = {}
METRICS: dict[str, tuple[str, ...]] = {}
"""The metrics that each expectation type is mapped to."""

WITHOUT: dict[str, str] = {
    "expect_column_bootstrapped_ks_test_p_value_to_be_greater_than": (
        "GX 1.x names it without being able to run it; a bare p-value says how many rows there "
        "are: use `drift` with method ks"
    ),
    "expect_column_chisquare_test_p_value_to_be_greater_than": (
        "GX 1.x names it without being able to run it; a bare p-value says how many rows there "
        "are: use `drift` with method chi_square"
    ),
    "expect_column_parameterized_distribution_ks_test_p_value_to_be_greater_than": (
        "GX 1.x names it without being able to run it; a bare p-value says how many rows there "
        "are: use `quantile`, `skewness` and `kurtosis`"
    ),
    **dict.fromkeys(
        ("expect_column_values_to_be_increasing", "expect_column_values_to_be_decreasing"),
        "a table has no order of its own: use `monotone` and name in `order_by` the column that "
        "gives it",
    ),
    "expect_query_results_to_match_comparison": (
        "it compares with a query on another data source: name both tables in the suite and use "
        "`query_rows` or `row_count_ratio`"
    ),
}


@dataclass(frozen=True)
class Mapped:
    """Checks that together say what an expectation says, and in what they differ from it."""

    checks: tuple[Draft, ...]
    note: str = ""

    def within(self, where: str | None, beside: dict[str, Any]) -> Mapped:
        """The same on some rows only, with more beside each check."""
        return replace(self, checks=tuple(_within(c, where, beside) for c in self.checks))


def _within(check: Draft, where: str | None, beside: dict[str, Any]) -> Draft:
    params = dict(check.params)
    if where:
        own = params.get("where")
        params["where"] = f"({own}) AND ({where})" if own else where
    return replace(check, params=params, beside={**check.beside, **beside})


def maps(expectation: str, *metrics: str) -> Callable[[Callable[[Arguments], Any]], Rule]:
    """Register a rule for an expectation type, which leads to these metrics.

    The rule gives one draft, several, or a :class:`Mapped` with a note.
    """

    def register(function: Callable[[Arguments], Any]) -> Rule:
        def rule(arguments: Arguments) -> Mapped:
            found = function(arguments)
            if isinstance(found, Draft):
                return Mapped((found,))
            return found if isinstance(found, Mapped) else Mapped(tuple(found))

        RULES[expectation] = rule
        METRICS[expectation] = metrics
        return rule

    return register
