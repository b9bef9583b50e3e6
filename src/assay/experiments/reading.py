"""Experiment files: text to :class:`ExperimentSpec`, or every error in it with its place."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from assay.core.check import CorrectionMethod
from assay.core.errors import SubjectError, SuiteError, SuiteErrors, did_you_mean
from assay.core.source import Query
from assay.experiments.metric_reading import read_metric
from assay.experiments.spec import (
    AnalysisSpec,
    AssignmentSource,
    EventSource,
    ExperimentSpec,
    LayerSpec,
    Method,
    Priors,
)
from assay.subjects.table import table_source
from assay.suite.nodes import Entries, Leaf, leaves, plain
from assay.suite.reader import Reader
from assay.suite.variables import substitute
from assay.suite.yaml import MAX_BYTES, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.source import Source
    from assay.suite.nodes import Node

SECTIONS = ("rollout",)
"""Sections that other parts of this package read."""

DESIGNS = ("switchback", "interleaving", "bandit")
"""Designs that are functions of Python, and no sections: an experiment's file has arms of units."""

KEYS = (
    "experiment", "salt", "unit", "arms", "control", "layer", "traffic", "exclude", "overrides",
    "start", "end", "assignments", "events", "metrics", "analysis", *SECTIONS,
)  # fmt: skip
_NEEDED = ("experiment", "unit", "arms")


def load_experiment(
    path: str | Path, *, environ: Mapping[str, str] | None = None
) -> ExperimentSpec:
    """Read an experiment file; relative paths in it start at its folder.

    Raises:
        SuiteError: the file cannot be read or is not an experiment. Where it has several errors,
            all of them: a :class:`~assay.core.errors.SuiteErrors`.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        near = [p.name for p in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
        raise SuiteError(
            f"There is no experiment file {str(path)!r}.{did_you_mean(path.name, near)}"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SuiteError(f"The experiment file {str(path)!r} cannot be read: {reason}.") from None
    return read_experiment(data, file=str(path), folder=str(path.parent), environ=environ)


def read_experiment(
    data: bytes | str,
    *,
    file: str | None = None,
    folder: str = ".",
    environ: Mapping[str, str] | None = None,
) -> ExperimentSpec:
    """An experiment from its text; ``file`` is its name in errors. See :func:`load_experiment`."""
    reader = Reader()
    root = parse(data, file=file or "experiment")
    node = substitute(root, os.environ if environ is None else environ, reader.errors)
    top = reader.entries(_without_designs(reader, node), "The experiment", KEYS)
    if top is None:
        raise reader.errors[-1]
    for key in _NEEDED:
        if key not in top.items:
            reader.note(top.at, f"The experiment has no {key!r}.", f"Add `{key}:`.")
    given = _given(reader, top.items, folder)
    spec = None
    if not reader.errors:
        given |= {"folder": folder, "file": file}
        given["text"] = data if isinstance(data, str) else data.decode("utf-8-sig")
        try:
            spec = ExperimentSpec(**given)
        except ValueError as error:
            reader.note(_blamed(top, str(error)).at, str(error))
    if spec is None:
        raise _in_order(reader.errors)
    return spec


def _without_designs(reader: Reader, node: Node) -> Node:
    """The file without sections of designs that it cannot describe; each is noted."""
    if not isinstance(node, Entries):
        return node
    for key in DESIGNS:
        if key in node.keys:
            reader.note(
                node.keys[key],
                f"The file of an experiment has no section {key!r}.",
                f"{key.capitalize()} is a design in Python: see assay.experiments.{key}.",
            )
    return replace(node, keys={k: at for k, at in node.keys.items() if k not in DESIGNS})


def _given(reader: Reader, items: Mapping[str, Node], folder: str) -> dict[str, Any]:
    """The fields of the specification that the file states."""
    given: dict[str, Any] = {}
    for key, name in (("experiment", "name"), ("salt", "salt"), ("unit", "unit")):
        if key in items:
            given[name] = reader.text(items[key], key)
    given.setdefault("salt", given.get("name"))
    if "arms" in items:
        given["arms"] = _arms(reader, items["arms"])
        given["control"] = _control(given["arms"])
    if "control" in items:
        given["control"] = reader.text(items["control"], "control")
    if "layer" in items:
        given["layer"] = _layer(reader, items["layer"])
    if "traffic" in items:
        given["traffic"] = reader.number(items["traffic"], "traffic")
    if "exclude" in items:
        units = reader.items(items["exclude"], "exclude") or ()
        given["exclude"] = frozenset(_unit(reader, unit, "exclude") for unit in units)
    if "overrides" in items:
        entries = reader.entries(items["overrides"], "overrides")
        found = entries.items.items() if entries is not None else ()
        given["overrides"] = {
            unit: reader.text(arm, f"the arm of {unit!r}") or "" for unit, arm in found
        }
    for key in ("start", "end"):
        if key in items:
            given[key] = _moment(reader, items[key], key)
    if "assignments" in items:
        read = _table(reader, items["assignments"], "assignments", ("arm", "time"), folder)
        given["assignments"] = AssignmentSource(**read) if read else None
    if "events" in items:
        read = _table(reader, items["events"], "events", ("time", "id"), folder)
        given["events"] = EventSource(**read) if read else None
    if "metrics" in items:
        listed = reader.entries(items["metrics"], "metrics")
        metrics = listed.items.items() if listed is not None else ()
        read_all = [read_metric(reader, name, node) for name, node in metrics]
        given["metrics"] = tuple(metric for metric in read_all if metric is not None)
    if "analysis" in items:
        given["analysis"] = _analysis(reader, items["analysis"])
    given["sections"] = {key: items[key] for key in SECTIONS if key in items}
    return given


def _arms(reader: Reader, node: Node) -> dict[str, float]:
    entries = reader.entries(node, "arms")
    found = entries.items.items() if entries is not None else ()
    return {name: reader.number(weight, f"the weight of {name!r}") or 0.0 for name, weight in found}


def _control(arms: Mapping[str, float]) -> str:
    """The arm called ``control``, else the first."""
    return "control" if "control" in arms else next(iter(arms), "")


def _unit(reader: Reader, node: Node, what: str) -> str:
    """A unit's id as text; a whole number is written as such."""
    if isinstance(node, Leaf) and isinstance(node.value, int) and not isinstance(node.value, bool):
        return str(node.value)
    return reader.text(node, f"each item of {what}") or ""


