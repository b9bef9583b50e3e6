"""Which interval methods there are, found by reading the source and asking the registry."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import assay

SOURCE = Path(assay.__file__).parent
PACKAGES = ("inference", "metrics", "experiments", "runner")
WITHOUT = {
    "census": "these rows as they are: there is nothing to cover",
    "anchor": "a strength that is 0 by definition",
    "hanley-mcneil": "a variance to plan with; no interval is made of it",
}
"""Methods without a world, and why none is needed."""
_HYPHENS = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")


def methods() -> dict[str, str]:
    """Names (``*`` where a part is computed) that the source gives to intervals, and the file."""
    found = {}
    for package in PACKAGES:
        for path in sorted((SOURCE / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            names = set(_named(tree)) | (set(_written(tree)) if package == "inference" else set())
            found |= dict.fromkeys(names - found.keys(), str(path.relative_to(SOURCE)))
    return found


def _written(tree: ast.Module) -> Iterator[str]:
    """Texts in the form of a method's name, wherever they stand: ``paired-jackknife``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and _HYPHENS.fullmatch(str(node.value)):
            yield str(node.value)


def _named(tree: ast.Module) -> Iterator[str]:
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for name in _of_call(node):
                value = constants.get(name.id, name) if isinstance(name, ast.Name) else name
                yield from _texts(value)


def _of_call(call: ast.Call) -> Iterator[ast.expr]:
    """The method of ``Interval(low, high, method)`` and of ``interval._replace(method=…)``."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "Interval" and len(call.args) == 3:
        yield call.args[2]
    if name in ("Interval", "_replace", "logit_interval"):
        yield from (k.value for k in call.keywords if k.arg == "method")


def _texts(value: ast.expr) -> Iterator[str]:
    """The text, or the pattern of a text with computed parts; nothing for a plain variable."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.JoinedStr):
        parts = (p.value if isinstance(p, ast.Constant) else "*" for p in value.values)
        yield "".join(map(str, parts))


def stated(interval: str) -> list[str]:
    """Methods that a metric's ``interval`` names: its first word, and every word with a hyphen."""
    first, *words = re.sub(r"\([^)]*\)", "", interval.partition(":")[0]).split()
    words = [word.strip(",;") for word in words]
    return [first.strip(",;"), *(word for word in words if _HYPHENS.fullmatch(word))]
