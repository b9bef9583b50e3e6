"""The terminal report: order, width, encodings, and text that stays text."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from rich.console import Console
from tests.report.example_run import estimate, example_run, result
from tests.report.hostile_run import PAYLOADS

from assay.report.terminal import print_run
from assay.report.text import visible

if TYPE_CHECKING:
    from assay.core.result import Run


def printed(run: Run, *, width: int = 80, verbose: bool = False, **console: object) -> str:
    file = io.StringIO()
    print_run(run, Console(file=file, width=width, **console), verbose=verbose)  # type: ignore[arg-type]
    return file.getvalue()


def test_it_answers_from_top_to_bottom(run: Run) -> None:
    text = printed(run)
    order = [
        "✗ Blocked (exit code 1)", "4 checks failed", "What blocks (8)", "! error  test/freshness",
        "✗ fail  train/completeness:lvrat", "It must be at least 0.99",
        "? inconclusive  test/drift:phist",
        "Undecided (2)", "Warnings (1)", "✗ 5 fail", "Passed: train/completeness",
    ]  # fmt: skip
    found = [text.index(part) for part in order]
    assert found == sorted(found)


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("verbose", [False, True])
def test_it_fits_the_width(run: Run, hostile: Run, width: int, verbose: bool) -> None:
    for one in (run, hostile):
        lines = printed(one, width=width, verbose=verbose).splitlines()
        assert max(cell_len(line) for line in lines) <= width
        assert not any(line != line.rstrip() for line in lines)


def test_passes_are_condensed_unless_asked_for(run: Run) -> None:
    assert "✓ pass  model/size" not in printed(run)
    text = printed(run, verbose=True)
    assert "✓ pass  model/size" in text
    assert "124,096 bytes exact · required: at most 5,000,000 bytes · n = 1" in text
    assert "afam = unknown: not measured: only 4 rows" in text
    assert "EngineError: there is no column 'applied'" in text


def test_many_slices_are_cut_and_counted(run: Run) -> None:
    assert "purpose = home purchase, afam = yes: 0.0328" in printed(run)
    assert "… and 3 more" in printed(run)
    assert "… and" not in printed(run, verbose=True)


def test_no_escape_sequence_leaves_a_pipe(run: Run, hostile: Run) -> None:
    for one in (run, hostile):
        text = printed(one, verbose=True)
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]", text)


def test_colour_is_only_added_to_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = printed(run, force_terminal=True, color_system="standard")
    assert "\x1b[1;31m✗ Blocked\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == printed(run)


def test_no_color_is_honoured(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    text = printed(run, force_terminal=True, color_system="standard")
    assert not re.search(r"\x1b\[[\d;]*3\d", text)


def test_values_are_never_read_as_markup_or_emoji_codes(hostile: Run) -> None:
    text = printed(hostile, verbose=True, width=4000)
    for payload in PAYLOADS:
        if len(payload) < 200:
            assert visible(payload) in text


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_encodings_without_the_symbols_do_not_break_it(
    run: Run, hostile: Run, encoding: str
) -> None:
    for one in (run, hostile):
        raw = io.BytesIO()
        print_run(one, Console(file=io.TextIOWrapper(raw, encoding), width=80), verbose=True)
    assert "x Blocked" in _ascii(run)
    assert "\\u" not in _ascii(run)


def _ascii(run: Run) -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, "ascii")
    print_run(run, Console(file=file, width=80))
    file.flush()
    return raw.getvalue().decode("ascii")


def test_an_empty_and_an_interrupted_run_say_so() -> None:
    text = printed(example_run([], status="interrupted"))
    assert "No checks." in text
    assert "interrupted" in text


def test_square_brackets_of_intervals_survive() -> None:
    from assay.core.criterion import AtLeast

    one = result("a[b]", "m", AtLeast(0.9), [estimate(0.5, 0.1, 30)])
    assert "0.5 [0.4, 0.6] · required: at least 0.9 · n = 30" in printed(
        example_run([one]), verbose=True
    )


def test_what_a_growing_table_cost_is_said(run: Run) -> None:
    import msgspec

    from assay.core.result import Parts
    from assay.report.html import render

    first, *others = run.subjects
    grown = msgspec.structs.replace(first, parts=Parts(total=101, read=1))
    run = msgspec.structs.replace(run, subjects=[grown, *others])
    assert f"{first.name}: 1 of 101 files read, the others known" in printed(run)
    assert "; 1 of 101 files read in this run" in render(run)
