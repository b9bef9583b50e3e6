"""Files of a subject: finding them, naming the nearest where there is none, hashing them."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from assay.core.errors import SubjectError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable


def missing_file(path: str, written: str, *, what: str) -> SubjectError:
    """The error for a path that does not exist: names the nearest file beside it.

    Args:
        path: where it was looked for.
        written: the path as the person wrote it.
        what: ``table``, ``model``.
    """
    folder, name = os.path.split(path)
    try:
        names = sorted(os.listdir(folder or "."))
    except NotADirectoryError:
        hint = f"{folder} is a file, not a folder."
    except FileNotFoundError:
        hint = f"There is no folder {folder}."
    except OSError as error:
        hint = f"The folder {folder} cannot be read: {error.strerror}."
    else:
        near = did_you_mean(name, names).strip()
        hint = (
            near
            or f"There is none in the folder {folder or '.'} (a suite's paths start at its own)."
        )
    return SubjectError(f"There is no file {written!r} for this {what}.", hint=hint)


def file_fingerprint(paths: Iterable[str]) -> str:
    """``sha256:…`` of the content of files, in this order; their names do not matter.

    Raises:
        SubjectError: a file cannot be read.
    """
    digests = []
    for path in paths:
        try:
            with open(path, "rb") as file:
                digests.append(hashlib.file_digest(file, "sha256"))
        except OSError as error:
            raise SubjectError(f"{path} cannot be read: {error.strerror}.") from error
    if len(digests) == 1:
        return f"sha256:{digests[0].hexdigest()}"
    whole = hashlib.sha256(b"".join(d.digest() for d in digests))
    return f"sha256:{whole.hexdigest()}"
