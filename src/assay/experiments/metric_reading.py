"""One metric of an experiment file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from assay.experiments.spec import Direction, Kind, MetricSpec, Role

if TYPE_CHECKING:
    from assay.suite.nodes import Entries, Node
    from assay.suite.reader import Reader

REVENUE_WINSORIZED = 0.99
"""Quantile that revenue is winsorised at where the file does not say otherwise."""

_CHOICES = {"kind": get_args(Kind), "role": get_args(Role), "direction": get_args(Direction)}
_TEXTS = ("value", "where", "covariate", "unit")
_NUMBERS = ("margin", "quantile", "horizon")
KEYS = (
    *_CHOICES, *_TEXTS, *_NUMBERS, "relative_margin", "winsorize", "strata", "denominator",
)  # fmt: skip


def read_metric(reader: Reader, name: str, node: Node) -> MetricSpec | None:
    """A metric; None where it has errors (they are noted)."""
    entries = reader.entries(node, f"The metric {name!r}", KEYS)
    if entries is None:
        return None
    if "kind" not in entries.items:
        reader.note(
            entries.at,
            f"The metric {name!r} has no 'kind'.",
            f"{', '.join(get_args(Kind))}.",
        )
        return None
    before = len(reader.errors)
    given: dict[str, Any] = {"name": name, "location": entries.at}
    items = entries.items
    for key, options in _CHOICES.items():
        if key in items:
            given[key] = reader.choice(items[key], key, options)
    given |= {key: reader.text(items[key], key) for key in _TEXTS if key in items}
    given |= {key: reader.number(items[key], key) for key in _NUMBERS if key in items}
    if "strata" in items:
        given["strata"] = reader.texts(items["strata"], "strata")
    _margin(reader, entries, given)
    _winsorize(reader, entries, given)
    if "denominator" in items:
        _denominator(reader, items["denominator"], given)
    if len(reader.errors) > before:
        return None
    try:
        return MetricSpec(**given)
    except ValueError as error:
        reader.note(entries.at, str(error))
        return None


def _margin(reader: Reader, entries: Entries, given: dict[str, Any]) -> None:
    items = entries.items
    if "relative_margin" in items:
        if "margin" in items:
            reader.note(entries.keys["margin"], "Give `margin` or `relative_margin`, not both.")
        given |= {
            "margin": reader.number(items["relative_margin"], "relative_margin"), "relative": True
        }  # fmt: skip


def _winsorize(reader: Reader, entries: Entries, given: dict[str, Any]) -> None:
    """A quantile, or false; revenue has one of its own."""
    node = entries.items.get("winsorize")
    if node is None:
        given["winsorize"] = REVENUE_WINSORIZED if given["kind"] == "revenue" else None
    elif getattr(node, "value", None) is False:
        given["winsorize"] = None
    else:
        given["winsorize"] = reader.number(node, "winsorize")


def _denominator(reader: Reader, node: Node, given: dict[str, Any]) -> None:
    """``denominator: column``, or ``{value: column, where: predicate}``."""
    from assay.suite.nodes import Entries

    if not isinstance(node, Entries):
        given["denominator"] = reader.text(node, "denominator")
        return
    reader.entries(node, "denominator", ("value", "where"))
    for key, name in (("value", "denominator"), ("where", "denominator_where")):
        if key in node.items:
            given[name] = reader.text(node.items[key], f"{key} of the denominator")
