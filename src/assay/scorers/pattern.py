"""Whether an answer has the form that was asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from assay.core.errors import MissingExtraError
from assay.core.scorer import Score, Scorer, scorer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.exchange import Exchange


@lru_cache(maxsize=64)
def _compiled(pattern: str, ignore_case: bool) -> Any:
    """The pattern for RE2, which takes linear time whatever the answer.

    Raises:
        ValueError: it is no pattern of RE2.
        MissingExtraError: RE2 is not installed.
    """
    try:
        import re2
    except ImportError as error:
        raise MissingExtraError("google-re2", "llm") from error
    options = re2.Options()
    options.case_sensitive = not ignore_case
    options.log_errors = False
    options.dot_nl = True
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0]
        raise ValueError(
            f"the pattern is not one of RE2: {said.decode() if isinstance(said, bytes) else said}"
        ) from error


@scorer(
    "matches",
    binary=True,
    unit="share",
    formula="answers in which the pattern is found / answers",
    reference="RE2 syntax, https://github.com/google/re2/wiki/Syntax",
    example={"pattern": r"^\w+"},
)
class Matches(Scorer):
    """Share of answers in which a regular expression is found; a dot is a line's end too.

    ``^`` and ``$`` are the ends of the answer. It needs the extra ``llm``.
    """

    pattern: Annotated[str, Meta(description="The regular expression, in RE2's syntax.")]
    ignore_case: Annotated[bool, Meta(description="Capital and small letters are the same.")] = (
        False
    )

    def __post_init__(self) -> None:
        try:
            _compiled(self.pattern, self.ignore_case)
        except MissingExtraError:
            return  # a suite is read without the library; scoring asks for it

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        pattern = _compiled(self.pattern, self.ignore_case)
        return [Score(float(pattern.search(e.answer.text) is not None)) for e in exchanges]
