"""Judges that follow rules, in place of a language model: they read the prompts as it would."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.servers.behaviours import says

Rule = Callable[[dict[str, str], str], str]


def parts_of(text: str) -> dict[str, str]:
    """The parts of a prompt, by name, as they stand between their marks."""
    nonce = re.search(r"marks with the code (\w+)", text)
    assert nonce is not None, f"no marks in {text!r}"
    found = re.findall(rf"<(\w+) {nonce[1]}>\n(.*?)\n</\1 {nonce[1]}>", text, re.DOTALL)
    return dict(found)


def judging(rule: Rule) -> Callable[[dict[str, Any], int], Any]:
    """What a server does that judges by a rule: from the parts of a prompt, and its whole text."""

    def choose(body: dict[str, Any], _number: int) -> Any:
        text = body["messages"][-1]["content"]
        return says(rule(parts_of(text), text))

    return choose
