"""Strings that are control tokens in the vocabularies of widely used models.

A server does not list its own. Those of its chat template are added, and each is tried: a string
that its vocabulary does not hold as a token of its own says nothing about it.
"""

from __future__ import annotations

import re

KNOWN = (
    # ChatML: OpenAI, Qwen, SmolLM, Yi, and many others
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|im_sep|>", "<|fim_prefix|>",
    "<|fim_middle|>", "<|fim_suffix|>", "<|endofprompt|>",
    # Llama 2, Mistral
    "<s>", "</s>", "<unk>", "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]",
    "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_CALLS]", "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]",
    # Llama 3 and 4
    "<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>",
    "<|eot_id|>", "<|eom_id|>", "<|python_tag|>", "<|header_start|>", "<|header_end|>", "<|eot|>",
    # Gemma
    "<bos>", "<eos>", "<pad>", "<start_of_turn>", "<end_of_turn>",
    # Phi, Zephyr, GLM, Granite
    "<|system|>", "<|user|>", "<|assistant|>", "<|end|>", "<|observation|>", "[gMASK]", "<sop>",
    "<|start_of_role|>", "<|end_of_role|>",
    # Command R
    "<|START_OF_TURN_TOKEN|>", "<|END_OF_TURN_TOKEN|>", "<|SYSTEM_TOKEN|>", "<|USER_TOKEN|>",
    "<|CHATBOT_TOKEN|>",
    # DeepSeek (with its own letters for the bar and the space), gpt-oss
    "<\uff5cbegin\u2581of\u2581sentence\uff5c>", "<\uff5cend\u2581of\u2581sentence\uff5c>",
    "<\uff5cUser\uff5c>", "<\uff5cAssistant\uff5c>", "<|start|>", "<|message|>", "<|channel|>",
    "<|return|>", "<|call|>",
)  # fmt: skip
_LIKE = re.compile(r"<[|\uff5c]?[\w/\u2581]+[|\uff5c]?>|\[/?[A-Z_]{2,}\]")


def candidates(*texts: str) -> list[str]:
    """Strings that may be control tokens: those known, and what looks like one in the texts."""
    found = (string for text in texts for string in _LIKE.findall(text))
    return list(dict.fromkeys((*KNOWN, *found)))
