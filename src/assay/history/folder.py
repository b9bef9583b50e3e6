"""The folder on disk: private to its owner, ignored by git, one subfolder per run."""

from __future__ import annotations

import errno
import shutil
from typing import TYPE_CHECKING

from assay.core.errors import HistoryError

if TYPE_CHECKING:
    from pathlib import Path

DATABASE = "history.sqlite"


def make(home: Path) -> None:
    """The folder itself, with the ``.gitignore`` that keeps all of it out of git.

    Raises:
        HistoryError: it cannot be made.
    """
    ignore = home / ".gitignore"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise unwritable(home, error) from error


def of_run(home: Path, run_id: str) -> Path:
    """``runs/<id>``; ``run_id`` must be a valid one."""
    return home / "runs" / run_id


def make_for_run(home: Path, run_id: str) -> Path:
    """``runs/<id>``, made if missing.

    Raises:
        HistoryError: it cannot be made.
    """
    make(home)
    folder = of_run(home, run_id)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(home, error) from error
    return folder


def remove_for_run(home: Path, run_id: str) -> None:
    """Remove ``runs/<id>`` with what it holds; a link is removed, never followed.

    Raises:
        HistoryError: something in it cannot be removed.
    """
    folder = of_run(home, run_id)
    try:
        if folder.is_symlink():
            folder.unlink()
        elif folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise unwritable(home, error) from error


def unwritable(home: Path, error: OSError) -> HistoryError:
    """What such an error of the operating system means to a person."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    remedy = "Make room on the disk" if full else "Make the folder writable"
    return HistoryError(
        f"The history in {home} cannot be written: {error.strerror}.",
        hint=f"{remedy}, or give another place for it.",
    )
