"""One item of ``checks``: a metric with what it is measured on, and a criterion beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.binding import parameter_types
from assay.core.check import CheckSpec
from assay.core.criterion import NoWorseThan
from assay.core.errors import SuiteError, did_you_mean
from assay.metrics import find, load_all
from assay.suite.beside import BESIDE, read_beside
from assay.suite.criteria import CRITERIA, read_criterion
from assay.suite.nodes import Entries
from assay.suite.parameters import read_parameters
from assay.suite.reader import is_null
from assay.suite.wiring import KEYS as INSIDE
from assay.suite.wiring import wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.check import SubjectSpec
    from assay.core.criterion import Criterion
    from assay.core.metric import Metric
    from assay.suite.defaults import Defaults
    from assay.suite.nodes import Node
    from assay.suite.reader import Reader


def read_check(
    reader: Reader,
    node: Node,
    subjects: Mapping[str, SubjectSpec | None],
    defaults: Defaults,
) -> CheckSpec | None:
    """The check that an item states; None where errors were noted."""
    before = len(reader.errors)
    item = reader.entries(node, "A check")
    name = _metric_name(reader, item) if item is not None else None
    if item is None or name is None:
        return None
    given = read_beside(reader, {**defaults.keys, **item.items})
    criterion = _criterion(reader, item)
    cls = _metric_class(reader, item, name)
    body = item.items[name]
    if is_null(body):
        body = Entries({}, {}, item.keys[name])
    inside = reader.entries(body, name)
    if cls is None or inside is None:
        return None
    inside = Entries(inside.items, inside.keys, item.keys[name])
    own = defaults.under(name, inside)
    wires = [key for key in INSIDE if key not in parameter_types(cls)]
    params, metric = read_parameters(reader, cls, own, ignore=wires)
    wired = wire(reader, cls, metric, inside, defaults.keys, subjects)
    _judged(reader, item, cls, criterion, given.get("severity"))
    if len(reader.errors) > before:
        return None
    return CheckSpec(
        metric=name,
        params=params,
        criterion=criterion,
        location=item.keys[name],
        **wired,
        **{key: value for key, value in given.items() if value is not None},
    )


def _metric_name(reader: Reader, item: Entries) -> str | None:
    """The one key that is a metric's name; other keys that nobody knows are noted."""
    candidates = [key for key in item.items if key not in (*BESIDE, *CRITERIA)]
    if not candidates:
        reader.note(
            item.at,
            "A check must have a metric as a key.",
            "For example `completeness: {on: train}`.",
        )
        return None
    if len(candidates) == 1:
        return candidates[0]
    known = load_all()
    metrics = [key for key in candidates if key in known]
    for key in candidates:
        if key in INSIDE:
            example = f"{metrics[0]}: {{{key}: …}}" if metrics else f"completeness: {{{key}: …}}"
            reader.note(
                item.keys[key],
                f"{key!r} belongs inside the metric's mapping.",
                f"Write `{example}`.",
            )
        elif key not in known:
            near = did_you_mean(key, (*BESIDE, *CRITERIA, *known))
            reader.note(item.keys[key], f"{key!r} is neither a metric nor a key of a check.{near}")
    for key in metrics[1:]:
        reader.note(
            item.keys[key],
            f"A check has one metric; {metrics[0]!r} and {key!r} are two.",
            "Start a new item with '-'.",
        )
    return metrics[0] if len(metrics) == 1 else None


def _metric_class(reader: Reader, item: Entries, name: str) -> type[Metric] | None:
    try:
        return find(name)
    except SuiteError as error:
        near = did_you_mean(name, (*BESIDE, *CRITERIA)) if "mean" not in error.message else ""
        reader.note(item.keys[name], f"{error.message}{near}", error.hint)
        return None


def _criterion(reader: Reader, item: Entries) -> Criterion | None:
    stated = [key for key in item.items if key in CRITERIA]
    for key in stated[1:]:
        hint = "Write `between: [a, b]`." if set(stated) == {"at_least", "at_most"} else None
        reader.note(
            item.keys[key],
            f"A check has one criterion; {stated[0]!r} and {key!r} are two.",
            hint or "Start a new item with '-'.",
        )
    return read_criterion(reader, stated[0], item.items[stated[0]]) if stated else None


def _judged(
    reader: Reader, item: Entries, cls: type[Metric], criterion: Criterion | None, severity: Any
) -> None:
    """Note a metric that nothing is held against, or a criterion that does not fit it."""
    if not any(key in CRITERIA for key in item.items):
        if cls.default is None and severity != "info":
            reader.note(
                item.keys[cls.name],
                f"{cls.name} has no criterion of its own: one of {', '.join(CRITERIA)} is needed.",
                "Write `severity: info` beside it to report the value only.",
            )
    elif isinstance(criterion, NoWorseThan) and cls.higher_is_better is None:
        reader.note(
            item.keys["no_worse_than"],
            f"no_worse_than does not fit {cls.name}: neither direction of it is better.",
            "Use `between` or `equals`.",
        )
