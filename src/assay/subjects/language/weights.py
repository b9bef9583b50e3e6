"""Where the weights of a local model lie: in a folder, or on the Hugging Face hub."""

from __future__ import annotations

import glob
import hashlib
import os
from dataclasses import dataclass

from assay.core.errors import MissingExtraError, SubjectError

_FILES = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_ENDS = 2**20
"""Bytes at each end of a file of weights that tell it from another of the same size."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model on this machine.

    Attributes:
        name: as a suite has it.
        folder: that holds it.
    """

    name: str
    folder: str

    @property
    def paths(self) -> list[str]:
        """Its files: of weights, of the configuration, of the tokenizer."""
        found = (glob.glob(os.path.join(glob.escape(self.folder), kind)) for kind in _FILES)
        return sorted(path for paths in found for path in paths)

    @property
    def fingerprint(self) -> str:
        """Hash of names, sizes and contents; of large files both ends, not the middle.

        Raises:
            SubjectError: a file cannot be read.
        """
        digest = hashlib.sha256()
        try:
            for path in self.paths:
                size = os.path.getsize(path)
                digest.update(f"{os.path.basename(path)}\0{size}\0".encode())
                with open(path, "rb") as file:
                    digest.update(file.read(_ENDS))
                    if size > 2 * _ENDS:
                        file.seek(-_ENDS, os.SEEK_END)
                    digest.update(file.read())
        except OSError as error:
            raise SubjectError(
                f"The model {self.name!r} cannot be read: {error.strerror}."
            ) from None
        return digest.hexdigest()


def find_weights(name: str, *, folder: str) -> Weights:
    """The weights that a suite names.

    Args:
        name: a folder, beside the suite or anywhere, or a name on the hub, with ``@revision`` or
            without. The hub's files are kept, and asked for once.
        folder: the suite's folder.

    Raises:
        SubjectError: there are none, or none that are safe to load.
    """
    path = os.path.join(folder, os.path.expanduser(name))
    if os.path.isdir(path):
        return _safe(Weights(name, path))
    if os.path.isfile(path) or name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise SubjectError(
            f"There is no model {name!r}.",
            hint="Name the folder that holds config.json and *.safetensors, or a model on the "
            "Hugging Face hub (owner/name). A GGUF file is served by llama.cpp, at an address.",
        )
    return _safe(Weights(name, _of_hub(name)))


def _safe(weights: Weights) -> Weights:
    names = [os.path.basename(path) for path in glob.glob(f"{glob.escape(weights.folder)}/*")]
    if not any(name.endswith(".safetensors") for name in names):
        pickles = [name for name in names if name.endswith(_PICKLES)]
        also = (
            f" {pickles[0]!r} is a pickle, which can run code, and is not loaded."
            if pickles
            else ""
        )
        raise SubjectError(
            f"The model {weights.name!r} has no weights in safetensors.{also}",
            hint="Save it with `save_pretrained`, which writes safetensors.",
        )
    return weights


def _of_hub(name: str) -> str:
    """The folder of a model of the hub, fetched unless it is there already."""
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import (
            HfHubHTTPError,
            HFValidationError,
            LocalEntryNotFoundError,
        )
    except ImportError:
        raise MissingExtraError("transformers", "transformers") from None
    repository, _, revision = name.partition("@")
    try:
        return str(
            snapshot_download(
                repository, revision=revision or None, allow_patterns=list(_FILES),
                ignore_patterns=["original/*", "*/*.safetensors"],
            )
        )  # fmt: skip
    except LocalEntryNotFoundError:
        raise SubjectError(
            f"The model {name!r} is not on this machine, and the Hugging Face hub cannot be "
            "reached (or HF_HUB_OFFLINE is set).",
            hint="Name a folder with its files, or fetch it where there is a network: "
            f"hf download {repository}",
        ) from None
    except (HfHubHTTPError, HFValidationError) as error:
        words = str(error).strip().splitlines()[0]
        raise SubjectError(f"The Hugging Face hub does not give {name!r}: {words}.") from None
    except OSError as error:
        raise SubjectError(f"The model {name!r} cannot be fetched: {error}.") from None
