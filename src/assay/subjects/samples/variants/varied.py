"""Samples as they are, and each of them again in every variant."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from assay.core.errors import SubjectError
from assay.subjects.samples.variants import find
from assay.subjects.samples.variants.wording import asked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from assay.core.exchange import Sample
    from assay.core.samples import VariantSpec
    from assay.subjects.samples.questions import Questions
    from assay.subjects.samples.variants.family import Family

ORIGINAL = "original"
"""The variant of a sample as it is, and the metadata with its id."""

_MARK = "~"
_TRIES = 8
MOST_COPIES = 100
"""Of each variant: a sample has not many more that differ, and each is searched for."""
_LONGEST_ID = 400
"""Bytes that leave room for the name of a variant behind it."""
_OWN = ("variant", ORIGINAL, "copy")
_SPENT = ("paraphrases", "protected")
"""Metadata that variants are made from, and do not carry themselves."""


class _Step(NamedTuple):
    family: Family
    strength: float


class Varied:
    """Samples, each followed by its variants.

    A variant has the id ``id~typos~1``, the metadata ``variant``, ``original`` (the id of the
    sample as it is) and ``copy``; its cluster is the original's, or else the original's id. It
    depends on the seed, the sample's id, the variant and the number of the copy alone.

    Raises:
        SubjectError: a family is not known, a strength makes no sense, or there are too many
            copies.
    """

    def __init__(
        self, samples: Questions, variants: Iterable[VariantSpec], *, copies: int, seed: int
    ) -> None:
        if copies > MOST_COPIES:
            raise SubjectError(f"copies must be at most {MOST_COPIES} of each variant.")
        self._samples, self._copies, self._seed = samples, copies, seed
        self._variants = {
            v.name: [_Step(f := find(name), f.hold(strength)) for name, strength in v.steps]
            for v in variants
        }

    @property
    def fingerprint(self) -> str:
        """Hash of the samples and of how they are varied.

        Raises:
            SubjectError: the samples cannot be read.
        """
        names = ",".join(self._variants)
        return f"{self._samples.fingerprint}:variants/1:{names}:{self._copies}:{self._seed}"

    def __iter__(self) -> Iterator[Sample]:
        """Raises SubjectError where a sample cannot be read, or has an id or metadata of ours."""
        for sample in self._samples:
            self._refuse(sample)
            yield self._named(sample, ORIGINAL, 0)
            seen = {self._asked(sample)}
            for name, steps in self._variants.items():
                for copy in range(1, self._copies + 1):
                    if (made := self._made(sample, name, steps, copy, seen)) is not None:
                        seen.add(self._asked(made))
                        yield self._named(made, name, copy)

    def _made(
        self, sample: Sample, name: str, steps: list[_Step], copy: int, seen: set[bytes]
    ) -> Sample | None:
        """A variant that no other one is equal to; None where there is none (any more)."""
        for attempt in range(_TRIES):
            rng = Random(f"{self._seed}\0{sample.id}\0{name}\0{copy}\0{attempt}")  # noqa: S311
            made: Sample | None = sample
            for step in steps:
                made = step.family.change(made, rng, step.strength) if made is not None else None
            if made is None:
                return None
            if self._asked(made) not in seen:
                return made
        return None

    def _asked(self, sample: Sample) -> bytes:
        """What tells two ways to ask a sample apart."""
        return msgspec.json.encode((asked(sample), sample.choices, sample.context))

    def _named(self, sample: Sample, variant: str, copy: int) -> Sample:
        more = {"variant": variant, ORIGINAL: sample.id}
        cluster = sample.cluster if sample.cluster is not None else sample.id
        if variant == ORIGINAL:
            return msgspec.structs.replace(
                sample, cluster=cluster, metadata={**sample.metadata, **more}
            )
        kept = {k: v for k, v in sample.metadata.items() if k not in _SPENT}
        return msgspec.structs.replace(
            sample, id=f"{sample.id}{_MARK}{variant}{_MARK}{copy}", cluster=cluster,
            metadata={**kept, **more, "copy": copy},
        )  # fmt: skip

    def _refuse(self, sample: Sample) -> None:
        taken = next((name for name in _OWN if name in sample.metadata), None)
        if taken is not None:
            raise SubjectError(
                f"The sample {sample.id!r} has {taken!r} among its metadata, which variants have.",
                hint="Rename it in the file.",
            )
        if _MARK in sample.id or len(sample.id) > _LONGEST_ID:
            raise SubjectError(
                f"The id {sample.id[:80]!r} leaves no room for those of its variants: it must be"
                f" without {_MARK!r} and have at most {_LONGEST_ID} characters."
            )
