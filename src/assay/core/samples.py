"""Samples that are made: of other samples, in other wordings; or of texts that hide facts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class VariantSpec:
    """Another wording of samples: families of variants, one after the other.

    Attributes:
        steps: names of families, each with its strength; None takes the family's own.
    """

    steps: tuple[tuple[str, float | None], ...]

    @property
    def name(self) -> str:
        """What its samples are called: ``typos``, ``typos(0.3)``, ``case+typos``."""
        return "+".join(n if s is None else f"{n}({s:g})" for n, s in self.steps)


@dataclass(frozen=True, kw_only=True)
class NeedleSpec:
    """Questions for a fact that stands at a known depth in a text of a known length.

    Attributes:
        lengths: of the texts, in characters.
        depths: shares of the text before the fact, from 0 to 1.
        copies: questions for each length and depth.
        text: file that the texts are taken from; None takes our own.
        fact, question, target: the sentence that is hidden, what is asked, and the right answer;
            all of them, or none: facts are then made, another one for each question.
    """

    lengths: tuple[int, ...]
    depths: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    copies: int = 3
    text: str | None = None
    fact: str | None = None
    question: str | None = None
    target: str | None = None
