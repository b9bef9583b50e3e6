"""What holds of every causal language model, tried on samples: no number is looked up anywhere.

Each is a metamorphic relation (Chen et al. 1998, Metamorphic Testing, HKUST-CS98-01): the right
logits are not known, but how those of two inputs are related is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from assay.collect.faults import Case, Tried
from assay.core.errors import SubjectError
from assay.subjects.language.network import Network, open_network

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from assay.collect.generation.telling import Teller
    from assay.core.check import LanguageModelSpec
    from assay.core.collection import Component

_TOKENS = 64
"""Of a sample: invariants of long texts are those of short ones, and cost more."""
_PADDING = 7
_SHOWN = 5


def invariants(
    cases: Sequence[Case],
    spec: LanguageModelSpec,
    wish: Component,
    *,
    folder: str,
    teller: Teller,
) -> list[Tried]:
    """Each invariant of each sample, and the embeddings once.

    Raises:
        SubjectError: there are no weights here, the model cannot be called, or no sample has
            tokens.
        MissingExtraError: torch or transformers are not installed.
    """
    network = open_network(spec, folder=folder)
    tolerance = network.tolerance if wish.tolerance is None else wish.tolerance
    found = [_embeddings(network, cases[0])]
    for case in cases:
        ids = network.tokens(case.turns, _TOKENS)
        if ids:
            found += _of(network, case, ids, tolerance)
        teller.one()
    if len(found) == 1:
        raise SubjectError("No sample has tokens to try the model on.")
    return found


def _embeddings(network: Network, case: Case) -> Tried:
    broken = network.broken_embeddings()
    shown = ", ".join(map(str, broken[:_SHOWN])) + (" …" if len(broken) > _SHOWN else "")
    fault = f"embeddings of {len(broken):,} tokens hold NaN or infinity" if broken else None
    return Tried(case, "", f"tokens {shown}" if broken else "", fault, "embeddings")


def _of(network: Network, case: Case, ids: list[int], tolerance: float) -> Iterator[Tried]:
    """What was tried on one sample; where its logits are no numbers, nothing is held to them."""
    text = case.turns[-1].text
    alone = network.logits([ids])
    yield Tried(case, text, "", _misshapen(network, alone.shape, len(ids)), "shape")
    strange = int(np.size(alone) - np.isfinite(alone).sum())
    fault = f"{strange:,} of {np.size(alone):,} logits are NaN or infinite" if strange else None
    yield Tried(case, text, "", fault, "finite")
    if strange:
        return
    for part, words, other, here in _relations(network, ids, alone):
        deviation = deviation_of(other, here)
        same = deviation <= tolerance  # never of NaN
        said = f"logits deviate by {deviation:.2g} of the greatest, more than {tolerance:.2g}"
        yield Tried(
            case, text, "", None if same else f"{words}: {said}", part,
            deviation if np.isfinite(deviation) else None,
        )  # fmt: skip


def _misshapen(network: Network, shape: tuple[int, ...], length: int) -> str | None:
    wanted = (1, length, network.vocabulary)
    if shape != wanted:
        return f"logits have the shape {shape}, not (batch, length, vocabulary) = {wanted}"
    if network.named > network.vocabulary:
        return (
            f"the tokenizer has {network.named:,} tokens, and the model knows "
            f"{network.vocabulary:,}"
        )
    return None


Relation = tuple[str, str, "NDArray[np.float32]", "NDArray[np.float32]"]


def _relations(network: Network, ids: list[int], alone: NDArray[np.float32]) -> Iterator[Relation]:
    """Name, what is wrong where the two differ, and two arrays that should be the same."""
    yield "deterministic", "the same call again", network.logits([ids])[0], alone[0]
    fits = network.longest is None or len(ids) + _PADDING <= network.longest
    if fits:
        padded = network.logits([ids], padding=_PADDING)
        yield "padding", "with padding that is masked", padded[0], alone[0]
    together = network.logits([ids, ids[::-1]])
    yield "batch", "beside another text", together[0], alone[0]
    half = len(ids) // 2
    if half:
        other = [*ids[:half], *((number + 1) % network.named for number in ids[half:])]
        yield (
            "causal",
            "with other tokens after it",
            network.logits([other])[0, :half],
            alone[0, :half],
        )


def deviation_of(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """Greatest difference, as a share of the greatest expected value; infinite where one of those
    found is no number."""
    if found.shape != expected.shape or not np.isfinite(found).all():
        return float("inf")
    scale = float(np.abs(expected).max())
    difference = float(np.abs(found.astype(np.float64) - expected).max())
    return difference / scale if scale else (0.0 if difference == 0 else float("inf"))
