"""Code of answers: what passes, what is said of the rest, and that nothing gets out."""

from __future__ import annotations

import json
import os
import resource
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

import assay
from assay.core.errors import SubjectError, UntrustedError
from assay.core.scorer import Score
from assay.scorers.code import Code, code_of
from assay.scorers.sandbox.running import hold_ready
from tests.scorers.asked import exchange, one

ADD = "def add(a, b):\n    return a + b\n"


@pytest.fixture(scope="module", autouse=True)
def _shut_in() -> None:
    try:
        hold_ready("full", 256 << 20)
    except SubjectError as error:
        pytest.skip(f"does not apply: {error}")


def scored(code: str, check: str = "", *, timeout: float = 2.0, **more: object) -> Score:
    metadata = dict(more.items()) or {"tests": "True"}
    return one(Code(check=check, timeout=timeout), code, metadata=metadata)


def test_code_passes_where_its_tests_come_to_their_end() -> None:
    assert scored(ADD, "assert add(1, 2) == 3") == Score(1.0)
    assert scored(ADD, "import answer\nassert answer.add('a', 'b') == 'ab'") == Score(1.0)
    assert scored(ADD, tests="assert add(1, 1) == 2").value == 1
    assert scored(ADD, tests=["assert add(1, 1) == 2", "assert add(1, 1) == 3"]).value == 0


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (ADD.replace("+", "-"), "AssertionError: got -1, line 2 of the tests"),
        ("def add(a, b):\n    return c\n", "NameError: name 'c' is not defined, line 2 of the"),
        ("def add(a, b:\n", "SyntaxError"),
        ("def sub(a, b): return a", "NameError: name 'add' is not defined, line 2 of the tests"),
        ("import sys; sys.exit(0)", "it ended before the tests did"),
        ("import os; os._exit(0)", "it ended before the tests did"),
        ("import ctypes; ctypes.string_at(0)", "ended by SIGSEGV"),
        ("I cannot do that.", "SyntaxError"),
        (" ", "no code"),
    ],
)
def test_what_does_not_pass_says_why(code: str, said: str) -> None:
    found = scored(code, "assert add(1, 2) == 3, f'got {add(1, 2)}'")
    assert found.value == 0
    assert said in found.reason


def test_an_answer_that_says_it_cannot_be_shut_in_has_failed() -> None:
    """What it says is no word of the program that runs it: the check goes on."""
    for way in ("os.write(2, b'assay-refused no kernel')",
                "[os.write(n, b'no kernel') for n in range(2, 9)]"):  # fmt: skip
        found = scored(f"import os\ntry: {way}\nfinally: os._exit(125)", "assert add(1, 2) == 3")
        assert found.value == 0


def test_an_answer_without_tests_is_not_scored() -> None:
    assert one(Code(), ADD) == Score(None, "no tests in 'tests'")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x = 1", "x = 1"),
        ("Here:\n```python\nx = 1\n```\nDone.\n```python\nx = 2\n```", "x = 1\n"),
        ("```\nx = 0\n```\n```py\nx = 1\n```", "x = 1\n"),
        ("```bash\nls\n```", "ls\n"),
        ("```python\nx = 1\n", "x = 1\n"),
        ("  ```Python3 title=a\nx = 1\n  ```", "x = 1\n"),
    ],
)
def test_the_code_of_an_answer(text: str, code: str) -> None:
    assert code_of(text) == code


def test_what_does_not_end_is_ended() -> None:
    begun = time.monotonic()
    assert scored("while True: pass", timeout=0.5).reason == "not done within 0.5 s"
    named = "import ctypes\nctypes.CDLL(None).prctl(15, b'kestrel-77', 0, 0, 0)\n"
    hidden = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(77)\n"
    assert scored(f"{named}{hidden}time.sleep(99)", timeout=0.5).value == 0
    assert scored(named + hidden).value == 1  # it ends itself, and leaves a child behind
    assert time.monotonic() - begun < 20
    assert "kestrel-77" not in names_of_processes()


def names_of_processes() -> set[str]:
    found = set()
    for number in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):  # it ended meanwhile
            found.add(Path(f"/proc/{number}/comm").read_text().strip())
    return found


def test_forks_are_bounded() -> None:
    count = (
        "import os, time\nn = 0\ntry:\n    while True:\n        if os.fork() == 0:\n"
        "            time.sleep(9)\n        n += 1\nexcept BlockingIOError:\n    pass\n"
    )
    assert scored(count, "assert n < 16, n") == Score(1.0)
    assert scored("import os\nwhile True: os.fork()").value == 0


def test_memory_is_bounded() -> None:
    assert "MemoryError" in scored("x = bytearray(300 << 20)").reason
    assert scored("x = bytearray(100 << 20)").value == 1
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    scored("x = []\nwhile True: x.append(bytearray(1 << 20))")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_output_is_bounded() -> None:
    assert scored("print('a' * 10_000_000)").value == 1
    found = scored("import sys\nwhile True: sys.stderr.write('a' * 1_000_000)")
    assert found.value == 0
    assert len(found.reason) < 250
    assert "\x1b" not in scored("raise ValueError('\\x1b[31m')").reason


