"""Every file of the package obeys the guards, and every guard refuses what it is for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

import pytest

from tests.architecture import guards
from tests.architecture.guards import SOURCE, Finding

Guard = Callable[[ast.Module], Iterator[Finding]]

MAX_LINES = 400
VAGUE_NAMES = {"utils", "util", "common", "helpers", "helper", "misc"}

# Third-party packages that a layer may import. What is missing here may import any (one per file).
ALLOWED = {
    "core": {"msgspec"},
    "states": {"msgspec", "numpy", "datasketches"},
    "inference": {"numpy", "scipy", "statsmodels", "threadpoolctl"},
    "metrics": {
        "msgspec",
        "numpy",
        "scipy",
        "sklearn",
        "imblearn",
        "jsonschema",
        "jsonschema_specifications",
        "re2",
        "referencing",
    },
    "gate": {"msgspec"},
    "history": {"msgspec"},
}
# Types in signatures, imported for the type checker only.
FOR_TYPES = {"numpy", "pyarrow"}


def _name(path: object) -> str:
    return str(path).removeprefix(f"{SOURCE}/")


def _findings(guard: Guard, *, except_in: tuple[str, ...] = ()) -> list[str]:
    return [
        f"{_name(path)}:{finding.line}: {finding.text}"
        for path, tree in guards.modules()
        if not _name(path).startswith(except_in)
        for finding in guard(tree)
    ]


def test_there_is_source_to_guard() -> None:
    assert len(list(guards.modules())) > 40


def test_nothing_runs_what_it_is_given() -> None:
    assert _findings(guards.dangerous_calls) == []


def test_only_the_runner_catches_every_exception() -> None:
    """The runner, for a check's defect; and the program's outermost frame, for its exit code."""
    assert _findings(guards.broad_excepts, except_in=("runner/", "cli/main.py")) == []


def test_no_query_is_pasted_together() -> None:
    assert _findings(guards.pasted_queries) == []


def test_what_is_public_is_documented() -> None:
    assert _findings(guards.undocumented) == []


def test_files_are_small() -> None:
    long = {
        _name(path): lines
        for path in SOURCE.rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert long == {}


def test_names_say_what_is_inside() -> None:
    vague = [_name(p) for p in SOURCE.rglob("*") if p.stem.lower().strip("_") in VAGUE_NAMES]
    assert vague == []


@pytest.mark.parametrize("layer", ALLOWED)
def test_a_layer_imports_only_what_it_may(layer: str) -> None:
    wrong = [
        f"{_name(path)}:{line}: {package}"
        for path, tree in guards.modules()
        if _name(path).startswith(f"{layer}/")
        for line, package, for_types in guards.third_party(tree)
        if package not in ALLOWED[layer] and not (for_types and package in FOR_TYPES)
    ]
    assert wrong == []


def test_scipy_stats_is_never_imported() -> None:
    """It costs more time than the scan of a million rows; scipy.special has what we need."""
    wrong = [
        f"{_name(path)}:{node.lineno}"
        for path, tree in guards.modules()
        for node in ast.walk(tree)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("scipy.stats"))
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "scipy"
            and any(alias.name == "stats" for alias in node.names)
        )
        or (
            isinstance(node, ast.Import)
            and any(alias.name.startswith("scipy.stats") for alias in node.names)
        )
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("guard", "code"),
    [
        (guards.dangerous_calls, "eval('1')"),
        (guards.dangerous_calls, "import pickle\npickle.loads(b)"),
        (guards.dangerous_calls, "from pickle import loads\nloads(b)"),
        (guards.dangerous_calls, "from pickle import loads as read\nread(b)"),
        (guards.dangerous_calls, "yaml.load(text)"),
        (guards.dangerous_calls, "subprocess.run(text, shell=True)"),
        (guards.dangerous_calls, "subprocess.run(text, shell=asked)"),
        (guards.dangerous_calls, "np.load(path, allow_pickle=True)"),
        (guards.broad_excepts, "try:\n  f()\nexcept Exception:\n  g()"),
        (guards.broad_excepts, "try:\n  f()\nexcept (ValueError, BaseException) as e:\n  g()"),
        (guards.broad_excepts, "try:\n  f()\nexcept:\n  g()"),
        (guards.pasted_queries, "c.execute(f'select {name}')"),
        (guards.pasted_queries, "c.execute(f'EXPLAIN {name}')"),
        (guards.pasted_queries, "c.execute('select %s' % name)"),
        (guards.pasted_queries, "c.execute('select ' + name)"),
        (guards.pasted_queries, "c.execute('a' + name + 'b')"),
        (guards.pasted_queries, "c.sql('select {}'.format(name))"),
        (guards.pasted_queries, "c.sql(', '.join(names))"),
        (guards.undocumented, "'''Module.'''\ndef f(): return 1"),
        (guards.undocumented, "'''Module.'''\nclass A:\n  '''A.'''\n  def f(self): return 1"),
        (guards.undocumented, "x = 1"),
    ],
)
def test_a_guard_refuses(guard: Guard, code: str) -> None:
    assert list(guard(ast.parse(code)))


@pytest.mark.parametrize(
    ("guard", "code"),
    [
        (guards.dangerous_calls, "model.load(path)\nevaluate(x)\nsubprocess.run([a], shell=False)"),
        (guards.broad_excepts, "try:\n  f()\nexcept Exception:\n  undo()\n  raise"),
        (guards.broad_excepts, "try:\n  f()\nexcept ValueError:\n  g()"),
        (guards.pasted_queries, "c.execute('select ?', [name])\nc.execute(tree.sql('duckdb'))"),
        (guards.pasted_queries, "c.execute(f'PRAGMA user_version = {n:d}')"),
        (guards.pasted_queries, "c.execute(f'EXPLAIN {text(tree)}')"),
        (guards.undocumented, "'''Module.'''\ndef _f(): return 1"),
    ],
)
def test_a_guard_lets_pass(guard: Guard, code: str) -> None:
    assert list(guard(ast.parse(code))) == []
