"""scikit-learn models in skops files: every type is checked before any of it is built."""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from assay.core.errors import MissingExtraError, SubjectError, UntrustedError
from assay.subjects.estimator import Estimator
from assay.subjects.files import file_fingerprint

if TYPE_CHECKING:
    from assay.core.check import ModelSpec

# A skops file stores arrays as they are, so its parts are hardly larger than the file. Parts that
# unpack to this many times the file's size are a bomb, unless they are small anyway.
_RATIO, _SMALL = 200, 256 * 2**20
_BROKEN = (
    zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError, LookupError,
    EOFError, RuntimeError, NotImplementedError, ImportError, OSError,
)  # fmt: skip


def open_skops(path: str, spec: ModelSpec, *, allow_code: bool) -> Estimator:
    """The model in a skops file.

    Raises:
        UntrustedError: the file holds types that neither skops nor the suite vouches for, or the
            suite does but the run does not allow it.
        SubjectError: the file is damaged or no skops file.
        MissingExtraError: skops is not installed.
    """
    try:
        import skops.io
    except ImportError as error:
        raise MissingExtraError("skops", "sklearn") from error

    name = os.path.basename(path)
    _refuse_bomb(path, name)
    try:
        untrusted = skops.io.get_untrusted_types(file=path)
    except _BROKEN as error:
        raise _damaged(name, error) from error
    _vouched(untrusted, spec.trusted, name, allow_code=allow_code)
    try:
        model: Any = skops.io.load(path, trusted=untrusted)
    except _BROKEN as error:
        raise _damaged(name, error) from error
    if not hasattr(model, "predict"):
        raise SubjectError(f"{name} holds a {type(model).__name__}, which cannot predict.")
    return Estimator(
        model=model,
        task=spec.task,
        description=f"{type(model).__name__} from {name}",
        fingerprint=file_fingerprint([path]),
        files=((name, os.path.getsize(path)),),
    )


def _vouched(
    untrusted: list[str], trusted: tuple[str, ...], name: str, *, allow_code: bool
) -> None:
    """Refuse types that nobody vouched for."""
    unknown = [t for t in untrusted if t not in trusted]
    if unknown:
        raise UntrustedError(
            f"{name} holds types that could run code when it is loaded: {', '.join(unknown)}.",
            hint="If you trust its author, list them under `trusted:` and run with --allow-code.",
        )
    if untrusted and not allow_code:
        raise UntrustedError(
            f"{name} needs the types that the suite trusts: {', '.join(untrusted)}.",
            hint="Constructing them may run code: run with --allow-code to let it.",
        )


def _refuse_bomb(path: str, name: str) -> None:
    """Refuse a file that would unpack to far more than its size, before any of it is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except _BROKEN as error:
        raise _damaged(name, error) from error
    unpacked = sum(member.file_size for member in members)
    if unpacked > max(_SMALL, _RATIO * os.path.getsize(path)):
        raise SubjectError(
            f"{name} would unpack to {unpacked / 2**30:.1f} GiB, over {_RATIO} times its size.",
            hint="Such a file is damaged or hostile; save the model again with skops.io.dump.",
        )


def _damaged(name: str, error: Exception) -> SubjectError:
    kind = "not JSON inside" if isinstance(error, json.JSONDecodeError) else str(error)
    return SubjectError(
        f"{name} cannot be read as a skops file: {kind}.",
        hint="Save the model again with skops.io.dump(model, path).",
    )
