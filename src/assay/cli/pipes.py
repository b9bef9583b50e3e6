"""Output that outlives its reader: ``assay run suite.yaml | head`` still judges, stores, reports.

Left alone, the first write after the reader has gone ends the process, with an exit code that
says the gate has blocked and with reports that were asked for not written.
"""

from __future__ import annotations

import io
import os
import stat
import sys


def outlive_readers() -> None:
    """Let stdout and stderr, where they are pipes, swallow what nobody reads any more."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        try:
            descriptor = stream.fileno()
            mode = os.fstat(descriptor).st_mode
        except (AttributeError, OSError, ValueError):  # no real file: a test, a notebook
            continue
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            stream.flush()
            pipe = io.TextIOWrapper(
                io.BufferedWriter(_Pipe(descriptor)), encoding=stream.encoding,
                errors=stream.errors, line_buffering=name == "stderr",
            )  # fmt: skip
            setattr(sys, name, pipe)


class _Pipe(io.RawIOBase):
    """The writing end of a pipe whose reader may leave."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        content = memoryview(data)  # type: ignore[arg-type]
        try:
            return os.write(self._descriptor, content)
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._descriptor)  # for those that write to the descriptor itself
            os.close(nowhere)
            return content.nbytes
