"""Running the code of an answer together with its tests, shut in."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from functools import cache
from typing import Literal, NamedTuple

from assay.core.errors import SubjectError

Isolation = Literal["full", "limits"]

_INSIDE = os.path.join(os.path.dirname(__file__), "inside.py")
_GRACE_S = 20.0
"""Seconds beyond its own limit after which the program that runs the code is killed itself."""

_CHECK = (
    "import sys; sys.path.insert(0, '.'); import answer; "
    "globals().update({{k: v for k, v in vars(answer).items() if not k.startswith('__')}}); "
    "del sys.path[0]\n{tests}\n"
    "import os as _os; _os.write(3, b'{token}')\n"
)
"""The tests run with all names of the answer. What it writes last tells that they came to an end:
an answer that calls ``exit()`` does not."""


class Outcome(NamedTuple):
    """Whether the tests came to their end, and else why not, in a clause."""

    passed: bool
    reason: str = ""


def run_code(
    code: str, tests: str, *, timeout_s: float, memory: int, isolation: Isolation
) -> Outcome:
    """Run the code, and then the tests, in a process of its own.

    Args:
        timeout_s: seconds for both, after which all that runs is killed.
        memory: bytes of address space for each process.
        isolation: ``full`` (Linux) takes network, other processes, environment and files away;
            ``limits`` sets limits alone.

    Raises:
        SubjectError: this machine does not let the code be shut in.
    """
    from tempfile import TemporaryDirectory

    token = os.urandom(16).hex()
    python = getattr(sys, "_base_executable", None) or sys.executable
    order = {
        "answer.py": code, "check.py": _CHECK.format(tests=tests, token=token), "token": token,
        "timeout": timeout_s, "memory": memory, "isolation": isolation,
        "python": os.path.realpath(python), "prefix": os.path.realpath(sys.base_prefix),
    }  # fmt: skip
    if isolation == "full" and not sys.platform.startswith("linux"):
        raise _refused("it needs Linux")
    with TemporaryDirectory(prefix="assay-") as place:
        told = _asked(order, place, timeout_s + _GRACE_S)
    if "refused" in told:
        raise _refused(str(told["refused"]))
    return _outcome(told, timeout_s)


@cache
def hold_ready(isolation: Isolation, memory: int) -> None:
    """Try it with no code at all, once: what fails then is never an answer's fault.

    Raises:
        SubjectError: code cannot be run so on this machine, or not with so little memory.
    """
    tried = run_code("", "", timeout_s=_GRACE_S, memory=memory, isolation=isolation)
    if not tried.passed:
        raise _refused(f"an empty program failed ({tried.reason})")


def _asked(order: dict[str, object], place: str, most_s: float) -> dict[str, object]:
    """What the program says that runs the code."""
    import subprocess

    command = [str(order["python"]), "-I", "-S", _INSIDE]
    with subprocess.Popen(  # noqa: S603 - that is what it is for, shut in
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={},
        cwd=place, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            told, said = process.communicate(json.dumps(order).encode(), timeout=most_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return {"status": None, "through": False, "said": ""}
    try:
        found = json.loads(told)
    except ValueError:
        last = said.decode(errors="replace").strip().splitlines()[-1:]
        return {"refused": f"the program ended early ({''.join(last) or process.returncode})"}
    assert isinstance(found, dict)
    return found


def _refused(why: str) -> SubjectError:
    return SubjectError(
        f"The code of answers cannot be shut in on this machine: {why}.",
        hint="With `isolation: limits` it runs as you, with your files and the network: only in a "
        "container or a virtual machine that you can throw away.",
    )


def _outcome(told: dict[str, object], timeout_s: float) -> Outcome:
    status, said = told["status"], str(told["said"])
    if status is None:
        return Outcome(False, f"not done within {timeout_s:g} s")
    if told["through"] and status == 0:
        return Outcome(True)
    if isinstance(status, int) and status < 0:
        try:
            name = signal.Signals(-status).name
        except ValueError:
            name = f"signal {-status}"
        over = " (too much time or memory)" if name in ("SIGKILL", "SIGXCPU", "SIGSEGV") else ""
        return Outcome(False, f"ended by {name}{over}")
    if status == 0:
        return Outcome(False, "it ended before the tests did")
    lines = [line for line in said.splitlines() if line.strip()]
    last = "".join(c if c.isprintable() else " " for c in (lines or [f"exit status {status}"])[-1])
    return Outcome(False, (last if len(last) <= 160 else f"{last[:159]}…") + _where(said))


def _where(said: str) -> str:
    """The last line of the answer, or else of the tests, that a traceback goes through."""
    places = re.findall(r'^  File ".*?\b(answer|check)\.py", line (\d+)', said, re.MULTILINE)
    own = [f", line {line} of the answer" for name, line in places if name == "answer"]
    tests = [f", line {int(line) - 1} of the tests" for name, line in places if name == "check"]
    return (own or tests or [""])[-1]
