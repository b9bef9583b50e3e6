"""Pickles: recognised by content and by ending, and refused."""

from __future__ import annotations

import os
import zipfile

from assay.core.errors import SubjectError, UntrustedError

_PICKLES = (
    ".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".sav", ".p", ".pt", ".pth",
)  # fmt: skip


def refuse_pickle(path: str) -> None:
    """Refuse a pickle, by its content first and then by its ending.

    Raises:
        UntrustedError: it is one, bare or packed as joblib and PyTorch do.
        SubjectError: the file is empty or cannot be read.
    """
    name = os.path.basename(path)
    try:
        with open(path, "rb") as file:
            head = file.read(16)
    except OSError as error:
        raise SubjectError(f"{name} cannot be read: {error.strerror}.") from error
    if not head:
        raise SubjectError(f"{name} is empty.", hint="Save the model again.")
    if _is_pickle(head) or _holds_pickle(path) or name.lower().endswith(_PICKLES):
        raise UntrustedError(
            f"{name} is a pickle, and a pickle can run any code when it is loaded.",
            hint="Save a scikit-learn model with skops.io.dump(model, 'model.skops'), or any model "
            "as ONNX.",
        )


def _is_pickle(head: bytes) -> bool:
    """A pickle of protocol 2 or later starts with its protocol number (0x80, 2…5), and then with a
    frame, a global or a container. joblib packs pickles with gzip, bz2, xz, zlib or lz4."""
    packed = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x5d\x00\x00", b"\x04\x22\x4d\x18")
    zlib_packed = head[:1] == b"\x78" and head[1:2] in (b"\x01", b"\x5e", b"\x9c", b"\xda")
    return (head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")) or (
        head.startswith(packed) or zlib_packed
    )


def _holds_pickle(path: str) -> bool:
    """A zip archive with a pickle inside, as PyTorch writes."""
    if not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(n.lower().endswith((".pkl", ".pickle")) for n in archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
