"""Ids for checks: readable, stable, unique.

An id says what is measured where: ``train/completeness/pirat``, ``model@test/classification.recall/
by=afam``. Where several checks would share one, each gets what tells it from the others:
``train/quantile/age/q=0.9``.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from assay.core.errors import SuiteError
from assay.core.identifier import id_fault, segment, shortened
from assay.core.metric import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assay.core.check import CheckSpec
    from assay.core.metric import Metric

_MAX_COLUMNS = 4
_MAX_FEATURE = 40


@dataclass(frozen=True, slots=True)
class Draft:
    """A check on its way: bound to its metric, or with the error that kept it from that.

    ``spread``: others come of the same entry, one for each column.
    """

    spec: CheckSpec
    metric: Metric | None
    error: SuiteError | None
    spread: bool = False


def name_checks(drafts: Sequence[Draft]) -> Iterator[tuple[str, SuiteError | None]]:
    """The id of each draft, and what is wrong with it where something is.

    A draft whose id is invalid or taken still gets one of its own, so that it can be reported.
    """
    names = [_base(draft) for draft in drafts]
    groups: dict[str, list[int]] = defaultdict(list)
    for position, (draft, name) in enumerate(zip(drafts, names, strict=True)):
        if draft.spec.id is None:
            groups[name].append(position)
    for members in groups.values():
        if len(members) > 1:
            suffixes = _told_apart([drafts[m] for m in members])
            for position, suffix in zip(members, suffixes, strict=True):
                names[position] = shortened(f"{names[position]}{suffix}")
    order = sorted(range(len(drafts)), key=lambda position: _rank(drafts[position]))
    settled: dict[int, tuple[str, SuiteError | None]] = {}
    taken: set[str] = set()
    for position in order:
        name, fault = names[position], _fault(drafts[position], names[position], taken)
        number = 2
        while name in taken:
            name, number = f"{shortened(names[position], 190)}#{number}", number + 1
        taken.add(name)
        settled[position] = name, fault
    for position in range(len(drafts)):
        yield settled[position]


def _rank(draft: Draft) -> int:
    """Who takes an id first: who was given it, then who derives it, then who needs a makeshift."""
    if draft.spec.id is None:
        return 1
    return 0 if id_fault(draft.spec.id) is None else 2


def _fault(draft: Draft, name: str, taken: set[str]) -> SuiteError | None:
    wrong = id_fault(draft.spec.id) if draft.spec.id is not None else None
    if wrong:
        return SuiteError(f"An id {wrong}.")
    if name not in taken:
        return None
    if draft.spec.id is not None:
        return SuiteError(f"The id {name!r} is taken by another check.")
    return SuiteError(
        f"Another check is just like this one: {name!r}.",
        hint="Give one of them an `id:`, or remove it.",
    )


def _base(draft: Draft) -> str:
    spec = draft.spec
    if spec.id is not None and id_fault(spec.id) is None:
        return spec.id
    parts = [
        segment(spec.on) + (f"@{segment(spec.data)}" if spec.data else ""),
        segment(spec.metric),
    ]
    columns = _columns(draft)
    if 0 < len(columns) <= _MAX_COLUMNS:
        parts.append("+".join(segment(name) for name in columns))
    if spec.by:
        crossed = ("*".join(segment(name) for name in names) for names in spec.by)
        parts.append("by=" + ",".join(crossed))
    return shortened("/".join(parts))


def _columns(draft: Draft) -> tuple[str, ...]:
    if draft.metric is not None:
        reads = draft.metric.reads
        return tuple(name for name in columns_of(draft.metric) if name not in reads)
    column = draft.spec.params.get("column")
    return (column,) if isinstance(column, str) else ()


def _told_apart(drafts: Sequence[Draft]) -> list[str]:
    """For each of several checks of one base id: the fewest features that tell them apart."""
    features = [_features(draft) for draft in drafts]
    chosen: list[str] = []
    kinds = 1
    for label in dict.fromkeys(label for found in features for label in found):
        split = len({tuple(f.get(name) for name in (*chosen, label)) for f in features})
        if split > kinds:
            chosen.append(label)
            kinds = split
    if "bound" in chosen and "criterion" in chosen:
        chosen.remove("criterion")  # the bound tells its kind too
    return [
        "".join(f"/{_part(label, f[label])}" for label in chosen if label in f) for f in features
    ]


def _part(label: str, value: str) -> str:
    text = value if label in ("criterion", "bound", "severity") else f"{label}={value}"
    return segment(shortened(text, _MAX_FEATURE))


def _features(draft: Draft) -> dict[str, str]:
    """What may tell a check apart; the bound comes last, for it is what people change."""
    spec = draft.spec
    parameters = draft.metric.parameters() if draft.metric is not None else spec.params
    found = {name: _text(value) for name, value in parameters.items() if value is not None}
    criterion = spec.criterion
    kind = str(criterion.__struct_config__.tag) if criterion is not None else None
    optional = {
        "where": spec.where,
        "against": spec.against,
        "family": spec.family,
        "criterion": kind,
        "severity": spec.severity,
        "claim": spec.claim,
        "min_slice": str(spec.min_slice),
        "bound": f"{kind}={_text(msgspec.structs.astuple(criterion))}" if criterion else None,
    }
    return found | {label: value for label, value in optional.items() if value is not None}


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ",".join(_text(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
