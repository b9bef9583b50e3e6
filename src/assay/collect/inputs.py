"""Which columns of a data set a model is fed with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.errors import SubjectError, no_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.check import ModelSpec
    from assay.subjects.predictor import Predictor

RESERVED = "assay."


def feature_columns(
    predictor: Predictor,
    spec: ModelSpec,
    columns: Sequence[str],
    *,
    unit: str | None,
    cluster: str | None = None,
) -> tuple[str, ...]:
    """The columns for the model, in its order: as the suite says, else as the model says, else all
    but the target, the unit and the cluster.

    Raises:
        SubjectError: the data lacks one, or there is none.
    """
    wanted = spec.features or predictor.features
    if spec.features and predictor.features and set(spec.features) == set(predictor.features):
        wanted = predictor.features  # the suite's order means nothing to a model that knows names
    if wanted is None:
        wanted = tuple(c for c in columns if c not in (spec.target, unit, cluster))
    if not wanted:
        raise SubjectError("The data has no column to feed the model with.")
    require(columns, wanted, "which the model takes")
    return wanted


def require(columns: Sequence[str], wanted: Sequence[str], role: str) -> None:
    """Hold a data set to the columns that are needed of it.

    Raises:
        SubjectError: one is missing (the nearest is named), or its name is reserved.
    """
    for name in wanted:
        if name not in columns:
            message, hint = no_column("The data", name, columns, role=role)
            raise SubjectError(message, hint=hint)
        if name.startswith(RESERVED):
            raise SubjectError(
                f"The column {name!r} has a name that is reserved for observations.",
                hint=f"Rename it: no column of the data may begin with {RESERVED!r}.",
            )
