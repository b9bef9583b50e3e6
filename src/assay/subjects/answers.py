"""What a model answered, held to the shape it must have; and its failures in its own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.errors import SubjectError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.core.expr import Scalar


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a model says of ``n`` rows.

    Attributes:
        values: shape (n,): labels, or numbers for a regression.
        scores: shape (n, k): the score of each class, as the model gives it; None where it gives
            labels only.
        classes: the label of each column of ``scores``; empty where there are none.
    """

    values: NDArray[Any]
    scores: NDArray[np.float64] | None = None
    classes: tuple[Scalar, ...] = ()


# What models raise at data they cannot digest. Interrupts and lack of memory are not among them.
FAILURES = (
    ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RuntimeError, ImportError,
    AssertionError,
)  # fmt: skip


def failed(description: str, error: BaseException) -> SubjectError:
    """The error for a model that raised one: its own words are kept."""
    words = str(error).strip().rstrip(".") or "(no message)"
    return SubjectError(
        f"{description} failed to predict: {type(error).__name__}: {words}.",
        hint="Does the data have the columns, types and categories that it was trained on?",
    )


def label_values(values: Any, n: int, description: str) -> NDArray[Any]:
    """Labels of shape (n,).

    Raises:
        SubjectError: another shape.
    """
    array = _flat(values)
    if array.shape != (n,):
        raise _shape(description, "labels", array, f"({n},)")
    return array


def number_values(values: Any, n: int, description: str) -> NDArray[np.float64]:
    """Numbers of shape (n,); NaN and infinities are kept.

    Raises:
        SubjectError: another shape, or not numbers.
    """
    array = _flat(values)
    if array.shape != (n,):
        raise _shape(description, "numbers", array, f"({n},)")
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise SubjectError(
            f"{description} answered with {array.dtype} where a regression gives numbers.",
            hint="Is `task: regression` meant?",
        ) from error


def score_matrix(scores: Any, n: int, k: int, description: str) -> NDArray[np.float64]:
    """Scores of shape (n, k) for k classes; NaN and infinities are kept.

    Raises:
        SubjectError: another shape, or not numbers.
    """
    try:
        array = np.asarray(scores, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SubjectError(f"{description} answered with scores that are not numbers.") from error
    if array.shape != (n, k):
        raise _shape(description, "scores", array, f"({n}, {k})")
    return array


def _flat(values: Any) -> NDArray[Any]:
    """As an array; one column of a matrix counts as a vector."""
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different lengths
        array = np.empty((0, 0))
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def _shape(description: str, what: str, array: NDArray[Any], wanted: str) -> SubjectError:
    return SubjectError(
        f"{description} answered with {what} of shape {array.shape}; {wanted} was expected.",
        hint="A model gives one answer for each row.",
    )
