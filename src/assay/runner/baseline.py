"""`no_worse_than`: a check held against a stored run, judged on the difference to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from assay.core.errors import SuiteError
from assay.core.measurement import number_text
from assay.runner.baseline_gaps import baseline_gaps
from assay.runner.judge import Case
from assay.runner.side import Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.check import Check
    from assay.core.criterion import NoWorseThan
    from assay.core.engine import Engine
    from assay.runner.fold import Folded
    from assay.runner.observe import Observed

Baselines = Callable[[str], Side]
"""Finds a stored run by name or id, with the observations it kept."""


def baseline_case(
    check: Check,
    criterion: NoWorseThan,
    folded: Folded,
    engine: Engine,
    baselines: Baselines | None,
    observed: Mapping[str, Observed],
) -> Case:
    """The case whose estimates are differences to the baseline.

    Raises:
        SuiteError: the metric has no better direction, or no history holds the baseline.
        HistoryError: there is no such run.
    """
    better = check.metric.higher_is_better
    if better is None:
        raise SuiteError(
            f"{check.metric.name} has no better direction, so nothing can be worse.",
            check_id=check.id,
            hint="Use `between` or `equals`.",
        )
    if baselines is None:
        raise SuiteError(
            f"There is no history to find the run {criterion.baseline!r} in.",
            check_id=check.id,
            hint="Give its folder with `home=`.",
        )
    gaps = baseline_gaps(check, folded, baselines(criterion.baseline), engine, observed)
    side = "below" if better else "above"
    margin = number_text(criterion.margin)
    text = f"no more than {margin} {side}" if criterion.margin else f"not {side}"
    return Case(
        criterion.on_difference(higher_is_better=better),
        f"{text} the run {criterion.baseline!r} (the difference to it is judged)",
        gaps.at,
        evidence=gaps.evidence,
    )
