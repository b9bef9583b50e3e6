"""Two language models of one run, held against each other, in the report of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.comparison.flipped import flips_part
from assay.report.comparison.page import differences_table
from assay.report.html.layout import section
from assay.report.html.markup import h

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.comparison import Comparison
    from assay.report.html.markup import Element


def rivals_section(comparisons: Sequence[Comparison]) -> Element:
    """The section: of each pair the differences by check, and which samples flipped."""
    return section(
        "rivals",
        "Models side by side",
        "The same checks on the same samples, paired by sample. The shaded zone is where the "
        "second model is better.",
        [_pair(one) for one in comparisons],
    )


def _pair(comparison: Comparison) -> Element:
    first, second = (side.name or side.id for side in (comparison.a, comparison.b))
    notes = [h("li", None, note) for note in comparison.notes]
    sides = f"Answer of {first}", f"Answer of {second}"
    return h(
        "div",
        {"class": "rival"},
        h("h3", None, f"{first} → {second}"),
        differences_table(comparison, (first, second)),
        [flips_part(flips, sides) for flips in comparison.flips if flips.n_lost or flips.n_won],
        h("ul", {"class": "bare notes"}, notes) if notes else None,
    )
