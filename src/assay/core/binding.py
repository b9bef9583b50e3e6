"""Binding: from a metric class and plain parameters to a metric, or to what is wrong with them.

Nothing here repeats a value that was given: a caller knows which values may be shown.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import msgspec.inspect

from assay.core.errors import SuiteError, did_you_mean
from assay.core.metric import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORDS = {
    "float": "a number",
    "int": "a whole number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a metric's parameters.

    Attributes:
        path: parameter name and positions within its value; empty where it is about the whole.
        message: a clause without a period: ``must be a number``, ``needs the parameter 'q'``.
        hint: the nearest valid name, or "".
        kind: ``name`` and ``missing`` are about names, ``value`` about the value at ``path``;
            ``whole`` is the metric's own message about all of them, which may repeat values.
    """

    path: tuple[str | int, ...]
    message: str
    kind: Literal["name", "missing", "value", "whole"]
    hint: str = ""

    @property
    def where(self) -> str:
        """The path as text: ``values[2]``."""
        return "".join(f"[{part}]" if isinstance(part, int) else part for part in self.path)

    def __str__(self) -> str:
        return f"{self.where} {self.message}.{self.hint}".lstrip()


@cache
def parameter_types(cls: type[Metric]) -> Mapping[str, Any]:
    """The type of each parameter, resolved, in the order of the definition."""
    hints: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if base not in Metric.__mro__:
            hints |= inspect.get_annotations(base, eval_str=True)
    return {f.name: hints[f.name] for f in fields(cls)}  # type: ignore[arg-type]


@cache
def required(cls: type[Metric]) -> tuple[str, ...]:
    """Parameters without a default."""
    return tuple(
        f.name
        for f in fields(cls)  # type: ignore[arg-type]
        if f.default is MISSING and f.default_factory is MISSING
    )


def spreads(cls: type[Metric]) -> bool:
    """Whether ``columns`` stands for several values of the metric's ``column``."""
    types = parameter_types(cls)
    return "column" in types and "columns" not in types


def faults(cls: type[Metric], params: Mapping[str, Any]) -> tuple[Fault, ...]:
    """Everything wrong with the parameters: unknown and missing names, types, bounds."""
    types = parameter_types(cls)
    found = [
        Fault((name,), f"is not a parameter of {cls.name}", "name", _nearest(name, types))
        for name in params
        if name not in types
    ]
    for name, type_ in types.items():
        if name in params:
            try:
                msgspec.convert(params[name], type_)
            except msgspec.ValidationError as error:
                found.append(_fault(name, str(error), type_, params[name]))
        elif name in required(cls):
            found.append(Fault((), f"needs the parameter {name!r}", "missing"))
    if not found:
        try:
            msgspec.convert(dict(params), cls)
        except msgspec.ValidationError as error:
            found.append(Fault((), str(error).rstrip("."), "whole"))
    return tuple(found)


def bind(cls: type[Metric], params: Mapping[str, Any]) -> Metric:
    """The metric with these parameters.

    Raises:
        SuiteError: a parameter is unknown, missing or wrong.
    """
    found = faults(cls, params)
    if found:
        text = str(found[0])
        raise SuiteError(text if text.startswith(cls.name) else f"{cls.name}: {text}")
    return msgspec.convert(dict(params), cls)


def _nearest(name: str, types: Mapping[str, Any]) -> str:
    if not types:
        return " It has none."
    return did_you_mean(name, types) or f" It has: {', '.join(types)}."


def _fault(name: str, error: str, type_: Any, value: object) -> Fault:
    """Say msgspec's message (``Expected `str`, got `int` - at `$[0]```) in words."""
    message, _, where = error.partition(" - at `$")
    # "[...]" is a mapping's value under a key that msgspec does not tell: point at the mapping
    steps = re.findall(r"\[(\d+)\]", where.split("[...]")[0])
    path: tuple[str | int, ...] = (name, *map(int, steps))
    if message.startswith("Invalid enum value"):
        allowed = list(dict.fromkeys(_allowed(msgspec.inspect.type_info(type_))))
        near = did_you_mean(value, map(str, allowed)) if isinstance(value, str) else ""
        return Fault(path, f"must be one of {', '.join(map(str, allowed))}", "value", near)
    expected = re.sub(r"^Expected |, got .*$", "", message)
    words = re.sub("`([^`]*)`", lambda m: _words(m[1]), expected)
    return Fault(path, f"must be {words}", "value")


def _allowed(info: msgspec.inspect.Type) -> list[Any]:
    """The values of the enumerations within a type."""
    match info:
        case msgspec.inspect.Metadata(type=inner):
            return _allowed(inner)
        case msgspec.inspect.LiteralType(values=values):
            return list(values)
        case msgspec.inspect.UnionType(types=types):
            return [value for part in types for value in _allowed(part)]
        case (
            msgspec.inspect.VarTupleType(item_type=item) | msgspec.inspect.ListType(item_type=item)
        ):
            return _allowed(item)
        case msgspec.inspect.DictType(value_type=item):
            return _allowed(item)
        case _:
            return []


def _words(types: str) -> str:
    names = [name for name in types.split(" | ") if name != "null"] or ["null"]
    if "float" in names and "int" in names:
        names.remove("int")
    *first, last = [_WORDS.get(name, name) for name in names]
    return f"{', '.join(first)} or {last}" if first else last
