"""Rows of two tables as numbers, over the columns that both have: what joint drift compares."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from assay.metrics.drift.compared import LOT, Role, Wanted, has_texts, sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from assay.core.aggregate import Fold
    from assay.core.schema import Schema
    from assay.states import SampleState

_KEY_ROWS = 100
_SALTS = (0x0A5511, 0x0B7233)
"""One for each table: rows of one are drawn without regard to those of the other."""


class Rows(NamedTuple):
    """Rows drawn from both tables; each pair is (reference, current).

    Attributes:
        names, texts: the columns, and which of them hold texts (as their lots).
        columns: for each column its values in both tables, NaN where a value lacks.
        keys: of the drawn rows. rows: of the whole tables.
        shared: rows that occur in both; where the engine drew, about how many, from those it drew.
        copies: they are more than values that repeat would bring. seen: the engine gave all rows.
        left_out: columns that are not compared, with the reason.
    """

    names: tuple[str, ...]
    texts: tuple[bool, ...]
    columns: tuple[tuple[NDArray[np.float64], NDArray[np.float64]], ...]
    keys: tuple[NDArray[np.uint64], NDArray[np.uint64]]
    rows: tuple[int, int]
    shared: int
    copies: bool
    seen: bool
    left_out: dict[str, str]


Pair = tuple[Wanted, Wanted]


def drawn_rows(fold: Fold, wanted: Pair, most: int, *, named: bool) -> Rows | str:
    """At most so many rows of each table, drawn by lot; or why the tables cannot be compared.

    Args:
        wanted: what is read of the reference, and of the current table.
        named: a person named the columns: one that cannot be compared is a reason not to.
    """
    if not all(wanted):
        return "one of the tables has no column that can be compared"
    folds = fold.reference, fold
    states = [side[sample(mine, most)] for side, mine in zip(folds, wanted, strict=True)]
    reason = _unfit(states)
    if reason:
        return reason
    if all(map(has_texts, wanted)) and folds[0][LOT].least != folds[1][LOT].least:
        return "two engines read the tables, and their texts cannot be compared: name `columns`"
    roles = _settled(wanted, states)
    left_out = _differing(roles)
    if named and left_out:
        name, reason = next(iter(left_out.items()))
        return f"column {name!r} is {reason}"
    whole = {
        name: tuple(
            state.arrays()[list(mine).index(name)]
            for state, mine in zip(states, wanted, strict=True)
        )
        for name in roles[1]
        if name in roles[0] and name not in left_out
    }
    for name in whole:
        if roles[1][name] == "text":
            whole[name] = _places(*whole[name])
    seen = not any(state.beyond for state in states)
    if not named:
        left_out |= _identifying(fold.schema, whole, "every row" if seen else "every row drawn")
    names = [name for name in whole if name not in left_out]
    if not names:
        return "the tables have no column in common that can be compared"
    chosen = _chosen(names, roles[1], whole, most)
    rows = states[0].rows, states[1].rows
    # rows of both are both drawn with the product of the shares that are drawn of each
    unseen = rows[0] / states[0].n * (rows[1] / states[1].n)
    shared = min(round(chosen.shared * unseen), *rows)
    return chosen._replace(left_out=left_out, rows=rows, shared=shared, seen=seen)


def _places(one: NDArray[np.float64], two: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Places of texts by frequency in place of their lots, which each engine draws otherwise.

    So engines draw the same rows, but for texts that are equally frequent.
    """
    from assay.inference.two_sample.classifier import by_frequency

    places = by_frequency(one, two)
    return places[: len(one)], places[len(one) :]


def _unfit(states: list[SampleState]) -> str | None:
    """Why a table cannot be compared, or None."""
    for state, table in zip(states, ("the reference table", "the table"), strict=True):
        if not state.n:
            return f"{table} has no rows"
    return None


def _chosen(
    names: list[str],
    roles: dict[str, Role],
    whole: dict[str, tuple[NDArray[np.float64], ...]],
    most: int,
) -> Rows:
    """Rows drawn from both tables, and what the tables share."""
    from assay.inference.two_sample.rows import drawn, overlap, row_keys

    keys = [row_keys([whole[name][side] for name in names]) for side in (0, 1)]
    common = overlap(keys[0], keys[1])
    one, two = (drawn(k, most, salt=salt) for k, salt in zip(keys, _SALTS, strict=True))
    return Rows(
        names=tuple(names),
        texts=tuple(roles[name] == "text" for name in names),
        columns=tuple((whole[name][0][one], whole[name][1][two]) for name in names),
        keys=(keys[0][one], keys[1][two]),
        rows=(len(keys[0]), len(keys[1])),
        shared=common.rows,
        copies=common.beyond_chance,
        seen=True,
        left_out={},
    )


Roles = tuple[dict[str, Role], dict[str, Role]]


def _settled(wanted: Pair, states: list[SampleState]) -> Roles:
    """How columns are compared in both tables.

    A column without any value, which a frame holds as numbers, is what the other table says.
    """
    import numpy as np

    one, two = ({name: read.role for name, read in mine.items()} for mine in wanted)
    for mine, other, state in zip((one, two), (two, one), states, strict=True):
        for i, (name, kind) in enumerate(mine.items()):
            if other.get(name, kind) != kind and np.isnan(state.arrays()[i]).all():
                mine[name] = other[name]
    return one, two


def _differing(roles: Roles) -> dict[str, str]:
    """Columns that the tables do not have alike, and how they differ."""
    one, two = roles
    left_out = {name: "not compared in the reference" for name in two if name not in one}
    left_out |= {name: "not compared here" for name in one if name not in two}
    return left_out | {
        name: f"{kind} here and {one[name]} in the reference"
        for name, kind in two.items()
        if name in one and one[name] != kind
    }


def _identifying(
    schema: Schema, whole: dict[str, tuple[NDArray[np.float64], ...]], every: str
) -> dict[str, str]:
    """Columns of whole numbers or texts in which every row of both tables has its own value."""
    import numpy as np

    found = {}
    for name, sides in whole.items():
        info = schema.find(name)
        if info is None or info.kind not in ("integer", "string"):
            continue
        # most columns repeat a value among the first rows already
        parts = [[side[:_KEY_ROWS] for side in sides], sides]
        if max(map(len, sides)) >= _KEY_ROWS and all(
            len(np.unique(v)) == len(v) and not np.isnan(v).any() for part in parts for v in part
        ):
            found[name] = f"a key ({every} has a value of its own)"
    return found
