"""Vega-Lite to SVG in processes of their own.

vl-convert aborts its whole process on some inputs (a control character that an expression makes,
say), and an expression may run for ever. Neither may cost the report, so charts are drawn by this
file run as a script: one JSON line in, one out. It imports nothing of Assay and starts in 20 ms
beyond the 0.4 s that the converter itself needs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_START_SECONDS, _CHART_SECONDS = 20.0, 2.0
_MAX_CRASHES = 3
_WORTH_A_PROCESS = 6


class Drawing(NamedTuple):
    """The picture as SVG text, or why there is none; one of the two is empty."""

    svg: str
    error: str


def draw(specs: Sequence[str], config: str) -> list[Drawing]:
    """Draw specifications (JSON texts) under a configuration (JSON), in their order."""
    workers = min(2, os.cpu_count() or 1, 1 + len(specs) // _WORTH_A_PROCESS)
    shares = [list(specs[i::workers]) for i in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        done = list(pool.map(lambda share: _drawn(share, config), shares))
    return [done[i % workers][i // workers] for i in range(len(specs))]


def _drawn(specs: list[str], config: str) -> list[Drawing]:
    """Draw in one process; where it dies, go on behind the chart that killed it."""
    found: list[Drawing] = []
    for _ in range(_MAX_CRASHES):
        if len(found) == len(specs):
            return found
        pictures, error = _process(specs[len(found) :], config)
        found += pictures
        if error and len(found) < len(specs):
            found.append(Drawing("", error))
    left = len(specs) - len(found)
    return found + [Drawing("", "others before it ended the converter")] * left


def _process(specs: list[str], config: str) -> tuple[list[Drawing], str]:
    """What one process drew, and what ended it before the last (or nothing)."""
    lines = "".join(f"{line}\n" for line in (config, *specs)).encode()
    limit = _START_SECONDS + _CHART_SECONDS * len(specs)
    error = ""
    try:
        # -P: no folder of the caller's can take the place of a library.
        ended = subprocess.run(  # noqa: S603 - our own file under our own interpreter
            [sys.executable, "-P", __file__], input=lines, capture_output=True, timeout=limit
        )
        output = ended.stdout
        if ended.returncode:
            error = f"the converter ended with {ended.returncode}"
    except subprocess.TimeoutExpired as expired:
        output, error = expired.stdout or b"", f"it took longer than {limit:g} s"
    except OSError as failed:
        return [], f"the converter cannot be started: {failed.strerror}"
    complete = output[: output.rfind(b"\n") + 1].splitlines()
    return [Drawing(*json.loads(line)) for line in complete], error


def _serve() -> None:
    """The other side: read the configuration, then a specification a line; answer each."""
    import vl_convert

    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints is not an answer
    config = json.loads(sys.stdin.readline())
    for line in sys.stdin:
        svg, error = "", ""
        try:
            svg = vl_convert.vegalite_to_svg(
                line, config=config, allowed_base_urls=[], show_warnings=False
            )
        except ValueError as failed:
            error = str(failed) or "no reason given"
        out.write(json.dumps([svg, error]) + "\n")
        out.flush()


if __name__ == "__main__":
    _serve()
