"""Whether an answer is, or holds, what was wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from assay.core.scorer import Score, Scorer, scorer
from assay.scorers.wording import ends_seen, plain, squeezed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assay.core.exchange import Exchange

IgnoreCase = Annotated[bool, Meta(description="Capital and small letters are the same.")]


def _targets(targets: Sequence[str]) -> str:
    shown = ", ".join(repr(t) for t in targets[:3])
    return f"{shown} …" if len(targets) > 3 else shown


def _form(ignore_case: bool) -> Callable[[str], str]:
    return (lambda text: squeezed(text).casefold()) if ignore_case else squeezed


@scorer(
    "exact_match",
    needs=("target",),
    binary=True,
    unit="share",
    formula="answers equal to a target / answers",
    reference="Rajpurkar et al. 2016, SQuAD, EMNLP (`normalize`)",
)
class ExactMatch(Scorer):
    """Share of answers that are a target, word for word.

    White space at the ends and in runs does not matter, nor how Unicode is composed (NFKC).
    """

    ignore_case: IgnoreCase = False
    normalize: Annotated[
        bool,
        Meta(description="Ignore case, punctuation and English articles, as SQuAD does."),
    ] = False

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        form = plain if self.normalize else _form(self.ignore_case)
        found = []
        for sample, answer in ((e.sample, e.answer) for e in exchanges):
            right = form(answer.text) in {form(t) for t in sample.target}
            found.append(Score(float(right), "" if right else f"not {_targets(sample.target)}"))
        return found


@scorer(
    "includes",
    needs=("target",),
    binary=True,
    unit="share",
    formula="answers that contain a target / answers",
    reference="as `includes` of Inspect (UK AI Security Institute)",
)
class Includes(Scorer):
    """Share of answers that contain a target.

    With ``words`` the target must stand there as whole words: ``Oman`` is not in ``Romania``. Where
    no space shows that a word ends (Chinese, Japanese, Korean, Thai), it may stand anywhere. An
    answer that names every possible target contains the right one too: look at its length.
    """

    ignore_case: IgnoreCase = True
    words: Annotated[bool, Meta(description="Whole words only.")] = True
    every: Annotated[bool, Meta(description="All targets must be there, not only one.")] = False

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        import re

        form = _form(self.ignore_case)
        found = []
        for sample, answer in ((e.sample, e.answer) for e in exchanges):
            text = form(answer.text)
            lacking = []
            targets = [target for target in sample.target if form(target)]
            if not targets:
                found.append(Score(None, "an empty target is in every answer"))
                continue
            for target in targets:
                wanted = form(target)
                if self.words:
                    # A word's end is asked for only where the target ends in a letter or digit.
                    start = r"(?<!\w)" if ends_seen(wanted[:1]) else ""
                    end = r"(?!\w)" if ends_seen(wanted[-1:]) else ""
                    there = re.search(start + re.escape(wanted) + end, text) is not None
                else:
                    there = wanted in text
                if not there:
                    lacking.append(target)
            right = not lacking if self.every else len(lacking) < len(targets)
            found.append(Score(float(right), "" if right else f"without {_targets(lacking)}"))
        return found
