"""Whether a chat template writes what it is given."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from assay.core.collection import Component
from assay.core.metric import metric
from assay.metrics.llm.parts import SoundShare


@metric(
    "llm.template_rendering",
    unit="share",
    higher_is_better=True,
    formula="samples whose turns are each written once, in order and unchanged, with the "
    "generation prompt after them / samples",
    interval="wilson",
    reference="Wilson 1927, JASA 22:209",
    example={},
)
class TemplateRendering(SoundShare):
    """Share of samples whose turns the chat template writes faithfully.

    Each turn's text must be there once, in its order and unchanged but for whitespace at its ends;
    the system prompt must not be dropped; and the model must be told that its turn has come. A
    template that refuses the turns counts as a fault.
    """

    samples: Annotated[int, Meta(ge=1, description="Samples that are tried, at most.")] = 10_000

    def collection(self) -> Component:
        return Component("template", self.samples)
