"""The open set of metrics: a folder per quality question, one metric or close family per file.

Folders are found by name and imported when a metric of theirs is asked for; nothing lists them.
"""

from __future__ import annotations

import sys
from hashlib import sha256
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from assay.core.errors import SuiteError, did_you_mean
from assay.core.metric import Metric, lookup, registered

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.metadata import EntryPoint

_loaded: set[str] = set()

# What importing somebody else's module may raise.
_FAILURES = (
    ImportError, SyntaxError, NameError, AttributeError, TypeError, ValueError, LookupError,
    ArithmeticError, AssertionError, OSError, RuntimeError,
)  # fmt: skip


def load(question: str) -> None:
    """Import every module of one question's folder, which registers its metrics."""
    if question in _loaded:
        return
    package = import_module(f"{__name__}.{question}")
    for module in iter_modules(package.__path__):
        import_module(f"{package.__name__}.{module.name}")
    _loaded.add(question)


def load_all() -> Mapping[str, type[Metric]]:
    """All metrics by name: built-in, and of the entry-point group ``assay.metrics``."""
    _load_own()
    if "entry points" not in _loaded:
        for entry in entry_points(group="assay.metrics"):
            _load_foreign(entry)
        _loaded.add("entry points")
    return dict(registered())


def _load_own() -> None:
    for folder in iter_modules(__path__):
        if folder.ispkg:
            load(folder.name)


def _load_foreign(entry: EntryPoint) -> None:
    try:
        entry.load()
    except _FAILURES as error:
        owner = entry.dist.name if entry.dist is not None else entry.value
        raise SuiteError(
            f"The metrics of the installed package {owner!r} cannot be loaded: "
            f"{type(error).__name__}: {error}.",
            hint="Repair it, or uninstall it.",
        ) from error


def load_file(path: str | Path) -> None:
    """Import a Python file, which registers the metrics and scorers that it defines. It runs its
    code.

    The same file is imported once in a process, and again when it was changed.

    Raises:
        SuiteError: there is no such file, or it cannot be imported.
    """
    place = Path(path).resolve()
    if place.suffix != ".py":
        raise SuiteError(f"{place.name!r} is not a Python file.", hint="Its name must end in .py.")
    try:
        source = place.read_bytes()
    except OSError as error:
        raise SuiteError(f"{place.name!r} cannot be read: {error.strerror}.") from error
    name = f"assay.metrics.of.{sha256(str(place).encode()).hexdigest()[:16]}"
    digest = sha256(source).hexdigest()
    if getattr(sys.modules.get(name), "__assay_digest__", None) == digest:
        return
    _load_own()  # so that no file takes a name of ours
    spec = spec_from_file_location(name, place)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their annotations up there
    try:
        spec.loader.exec_module(module)
    except _FAILURES as error:
        del sys.modules[name]
        raise SuiteError(
            f"The metrics of {place.name!r} cannot be loaded: {type(error).__name__}: {error}.",
            hint="Repair the file.",
        ) from error
    import_module(f"{__name__}.llm.scores").register_all()  # the file may define scorers
    module.__dict__["__assay_digest__"] = digest


def find(name: str) -> type[Metric]:
    """The metric class registered under a name; only its own folder is imported where possible.

    Raises:
        SuiteError: there is no such metric; the message names the nearest.
    """
    found = lookup(name)
    if found is not None:
        return found
    question, _, short = name.rpartition(".")
    question = question or "data"
    if any(folder.name == question for folder in iter_modules(__path__) if folder.ispkg):
        # A file that bears the metric's name is looked at first: most need no numpy, some do.
        package = import_module(f"{__name__}.{question}")
        if any(module.name == short for module in iter_modules(package.__path__)):
            import_module(f"{package.__name__}.{short}")
        if lookup(name) is None:
            load(question)
    found = lookup(name) or load_all().get(name)
    if found is None:
        raise SuiteError(
            f"There is no metric {name!r}.{did_you_mean(name, load_all())}",
            hint="`assay list` names them all.",
        )
    return found
