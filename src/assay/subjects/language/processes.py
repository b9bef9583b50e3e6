"""The processes that serve a language model, where they are on this machine, and their memory.

Linux only: all is read from ``/proc`` (proc(5)). A container of its own shows the processes within
it alone.
"""

from __future__ import annotations

import glob
import ipaddress
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from assay.core.check import LanguageModelSpec

_LISTENS = "0A"
"""TCP_LISTEN in /proc/net/tcp (Linux, include/net/tcp_states.h)."""


def serving_processes(spec: LanguageModelSpec) -> tuple[int, ...]:
    """Ids of the processes that answer: this one, or those that listen at the model's port, and
    their descendants. Empty where they are elsewhere, or another user's."""
    if spec.url is None:
        return (os.getpid(),)
    try:
        parts = urlsplit(spec.url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return ()
    if not _is_here(parts.hostname or ""):
        return ()
    listening = _listening(port)
    owners = {pid for pid, socket in _sockets() if socket in listening}
    return tuple(sorted(_with_descendants(owners)))


def resident_bytes(processes: tuple[int, ...]) -> int | None:
    """Resident memory of the processes together, in bytes; None where none of them is known.

    Pages that they share count once for each of them.
    """
    known = [size for pid in processes if (size := _resident(pid)) is not None]
    return sum(known) if known else None


def _resident(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):  # it ended, or there is no /proc
        return None


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listening(port: int) -> set[str]:
    """Inodes of the sockets that listen at a port."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as file:
                rows = [line.split() for line in file.readlines()[1:]]
        except OSError:
            continue
        for row in rows:
            at = int(row[1].rpartition(":")[2], 16)
            if at == port and row[3] == _LISTENS:
                found.add(row[9])
    return found


def _sockets() -> list[tuple[int, str]]:
    """Processes, and inodes of the sockets that they hold open, as far as they may be looked at."""
    found = []
    for path in glob.iglob("/proc/[0-9]*/fd/*"):
        try:
            target = os.readlink(path)
        except OSError:  # it was closed, or the process ended
            continue
        if target.startswith("socket:["):
            found.append((int(path.split("/")[2]), target[8:-1]))
    return found


def _with_descendants(processes: set[int]) -> set[int]:
    children: dict[int, list[int]] = {}
    for path in glob.iglob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                told = file.read()
        except OSError:
            continue
        # The name in brackets may hold anything; the parent is the second field after it.
        parent = int(told.rpartition(")")[2].split()[1])
        children.setdefault(parent, []).append(int(told.partition(" ")[0]))
    found, todo = set(processes), list(processes)
    while todo:
        new = [pid for pid in children.get(todo.pop(), []) if pid not in found]
        found.update(new)
        todo += new
    return found
