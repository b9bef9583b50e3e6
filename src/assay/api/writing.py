"""Files that Assay writes for a person: suites, and what they become elsewhere."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from assay.core.errors import SuiteError


def relative(path: str | Path, suite: Path) -> str:
    """A path as the suite writes it: from its own folder, with slashes."""
    found = os.path.relpath(os.path.expanduser(path), suite.parent).replace(os.sep, "/")
    return f"./{found}" if found.startswith("~") else found


def writable(path: Path, *, force: bool) -> None:
    """Refuse a file that cannot be made, or is there and not to be overwritten.

    Raises:
        SuiteError: it is a folder, its folder is not there, or it is and ``force`` is not given.
    """
    if path.is_dir():
        raise SuiteError(f"{str(path)!r} is a folder.", hint="Name the file to write.")
    if path.exists() and not force:
        raise SuiteError(
            f"There is a file {str(path)!r} already.",
            hint="Choose another with --output, or overwrite it with --force.",
        )
    if not path.parent.is_dir():
        raise SuiteError(f"There is no folder {str(path.parent)!r}.", hint="Make it first.")


def write(path: Path, text: str, *, force: bool) -> None:
    """Write the file whole or not at all; without ``force`` only where there is none.

    Raises:
        SuiteError: it cannot be written.
    """
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(temporary, 0o666 & ~_umask())
        writable(path, force=force)  # somebody may have been faster
        os.replace(temporary, path)
        temporary = ""
    except OSError as error:
        raise SuiteError(f"{str(path)!r} cannot be written: {error.strerror}.") from error
    finally:
        if temporary:
            os.unlink(temporary)


def _umask() -> int:
    """The permissions that new files lack."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
