"""One call of a server that speaks a vendor's format."""

from __future__ import annotations

import asyncio
from typing import Any

from assay.core.check import LanguageModelSpec
from assay.core.exchange import Message, ToolCall
from assay.subjects.language.model import open_language_model
from assay.subjects.language.reply import Reply
from tests.servers.behaviours import Behaviour
from tests.servers.endpoint import Served, serving

KEY = "sk-very-secret-0123456789"
PIXEL = "iVBORw0KGgo="
QUESTION = (Message(role="user", content="Where?"),)
TALK = (
    Message(role="system", content="Be brief."),
    Message(
        role="user",
        content=[
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
        ],
    ),
    Message(
        role="assistant",
        content="Let me look.",
        tool_calls=(
            ToolCall(name="look", arguments='{"at": 1}', id="t1"),
            ToolCall(name="look", arguments="", id="t2"),
        ),
    ),
    Message(role="tool", content="a cat", tool_call_id="t1", name="look"),
    Message(role="tool", content="a dog", tool_call_id="t2", name="look"),
    Message(role="user", content="Well?"),
)
"""A conversation with all that a format must have words for."""


def reply_to(
    behaviour: Behaviour, question: tuple[Message, ...] = QUESTION, *, base: str = "v1", **more: Any
) -> tuple[Reply, Served]:
    """The reply of a server that behaves so, and what it saw."""

    async def call(url: str) -> Reply:
        spec = LanguageModelSpec(
            **({"url": url, "model": "m", "api_key": KEY, "timeout_s": 5} | more)
        )
        async with open_language_model(spec, folder=".", allow_code=False) as model:
            return await model.ask(question)

    with serving(None, behaviour) as served:
        return asyncio.run(call(served.url.removesuffix("v1") + base)), served
