"""The sections beside the columns: alerts, gaps, correlations, rows, how it was taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.html.layout import head_row, scrolling_table, section
from assay.report.html.markup import h
from assay.report.profile.columns import percent_text
from assay.report.profile.pictures import share_bar
from assay.report.profile.words import percent, point_text
from assay.report.text import cell_text, counted, short

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from assay.core.evidence import Cell
    from assay.core.profile import AlertKind, Correlations, Gaps, TableProfile
    from assay.report.html.markup import Element, Node

_KINDS: dict[AlertKind, str] = {
    "duplicate_rows": "Rows that repeat another",
    "all_null": "Without any value",
    "mostly_null": "Mostly without a value",
    "constant": "One value only",
    "near_constant": "Nearly one value only",
    "variants": "Texts that differ in case or space only",
    "infinite": "Infinite values",
    "correlated": "Columns that follow another",
    "identifier": "Different in every row",
    "high_cardinality": "Many different texts",
    "zeros": "Mostly zero",
    "skewed": "A long tail",
}
_OPENED = 12
_NAME = 60
_PAIRS = 10
_CELL = 60
_NAMED = 12


def worth_a_look(profile: TableProfile, anchors: Mapping[str, str]) -> Node:
    """All alerts, by their kind; None where there are none."""
    found: dict[AlertKind, list[Element]] = {kind: [] for kind in _KINDS}
    for alert in profile.alerts:
        found[alert.kind].append(h("li", None, alert.text))
    for column in profile.columns:
        for alert in column.alerts:
            found[alert.kind].append(h("li", None, _link(column.name, anchors), f": {alert.text}"))
    groups = [
        h(
            "details",
            {"open": len(items) <= _OPENED},
            h("summary", None, h("span", None, _KINDS[kind]),
              h("span", {"class": "muted"}, f"{len(items):,}")),
            h("ul", {"class": "detail bare"}, items),
        )
        for kind, items in found.items()
        if items
    ]  # fmt: skip
    if not groups:
        return None
    intro = "None of this need be wrong; all of it is worth knowing before a model is trained."
    return section("look", "Worth a look", intro, groups)


def _link(name: str, anchors: Mapping[str, str]) -> Element:
    words = h("span", {"class": "id"}, short(name, _NAME) or "(no name)")
    return h("a", {"href": f"#{anchors[name]}"}, words)


def missing(found: Gaps, rows: int) -> Element:
    """Which columns are null together."""
    body = [
        h(
            "tr",
            None,
            h("td", {"class": "number"}, f"{pattern.n:,}"),
            h("td", {"class": "number"}, percent(pattern.n, rows)),
            h("td", None, share_bar(pattern.n, rows)),
            h("td", {"class": "wide"}, _together(pattern.columns)),
        )
        for pattern in found.patterns
    ]
    titles = (("Rows", "number"), ("Share", "number"), ("", None), ("Without a value in", None))
    rarer = (
        f"{counted(found.rarer, 'row')} with rarer combinations are left out."
        if found.rarer
        else None
    )
    return section(
        "missing",
        "What is missing together",
        f"{counted(len(found.columns), 'column')} with nulls in some rows, and which of them lack "
        "a value in the same rows.",
        scrolling_table("Combinations, the commonest first", head_row(titles), body),
        h("p", {"class": "muted"}, rarer) if rarer else None,
        _left_out(found.left_out, "with fewer nulls are not part of this"),
    )  # fmt: skip


def _together(names: Sequence[str]) -> Node:
    if not names:
        return h("span", {"class": "muted"}, "nothing: every value is there")
    shown = [h("span", {"class": "id"}, short(name, _NAME)) for name in names[:_NAMED]]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else None
    return [[", " if i else None, name] for i, name in enumerate(shown)], more


def related(found: Correlations, rows: int) -> Element:
    """Correlations: the strongest in words, all of them in a table."""
    pairs = sorted(_pairs(found), key=lambda pair: -abs(pair[2]))[:_PAIRS]
    strongest = [
        h(
            "tr",
            None,
            h("th", {"scope": "row"}, h("span", {"class": "id"}, short(a, _NAME))),
            h("td", None, h("span", {"class": "id"}, short(b, _NAME))),
            h("td", {"class": "number"}, _signed(r, 3)),
        )
        for a, b, r in pairs
    ]
    names = [f"{i} {short(name, 24)}" for i, name in enumerate(found.columns, 1)]
    body = [
        h(
            "tr",
            None,
            h("th", {"scope": "row"}, name),
            [_shaded(r) for r in found.values[i][:i]],
            h("td", {"colspan": len(names) - i}),
        )
        for i, name in enumerate(names)
    ]
    head = head_row([("", None), *((str(i), "number") for i in range(1, len(names) + 1))])
    of = f"a sample of {found.n:,} rows" if found.n < rows else f"all {found.n:,} rows"
    titles = (("Column", None), ("and", None), ("r", "number"))
    return section(
        "correlations",
        "Correlations",
        f"Pearson's r of columns of numbers, from {of}, where both have a value.",
        scrolling_table("The strongest", head_row(titles), strongest),
        scrolling_table("All of them", head, body, kind="pearson"),
        _left_out(found.left_out, "are not part of this: too many to show"),
    )


def _pairs(found: Correlations) -> Iterator[tuple[str, str, float]]:
    for i, name in enumerate(found.columns):
        for other, r in zip(found.columns[:i], found.values[i], strict=False):
            if r is not None:
                yield other, name, r


def _shaded(r: float | None) -> Element:
    if r is None:
        return h("td", {"class": "null"}, "∅")
    tone = "more" if r > 0 else "less"
    return h("td", {"class": f"number {tone}-{min(int(abs(r) * 5.001), 4)}"}, _signed(r))


def _signed(r: float, places: int = 2) -> str:
    text = f"{r:.{places}f}"
    return text.replace("-", "−" if float(text) else "")


def _left_out(names: Sequence[str], why: str) -> Node:
    if not names:
        return None
    shown = ", ".join(short(name, _NAME) for name in names[:_NAMED])
    more = " …" if len(names) > _NAMED else ""
    return h("p", {"class": "muted"}, f"{counted(len(names), 'column')} {why}: {shown}{more}.")


def rows(profile: TableProfile) -> Element:
    """The first rows."""
    names = [c.name for c in profile.columns][: len(profile.first[0])]
    head = head_row([(short(name, 30) or "(no name)", None) for name in names])
    body = [
        h("tr", None, [h("td", {"class": "null"} if cell is None else None,
                         _cell(cell)) for cell in row])
        for row in profile.first
    ]  # fmt: skip
    left = len(profile.columns) - len(names)
    note = f" ({len(names)} of {len(profile.columns):,} columns)" if left else ""
    intro = "As they stand in the table; long texts are cut."
    table = scrolling_table("Rows", head, body, note=note, kind="first")
    return section("rows", "The first rows", intro, table)


def _cell(cell: Cell) -> str:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return point_text(cell)
    return short(cell_text(cell), _CELL)


def method(profile: TableProfile) -> Element:
    """Which figures are exact, and how far the others may be off."""
    said = ["Everything is counted over all rows, unless it is named here."]
    estimated = [c for c in profile.columns if c.distinct_error]
    if estimated:
        worst = percent_text(max(c.distinct_error for c in estimated))
        said.append(
            f"The distinct values of {counted(len(estimated), 'column')} (marked ≈) are estimated "
            f"from those drawn by lot, within {worst} (95 % interval)."
        )
    drawn = [c.spread.rank_error for c in profile.columns if c.spread and c.spread.rank_error]
    if drawn:
        said.append(
            f"The quantiles of {counted(len(drawn), 'column')} come from rows drawn at random; "
            f"their ranks are within {percent_text(max(drawn))} (99 % interval)."
        )
    if profile.correlations is not None and profile.correlations.n < profile.rows:
        said.append(f"Correlations come from {profile.correlations.n:,} rows drawn at random.")
    if profile.repeated is None and profile.rows:
        said.append("Repeated rows were not counted.")
    elif profile.repeated_error:
        said.append(
            f"Repeated rows are estimated, within {round(profile.repeated_error):,} rows "
            "(95 % interval)."
        )
    notes = [h("p", None, line) for line in said]
    return section("method", "How it was taken", "What is exact, and what is not.", notes)
