"""What scores on the disk are scores of: by which two sets of them are known to be the same."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from assay.collect.atomic import write_bytes
from assay.collect.journal import digest_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.exchange import Exchange, Sample
    from assay.core.scorer import Score, Scorer

_NAME = "manifest.json"
_BYTES = 16
_INSTRUCTIONS = frozenset({"system", "developer"})
_encoder = msgspec.json.Encoder(order="deterministic")


class ScoreManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the parts of a folder are; written last, so that it is there only where they all are.

    Attributes:
        scorer: hash of the scorer, its parameters and its version.
        content: hash of all questions, answers and scores, whatever order they came in.
        rows: samples.
        parts: file names.
    """

    scorer: str
    content: str
    rows: int
    parts: tuple[str, ...]

    def write(self, folder: str) -> None:
        """Store it beside the parts.

        Raises:
            StorageError: it cannot be written.
        """
        write_bytes(os.path.join(folder, _NAME), msgspec.json.encode(self))

    @staticmethod
    def remove(folder: str) -> None:
        """Before parts are written: those of an earlier pass are not whole any more."""
        with suppress(FileNotFoundError):
            os.unlink(os.path.join(folder, _NAME))

    @staticmethod
    def read(folder: str) -> ScoreManifest | None:
        """That of a folder; None where there is none, or its parts are not whole."""
        try:
            with open(os.path.join(folder, _NAME), "rb") as file:
                return msgspec.json.decode(file.read(), type=ScoreManifest)
        except (OSError, msgspec.DecodeError):
            return None


@dataclass(slots=True)
class Content:
    """Hash of questions, answers and scores: the sum of a hash of each, so their order is free."""

    total: int = 0

    def add(self, exchange: Exchange, score: Score | None) -> None:
        """An answer with its score; None for one that did not come."""
        answer = exchange.answer
        digest = blake2b(question_digest(exchange.sample).encode(), digest_size=_BYTES)
        said = None if score is None else (answer.text, answer.refusal, score.value)
        digest.update(_encoder.encode((exchange.sample.id, answer.repeat, said)))
        self.total = (self.total + int.from_bytes(digest.digest(), "big")) % (1 << 8 * _BYTES)

    @property
    def digest(self) -> str:
        """In hexadecimal digits."""
        return f"{self.total:0{2 * _BYTES}x}"


def question_digest(sample: Sample) -> str:
    """Hash of what is asked and of what is right: where it differs, it is another question.

    Instructions (turns of the system or the developer) are not in it, nor are passages that the
    prompt holds: they are how a question is asked, which is what runs are compared for.
    """
    turns = [turn for turn in sample.messages if turn.role not in _INSTRUCTIONS]
    asked = _encoder.encode((sample.input, turns, sample.target, sample.choices))
    return blake2b(asked, digest_size=_BYTES).hexdigest()


def scorer_digest(scorer: Scorer, judges: Sequence[str] = ()) -> str:
    """Hash of what decides a score beside the answer.

    Args:
        judges: fingerprints of the models that judged, as they were asked.
    """
    params = repr(sorted(scorer.parameters().items()))
    return digest_of("assay.scores/1", scorer.name, scorer.version, params, *judges)
