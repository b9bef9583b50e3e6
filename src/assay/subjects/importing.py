"""Python objects by import path. Importing runs code: a run opts into it."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any, NamedTuple

from assay.core.errors import SubjectError, UntrustedError, did_you_mean
from assay.subjects.answers import FAILURES
from assay.subjects.files import file_fingerprint


class Imported(NamedTuple):
    """An object, and the hash of its module's source ("" where that is in no file)."""

    value: Any
    fingerprint: str


def import_object(path: str, *, folder: str, allow_code: bool, what: str) -> Imported:
    """The object at ``module:attribute``; modules in ``folder`` are found too.

    Args:
        folder: is looked in last, so that it never shadows an installed module.
        what: the thing is, in an error: ``model``.

    Raises:
        UntrustedError: the run does not allow code.
        SubjectError: there is no such module or attribute.
    """
    if not allow_code:
        raise UntrustedError(
            f"The {what} {path!r} is imported from Python, which runs its code.",
            hint="Run with --allow-code if you trust it.",
        )
    module_name, _, attribute = path.partition(":")
    if not module_name or not attribute:
        raise SubjectError(
            f"{path!r} is not an import path.", hint="Write it as `module:attribute`."
        )
    found: Any = _module(module_name, folder)
    source = getattr(found, "__file__", None)
    for name in attribute.split("."):
        if not hasattr(found, name):
            raise SubjectError(
                f"{module_name!r} has no attribute {attribute!r}.{did_you_mean(name, dir(found))}"
            )
        found = getattr(found, name)
    return Imported(found, file_fingerprint([source]) if source and os.path.isfile(source) else "")


def _module(name: str, folder: str) -> object:
    place = os.path.abspath(folder)
    if place not in sys.path:
        sys.path.append(place)
    try:
        return importlib.import_module(name)
    except FAILURES as error:
        raise SubjectError(
            f"The module {name!r} cannot be imported: {type(error).__name__}: {error}.",
            hint="Modules are looked for where Python finds them and in the suite's folder.",
        ) from error
