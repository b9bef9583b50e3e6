"""Drift of texts: how long they are, and which words they are made of."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from assay.core.criterion import AtMost
from assay.core.expr import Column, call
from assay.core.measurement import Estimate, Estimation, Unmeasured
from assay.core.metric import Metric, metric
from assay.metrics.data.parameters import ColumnName, needs_text
from assay.metrics.drift.vocabulary import ROWS, Texts, Vocabulary, texts_of, vocabulary
from assay.states import Count, Quantiles, Sample

if TYPE_CHECKING:
    from assay.core.aggregate import Aggregate, Fold
    from assay.core.evidence import Evidence
    from assay.core.expr import Expr
    from assay.core.schema import Schema
    from assay.metrics.data.distributions.sides import Values
    from assay.states import SampleState

Aspect = Literal["length", "words", "vocabulary"]


@metric(
    "drift.text",
    higher_is_better=False,
    formula="greatest difference between both tables: of the distribution functions of the texts' "
    "lengths, or of the share of texts that hold a word",
    interval="smirnov (length, words), wild-bootstrap (vocabulary), "
    "wild-cluster-bootstrap (rows in clusters)",
    reference="Smirnov 1939; scipy.stats.ks_2samp over the lengths; Liu 1988 (wild bootstrap)",
    example={"column": "payload"},
    compares=True,
    family="drift",
    default=AtMost(0.1),
    dimension="accuracy",
)
class TextDrift(Metric):
    """Distance between a column's texts and those of a reference table: lengths, or words.

    0 means that they are alike. Texts that are written or cut off in another way are seen here,
    where nearly every row has a text of its own and ``drift`` has no values to count. Missing texts
    are part of it.

    * ``length``: characters. 0.1 means that no event of the form "longer than x" has become more
      than ten points more or less likely; missing texts are shorter than all others.
    * ``words``: likewise, of runs of characters other than white space (blanks, tabs, ends of
      lines).
    * ``vocabulary``: which words there are. 0.1 means that no word is in ten points more, or fewer,
      of the texts. Words are runs of letters and digits, in lower case; of scripts without blanks
      between words, each letter. The 500 words that most texts of both tables together hold are
      compared one by one; beside them missing texts, texts without a word, and texts with a rarer
      word that no other text of the reference has. Of each table at most 5,000 texts are read,
      drawn by lot (some 10,000 where rows come in clusters), and of a text its first 5,000
      characters.

    The distribution functions of lengths are known at 200 quantiles a side. Where either table
    declares a ``cluster``, clusters (or blocks of time) take the place of rows in the interval.
    """

    jackknife = False
    clustered = True

    column: ColumnName
    aspect: Annotated[Aspect, Meta(description="What of each text is compared.")] = "length"

    def applicable(self, schema: Schema) -> str | None:
        return needs_text(schema, self.column)

    def draws(self) -> int | None:
        return ROWS if self.aspect == "vocabulary" else None

    def _counted(self) -> Expr:
        text: Expr = Column(self.column)
        if self.aspect == "words":
            # each word becomes one letter, and what is between them goes
            text = call("replace", call("replace", text, r"[^ \t\r\n\f]+", "w"), r"[^w]+", "")
        return call("length", text)

    def _quantiles(self) -> Quantiles:
        from assay.inference.quantile_grid import GRID

        return Quantiles(of=self._counted(), probabilities=GRID)

    def _sample(self) -> Sample:
        return Sample(of=(), most=ROWS, texts=(Column(self.column),))

    def aggregates(self, schema: Schema) -> tuple[Aggregate[object], ...]:
        if self.aspect == "vocabulary":
            return Count(), self._sample()
        return Count(), self._quantiles()

    def _lengths(self, fold: Fold) -> Values:
        from assay.metrics.data.distributions.groups import pieces
        from assay.metrics.data.distributions.sides import values

        both = fold.reference, fold
        return values(
            [side[self._quantiles()] for side in both],
            [side[Count()].n for side in both],
            tuple(pieces(side.clusters, self._quantiles()) for side in both),
        )

    def _words(self, fold: Fold) -> Compared | str:
        """The words of both tables; or why they cannot be compared."""
        for side, table in ((fold.reference, "the reference table"), (fold, "the table")):
            if not side[Count()].n:
                return f"{table} has no rows"
        return _compared(*(self._read(side) for side in (fold.reference, fold)))

    def _read(self, side: Fold) -> Read:
        groups = side.clusters
        found = None if groups is None else tuple(group[self._sample()] for group in groups)
        return side[self._sample()], found

    def estimate(self, fold: Fold, how: Estimation) -> tuple[Estimate, ...]:
        from assay.metrics.data.distributions.distance import drift

        reason = self.applicable(fold.reference.schema)
        if reason:
            return (Unmeasured(reason=f"in the reference table, {reason}"),)
        if self.aspect != "vocabulary":
            return (drift(self._lengths(fold), "ks", how, bins=10, sd=0.0),)
        words = self._words(fold)
        if isinstance(words, str):
            return (Unmeasured(reason=words),)
        return (_distance(words, how),)

    def evidence(self, fold: Fold) -> tuple[Evidence, ...]:
        from assay.metrics.data.distributions.evidence import evidence
        from assay.metrics.drift.word_pictures import pictures

        if self.applicable(fold.reference.schema):
            return ()
        if self.aspect == "vocabulary":
            words = self._words(fold)
            return () if isinstance(words, str) else pictures(*words)
        sides = self._lengths(fold)
        if not all(sides.rows):
            return ()
        unit = "characters" if self.aspect == "length" else "words"
        return evidence(f"{self.column} ({unit})", sides, temporal=False)


Read = tuple["SampleState", "tuple[SampleState, ...] | None"]
"""The texts drawn of a table, and of each of its groups where its rows come in groups."""
Compared = tuple[Texts, Texts, Vocabulary]


@lru_cache(maxsize=8)  # asked again for other levels and for the evidence
def _compared(reference: Read, current: Read) -> Compared:
    """The texts of both tables, and their words."""
    one, two = texts_of(*reference), texts_of(*current)
    return one, two, vocabulary(one, two)


def _distance(words: Compared, how: Estimation) -> Estimate:
    """How far the words lie apart."""
    from assay.inference.interval import census, measured
    from assay.inference.two_sample.events import greatest_change, interval

    sides, of = words[:2], words[2]
    drawn = [side for side in sides if len(side.words) < side.rows]
    if how.census and drawn:
        return Unmeasured(
            reason=f"{len(drawn[0].words):,} of {drawn[0].rows:,} texts are read, drawn by lot, so "
            "what holds of these rows as they are (`claim: batch`) is not known exactly",
            n=sides[1].rows,
        )
    value, n = greatest_change(*of.sides), len(sides[1].words)
    if how.census:
        return census(value, n=n)
    return measured(value, interval(*of.sides, level=how.level, seed=how.seed), n=n, how=how)
