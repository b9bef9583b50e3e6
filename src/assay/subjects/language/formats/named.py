"""Wire formats by the names that suites have for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.core.endpoint import NOT_SENT, api_of
from assay.core.errors import SubjectError

if TYPE_CHECKING:
    from assay.core.check import LanguageModelSpec
    from assay.subjects.language.formats.protocol import WireFormat


def format_of(spec: LanguageModelSpec) -> WireFormat:
    """The wire format that a model is asked in: as the suite says, or as its host speaks.

    Raises:
        SubjectError: the format has no field for something that the suite asks for.
    """
    if spec.application is not None:
        from assay.subjects.language.formats.application import Application

        return Application(spec.application)
    api = spec.api or api_of(spec.url or "")
    for key in NOT_SENT[api]:
        if getattr(spec, key) not in (None, False):
            raise SubjectError(
                f"`{key}` cannot be asked for in the wire format {api!r}: it has no field for it."
            )
    match api:
        case "openai":
            from assay.subjects.language.formats.openai import OpenAi

            return OpenAi()
        case "anthropic":
            from assay.subjects.language.formats.anthropic import Anthropic

            return Anthropic()
        case "google":
            from assay.subjects.language.formats.google import Google

            return Google()
        case "bedrock":
            from assay.subjects.language.formats.bedrock import Bedrock

            return Bedrock()
