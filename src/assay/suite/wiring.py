"""Which subjects a check works on: the keys ``on``, ``data``, ``against``, and its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assay.core.binding import bind, parameter_types
from assay.core.check import (
    SUBJECT_WORDS,
    LanguageModelSpec,
    ModelSpec,
    SamplesSpec,
    TableSpec,
)
from assay.core.collection import (
    Artefact,
    Component,
    Latency,
    Load,
    OfLanguage,
    OfTable,
    Scores,
    Selected,
)
from assay.core.errors import did_you_mean
from assay.suite.nodes import Items
from assay.suite.reader import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assay.core.check import SubjectSpec
    from assay.core.metric import Metric
    from assay.suite.nodes import Entries, Node
    from assay.suite.reader import Reader

_NO_ROWS = "is not measured on rows of a table"
KEYS = ("on", "data", "against", "by", "min_slice", "where")


def wire(
    reader: Reader,
    cls: type[Metric],
    metric: Metric | None,
    own: Entries,
    defaults: Mapping[str, Node],
    subjects: Mapping[str, SubjectSpec | None],
) -> dict[str, Any]:
    """The fields of :data:`KEYS` of a check, as far as they are given.

    Args:
        metric: bound to its parameters; None where they have errors: its example then tells what
            it is measured on.
        own: the metric's mapping in the check.
        defaults: the suite's; one that does not fit the metric is left aside, while the same key
            in the check itself is an error.
    """
    wiring = _Wiring(reader, cls.name, own, defaults, subjects)
    found: dict[str, Any] = wiring.rows()
    collection = (metric or bind(cls, cls.example)).collection()
    of_table = isinstance(collection, OfTable)
    of_language = isinstance(collection, OfLanguage)
    kind = TableSpec if of_table else LanguageModelSpec if of_language else ModelSpec
    found["on"] = wiring.subject("on", kind, f"{cls.name} measures a {_word(kind)}")
    if of_table:
        wiring.refuse("data", f"{cls.name} measures the table that 'on' names")
    elif isinstance(collection, Artefact):
        wiring.refuse("data", f"{cls.name} measures the model's files")
    elif of_language:
        found["data"] = wiring.subject("data", SamplesSpec, "a language model is asked samples")
    else:
        found["data"] = wiring.subject("data", TableSpec, "a model is fed with a table")
    if isinstance(collection, Artefact | Component | Latency | Load | Selected):
        of = "has a query of its own" if isinstance(collection, Selected) else _NO_ROWS
        for key in ("by", "where", "min_slice"):
            wiring.refuse(key, f"{cls.name} {of}")
            found.pop(key, None)
    if cls.compares:
        found["against"] = wiring.subject("against", TableSpec, f"{cls.name} compares two tables")
    elif isinstance(collection, Scores) and metric is not None:
        wiring.named("judge", collection.judges, "it judges the answers")
        if collection.rival is not None:
            wiring.named("against", (collection.rival,), "its answers are compared with")
    if not cls.compares and "against" not in parameter_types(cls):
        wiring.refuse("against", f"{cls.name} does not compare two tables")
    return found


class _Wiring:
    def __init__(
        self,
        reader: Reader,
        metric: str,
        own: Entries,
        defaults: Mapping[str, Node],
        subjects: Mapping[str, SubjectSpec | None],
    ) -> None:
        self._reader = reader
        self._metric = metric
        self._own = own
        self._defaults = defaults
        self._subjects = subjects

    def refuse(self, key: str, reason: str) -> None:
        """Note a key of the check itself that has no effect."""
        if key in self._own.items:
            self._reader.note(self._own.keys[key], f"{key!r} has no place here: {reason}.")

    def rows(self) -> dict[str, Any]:
        """The keys that choose and slice rows, where given."""
        return read_rows(self._reader, {**self._defaults, **self._own.items})

    def named(self, key: str, names: Sequence[str], reason: str) -> None:
        """Note parameters that name what is no language model of the suite."""
        node = self._own.items.get(key)
        at = node.at if node is not None else self._own.at
        for name in names:
            spec = self._subjects.get(name)
            if name not in self._subjects:
                near = did_you_mean(name, self._subjects).strip()
                hint = near or f"There are: {', '.join(self._subjects)}."
                self._reader.note(at, f"The suite has no subject {name!r}.", hint)
            elif spec is not None and not isinstance(spec, LanguageModelSpec):
                is_a = f"{name!r} is a {_word(type(spec))}"
                word = _word(LanguageModelSpec)
                self._reader.note(at, f"{key} must be a {word}, and {is_a}: {reason}.")

    def subject(self, key: str, kind: type[SubjectSpec], reason: str) -> str | None:
        """The name of a subject of the suite that has the right kind; None after an error."""
        node = self._own.items.get(key, self._defaults.get(key))
        if node is None:
            known = [name for name, spec in self._subjects.items() if isinstance(spec, kind)]
            names = f"One of: {', '.join(known)}." if known else f"The suite has no {_word(kind)}."
            message = f"{self._metric} needs the key {key!r}: {reason}."
            self._reader.note(self._own.at, message, names)
            return None
        name = read_subject(self._reader, key, node, self._subjects)
        spec = self._subjects[name] if name is not None else None
        if spec is None or isinstance(spec, kind):
            return name
        at = node.at if key in self._own.items else self._own.at  # a default fits other checks
        is_a = f"{shown(node)} is a {_word(type(spec))}"
        self._reader.note(at, f"{key} must be a {_word(kind)}, and {is_a}: {reason}.")
        return None


def read_rows(reader: Reader, items: Mapping[str, Node]) -> dict[str, Any]:
    """The keys ``by``, ``min_slice`` and ``where``, where given."""
    found: dict[str, Any] = {}
    if "by" in items:
        found["by"] = _by(reader, items["by"])
    if "min_slice" in items:
        found["min_slice"] = reader.whole(items["min_slice"], "min_slice", least=1)
    if "where" in items:
        found["where"] = reader.text(items["where"], "where")
    return found


def _by(reader: Reader, node: Node) -> tuple[tuple[str, ...], ...]:
    """Slicings: each item is a column, or a list of columns that are crossed."""
    found: list[tuple[str, ...]] = []
    for item in reader.items(node, "by") or ():
        if isinstance(item, Items):
            found.append(reader.texts(item, "by") or ())
            if not item.items:
                reader.note(item.at, "by: an empty list crosses nothing.")
        else:
            column = reader.text(item, "each item of by")
            found.append((column,) if column else ())
    return tuple(found)


def read_subject(
    reader: Reader, key: str, node: Node, subjects: Mapping[str, SubjectSpec | None]
) -> str | None:
    """The name of a subject of the suite, of either kind; None after an error."""
    name = reader.text(node, key)
    if name is None or name in subjects:
        return name
    near = did_you_mean(name, subjects).strip()
    hint = near or f"There are: {', '.join(subjects) or 'none'}."
    reader.note(node.at, f"The suite has no subject {shown(node)}.", hint)
    return None


def _word(kind: type[SubjectSpec]) -> str:
    return SUBJECT_WORDS[kind]
