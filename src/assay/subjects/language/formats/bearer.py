"""What wire formats have in common whose key is a bearer token."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assay.core.check import LanguageModelSpec


class Bearer:
    """A part of a :class:`~assay.subjects.language.formats.protocol.WireFormat`."""

    def query(self, _spec: LanguageModelSpec) -> str:
        """Nothing."""
        return ""

    def key_headers(self, key: str) -> dict[str, str]:
        """A bearer token."""
        return {"Authorization": f"Bearer {key}"}

    def headers(self) -> dict[str, str]:
        """None of its own."""
        return {}