def _layer(reader: Reader, node: Node) -> LayerSpec | None:
    entries = reader.entries(node, "layer", ("name", "from", "to"))
    if entries is None:
        return None
    if "name" not in entries.items:
        reader.note(
            entries.at, "layer needs a 'name'.", "For example {name: shop, from: 0, to: 1}."
        )
        return None
    given: dict[str, Any] = {"name": reader.text(entries.items["name"], "name") or "-"}
    for key, name in (("from", "low"), ("to", "high")):
        if key in entries.items:
            given[name] = reader.number(entries.items[key], key)
    if None in given.values():
        return None
    built: LayerSpec | None = _built(reader, entries, LayerSpec, given)
    return built


def _moment(reader: Reader, node: Node, what: str) -> datetime | None:
    """A date or a moment in ISO 8601; without a zone it is UTC."""
    text = reader.text(node, what)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        reader.wanted(node, what, "a date or time such as 2026-03-01 or 2026-03-01T12:00:00Z")
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _table(
    reader: Reader, node: Node, what: str, columns: tuple[str, ...], folder: str
) -> dict[str, Any] | None:
    """Source and columns of ``assignments`` or ``events``."""
    entries = reader.entries(node, what, ("table", *columns))
    if entries is None:
        return None
    if "table" not in entries.items:
        reader.note(entries.at, f"{what} needs a 'table'.", "For example {table: log.parquet}.")
        return None
    source = _source(reader, entries.items["table"], what, folder)
    read = {key: reader.text(entries.items[key], key) for key in columns if key in entries.items}
    return None if source is None or None in read.values() else {"source": source, **read}


def _source(reader: Reader, node: Node, what: str, folder: str) -> Source | None:
    if isinstance(node, Leaf) and reader.text(node, "table") is None:
        return None
    try:
        source = table_source(plain(node), folder)
    except SubjectError as error:
        secret = any(leaf.secret for leaf in leaves(node))
        message = f"There is no such table of {what} (its place holds variables)."
        reader.note(node.at, message if secret else error.message, None if secret else error.hint)
        return None
    if isinstance(source, Query):
        reader.wanted(node, "table", "a file or a table of a database")
        return None
    return source


def _analysis(reader: Reader, node: Node) -> AnalysisSpec | None:
    known = ("level", "method", "correction", "priors", "sample_ratio", "planned")
    entries = reader.entries(node, "analysis", known)
    if entries is None:
        return None
    items = entries.items
    given: dict[str, Any] = {}
    for key in ("level", "sample_ratio"):
        if key in items:
            given[key] = reader.number(items[key], key)
    if "method" in items:
        given["method"] = reader.choice(items["method"], "method", get_args(Method))
    if "correction" in items:
        given["correction"] = reader.choice(
            items["correction"], "correction", get_args(CorrectionMethod)
        )
    if "planned" in items:
        given["planned"] = reader.whole(items["planned"], "planned", least=2)
    if "priors" in items:
        given["priors"] = _priors(reader, items["priors"])
    if any(value is None for value in given.values()):
        return None
    built: AnalysisSpec | None = _built(reader, entries, AnalysisSpec, given)
    return built


def _priors(reader: Reader, node: Node) -> Priors | None:
    entries = reader.entries(node, "priors", ("alpha", "beta", "lift_mean", "lift_sd"))
    if entries is None:
        return None
    given = {key: reader.number(value, key) for key, value in entries.items.items()}
    return None if None in given.values() else _built(reader, entries, Priors, given)


def _built(reader: Reader, entries: Entries, kind: Any, given: dict[str, Any]) -> Any:
    """An object of the kind; what it refuses is noted at its place."""
    try:
        return kind(**given)
    except ValueError as error:
        reader.note(entries.at, str(error))
    except TypeError:  # a key that is not known, which is noted already
        pass
    return None


def _blamed(top: Entries, message: str) -> Node:
    """The section that a message about the whole is about."""
    for word, key in (("arm", "arms"), ("weights", "arms"), ("traffic", "traffic"),
                      ("metric", "metrics"), ("ends", "end"), ("salt", "salt")):  # fmt: skip
        if word in message and key in top.items:
            return top.items[key]
    return top


def _in_order(errors: list[SuiteError]) -> SuiteError:
    """One error as it is, several together in the order of the file."""
    ordered = sorted(
        errors, key=lambda e: (e.location.line, e.location.column) if e.location else (0, 0)
    )
    return ordered[0] if len(ordered) == 1 else SuiteErrors(ordered)
