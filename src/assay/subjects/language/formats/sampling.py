"""How a model is asked, as the fields of a body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def without_nulls(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that have a value: a field that the options set to null is not sent."""
    return {name: value for name, value in fields.items() if value is not None}


def with_options(
    fields: Mapping[str, Any], options: Mapping[str, Any], group: str
) -> dict[str, Any]:
    """Fields and options, which have the last word: field by field within ``group`` too.

    Args:
        group: the field that holds those of the sampling.
    """
    given = options.get(group)
    inner = fields.get(group, {})
    if isinstance(given, dict):
        inner = {**inner, **given}
    found = {**fields, **options, group: without_nulls(inner) or None}
    if group in options and given is None:
        found[group] = None
    return without_nulls(found)
