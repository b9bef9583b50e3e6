"""Server-sent events (WHATWG HTML, section 9.2), wherever the network cuts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Events:
    """Cuts a stream of bytes into the data of its events, wherever the network cuts it."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The data of the events that this chunk completes."""
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            line = line.removesuffix(b"\r")
            if line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))
            elif not line and self._data:
                yield b"\n".join(self._data)
                self._data = []

    def left(self) -> bytes:
        """The data of an event that the end of the stream completes, where it has no blank line."""
        return b"\n".join(self._data) if not self._rest else b""
