"""What samples look like to the rest, wherever they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.core.exchange import Sample


class Questions(Protocol):
    """Samples that can be read again and again."""

    @property
    def fingerprint(self) -> str: ...
    def __iter__(self) -> Iterator[Sample]: ...
