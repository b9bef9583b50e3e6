"""Layers of tests of a system with a language model: what fails in a lower one shows in the higher.

From the bottom: the parts alone (formats, templates, the data), the parts together (tools,
retrieval, the endpoint), time and money, the quality of answers, safety, and what people say. It
is the pyramid of tests (Cohn 2009, Succeeding with Agile, chapter 16): what is cheap and near to a
cause carries what is dear and far from it.
"""

from __future__ import annotations

from typing import Literal, get_args

Layer = Literal["component", "integration", "performance", "quality", "safety", "human"]

LAYERS: tuple[Layer, ...] = get_args(Layer)
"""From the bottom to the top."""

_OF: dict[Layer, frozenset[str]] = {
    "component": frozenset(
        {
            "is_json", "json_schema", "length", "empty", "truncated", "matches", "language",
            "determinism", "perplexity", "surprisal", "tokenizer_round_trip", "special_tokens",
            "template_rendering", "model_invariants",
        }
    ),
    "integration": frozenset(
        {
            "error_rate", "tool_call", "citations", "context_precision", "context_recall",
            "context_window", "load_errors",
        }
    ),
    "performance": frozenset(
        {
            "latency", "first_token", "tokens", "cost", "load_latency", "load_throughput",
            "load_memory",
        }
    ),
    "safety": frozenset(
        {
            "attack_success", "injection", "leak", "canary", "pii", "refusal", "over_refusal",
            "toxicity", "bias", "template_gap",
        }
    ),
    "human": frozenset({"preference"}),
}  # fmt: skip
_QUESTIONS: dict[str, Layer] = {
    "inference": "performance", "fairness": "safety", "ratings": "human", "drift": "component",
    "missing": "component", "labels": "component", "features": "component",
}  # fmt: skip


def layer_of(metric: str) -> Layer:
    """The layer that a metric's checks belong to where the suite does not say.

    Metrics of data are components; what is said of answers and predictions is quality where
    nothing else is known of it.

    Args:
        metric: registered name.
    """
    question, _, name = metric.rpartition(".")
    if not question:
        return "component"
    if question != "llm":
        return _QUESTIONS.get(question, "quality")
    return next((layer for layer, names in _OF.items() if name in names), "quality")
