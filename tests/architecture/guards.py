"""What the source may not contain. Each guard reads one syntax tree and yields what it found.

A finding is a line number and a sentence. Guards are functions, so that the tests can show each
one a piece of code that it must refuse.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "assay"

# Calls that run what they are given, or build objects from a stream that says which.
DANGEROUS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen",
    "pickle.load", "pickle.loads", "pickle.Unpickler", "cloudpickle.load", "cloudpickle.loads",
    "dill.load", "dill.loads", "joblib.load", "marshal.load", "marshal.loads", "shelve.open",
    "yaml.load", "yaml.unsafe_load", "yaml.full_load",
}  # fmt: skip
QUERIES = {"execute", "executemany", "sql", "query", "from_query", "executescript"}


class Finding(NamedTuple):
    """A place in a file, and what is wrong with it."""

    line: int
    text: str


def modules() -> Iterator[tuple[Path, ast.Module]]:
    """Every module of the package, with its syntax tree."""
    for path in sorted(SOURCE.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"), str(path))


def _dotted(node: ast.expr) -> str:
    """``a.b.c`` for an expression made of names and attributes, else ""."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def dangerous_calls(tree: ast.Module) -> Iterator[Finding]:
    """Calls that would run or unpickle what they are given, and commands through a shell."""
    imported = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = _dotted(node.func)
        if name in DANGEROUS or imported.get(name) in DANGEROUS:
            yield Finding(node.lineno, f"{name} runs what it is given")
        for keyword in node.keywords:
            if keyword.arg == "shell" and getattr(keyword.value, "value", None) is not False:
                yield Finding(node.lineno, "shell=True hands the text to a shell")
            if keyword.arg == "allow_pickle" and getattr(keyword.value, "value", None) is not False:
                yield Finding(node.lineno, "allow_pickle=True runs what the file says")


def broad_excepts(tree: ast.Module) -> Iterator[Finding]:
    """Handlers that catch everything and do not raise again: they hide defects."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        caught = {"everything" if k is None else _dotted(k) for k in kinds}
        again = any(isinstance(n, ast.Raise) and n.exc is None for n in ast.walk(node))
        if caught & {"everything", "Exception", "BaseException"} and not again:
            yield Finding(node.lineno, "only the runner catches every exception")


def pasted_queries(tree: ast.Module) -> Iterator[Finding]:
    """Query texts that are put together from pieces, directly in the call that runs them."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr in QUERIES and node.args and _is_pasted(node.args[0]):
            yield Finding(node.lineno, f"the text of .{node.func.attr}() is pasted together")


def _is_pasted(node: ast.expr) -> bool:
    match node:
        case ast.JoinedStr(
            values=[ast.Constant(value="EXPLAIN "), ast.FormattedValue(value=whole)]
        ):
            return not isinstance(whole, ast.Call)  # a whole query, rendered from its tree
        case ast.JoinedStr(values=values):
            return any(isinstance(v, ast.FormattedValue) and not _is_integer(v) for v in values)
        case ast.BinOp(op=ast.Mod() | ast.Add(), left=left, right=right):
            return any(
                (isinstance(n, ast.Constant) and isinstance(n.value, str)) or _is_pasted(n)
                for n in (left, right)
            )
        case ast.Call(func=ast.Attribute(attr="format" | "join")):
            return True
    return False


def _is_integer(value: ast.FormattedValue) -> bool:
    """``{n:d}`` prints an integer or raises: nothing can be smuggled in (PRAGMAs need it)."""
    return value.format_spec is not None and ast.unparse(value.format_spec) == "f'd'"


def undocumented(tree: ast.Module) -> Iterator[Finding]:
    """Public modules, classes and functions without a docstring.

    Methods that fulfil a protocol documented elsewhere (they override, or are bodies of
    ``Protocol`` classes) need none: only functions and classes at module level, and methods of
    classes without a base, are looked at.
    """
    if not ast.get_docstring(tree):
        yield Finding(1, "the module has no docstring")
    for node in _public(tree.body):
        if not ast.get_docstring(node):
            yield Finding(node.lineno, f"{node.name} has no docstring")
        if isinstance(node, ast.ClassDef) and not node.bases:
            for method in _public(node.body):
                if not ast.get_docstring(method):
                    yield Finding(method.lineno, f"{node.name}.{method.name} has no docstring")


def _public(
    body: list[ast.stmt],
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    for node in body:
        if isinstance(node, kinds) and not node.name.startswith("_"):
            yield node


def third_party(tree: ast.Module) -> Iterator[tuple[int, str, bool]]:
    """Line, top-level package, and whether it is imported for types only; ours and stdlib out."""
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and _dotted(node.test).endswith("TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        for name in names:
            package = name.partition(".")[0]
            if package not in sys.stdlib_module_names and package not in {"assay", "__future__"}:
                yield node.lineno, package, node in for_types
