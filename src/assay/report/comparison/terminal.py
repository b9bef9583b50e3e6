"""A comparison in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.report.comparison.words import (
    CHANGES,
    change_text,
    flips_text,
    name_of,
    signed,
    slice_name,
    tally,
    title_of,
    told,
    whole_text,
)
from assay.report.text import counted, figure, short, visible

if TYPE_CHECKING:
    from rich.console import Console

    from assay.core.comparison import Change, Comparison, Flip, Flips, Movement

_STYLES: dict[Change, str] = {
    "worse": "bold red", "changed": "yellow", "better": "green", "no_worse": "green",
    "unclear": "yellow", "same": "dim",
}  # fmt: skip
_SLICES_SHOWN = 8
_FLIPS_SHOWN = 5


def print_comparison(comparison: Comparison, console: Console, *, everything: bool = False) -> None:
    """Print it; ``everything`` shows what did not change, too, and every slice."""
    _Printer(console).comparison(comparison, everything=everything)


class _Printer:
    """One printing."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def line(self, *parts: tuple[str, str], indent: int = 0) -> None:
        """A paragraph of (text, style), wrapped under its indentation."""
        from rich.text import Text

        text = Text()
        for words, style in parts:
            text.append(visible(words), style)
        width = max(20, self.console.width - indent)
        for wrapped in text.wrap(self.console, width, overflow="fold"):
            wrapped.rstrip()
            self.console.print(Text(" " * indent) + wrapped, highlight=False, soft_wrap=True)

    def comparison(self, comparison: Comparison, *, everything: bool) -> None:
        a, b = comparison.a, comparison.b
        self.line((f"{a.name or a.id} → {b.name or b.id}", "bold"))
        for difference in told(comparison, everything=everything):
            sign, word = CHANGES[difference.verdict]
            head = (f"{sign} {word}", _STYLES[difference.verdict])
            self.line(head, (f"  {name_of(difference)}", ""))
            self.line((difference.reason, "dim"), indent=4)
        counts = [f"{n} {CHANGES[verdict][1]}" for verdict, n in tally(comparison.differences)]
        self.line((", ".join(counts) or "Nothing in common.", ""))
        for label, ids in (
            ("Only in the first", comparison.only_in_a),
            ("Only in the second", comparison.only_in_b),
        ):
            if ids:
                self.line((f"{label}: {', '.join(ids)}", ""))
        for flips in comparison.flips:
            self.flips(flips, everything=everything)
        for movement in comparison.movements:
            self.movement(movement, everything=everything)
        if comparison.flips or comparison.movements:
            self.line(("", ""))
        for note in comparison.notes:
            self.line((f"Note: {note}", "dim"))

    def flips(self, flips: Flips, *, everything: bool) -> None:
        """The samples that flipped, each with its question and both answers on a line."""
        self.line(("", ""))
        self.line((f"{flips.id}: which samples flipped", "bold"))
        self.line((flips_text(flips), "dim"), indent=2)
        signs: tuple[Change, Change] = ("worse", "better")
        first, second = flips.between or ("before", "now")
        for sign, way in zip(signs, flips.ways, strict=True):
            shown = way.some if everything else way.some[:_FLIPS_SHOWN]
            if shown:
                self.line((short(way.title, 60), _STYLES[sign]), indent=2)
            for flip in shown:
                scores = "" if flips.right_or_wrong else _scores_text(flip)
                room = max(20, self.console.width - 13)
                self.line((short(flip.unit, 30), ""), (scores, "dim"), indent=4)
                for name, text in (
                    ("asked", flip.question),
                    ("target", flip.target),
                    (first, flip.before),
                    (second, flip.after),
                ):
                    if text:
                        self.line(
                            (f"{short(name, 12):6} ", "dim"), (short(text, room), ""), indent=6
                        )
            rest = way.total - len(shown)
            if shown and rest:
                more = "" if everything else " (--all)"
                self.line((f"… and {counted(rest, 'sample')} more{more}", "dim"), indent=4)

    def movement(self, movement: Movement, *, everything: bool) -> None:
        """Its slices as a table that fits the width: what does not is cut in the name."""
        self.line(("", ""))
        self.line((title_of(movement), "bold"))
        self.line((whole_text(movement), "dim"), indent=2)
        shown = movement.slices if everything else movement.slices[:_SLICES_SHOWN]
        rows = [
            (
                CHANGES[s.difference.verdict][0],
                slice_name(s, movement),
                f"{s.difference.n_common or s.difference.difference.n:,}",
                change_text(s.difference),
                signed(s.contribution) if s.contribution is not None else "",
                f"{s.share * 100:.0f} %" if s.share is not None else "",
                s.difference.verdict,
            )
            for s in shown
        ]
        head = ("", "slice", "rows", "change", "part", "share")
        width = [max([len(head[i]), *(len(r[i]) for r in rows)]) for i in range(6)]
        room = self.console.width - 2 - sum(width) + width[1] - 2 * sum(w > 0 for w in width[1:])
        width[1] = max(8, min(width[1], room))
        if not any(r[4] for r in rows):
            width[4] = 0
        if not any(r[5] for r in rows):
            width[5] = 0

        def cells(row: tuple[str, ...]) -> str:
            name = short(row[1], width[1]).ljust(width[1])
            numbers = [row[i].rjust(width[i]) for i in (2, 3, 4, 5) if width[i]]
            return "  ".join([name, *numbers])

        self.line((f"  {cells(head)}", "dim"), indent=2)
        for row in rows:
            style = _STYLES[row[6]]
            self.line((row[0], style), (f" {cells(row[:6])}", ""), indent=2)
        rest = len(movement.slices) - len(shown)
        if rest:
            self.line((f"… and {counted(rest, 'slice')} more (--all)", "dim"), indent=4)
        if movement.left_out:
            few = counted(movement.left_out, "slice")
            self.line(
                (f"{few} with too few rows, or without a difference, not shown", "dim"), indent=4
            )


def _scores_text(flip: Flip) -> str:
    return f"  {figure(flip.score_before)} → {figure(flip.score_after)}"
