"""Markdown for a comment on a pull request: what a reviewer must know, in GitHub's dialect.

Values are written so that none of them can become markup, a link, a mention or a cross-reference:
punctuation as character references, and a comment between ``@`` or ``#`` and what follows, because
GitHub looks for those again in the finished text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assay.report.flips import flips
from assay.report.moved.markdown import moved
from assay.report.standing import (
    DECISIONS,
    STANDINGS,
    VERDICTS,
    decision_reason,
    grouped,
    required,
    worst_first,
)
from assay.report.text import (
    counted,
    duration_text,
    interval_text,
    key_text,
    score_text,
    short,
    value_text,
)

if TYPE_CHECKING:
    from assay.core.result import Result, Run

LIMIT = 60_000
"""Bytes; GitHub refuses comments of more than 65,536 characters."""

# ASCII punctuation, but for what never begins anything; a point does after "www".
_ACTIVE = re.compile(r"[!\"#$&*:<>@\[\\\]^_`{|}~]|(?<=[wW])\.")
_REASON_LIMIT, _ID_LIMIT, _TABLES_SHOWN = 400, 160, 5


def render(run: Run, *, limit: int = LIMIT) -> str:
    """The comment, in at most ``limit`` (at least 2,000) bytes; says what is left out."""
    groups = grouped(run)
    symbol, word, meaning = DECISIONS[run.decision]
    counts = run.counts()
    tally = " · ".join(f"{s} {counts[v]} {w}" for v, (s, w) in VERDICTS.items() if counts[v])
    head = [
        f"## {symbol} {word}: {inert(short(run.suite.name, 100))}",
        "",
        f"{inert(short(decision_reason(run), 600))} {meaning}",
        "",
        f"{tally or 'no checks'} · {counted(len(run.results), 'check')} in"
        f" {duration_text(run.duration_s)} · exit code {run.run.exit_code}",
    ]
    text = "\n".join([*head, *_scores(run), *_quarantine(run)]) + "\n"
    ranked = moved(run, inert, code)
    if len(text.encode()) + len(ranked.encode()) < limit // 2:
        text += ranked
    flipped = flips(run, inert, code)
    if len(text.encode()) + len(flipped.encode()) < limit // 2:
        text += flipped
    for name in ("blocking", "undecided", "warning", "noted", "aside"):
        rows = [_row(result) for result in groups[name]]
        if rows:
            text += _table(STANDINGS[name], rows, limit - len(text.encode()) - 400)
    passed = [
        f"- {code(result.id)}: {inert(short(_value(result), 120))}" for result in groups["passed"]
    ]
    return text + _collapsed(passed, limit - len(text.encode()))


def _scores(run: Run) -> list[str]:
    """The scores in a line; nothing where there are none."""
    if not run.scores:
        return []
    overall, *dimensions = run.scores
    parts = " · ".join(f"{score.dimension} {score_text(score.value)}" for score in dimensions)
    return ["", f"Data quality {score_text(overall.value)}: {parts}"]


def _quarantine(run: Run) -> list[str]:
    """How many rows of which tables were written aside."""
    parts = [
        f"{counted(subject.quarantined, 'row')} of {code(subject.name)}"
        for subject in run.subjects
        if subject.quarantined is not None
    ]
    shown = parts[:_TABLES_SHOWN] + ["…"] * (len(parts) > _TABLES_SHOWN)
    return ["", f"Set aside: {', '.join(shown)}"] if parts else []


def inert(text: str) -> str:
    """Text that stays text in GitHub's Markdown, also in a table cell."""
    return _ACTIVE.sub(_reference, text)


def _reference(found: re.Match[str]) -> str:
    character = found[0]
    return f"&#{ord(character)};" + ("<!-- -->" if character in "@#" else "")


def code(text: str) -> str:
    """A name in a fixed-width font. HTML, because a backtick span cannot hold every name."""
    return f"<code>{inert(short(text, _ID_LIMIT))}</code>"


def _row(result: Result) -> str:
    symbol, word = VERDICTS[result.verdict]
    reason = short(result.reason, _REASON_LIMIT)
    cells = (
        f"{symbol} {word}",
        code(result.id),
        inert(short(_value(result), 160)),
        inert(short(required(result) or "–", 100)),
        inert(reason),
    )
    return f"| {' | '.join(cells)} |\n"


def _value(result: Result) -> str:
    """The measurement that decided, with its interval."""
    measurements = worst_first(result)
    if not measurements:
        return "–"
    first = measurements[0]
    where = f"{key_text(first.key)}: " if first.key else ""
    more = f" and {len(measurements) - 1} more" if len(measurements) > 1 else ""
    return f"{where}{value_text(first)} {interval_text(first)}, n = {first.n:,}{more}"


def _table(title: str, rows: list[str], budget: int) -> str:
    """A table of as many rows as fit."""
    text = (
        f"\n### {title} ({len(rows)})\n\n"
        "| Verdict | Check | Value | Required | Why |\n| --- | --- | --- | --- | --- |\n"
    )
    kept = _fitting(rows, budget - len(text.encode()))
    left_out = len(rows) - len(kept)
    if left_out:
        return f"{text}{''.join(kept)}\n… and {left_out:,} more: the full report has them.\n"
    return text + "".join(kept)


def _collapsed(lines: list[str], budget: int) -> str:
    """Passes under a fold, as many as fit."""
    if not lines:
        return ""
    head = f"\n<details><summary>✓ {counted(len(lines), 'check')} passed</summary>\n\n"
    kept = _fitting([line + "\n" for line in lines], budget - len(head.encode()) - 150)
    more = len(lines) - len(kept)
    rest = f"- … and {more:,} more: the full report has them.\n" if more else ""
    return f"{head}{''.join(kept)}{rest}\n</details>\n"


def _fitting(parts: list[str], budget: int) -> list[str]:
    """As many of the first parts as fit in ``budget`` bytes."""
    kept: list[str] = []
    for part in parts:
        budget -= len(part.encode())
        if budget < 0:
            break
        kept.append(part)
    return kept
