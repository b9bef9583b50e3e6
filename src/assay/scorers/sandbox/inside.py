"""The program that runs one answer's code; started by :mod:`assay.scorers.sandbox.running`.

It is a script of the standard library alone, run as ``python -I -S inside.py``. It shuts itself in,
starts the code in a child process, waits no longer than it may, ends all that is left, and tells on
its standard output, as JSON, how it went. The order is read from its standard input.

Linux: namespaces(7) for users, mounts, processes, network and System V objects, and landlock(7) for
files. What the code is told of the outside is nothing that it could change.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import resource
import signal
import struct
import sys
import time

_NEW = 0x10000000 | 0x00020000 | 0x20000000 | 0x40000000 | 0x08000000 | 0x04000000
"""Flags of unshare(2): users, mounts, processes, network, System V objects, host name."""
_NOBODY = 65534
_PROCESSES = 16
_OPEN_FILES = 64
_DISK = 32 << 20
_FILE = 16 << 20
_TOLD = 4_000
_TOKEN_FD = 3
_REFUSED_FD = 4
"""Closed when the child turns into the code: nothing but this program can write to it."""
_READ = 1 | 4 | 8  # execute, read a file, read a folder
_OF_FILES = 1 | 2 | 4 | 1 << 14 | 1 << 15
_SYSTEM = (
    "/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/dev/null", "/dev/zero", "/dev/urandom",
)  # fmt: skip


class Refused(Exception):
    """This machine does not let the code be shut in; nothing was run."""


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(done: int, what: str) -> int:
    if done < 0:
        raise Refused(f"{what}: {os.strerror(ctypes.get_errno())}")
    return done


def _no_longer_root(libc: ctypes.CDLL, order: dict[str, object]) -> None:
    """Become nobody, since limits on processes do not hold for root.

    Root's Python may lie where nobody can look: it gets a second place, which nobody can.
    """
    if os.getuid() != 0:
        return
    prefix, python = str(order["prefix"]), str(order["python"])
    _call(libc.unshare(0x00020000), "no mounts of its own (unshare)")
    _call(libc.mount(b"none", b"/", None, 1 << 14 | 1 << 18, None), "no private mounts")
    _call(libc.mount(prefix.encode(), b"/mnt", None, 1 << 12 | 1 << 14, None), "no second place")
    order |= {"prefix": "/mnt", "python": os.path.join("/mnt", os.path.relpath(python, prefix))}
    os.setgroups([])
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    _call(libc.prctl(4, 1, 0, 0, 0), "prctl(PR_SET_DUMPABLE)")  # else /proc/self stays root's


def _own_world(libc: ctypes.CDLL, place: str) -> None:
    """Namespaces of its own, with a small disk in memory at ``place``, and no network at all."""
    user, group = os.getuid(), os.getgid()
    _call(libc.unshare(_NEW), "no namespaces of its own (unshare)")
    try:
        for name, text in (
            ("setgroups", "deny"), ("uid_map", f"1000 {user} 1"), ("gid_map", f"1000 {group} 1"),
        ):  # fmt: skip
            with open(f"/proc/self/{name}", "w", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise Refused(f"no user of its own: {error.strerror}") from None
    size = f"size={_DISK},mode=0700,uid=1000,gid=1000".encode()
    flags = 2 | 4  # no programs with other rights, no devices
    _call(libc.mount(b"assay", place.encode(), b"tmpfs", flags, size), "no disk of its own (mount)")
    os.chdir(place)


def _no_worlds_within() -> None:
    """The code makes no namespaces; where this cannot be said, it has no rights in them either."""
    try:
        with open("/proc/sys/user/max_user_namespaces", "w", encoding="utf-8") as file:
            file.write("0")
    except OSError:
        return


def _own_files(libc: ctypes.CDLL, readable: list[str], place: str) -> None:
    """Landlock: Python and the system's libraries can be read, and ``place`` written to."""
    version = libc.syscall(444, None, 0, 1)
    if version < 1:
        raise Refused("the kernel has no Landlock, which keeps files from the code")
    most = (1 << 13) - 1
    for since, right in ((2, 13), (3, 14), (5, 15)):
        most |= (1 << right) if version >= since else 0
    asked = struct.pack("=Q", most)
    rules = _call(libc.syscall(444, asked, len(asked), 0), "landlock_create_ruleset")
    written = most & ~(1 << 6 | 1 << 11)  # no device nodes
    for path, rights in (*((p, _READ) for p in readable), ("/dev/null", 2 | 4), (place, written)):
        if not os.path.exists(path):
            continue
        at = os.open(path, os.O_PATH | os.O_CLOEXEC)
        allowed = most & (rights if os.path.isdir(path) else rights & _OF_FILES)
        rule = struct.pack("=Qi", allowed, at)
        _call(libc.syscall(445, rules, 1, rule, 0), f"landlock_add_rule({path})")
        os.close(at)
    _call(libc.prctl(38, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")
    _call(libc.syscall(446, rules, 0), "landlock_restrict_self")
    os.close(rules)


def _limit(order: dict[str, object], *, processes: bool) -> None:
    memory = int(str(order["memory"]))
    seconds = int(float(str(order["timeout"]))) + 2
    limits = [
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, _FILE),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, memory),
    ]
    if processes:
        limits.append((resource.RLIMIT_NPROC, _PROCESSES))
    for kind, most in limits:
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def _become(order: dict[str, object], shut_in: bool, place: str) -> None:
    """In the child: take all limits on, and turn into the code."""
    python = str(order["python"])
    os.setsid()  # a signal to its own group reaches none but its own
    if shut_in:
        _no_worlds_within()
        _own_files(_libc(), [str(order["prefix"]), *_SYSTEM], place)
    _limit(order, processes=shut_in)
    os.execve(python, [python, "-I", "-S", "-B", "-X", "utf8", "check.py"], {})  # noqa: S606


