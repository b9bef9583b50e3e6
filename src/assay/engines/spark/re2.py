"""RE2 on Spark's workers: for patterns that Java may not be trusted with.

Arrow's own kernels match with RE2, so batches of texts go to the Python workers of Spark and come
back. It costs a copy of the column; time grows with the length of the texts, whatever the pattern.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from assay.core.errors import EngineError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MATCHES = "assay_re2_matches"
REPLACES = "assay_re2_replaces"
_QUOTES = re.compile(r"\\Q.*?(?P<end>\\E|$)|\\.", re.DOTALL)


def register(session: SparkSession) -> None:
    """Make both functions known to a session.

    They are defined in here because Spark then sends their code to the workers, which need have
    pyarrow and not Assay.
    """
    from pyspark.sql.functions import arrow_udf  # type: ignore[attr-defined]

    def matches(texts: Any, pattern: Any) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        if not len(texts):
            return pa.array([], pa.bool_())
        return pc.match_substring_regex(texts, pattern[0].as_py())

    def replaces(texts: Any, pattern: Any, by: Any) -> Any:
        import pyarrow.compute as pc

        if not len(texts):
            return texts
        return pc.replace_substring_regex(texts, pattern[0].as_py(), by[0].as_py())

    for made in (matches, replaces):
        made.__annotations__.clear()  # Spark reads them, and these say nothing to it
    session.udf.register(MATCHES, arrow_udf(matches, "boolean"))
    session.udf.register(REPLACES, arrow_udf(replaces, "string"))


def check(pattern: str) -> None:
    """Try a pattern here, before Spark's workers do.

    Raises:
        EngineError: RE2 cannot read it.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        words = str(error).removeprefix("Invalid regular expression: ")
        raise EngineError(
            f"The pattern {pattern!r} cannot be read: {words}.",
            hint="Patterns are of RE2: without look-around and back-references.",
        ) from error


def whole(pattern: str) -> str:
    """The pattern that finds a text exactly where ``pattern`` matches it whole."""
    return rf"\A(?:{closed(pattern)})\z"


def closed(pattern: str) -> str:
    r"""The pattern, with a ``\Q`` that is still open closed: it would quote what is put behind."""
    quotes = [found["end"] for found in _QUOTES.finditer(pattern) if found["end"] is not None]
    return pattern + r"\E" if quotes and not quotes[-1] else pattern
