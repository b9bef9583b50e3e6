"""Rows of the reference weighted to look like the current ones, and the score over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.core.measurement import Unmeasured
from assay.inference.shift.balance import balance
from assay.inference.shift.cells import bins_for, category_cells, ordered_cells
from assay.inference.shift.groups import ROWS, Groups, settled
from assay.inference.shift.impact import Part, current_part, reference_part, weighted_part
from assay.metrics.drift.performance import FEWEST, fault, read, score_of, usable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.aggregate import Fold
    from assay.inference.shift.balance import Balance
    from assay.inference.shift.cells import Cells
    from assay.inference.shift.impact import Score
    from assay.metrics.drift.performance import Rows, ScoreName

MOST_ABSENT = 0.1
"""Share of current rows with values that the reference lacks, beyond which nothing of it is like
them: such a column is left out of the weights."""

OUTPUT = "the model's output"


@dataclass(frozen=True, eq=False)
class Shifted:
    """Both sides, side by side.

    Attributes:
        reference, current: rows; those of the reference have targets, and the current ones too
            where ``labelled``.
        cells: of each column, by name, and of the model's output.
        left_out: why columns are not weighted by, by name.
        whole: weights by all columns; or why there are none.
        groups: that rows come in.
    """

    name: ScoreName
    reference: Rows
    current: Rows
    labelled: bool
    cells: Mapping[str, Cells]
    left_out: Mapping[str, str]
    whole: Balance | str
    groups: Groups = ROWS

    @property
    def score(self) -> Score:
        """The score of the reference's rows, as a function of weights."""
        return score_of(self.reference, self.name)

    def before(self) -> Part:
        """The score over the reference."""
        return reference_part(self.score, self.reference.n, self.current.n, self.groups)

    def after(self) -> Part:
        """The score over the current rows, which have targets."""
        score = score_of(self.current, self.name)
        return current_part(score, self.reference.n, self.current.n, self.groups)

    def weighted(self) -> Part:
        """The score over the weighted reference.

        Raises:
            ValueError: there are no weights, or they are worth too few rows.
        """
        if isinstance(self.whole, str):
            raise ValueError(self.whole)
        return _held(weighted_part(self.score, self.whole, self.groups), self.whole)

    def by_column(self, name: str) -> Part:
        """The score over the reference, weighted by one column alone.

        Raises:
            ValueError: as :meth:`weighted`.
        """
        found = balance([self.cells[name]])
        return _held(weighted_part(self.score, found, self.groups), found)


def _held(part: Part, found: Balance) -> Part:
    if found.effective < FEWEST:
        raise ValueError(
            f"the weighted rows of the reference are worth {found.effective:.0f} rows, fewer than "
            f"{FEWEST}: hardly any is like the current ones"
        )
    return part


def shifted(
    fold: Fold, name: ScoreName, columns: tuple[str, ...] | None, *, labels: bool
) -> Shifted | Unmeasured:
    """Both sides of a fold, weighted; or why they cannot be.

    Args:
        labels: where current rows have targets, only those count.
    """
    reference, current = read(fold.reference, columns).labelled, read(fold, columns)
    held = current.labelled
    labelled = labels and held.n > 0
    if labelled:
        current = held
    for rows, what in ((reference, "the reference"), (current, "the table")):
        if rows.n < FEWEST:
            few = f"{rows.n:,} row" if rows.n == 1 else f"{rows.n:,} rows"
            if what == "the reference" or labelled:
                few += " with a target"
            return Unmeasured(reason=f"{what} has {few}, fewer than {FEWEST}", n=rows.n)
        problem = fault(rows, name)
        if problem:
            return Unmeasured(reason=problem, n=rows.n, fault=True)
    groups = grouped(reference, current)
    if isinstance(groups, str):
        return Unmeasured(reason=groups, n=current.n)
    cells, left_out = _cells(fold, reference, current, columns)
    whole: Balance | str
    absent = cells[OUTPUT].absent
    if absent > MOST_ABSENT:
        whole = f"{OUTPUT} is outside the reference's range in {absent * 100:.0f} % of the rows"
    else:
        try:
            whole = balance(list(cells.values()))
        except ValueError as error:
            whole = str(error)
    return Shifted(name, reference, current, labelled, cells, left_out, whole, groups)


def grouped(reference: Rows, current: Rows) -> Groups | str:
    """The groups that the rows of both sides come in; or why no error follows from them."""
    try:
        return Groups(
            settled(reference.group, "the reference"), settled(current.group, "the table")
        )
    except ValueError as error:
        return str(error)


def _cells(
    fold: Fold, reference: Rows, current: Rows, columns: tuple[str, ...] | None
) -> tuple[dict[str, Cells], dict[str, str]]:
    """Cells of all columns that can be weighted by, and why others cannot."""
    kinds = {info.name: info.kind == "string" for info in usable(fold.schema, columns)}
    others = {info.name: info.kind == "string" for info in usable(fold.reference.schema, columns)}
    found: dict[str, Cells] = {}
    left_out: dict[str, str] = {}
    bins = bins_for(min(reference.n, current.n), len(kinds) + 1)
    for name, is_text in kinds.items():
        if others.get(name) is not is_text:
            left_out[name] = "its type is another in the reference"
            continue
        sides = reference.columns[name], current.columns[name]
        one = category_cells(name, *sides) if is_text else ordered_cells(name, *sides, bins=bins)
        if one.absent > MOST_ABSENT:
            left_out[name] = f"{one.absent * 100:.0f} % of the rows have values the reference lacks"
        else:
            found[name] = one
    found[OUTPUT] = ordered_cells(OUTPUT, reference.output, current.output, bins=bins)
    return found, left_out
