"""Suite files: text to :class:`~assay.core.check.Suite`, or every error in it with its place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from assay.core.check import Budget, CorrectionMethod, EngineSpec, GatePolicy, Suite
from assay.core.errors import SuiteError, SuiteErrors
from assay.metrics import load_file
from assay.suite.checks import read_check
from assay.suite.defaults import Defaults, read_defaults
from assay.suite.nodes import Entries, Leaf
from assay.suite.pipeline import read_engine, read_notify
from assay.suite.presets import expand_preset
from assay.suite.reader import Reader
from assay.suite.subjects import read_subjects
from assay.suite.variables import substitute
from assay.suite.yaml import MAX_BYTES, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.check import CheckSpec, SubjectSpec
    from assay.suite.nodes import Node

KEYS = (
    "suite", "subjects", "gate", "engine", "notify", "seed", "metrics", "defaults", "checks",
)  # fmt: skip
GATE = {
    "inconclusive": ("block", "warn", "pass", "draw_more"),
    "correction": get_args(CorrectionMethod),
}


def load(
    path: str | Path, *, environ: Mapping[str, str] | None = None, allow_code: bool = False
) -> Suite:
    """Read a suite file.

    Args:
        path: the file; relative paths in it start at its folder.
        environ: variables for ``${NAME}``; the process's own where None.
        allow_code: import the Python files that it names under ``metrics``.

    Raises:
        SuiteError: the file cannot be read or is not a suite. Where it has several errors, all of
            them: a :class:`~assay.core.errors.SuiteErrors`.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SuiteError(
            f"There is no suite file {str(path)!r}.", hint="`assay init` writes a first one."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SuiteError(f"The suite file {str(path)!r} cannot be read: {reason}.") from None
    return _suite(data, str(path), str(path.parent), environ, allow_code)


def loads(
    text: str,
    *,
    file: str | None = None,
    folder: str = ".",
    environ: Mapping[str, str] | None = None,
    allow_code: bool = False,
) -> Suite:
    """A suite from its text; ``file`` is its name in errors. See :func:`load`."""
    return _suite(text, file, folder, environ, allow_code)


def _suite(
    data: bytes | str,
    file: str | None,
    folder: str,
    environ: Mapping[str, str] | None,
    allow_code: bool,
) -> Suite:
    reader = Reader()
    root = parse(data, file=file or "suite")
    node = substitute(root, os.environ if environ is None else environ, reader.errors)
    top = reader.entries(node, "The suite", KEYS)
    if top is None:
        raise reader.errors[-1]
    for key in ("suite", "subjects", "checks"):
        if key not in top.items:
            reader.note(top.at, f"The suite has no {key!r}.", f"Add `{key}:`.")
    items = top.items
    if "metrics" in items and not _code(reader, items["metrics"], folder, allow_code):
        raise _in_order(reader.errors)  # what follows would only be about metrics not known
    name = reader.text(items["suite"], "suite") if "suite" in items else None
    gate = _gate(reader, items["gate"]) if "gate" in items else GatePolicy()
    engine = read_engine(reader, items["engine"]) if "engine" in items else None
    notify = read_notify(reader, items["notify"]) if "notify" in items else ()
    seed = reader.whole(items["seed"], "seed", least=0) if "seed" in items else 0
    subjects = read_subjects(reader, items["subjects"], folder) if "subjects" in items else {}
    defaults = Defaults()
    if "defaults" in items:
        defaults = read_defaults(reader, items["defaults"], subjects)
    checks = _checks(reader, items["checks"], subjects, defaults) if "checks" in items else []
    if reader.errors:
        raise _in_order(reader.errors)
    return Suite(
        name=name or "",
        subjects={key: spec for key, spec in subjects.items() if spec is not None},
        checks=tuple(checks),
        gate=gate,
        engine=engine or EngineSpec(),
        notify=notify,
        seed=seed or 0,
        folder=folder,
        file=file,
        text=data if isinstance(data, str) else data.decode("utf-8-sig"),
    )


def _code(reader: Reader, node: Node, folder: str, allowed: bool) -> bool:
    """Import the Python files that define metrics; whether all of them could be."""
    before = len(reader.errors)
    files = reader.items(node, "metrics") or ()
    for item in files:
        path = reader.text(item, "metrics")
        # as written: no variable says which code to import
        if path is None or not isinstance(item, Leaf) or "$" in item.written:
            reader.wanted(item, "a file under metrics", "a path without variables")
        elif not allowed:
            reader.note(
                item.at,
                f"{path!r} is Python code, which is imported only where that is allowed.",
                "Run with --allow-code (in Python: allow_code=True) if you trust it.",
            )
        else:
            try:
                load_file(os.path.join(folder, path))
            except SuiteError as error:
                reader.note(item.at, error.message, error.hint)
    return len(reader.errors) == before


def _in_order(errors: list[SuiteError]) -> SuiteError:
    """One error as it is, several together in the order of the file."""
    seen: dict[str, SuiteError] = {}
    for error in errors:  # an alias, or a default, may lead to the same fault twice
        seen.setdefault(str(error), error)
    ordered = sorted(
        seen.values(), key=lambda e: (e.location.line, e.location.column) if e.location else (0, 0)
    )
    return ordered[0] if len(ordered) == 1 else SuiteErrors(ordered)


def _gate(reader: Reader, node: Node) -> GatePolicy:
    entries = reader.entries(node, "gate", (*GATE, "false_alarm", "budget"))
    items = entries.items if entries is not None else {}
    given: dict[str, Any] = {
        key: reader.choice(items[key], key, options)
        for key, options in GATE.items()
        if key in items
    }
    if "false_alarm" in items:
        rate = given["false_alarm"] = reader.number(items["false_alarm"], "false_alarm")
        if rate is not None and not 0 < 1 - rate < 1:  # one so small that 1 - rate is 1 is none
            reader.wanted(items["false_alarm"], "false_alarm", "between 0 and 1, both excluded")
    if "budget" in items:
        given["budget"] = _budget(reader, items["budget"])
        if given.get("inconclusive") != "draw_more":
            reader.note(
                items["budget"].at,
                "A budget is for drawing more, which this gate does not do.",
                "Write `inconclusive: draw_more`, or leave `budget` out.",
            )
    return GatePolicy(**given)


def _budget(reader: Reader, node: Node) -> Budget | None:
    entries = reader.entries(node, "budget", ("rows", "seconds"))
    if entries is None:
        return None
    items = entries.items
    if not items:
        reader.note(node.at, "A budget has `rows`, `seconds` or both.")
    rows = reader.whole(items["rows"], "rows", least=1) if "rows" in items else None
    seconds = reader.number(items["seconds"], "seconds") if "seconds" in items else None
    if seconds is not None and not seconds > 0:
        reader.wanted(items["seconds"], "seconds", "above 0")
        return None
    return Budget(rows=rows, seconds=seconds)


def _checks(
    reader: Reader,
    node: Node,
    subjects: Mapping[str, SubjectSpec | None],
    defaults: Defaults,
) -> list[CheckSpec]:
    found: list[CheckSpec] = []
    items = reader.items(node, "checks")
    if items == ():
        reader.note(node.at, "checks must list at least one check.")
    for item in items or ():
        if isinstance(item, Entries) and "preset" in item.items:
            parts: list[Node] = [*expand_preset(reader, item)]
        else:
            parts = [item]
        read = (read_check(reader, part, subjects, defaults) for part in parts)
        found += [check for check in read if check is not None]
    ids: dict[str, CheckSpec] = {}
    for check in found:
        first = ids.setdefault(check.id, check) if check.id else check
        if first is not check and check.location is not None:
            reader.note(check.location, f"The check in {first.location} has the same id.")
    return found
