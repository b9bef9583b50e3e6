"""Writing YAML as a person would: short lists on one line, long ones broken between their items."""

from __future__ import annotations

import re
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.emitter import RoundTripEmitter
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, SingleQuotedScalarString

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WIDTH = 100
_BREAK = 86
"""An item that would start beyond this column starts a new line."""

_VARIABLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*(?::-[^}]*)?\}")
_WORD = re.compile(r"(?:\.{0,2}/)*[^\W\d][\w./ -]*")
# What YAML 1.1, and so many editors, read as something else than text.
_NO_TEXT = {"yes", "no", "on", "off", "y", "n", "true", "false", "null", "none", "nan", "inf"}


class WithVariables(str):
    """A text in which ``${NAME}`` stands for a variable of the environment."""

    __slots__ = ()


def parameters(values: Mapping[str, Any]) -> Any:
    """A mapping on one line; its own keys are words that need no quotes."""
    return _flowing(CommentedMap({key: inline(value) for key, value in values.items()}))


def inline(value: Any) -> Any:
    """Plain data for ruamel.yaml, lists and mappings in flow style.

    Texts get quotes unless they are a bare word, and ``${...}`` in values is escaped, as a suite
    wants it.
    """
    if isinstance(value, dict):
        named = {_quoted(key): inline(part) for key, part in value.items()}
        return _flowing(CommentedMap(named))
    if isinstance(value, list):
        return _flowing(CommentedSeq([inline(part) for part in value]))
    if isinstance(value, WithVariables):
        return _quoted(str(value))
    if isinstance(value, str):
        return _quoted(_VARIABLE.sub(lambda match: f"${match[0]}", value))
    return value


def _flowing(value: Any) -> Any:
    value.fa.set_flow_style()
    return value


def _quoted(text: str) -> Any:
    """The text, in quotes unless it is plain that it is one."""
    if not text.isprintable():
        return DoubleQuotedScalarString(text)
    bare = _WORD.fullmatch(text) and text == text.strip() and text.lower() not in _NO_TEXT
    if bare:
        return text
    return SingleQuotedScalarString(text) if "\\" in text else DoubleQuotedScalarString(text)


class _Emitter(RoundTripEmitter):
    """Breaks lines between items, never within a key, a value, or between the two."""

    @contextmanager
    def _whole(self) -> Iterator[None]:
        width, self.best_width = self.best_width, 1 << 30
        try:
            yield
        finally:
            self.best_width = width

    def write_plain(self, text: Any, split: Any = True) -> None:
        with self._whole():
            super().write_plain(text, split)

    def write_single_quoted(self, text: Any, split: Any = True) -> None:
        with self._whole():
            super().write_single_quoted(text, split)

    def write_double_quoted(self, text: Any, split: Any = True) -> None:
        unicode = self.allow_unicode
        # YAML's own notion of what may stand as it is includes line ends that move places
        self.allow_unicode = unicode and text.isprintable()
        try:
            with self._whole():
                super().write_double_quoted(text, split)
        finally:
            self.allow_unicode = unicode


def dumped(root: CommentedMap) -> str:
    """The document's text."""
    yaml = YAML()
    yaml.Emitter = _Emitter
    yaml.width = _BREAK
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    yaml.dump(root, out)
    return out.getvalue()
