"""Write the passages that the desk answers from: docstrings of Python's standard library.

Run it from anywhere: ``python examples/rag/prepare.py``. It parses the library's own source files,
imports none of them, and cuts each docstring at ends of sentences into passages of about 60 words.
The examples in docstrings are left out. It writes, into ``data`` beside itself,

- ``passages.jsonl``: a line for each passage, with its name (``difflib.get_close_matches#1``);
- ``lookups.jsonl``: each question of ``questions.jsonl`` with the names of the passages that answer
  it: those of its ``source`` that hold the answer's text.
"""

from __future__ import annotations

import ast
import json
import re
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIBRARY = Path(sysconfig.get_paths()["stdlib"])
WORDS = 60
MODULES = [
    "base64", "bisect", "calendar", "colorsys", "configparser", "contextlib", "copy", "csv",
    "difflib", "doctest", "filecmp", "fileinput", "fnmatch", "fractions", "ftplib", "functools",
    "getpass", "glob", "graphlib", "gzip", "heapq", "hmac", "ipaddress", "linecache", "mimetypes",
    "netrc", "optparse", "pickle", "platform", "poplib", "pprint", "queue", "random", "sched",
    "secrets", "selectors", "shelve", "shlex", "shutil", "smtplib", "socket", "ssl", "statistics",
    "string", "subprocess", "tarfile", "tempfile", "textwrap", "threading", "timeit", "traceback",
    "uuid", "warnings", "wave", "weakref", "webbrowser", "zipfile",
]  # fmt: skip


def docstrings(module: str) -> Iterator[tuple[str, str]]:
    """The names and docstrings of a module and of all that is public in it."""
    path = LIBRARY / f"{module}.py"
    path = path if path.exists() else LIBRARY / module / "__init__.py"
    yield from _below(ast.parse(path.read_text(encoding="utf-8")), module)


def _below(node: ast.AST, name: str) -> Iterator[tuple[str, str]]:
    if text := ast.get_docstring(node):  # type: ignore[arg-type]
        yield name, text
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef) and not child.name.startswith("_"):
            yield from _below(child, f"{name}.{child.name}")


def passages(text: str) -> Iterator[str]:
    """A text in pieces of about so many words, cut at ends of sentences."""
    prose = [part for part in text.split("\n\n") if not part.lstrip().startswith(">>>")]
    held: list[str] = []
    for sentence in (s for part in prose for s in re.split(r"(?<=[.!?])\s+", part.strip())):
        words = sentence.split()
        if held and len(held) + len(words) > WORDS:
            yield " ".join(held)
            held = []
        held += words[: 2 * WORDS]  # a table without any full stop is cut off
    if held:
        yield " ".join(held)


def lookups(found: dict[str, str]) -> Iterator[dict[str, object]]:
    """The questions, each with the names of the passages that answer it.

    Raises:
        SystemExit: no passage does: this Python's library says something else.
    """
    for line in (HERE / "questions.jsonl").read_text(encoding="utf-8").splitlines():
        asked = json.loads(line)
        right = asked["target"] if isinstance(asked["target"], list) else [asked["target"]]
        names = [
            name
            for name, text in found.items()
            if name.partition("#")[0] == asked["source"]
            and any(answer.lower() in text.lower() for answer in right)
        ]
        if not names:
            raise SystemExit(f"{asked['source']} of this Python does not answer {asked['input']!r}")
        yield {k: asked[k] for k in ("id", "input", "cluster")} | {"target": names}


def write(path: Path, lines: Iterable[dict[str, object]]) -> None:
    """Write a file of JSON lines."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")


def main(folder: Path = HERE / "data") -> None:
    """Write the files."""
    folder.mkdir(exist_ok=True)
    found = {
        f"{name}#{number}": passage
        for module in MODULES
        for name, text in docstrings(module)
        for number, passage in enumerate(passages(text), 1)
    }
    write(folder / "passages.jsonl", ({"name": n, "text": t} for n, t in found.items()))
    write(folder / "lookups.jsonl", lookups(found))
    print(f"Wrote {folder}: {len(found):,} passages of {len(MODULES)} modules.")


if __name__ == "__main__":
    main()
