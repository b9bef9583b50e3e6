"""Whether output shown in a page is what a command printed: words exactly, figures about.

Run ids and times differ from run to run and match any other; a line ``…`` in the page, or the
sign inside a line, stands for what is left out. Other figures may differ by a twentieth: another
version of scikit-learn gives another last digit.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"(?P<run>\d{8}-\d{6}-[0-9a-f]{6})"
    r"|(?P<time>\d[\d.,]* (?:ms|s)\b|\d[\d.,]*s\b)"
    r"|(?P<figure>-?\d[\d,]*(?:\.\d+)?(?:e-?\d+)?%?)"
)


def missing_line(shown: str, printed: str) -> str | None:
    """The first line shown that was not printed (in this order), or None."""
    there = iter([line for line in map(_squeezed, printed.splitlines()) if line])
    for line in filter(None, map(_squeezed, shown.splitlines())):
        if line != "…" and not any(_alike(line, other) for other in there):
            return line
    return None


def _squeezed(line: str) -> str:
    return " ".join(line.split())


def _alike(shown: str, printed: str) -> bool:
    if "…" in shown and "…" not in printed:
        parts = [re.escape(part.strip()) for part in shown.split("…")]
        return re.fullmatch(r"\s*.*\s*".join(parts), printed) is not None
    return _words(shown) == _words(printed) and all(
        _close(a, b) for a, b in zip(_figures(shown), _figures(printed), strict=True)
    )


def _words(line: str) -> str:
    return _TOKEN.sub(lambda found: f"<{found.lastgroup}>", line)


def _figures(line: str) -> list[float]:
    return [
        float(found["figure"].replace(",", "").rstrip("%"))
        for found in _TOKEN.finditer(line)
        if found["figure"]
    ]


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= 0.05 * max(abs(a), abs(b))