def _start(
    order: dict[str, object], shut_in: bool, place: str, token: int, refused: int, said: int
) -> int:
    """The child's process."""
    nothing = os.open(os.devnull, os.O_RDWR)
    child = os.fork()
    if child:
        return child
    try:
        for own, number in ((nothing, 0), (nothing, 1), (said, 2)):
            os.dup2(own, number)
        refused = os.dup(refused)
        os.dup2(token, _TOKEN_FD)
        os.dup2(refused, _REFUSED_FD, inheritable=False)
        os.closerange(_REFUSED_FD + 1, 256)
        _become(order, shut_in, place)
    except (Refused, OSError, ValueError) as error:
        os.write(_REFUSED_FD, str(error).encode(errors="replace")[:_TOLD])
    os._exit(125)


def _wait(child: int, seconds: float) -> int | None:
    """The child's exit status; None where it took too long."""
    end = time.monotonic() + seconds
    pause = 0.001
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            return None
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


def _end(child: int, shut_in: bool) -> None:
    """Kill all that runs: the first process of a namespace takes the others with it."""
    try:
        (os.kill if shut_in else os.killpg)(child, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _run(order: dict[str, object], shut_in: bool) -> dict[str, object]:
    place = os.getcwd()
    if shut_in:
        libc = _libc()
        _no_longer_root(libc, order)
        place = "/media" if str(order["prefix"]).startswith("/tmp/") else "/tmp"  # noqa: S108
        _own_world(libc, place)
    elif os.getuid() == 0:
        raise Refused("without isolation no code is run as root")
    for name in ("answer.py", "check.py"):
        with open(name, "w", encoding="utf-8", errors="replace") as file:
            file.write(str(order[name]))
    tokens, token = os.pipe()
    os.set_blocking(tokens, False)
    os.set_inheritable(token, True)
    # What it says goes to a file in memory, or on the disk: no longer than a file may be.
    with (
        open(os.memfd_create("said"), "w+b", buffering=0)
        if hasattr(os, "memfd_create")
        else open("said.txt", "w+b", buffering=0)
    ) as said:
        return _watched(order, shut_in, place, (tokens, token), said)


def _watched(
    order: dict[str, object], shut_in: bool, place: str, pipe: tuple[int, int], said: io.FileIO
) -> dict[str, object]:
    """Start it, wait for it, and end it."""
    tokens, token = pipe
    reasons, refused = os.pipe()
    child = _start(order, shut_in, place, token, refused, said.fileno())
    os.close(token)
    os.close(refused)
    with open(reasons, "rb") as file:  # ends as soon as the code has begun
        why = file.read().decode(errors="replace")
    status = _wait(child, float(str(order["timeout"])))
    _end(child, shut_in)
    if status is None:
        os.waitpid(child, 0)
    try:
        through = os.read(tokens, 200).decode(errors="replace") == order["token"]
    except BlockingIOError:
        through = False
    said.seek(max(0, os.fstat(said.fileno()).st_size - _TOLD))
    text = said.read().decode(errors="replace")
    if why:
        raise Refused(why)
    return {"status": status, "through": through, "said": text}


def main() -> None:
    """Read the order, do it, and tell."""
    order = json.load(sys.stdin.buffer)
    try:
        told = _run(order, order["isolation"] == "full")
    except (Refused, OSError, AttributeError) as error:
        told = {"refused": str(error)}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
