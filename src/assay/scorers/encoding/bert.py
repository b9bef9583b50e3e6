"""BERT in NumPy: Devlin et al. 2019, BERT: Pre-training of Deep Bidirectional Transformers, NAACL.

A small encoder (22 million weights) reads about a hundred sentences a second on one core this way,
and a scorer needs no PyTorch.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from assay.core.errors import MissingExtraError, SubjectError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np

_BATCH = 32


class Encoded(NamedTuple):
    """Texts of one batch.

    Attributes:
        at: positions of the texts among those asked for.
        hidden: vectors of their tokens, shape (texts, tokens, size).
        mask: which of these are tokens and which fill up, shape (texts, tokens).
        own: which tokens are the text's own: neither fill nor ``[CLS]`` nor ``[SEP]``.
    """

    at: list[int]
    hidden: np.ndarray
    mask: np.ndarray
    own: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Bert:
    """A BERT encoder: weights by name, the tokenizer, and the numbers of its configuration."""

    weights: Mapping[str, np.ndarray]
    tokenizer: Any
    layers: int
    heads: int
    epsilon: float

    def encode(self, texts: Sequence[str], *, layer: int | None = None) -> Iterator[Encoded]:
        """Batches of texts of like length, with the vectors of a layer (1 is the first).

        Raises:
            ValueError: there is no such layer.
        """
        import numpy as np

        last = self.layers if layer is None else layer
        if not 1 <= last <= self.layers:
            raise ValueError(f"the model has layers 1 to {self.layers}, not {layer}")
        read = self.tokenizer.encode_batch([_clean(text) for text in texts])
        for at in _batches([len(one.ids) for one in read]):
            longest = max(len(read[i].ids) for i in at)
            ids = np.zeros((len(at), longest), np.int64)
            mask, own = np.zeros_like(ids, bool), np.zeros_like(ids, bool)
            for row, i in enumerate(at):
                length = len(read[i].ids)
                ids[row, :length] = read[i].ids
                mask[row, :length] = True
                own[row, :length] = np.array(read[i].special_tokens_mask) == 0
            yield Encoded(at, self._forward(ids, mask, last), mask, own)

    def _forward(self, ids: np.ndarray, mask: np.ndarray, layers: int) -> np.ndarray:
        import numpy as np

        w = self.weights
        x = w["embeddings.word_embeddings.weight"][ids]
        x = x + w["embeddings.position_embeddings.weight"][: ids.shape[1]]
        x = x + w["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x, "embeddings.LayerNorm")
        hidden = np.where(mask, 0.0, -np.inf).astype(x.dtype)[:, None, None, :]
        for number in range(layers):
            name = f"encoder.layer.{number}"
            x = self._norm(x + self._attention(x, hidden, f"{name}.attention"),
                           f"{name}.attention.output.LayerNorm")  # fmt: skip
            inner = _gelu(self._dense(x, f"{name}.intermediate.dense"))
            x = self._norm(x + self._dense(inner, f"{name}.output.dense"),
                           f"{name}.output.LayerNorm")  # fmt: skip
        return x

    def _dense(self, x: np.ndarray, name: str) -> np.ndarray:
        weight = self.weights[f"{name}.weight"]
        flat: np.ndarray = x.reshape(-1, x.shape[-1]) @ weight.T + self.weights[f"{name}.bias"]
        return flat.reshape(*x.shape[:-1], len(weight))

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        import numpy as np

        away = x - x.mean(-1, keepdims=True)
        spread = np.sqrt((away * away).mean(-1, keepdims=True) + np.float32(self.epsilon))
        scaled: np.ndarray = away / spread * self.weights[f"{name}.weight"]
        moved: np.ndarray = scaled + self.weights[f"{name}.bias"]
        return moved

    def _attention(self, x: np.ndarray, hidden: np.ndarray, name: str) -> np.ndarray:
        import numpy as np

        texts, tokens, size = x.shape
        each = size // self.heads

        def split(part: str) -> np.ndarray:
            found = self._dense(x, f"{name}.self.{part}").reshape(texts, tokens, self.heads, each)
            return found.transpose(0, 2, 1, 3)

        score = split("query") @ split("key").transpose(0, 1, 3, 2)
        score = score / np.float32(math.sqrt(each)) + hidden
        score = np.exp(score - score.max(-1, keepdims=True))
        score /= score.sum(-1, keepdims=True)
        seen = (score @ split("value")).transpose(0, 2, 1, 3).reshape(texts, tokens, size)
        return self._dense(seen, f"{name}.output.dense")


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions of texts of like length: what fills up the shorter ones is calculated too."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batch and (len(batch) == _BATCH or lengths[i] > 1.25 * lengths[batch[0]] + 4):
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _gelu(x: np.ndarray) -> np.ndarray:
    """Hendrycks & Gimpel 2016, Gaussian Error Linear Units, arXiv 1606.08415."""
    import numpy as np
    from scipy.special import erf

    found: np.ndarray = x * np.float32(0.5) * (1 + erf(x * np.float32(math.sqrt(0.5))))
    return found


def _clean(text: str) -> str:
    """A lone surrogate has no UTF-8, and so no token."""
    return text.encode("utf-8", "replace").decode("utf-8")


def read_bert(folder: str, *, longest: int) -> Bert:
    """The encoder in a folder: ``config.json``, ``tokenizer.json`` and ``model.safetensors``.

    Args:
        longest: tokens of a text that are read, as far as the model has positions.

    Raises:
        SubjectError: a file is missing or damaged, or it is no BERT model.
        MissingExtraError: a library is missing.
    """
    import numpy as np

    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file
    except ImportError as error:
        raise MissingExtraError("safetensors", "embeddings") from error
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingExtraError("tokenizers", "embeddings") from error
    config = read_json(os.path.join(folder, "config.json"))
    kind, act = config.get("model_type"), config.get("hidden_act", "gelu")
    if kind != "bert" or act != "gelu" or config.get("position_embedding_type") != "absolute":
        raise SubjectError(
            f"The model in {folder!r} is {kind!r} ({act}), not a BERT encoder.",
            hint="Give a function in its place: `embedder: python:module:attribute`.",
        )
    try:
        raw = load_file(os.path.join(folder, "model.safetensors"))
        names = {name: name.removeprefix("bert.") for name in raw}
        # Copied: in the file they stand where no BLAS takes them (a hundred times slower).
        weights = {names[name]: np.array(value, np.float32) for name, value in raw.items()}
        with open(os.path.join(folder, "tokenizer.json"), encoding="utf-8") as file:
            tokenizer = Tokenizer.from_str(file.read())
        size, layers = config["hidden_size"], config["num_hidden_layers"]
        _hold_whole(weights, size, layers)
        places = weights["embeddings.position_embeddings.weight"].shape[0]
        tokenizer.no_padding()
        tokenizer.enable_truncation(min(longest, places))
        return Bert(weights, tokenizer, layers, config["num_attention_heads"],
                    float(config.get("layer_norm_eps", 1e-12)))  # fmt: skip
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise SubjectError(f"The model in {folder!r} cannot be read: {error}.") from None


def _hold_whole(weights: Mapping[str, np.ndarray], size: int, layers: int) -> None:
    """Find out now whether a weight is missing, and not in the midst of a run."""
    parts = ("attention.self.query", "attention.self.key", "attention.self.value",
             "attention.output.dense", "attention.output.LayerNorm", "intermediate.dense",
             "output.dense", "output.LayerNorm")  # fmt: skip
    wanted = [f"embeddings.{n}_embeddings.weight" for n in ("word", "position", "token_type")]
    wanted += [f"embeddings.LayerNorm.{kind}" for kind in ("weight", "bias")]
    wanted += [f"encoder.layer.{i}.{part}.{kind}" for i in range(layers) for part in parts
               for kind in ("weight", "bias")]  # fmt: skip
    for name in wanted:
        if size not in weights[name].shape and "intermediate" not in name:
            raise ValueError(f"{name} has the shape {weights[name].shape}")


def read_json(path: str) -> dict[str, Any]:
    """A JSON object of a file.

    Raises:
        SubjectError: there is none.
    """
    try:
        with open(path, "rb") as file:
            found = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SubjectError(f"{path!r} cannot be read: {reason}.") from None
    if not isinstance(found, dict):
        raise SubjectError(f"{path!r} is no JSON object.")
    return found
