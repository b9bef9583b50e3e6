"""The comparison of shown and printed output refuses what is different."""

from __future__ import annotations

import pytest

from tests.docs.likeness import missing_line

PRINTED = """\
first  10 checks · 1.1 s · run 20261123-143554-e8d12c

✗ Blocked (exit code 1). It must not ship.
      0.7378 [0.7306, 0.745] · required: at most 0.74 · n = 2,380
a.yaml:5:5: There is no metric 'x'.
"""


@pytest.mark.parametrize(
    "shown",
    [
        PRINTED,
        "first 10 checks · 0.7 s · run 20270101-000000-abcdef",
        "first  10 checks · …",
        "✗ Blocked (exit code 1). It must not ship.\n…\na.yaml:5:5: There is no metric 'x'.",
        "0.7379 [0.7306, 0.745] · required: at most 0.74 · n = 2,381",
    ],
)
def test_the_same_is_found(shown: str) -> None:
    assert missing_line(shown, PRINTED) is None


@pytest.mark.parametrize(
    "shown",
    [
        "✗ Blocked (exit code 2). It must not ship.",
        "✓ Passed (exit code 1). It must not ship.",
        "0.7378 [0.6306, 0.745] · required: at most 0.74 · n = 2,380",
        "0.7378 · required: at most 0.74 · n = 2,380",
        "a.yaml:5:5: There is no metric 'x'.\n✗ Blocked (exit code 1). It must not ship.",
        "second  10 checks · …",
    ],
)
def test_what_differs_is_not(shown: str) -> None:
    assert missing_line(shown, PRINTED) is not None
