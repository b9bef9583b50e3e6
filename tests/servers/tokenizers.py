"""vLLM's routes for tokens, answered from a Hugging Face tokenizer.

The bodies are those of vLLM 0.15 (vllm/entrypoints/serve/tokenize/protocol.py).
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.servers.behaviours import Behaviour, refuses


def tokens_of(tokenizer: Any) -> Any:
    """What is done with a call: tokens of a prompt or of turns, and a text of tokens."""

    async def behave(request: web.Request, body: dict[str, Any]) -> web.Response:
        if request.path == "/detokenize":
            return web.json_response({"prompt": tokenizer.decode(body["tokens"])})
        if "messages" in body:
            text = tokenizer.apply_chat_template(
                body["messages"], tokenize=False,
                add_generation_prompt=body.get("add_generation_prompt", True),
            )  # fmt: skip
        else:
            text = body["prompt"]
        added = body.get("add_special_tokens", "messages" not in body)
        ids = tokenizer(text, add_special_tokens=added)["input_ids"]
        return web.json_response({"count": len(ids), "max_model_len": 128, "tokens": ids})

    def choose(_body: dict[str, Any], _number: int) -> Behaviour:
        async def either(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
            known = request.path in ("/tokenize", "/detokenize")
            return await (behave if known else refuses(404))(request, body)

        return either

    return choose
