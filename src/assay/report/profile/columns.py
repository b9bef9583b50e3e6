"""The columns of a table on the page: each in a line that opens to all that is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.html.layout import head_row, section
from assay.report.html.markup import h
from assay.report.profile.pictures import large, share_bar, spark
from assay.report.profile.words import distinct, percent, point_text, three, value_text, values
from assay.report.text import counted, figure, short

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from assay.core.profile import ColumnProfile, Spread, TableProfile
    from assay.report.html.markup import Element, Node

GROUP = 100
"""Columns that stand together in a wide table."""
_THOROUGH = 200
"""Columns up to which every bar has its words."""
_TOP, _TOP_WIDE = 10, 5
_NAME = 80


def columns(profile: TableProfile, anchors: Mapping[str, str]) -> Element:
    """The section of all columns; a wide table's stand in groups that open."""
    thorough = len(profile.columns) <= _THOROUGH
    rows = [_column(c, anchors[c.name], thorough=thorough) for c in profile.columns]
    intro = "Each opens to its figures, its commonest values and what is worth a look."
    if len(rows) <= GROUP:
        return section("columns", "Columns", intro, h("div", {"class": "columns"}, rows))
    groups = [
        _group(profile.columns[at : at + GROUP], rows[at : at + GROUP], at)
        for at in range(0, len(rows), GROUP)
    ]
    return section("columns", "Columns", f"{intro} They stand {GROUP} together.", groups)


def _group(members: Sequence[ColumnProfile], rows: Sequence[Element], at: int) -> Element:
    found = sum(len(c.alerts) for c in members)
    noted = f", {counted(found, 'alert')}" if found else ""
    words = f"{at + 1:,} to {at + len(rows):,}: {_named(members[0])} … {_named(members[-1])}{noted}"
    return h(
        "details",
        {"class": "group", "open": at == 0},
        h("summary", None, h("span", None, words)),
        h("div", {"class": "columns"}, rows),
    )


def _named(column: ColumnProfile) -> str:
    return short(column.name, _NAME) or "(no name)"


def _column(column: ColumnProfile, anchor: str, *, thorough: bool) -> Element:
    nulls = percent(column.nulls, column.rows) if column.nulls else ""
    summary = h(
        "summary",
        None,
        h("span", {"class": "name"}, h("span", {"class": "id"}, _named(column)),
          h("span", {"class": "type"}, column.kind)),
        h("span", {"class": "picture"}, spark(column)),
        h("span", {"class": "held"}, values(column)),
        h("span", {"class": "counts"}, f"{distinct(column)} distinct",
          h("span", {"class": "nulls"}, f"{nulls} null") if nulls else None),
        h("span", {"class": "chip tone-warn"}, f"△ {len(column.alerts)}") if column.alerts
        else None,
    )  # fmt: skip
    return h("details", {"class": "column", "id": anchor}, summary, _body(column, thorough))


def _body(column: ColumnProfile, thorough: bool) -> Element:
    notes = [h("li", None, alert.text) for alert in column.alerts]
    facts = [(h("dt", None, term), h("dd", None, fact)) for term, fact in _facts(column)]
    picture = None
    if column.histogram is not None:
        picture = large(_named(column), column.histogram, each=thorough)
    return h(
        "div",
        {"class": "detail about-column"},
        h("ul", {"class": "alerts"}, notes) if notes else None,
        h("div", None, picture, _top(column, _TOP if thorough else _TOP_WIDE)),
        h("dl", None, facts),
    )


def _facts(column: ColumnProfile) -> Iterator[tuple[str, str]]:
    yield "Type", f"{column.kind} ({short(column.native, 40)})"
    some = f" ({percent(column.nulls, column.rows)})" if column.nulls else ""
    yield "Nulls", f"{column.nulls:,}{some}"
    about = f" (within {percent_text(column.distinct_error)})" if column.distinct_error else ""
    yield "Distinct", distinct(column) + about
    if column.format:
        yield "Form", column.format.replace("_", " ")
    if column.spread is not None:
        yield from _spread(column.spread)


def _spread(spread: Spread) -> Iterator[tuple[str, str]]:
    if spread.mean is not None:
        mean = spread.mean
        yield "Mean", point_text(mean) if isinstance(mean, str) else three(mean)
    if spread.sd is not None:
        seconds = " s" if isinstance(spread.least, str) else ""
        yield "Standard deviation", three(spread.sd) + seconds
    if spread.skewness is not None:
        yield "Skewness", three(spread.skewness)
    yield "Least", point_text(spread.least)
    for name, value in (
        ("5 %", spread.q05), ("25 %", spread.q25), ("Median", spread.median),
        ("75 %", spread.q75), ("95 %", spread.q95),
    ):  # fmt: skip
        yield name, point_text(value)
    yield "Greatest", point_text(spread.greatest)
    if spread.rank_error:
        yield "Ranks within", percent_text(spread.rank_error)
    if spread.zeros:
        yield "Zeros", f"{spread.zeros:,} ({percent(spread.zeros, spread.n)})"
    if spread.infinite:
        yield "Infinite", f"{spread.infinite:,}"


def percent_text(share: float) -> str:
    """An error as ``0.41 %``."""
    return f"{figure(float(f'{100 * share:.2g}'))} %"


def _top(column: ColumnProfile, most: int) -> Node:
    """The commonest values with their shares."""
    shown = column.top[:most]
    if not shown or (column.spread is not None and shown[0].n <= max(1, column.values / 1000)):
        return None
    rows = [
        h(
            "tr",
            None,
            h("th", {"scope": "row"}, value_text(entry.value)),
            h("td", None, share_bar(entry.n, column.values)),
            h("td", {"class": "number"}, f"{entry.n:,}"),
            h("td", {"class": "number muted"}, percent(entry.n, column.values)),
        )
        for entry in shown
    ]
    titles = (("Commonest values", None), ("", None), ("Rows", "number"), ("Share", "number"))
    return h("table", {"class": "top-values"}, h("thead", None, head_row(titles)),
             h("tbody", None, rows))  # fmt: skip
