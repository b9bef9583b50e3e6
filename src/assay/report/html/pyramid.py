"""The layers of tests as a pyramid: people at the top, the parts at the bottom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.layer import LAYERS
from assay.report.html.layout import section
from assay.report.html.markup import h
from assay.report.layers import layered, likely_cause
from assay.report.standing import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.core.layer import Layer
    from assay.core.result import Result, Run
    from assay.report.html.markup import Element

_MEANS: dict[Layer, str] = {
    "component": "the parts alone: formats, templates, data",
    "integration": "the parts together: tools, retrieval, the endpoint",
    "performance": "time, tokens and money",
    "quality": "what the answers are worth",
    "safety": "attacks, leaks, refusals, bias",
    "human": "what people say",
}
_INTRO = (
    "What fails in a lower layer shows in those above it. So the lowest that fails is likely the "
    "root cause, and the first to be mended."
)


def pyramid(run: Run, anchors: Mapping[str, str]) -> Element:
    """The section."""
    by_layer, cause = layered(run), likely_cause(run)
    named = cause.layer if cause else None
    rows = [
        _row(layer, by_layer[layer], anchors, named=layer == named) for layer in reversed(LAYERS)
    ]
    said = cause.words if cause else "No layer fails."
    return section(
        "layers",
        "Layer by layer",
        _INTRO,
        h("ol", {"class": "pyramid", "aria-label": "Layers, from the top"}, rows),
        h("p", {"class": "cause"}, h("strong", None, "Likely root cause: "), said)
        if cause
        else h("p", {"class": "cause"}, said),
    )


def _row(
    layer: Layer, results: list[Result], anchors: Mapping[str, str], *, named: bool
) -> Element:
    chips = []
    for verdict, (symbol, word) in VERDICTS.items():
        own = [r for r in results if r.verdict == verdict]
        if not own:
            continue
        kind, text = {"class": f"chip tone-{verdict}"}, f"{symbol} {len(own):,} {word}"
        anchor = next((anchors[r.id] for r in own if r.id in anchors), None)
        linked = anchor is not None and verdict != "pass"
        chips.append(
            h("a", {**kind, "href": f"#{anchor}"}, text) if linked else h("span", kind, text)
        )
    return h(
        "li",
        {"class": f"layer-{layer}" + (" named" if named else "")},
        h(
            "div",
            None,
            h("strong", None, layer.capitalize()),
            h("span", {"class": "muted"}, _MEANS[layer]),
            h("span", {"class": "chips"}, chips)
            if chips
            else h("span", {"class": "muted"}, "no check"),
            h("span", {"class": "why"}, "likely root cause") if named else None,
        ),
    )


CSS = """
ol.pyramid{list-style:none;display:grid;gap:3px;justify-items:center;max-width:56rem}
.pyramid li{background:var(--aside-soft);padding:.55rem 1rem;text-align:center;width:100%;
border-radius:.3rem}
.pyramid li>div{display:flex;flex-wrap:wrap;gap:.15rem .8rem;justify-content:center;
align-items:baseline}
.pyramid .muted{font-size:.8125rem}
.pyramid .chips{display:flex;flex-wrap:wrap;gap:.3rem}
.pyramid .named{outline:2px solid var(--fail);outline-offset:-2px}
.pyramid .named .why{color:var(--fail);font-weight:650;font-size:.875rem}
.cause{margin-top:1rem;max-width:52rem}
@media (min-width:60rem){
.pyramid .layer-human{width:50%}.pyramid .layer-safety{width:60%}
.pyramid .layer-quality{width:70%}.pyramid .layer-performance{width:80%}
.pyramid .layer-integration{width:90%}
}
"""
