"""Where a table is, as a person names it beside a suite: a path, or a mapping as a suite has it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assay.core.errors import SuiteError
from assay.suite.nodes import Entries, node_of, plain
from assay.suite.variables import substitute
from assay.suite.yaml import parse

if TYPE_CHECKING:
    from pathlib import Path

_PASSWORD = re.compile(r"://[^\s/@]*:[^\s/@]+@|\bpass(?:word|wd)\s*=", re.IGNORECASE)


def named_place(text: str) -> str | dict[str, Any]:
    """A path as it is, and ``{sqlite: shop.db, table: orders}`` as a mapping.

    Raises:
        SuiteError: it begins like a mapping and is none.
    """
    if not text.lstrip().startswith("{") or os.path.exists(text):
        return text
    node = parse(text, file="DATA")
    if not isinstance(node, Entries):
        raise SuiteError(f"{text!r} is neither a path nor a mapping.")
    found: dict[str, Any] = plain(node)
    return found


def filled(place: str | Path | Mapping[str, Any]) -> Any:
    """The place with the variables of a mapping filled in from the environment.

    Raises:
        SuiteError: a variable is not set.
    """
    if not isinstance(place, Mapping):
        return place
    errors: list[SuiteError] = []
    node = substitute(node_of(place), os.environ, errors)
    if errors:
        raise SuiteError(errors[0].message, hint=errors[0].hint)
    return plain(node)


def refuse_password(place: Mapping[str, Any]) -> None:
    """Refuse to write a password into a suite.

    Raises:
        SuiteError: a part of the place holds one.
    """
    for key, value in place.items():
        if isinstance(value, str) and "${" not in value and _PASSWORD.search(value):
            raise SuiteError(
                f"The {key} of the table holds a password, which a suite must not.",
                hint="Put it in an environment variable, and write '${NAME}' in its place.",
            )