def test_the_disk_is_bounded() -> None:
    assert "File too large" in scored("open('a', 'wb').write(bytes(20 << 20))").reason
    many = "for n in range(9): open(str(n), 'wb', buffering=0).write(bytes(10 << 20))"
    assert "No space left" in scored(many).reason
    assert scored("import tempfile\ntempfile.TemporaryFile().write(b'x')").value == 1


@pytest.mark.parametrize(
    "code",
    [
        "open('{home}/new.txt', 'w')",
        "open('{home}/secret.txt').read()",
        "import os; os.listdir('{home}')",
        "import os; os.remove('{home}/secret.txt')",
        "import os; os.symlink('{home}/secret.txt', 'x'); open('x').read()",
        "open('/etc/passwd').read()",
        "open('/proc/1/environ').read()",
        "import os; os.listdir('/')",
        "import os; os.chmod(os.__file__, 0o777)",
        "open(__import__('os').__file__, 'a')",
        "import os; os.setgroups([0])",
        "import ctypes; assert ctypes.CDLL(None).unshare(0x10000000) == 0",
        "import ctypes; assert ctypes.CDLL(None).mount(b'x', b'.', b'tmpfs', 0, None) == 0",
    ],
)
def test_nothing_outside_is_read_or_written(tmp_path: Path, code: str) -> None:
    (tmp_path / "secret.txt").write_text("KESTREL")
    found = scored(code.format(home=tmp_path))
    assert found.value == 0
    assert any(word in found.reason for word in ("Permission", "No such file", "not permitted",
                                                 "AssertionError", "Read-only")), found  # fmt: skip
    assert os.listdir(tmp_path) == ["secret.txt"]


def test_there_is_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        server.settimeout(0.2)
        there = f"import socket; socket.create_connection(('127.0.0.1', {port}), 1)"
        assert "unreachable" in scored(there).reason
        with pytest.raises(TimeoutError):
            server.accept()
    udp = "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    assert "unreachable" in scored(udp + "s.sendto(b'x', ('192.0.2.1', 53))").reason


def test_nothing_of_the_environment_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "KESTREL")
    assert scored("import os", "assert not os.environ.keys() - {'LC_CTYPE'}, os.environ").value


def test_no_other_process_is_seen_or_ended() -> None:
    for code in (
        "import os; os.kill(os.getppid(), 9)",
        "import os; os.kill(-1, 9)",
        f"import os; os.kill({os.getpid()}, 9)",
        "import os, signal; os.killpg(0, signal.SIGTERM)",
    ):
        assert scored(code, "assert False").value == 0
    assert scored("import os", "assert os.getpid() == 1, os.getpid()").value == 1


def test_packages_of_the_suite_s_python_are_not_there() -> None:
    assert "No module named 'numpy'" in scored("import numpy").reason


def test_limits_alone() -> None:
    if os.getuid() == 0:
        with pytest.raises(SubjectError, match="no code is run as root"):
            Code(isolation="limits").opened(".", allow_code=True)
    else:
        ready = Code(isolation="limits", timeout=1).opened(".", allow_code=True)
        assert one(ready, ADD, metadata={"tests": "assert add(1, 2) == 3"}).value == 1
        assert one(ready, "while True: pass", metadata={"tests": "1"}).value == 0


def test_a_run_must_allow_it(tmp_path: Path) -> None:
    with pytest.raises(UntrustedError, match="--allow-code"):
        Code().opened(str(tmp_path), allow_code=False)


def test_scores_keep_the_order_of_the_answers() -> None:
    asked = [exchange(f"x = {n}", metadata={"tests": f"assert x == {n % 2}"}) for n in range(6)]
    assert [s.value for s in Code().score(asked)] == [1, 1, 0, 0, 0, 0]


BOT = '''
import itertools

_turns = itertools.count()

def answer(text):
    """Right in two of four answers."""
    right = next(_turns) % 2
    return "```python\\ndef add(a, b):\\n    return a %s b\\n```" % ("+" if right else "-")
'''


def test_pass_at_k_of_a_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = f"bot_{os.getpid()}"
    (tmp_path / f"{module}.py").write_text(BOT)
    sample = {"id": "a", "input": "Write add.", "tests": "assert add(2, 1) == 3"}
    (tmp_path / "qa.jsonl").write_text(json.dumps(sample) + "\n")
    suite = tmp_path / "suite.yaml"
    suite.write_text(
        f"suite: code\nsubjects:\n  bot: {{llm: 'python:{module}:answer', repeats: 4, "
        "concurrency: 1}\n  qa: {samples: qa.jsonl}\nchecks:\n"
        "  - {llm.code: {on: bot, data: qa}, severity: info}\n"
        "  - {llm.code: {on: bot, data: qa, pass_at: 2}, severity: info, id: two}\n"
        "  - {llm.code: {on: bot, data: qa, pass_all: 2}, severity: info, id: both}\n"
    )
    monkeypatch.setattr(sys, "path", [*sys.path])
    done = assay.run(suite, allow_code=True, home=tmp_path / ".assay")
    assert {r.id: r.reason for r in done.results if not r.measurements} == {}
    values = {r.id: r.measurements[0].value for r in done.results}
    # of four answers two are right: 1 - C(2, 2) / C(4, 2), and C(2, 2) / C(4, 2)
    assert values == {
        "bot@qa/llm.code": 0.5, "two": pytest.approx(5 / 6), "both": pytest.approx(1 / 6)
    }  # fmt: skip
