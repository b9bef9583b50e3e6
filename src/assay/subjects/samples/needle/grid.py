"""Questions for facts, on a grid of how long the text is and how deep in it the fact stands."""

from __future__ import annotations

from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING

from assay.core.errors import SubjectError
from assay.core.exchange import Sample
from assay.subjects.samples.needle.filler import haystack, own_sentences, sentences_of_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assay.core.samples import NeedleSpec

_PLACES = ("Ardenfield", "Brackwater", "Coldharbour", "Dunmere", "Eastmarch", "Fernhollow",
           "Greywick", "Highstead", "Ironbridge", "Juniper Hill", "Kestrel Bay", "Larkspur",
           "Millbrook", "Northgate", "Oakhurst", "Pinecrest", "Quarry Lane", "Ravenswood",
           "Silverton", "Thornbury")  # fmt: skip
_FACT = "The access code of the {} archive is {}."
_QUESTION = "What is the access code of the {} archive? Answer with the code alone."
_ROOM = 60
"""Characters beside the fact that the shortest text must have."""
_MOST = 100_000
LONGEST = 20_000_000
"""Characters of a text: some five million tokens, which no model takes."""


class Needles:
    """The samples of a grid: each length, at each depth, so many times.

    A sample has the id ``length-depth-copy``, and ``length``, ``depth`` and ``draw`` among its
    metadata. Its input is the text, then the question. Facts and where the text begins are drawn
    anew for each sample, from the seed and its id alone.
    """

    def __init__(self, spec: NeedleSpec, filler: Sequence[str], seed: int) -> None:
        self._spec, self._filler, self._seed = spec, tuple(filler), seed

    @property
    def fingerprint(self) -> str:
        """Hash of the grid and of the text."""
        content = "\n".join((repr(self._spec), str(self._seed), *self._filler))
        return f"needles/1:{sha256(content.encode()).hexdigest()}"

    def __iter__(self) -> Iterator[Sample]:
        for length in self._spec.lengths:
            for depth in self._spec.depths:
                for copy in range(1, self._spec.copies + 1):
                    yield self._sample(length, depth, copy)

    def _sample(self, length: int, depth: float, copy: int) -> Sample:
        name = f"{length}-{depth:g}-{copy}"
        rng = Random(f"{self._seed}\0{name}")  # noqa: S311 - reproducible, guards nothing
        place, code = rng.choice(_PLACES), str(rng.randrange(10_000, 100_000))
        fact, question, target = _FACT.format(place, code), _QUESTION.format(place), code
        spec = self._spec
        if spec.fact is not None and spec.question is not None and spec.target is not None:
            fact, question, target = spec.fact, spec.question, spec.target
        first = rng.randrange(len(self._filler))
        text = haystack(self._filler, first, fact, length=length, depth=depth)
        return Sample(
            id=name, input=f"{text}\n\n{question}", target=(target,),
            metadata={"length": length, "depth": depth, "draw": copy},
        )  # fmt: skip


def open_needles(spec: NeedleSpec, *, folder: str, seed: int) -> Needles:
    """The grid, held to sense.

    Raises:
        SubjectError: a length has no room for the fact or is beyond any model, a depth is none,
            part of a fact is given, the target is not in the fact, there are too many samples, or
            the file of the text cannot be read.
    """
    given = (spec.fact, spec.question, spec.target)
    if any(part is not None for part in given) and None in given:
        raise SubjectError("A needle has fact, question and target: give all of them, or none.")
    if spec.fact is not None and spec.target is not None and spec.target not in spec.fact:
        raise SubjectError(f"The target {spec.target!r} is not in the fact.")
    least = len(spec.fact or _FACT.format("Juniper Hill", "10000")) + _ROOM
    for length in spec.lengths:
        if length < least:
            raise SubjectError(f"A text of {length} characters is too short: {least} or more.")
        if length > LONGEST:
            raise SubjectError(f"A text of {length:,} characters is too long: {LONGEST:,} at most.")
    for depth in spec.depths:
        if not 0 <= depth <= 1:
            raise SubjectError(f"A depth is a share from 0 to 1, not {depth:g}.")
    for name, values in (("length", spec.lengths), ("depth", spec.depths)):
        if not values:
            raise SubjectError(f"The grid has no {name}.")
        if len(set(values)) < len(values):
            raise SubjectError(f"The grid names a {name} twice.")
    if len(spec.lengths) * len(spec.depths) * spec.copies > _MOST:
        raise SubjectError(f"The grid has more than {_MOST:,} samples.")
    filler = own_sentences() if spec.text is None else sentences_of_file(spec.text, folder)
    return Needles(spec, filler, seed)
