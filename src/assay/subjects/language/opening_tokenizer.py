"""Opening the tokenizer of a language model that a suite names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.errors import SubjectError
from assay.subjects.language.tokenizer import SHOWN_BY

if TYPE_CHECKING:
    from assay.core.check import LanguageModelSpec
    from assay.subjects.language.tokenizer import Tokenizer


def open_tokenizer(spec: LanguageModelSpec, *, folder: str) -> Tokenizer:
    """The tokenizer of a language model. Nothing is sent or loaded yet.

    Args:
        folder: of the suite, where the paths of weights start.

    Raises:
        SubjectError: the model shows none, or its address is none.
        MissingExtraError: the library that reads it is not installed.
    """
    if spec.local is not None:
        from assay.subjects.language.local_tokenizer import open_local_tokenizer

        return open_local_tokenizer(spec.local, folder=folder)
    if spec.url is not None and spec.application is None and spec.api in (None, "openai"):
        from assay.subjects.language.served_tokenizer import open_served_tokenizer

        return open_served_tokenizer(spec)
    raise SubjectError("This language model does not show its tokenizer.", hint=SHOWN_BY)
