"""Configurations of promptfoo: each prompt with the variables of each test is a sample.

After https://www.promptfoo.dev/docs/configuration/reference. Texts are filled in where they hold
``{{name}}`` alone; other constructs of Nunjucks, references to other files, and code in any
language are named and left out: nothing is executed.
"""

from __future__ import annotations

import itertools
import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from assay.core.errors import SubjectError
from assay.subjects.samples.decoding import from_json
from assay.subjects.samples.formats.foreign import ForeignFile, Record, Wanted
from assay.subjects.samples.formats.promptfoo_asserts import Asserts
from assay.subjects.samples.formats.shape import held_to_shape, items, mapping
from assay.subjects.samples.formats.written_out import hold_to_written_out

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_BYTES = 16 * 2**20
_MOST_SAMPLES = 100_000
_VARIABLE = re.compile(r"\{\{-?\s*([A-Za-z_][\w.]*)\s*-?\}\}")
_CODE = ("file://", "exec:", "python:", "huggingface://", "http://", "https://")
_IGNORED = ("scenarios", "transform", "extensions", "nunjucksFilters")


class _Prompt(NamedTuple):
    text: str
    label: str


class _Case(NamedTuple):
    """A test with the defaults: number from 1, one value for each variable."""

    number: int
    turn: int
    test: dict[str, Any]
    variables: dict[str, Any]


class NotFilled(Exception):
    """Why a text cannot be filled in: a clause for a person."""


class Promptfoo(ForeignFile):
    """Prompts × tests; what a test holds its answers to is its target where it is a text."""

    name = "promptfoo"
    place = "test"

    @held_to_shape
    def samples(self) -> Iterator[tuple[int, Record]]:
        prompts, cases = self._prompts(), list(self._cases())
        if len(prompts) * len(cases) > _MOST_SAMPLES:
            raise self.unreadable(f"it asks more than {_MOST_SAMPLES:,} questions")
        asserts = self._asserts(cases)
        for case in cases:
            for i, prompt in enumerate(prompts, start=1):
                try:
                    text = filled(prompt.text, case.variables)
                except NotFilled as error:
                    raise self.fault(case.number, f"its prompt {i} holds {error}") from None
                found: Record = {"id": _id(case, i if len(prompts) > 1 else 0)}
                turns = _turns(text)
                found |= {"messages": turns} if turns else {"input": text}
                if isinstance(case.variables.get("context"), str):
                    found["context"] = case.variables["context"]
                found["target"] = asserts.targets.get((case.number, case.turn))
                metadata = {k: v for k, v in case.variables.items() if isinstance(v, _SCALAR)}
                metadata |= dict.fromkeys(asserts.flags.get((case.number, case.turn), ()), True)
                if len(prompts) > 1:
                    metadata["prompt"] = prompt.label
                if isinstance(case.test.get("description"), str):
                    metadata["description"] = case.test["description"]
                yield case.number, {**found, "metadata": metadata}

    @held_to_shape
    def wanted(self) -> Iterator[Wanted]:
        yield from self._left_out()
        cases = list(self._cases())
        yield from self._asserts(cases).wanted()

    def _asserts(self, cases: list[_Case]) -> Asserts:
        """What the tests ask, told apart so that each check names its own samples."""
        asserts = Asserts(len(cases))
        templates = mapping(self._document().get("assertionTemplates"), "assertionTemplates")
        for case in cases:
            for one in case.test["assert"]:
                ref = str(one.get("$ref") or "") if isinstance(one, dict) else ""
                asked = templates.get(ref.rsplit("/", 1)[-1]) if ref else one
                if not isinstance(asked, dict):
                    raise self.fault(case.number, "one of its asserts is no mapping")
                try:
                    value = _value(asked.get("value"), case.variables)
                except NotFilled as error:
                    asserts.leave(asked, f"its value holds {error}")
                    continue
                asserts.add((case.number, case.turn), asked, value)
        return asserts

    def _prompts(self) -> list[_Prompt]:
        held = self._document().get("prompts")
        found = []
        for one in held if isinstance(held, list) else [held]:
            told = one if isinstance(one, dict) else {"raw": one}
            raw = told.get("raw")
            if isinstance(raw, list):
                raw = msgspec.json.encode(raw).decode()
            if isinstance(raw, str) and not raw.startswith(_CODE):
                label = str(told.get("label") or told.get("id") or raw)
                found.append(_Prompt(raw, label[:200]))
        if not found:
            raise self.unreadable("it has no prompt that is written in it (files are not read)")
        return found

    def _cases(self) -> Iterator[_Case]:
        document = self._document()
        default = document.get("defaultTest")
        default = default if isinstance(default, dict) else {}
        tests = document.get("tests")
        tests = tests if isinstance(tests, list) else [{}] if tests is None else []
        written = [one for one in tests if isinstance(one, dict)]
        if not written:
            raise self.unreadable("it has no test that is written in it (files are not read)")
        asked = 0
        for number, test in enumerate(written, start=1):
            variables = _mapping(default.get("vars")) | _mapping(test.get("vars"))
            listed = {k: v for k, v in variables.items() if isinstance(v, list)}
            own_asserts = items(test.get("assert"), "assert")
            asserts = [*items(default.get("assert"), "assert"), *own_asserts]
            asked += math.prod(len(values) for values in listed.values())
            if asked > _MOST_SAMPLES:
                raise self.fault(
                    number, f"with its lists it is more than {_MOST_SAMPLES:,} questions"
                )
            for turn, values in enumerate(itertools.product(*listed.values()), start=1):
                own = variables | dict(zip(listed, values, strict=True))
                yield _Case(number, turn if listed else 0, test | {"assert": asserts}, own)

    def _left_out(self) -> Iterator[Wanted]:
        """What of the configuration is not read."""
        document = self._document()
        prompts = document.get("prompts")
        for one in prompts if isinstance(prompts, list) else [prompts]:
            raw = one.get("raw") or one.get("id") if isinstance(one, dict) else one
            if isinstance(raw, str) and raw.startswith(_CODE):
                yield Wanted(what=f"prompt {raw}", reason="files and programs are not read")
        tests = document.get("tests")
        for one in tests if isinstance(tests, list) else [tests]:
            if isinstance(one, str):
                yield Wanted(what=f"tests {one}", reason="files and programs are not read")
        if isinstance(document.get("defaultTest"), str):
            yield Wanted(what="defaultTest", reason="files and programs are not read")
        for name in _IGNORED:
            if document.get(name):
                yield Wanted(what=name, reason="it has no counterpart")
        for one in tests if isinstance(tests, list) else ():
            options = one.get("options") if isinstance(one, dict) else None
            if isinstance(options, dict) and options.get("transform"):
                yield Wanted(what="options.transform", reason="it is code, which is not executed")
                return

    def _document(self) -> dict[str, Any]:
        found: dict[str, Any] | None = self.__dict__.get("_read")
        if found is None:
            found = self.__dict__["_read"] = self._parsed()
        return found

    def _parsed(self) -> dict[str, Any]:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        try:
            with open(self.path, "rb") as file:
                text = file.read(_MOST_BYTES + 1)
        except OSError as error:
            raise SubjectError(f"{self.written!r} cannot be read: {error.strerror}.") from error
        if len(text) > _MOST_BYTES:
            raise self.unreadable(f"it has more than {_MOST_BYTES >> 20} MB")
        try:
            found = YAML(typ="safe", pure=True).load(text.decode("utf-8-sig"))
            hold_to_written_out(found)
        except (YAMLError, ValueError, OverflowError, RecursionError) as error:
            raise self.unreadable(str(error).splitlines()[0] or "it is not YAML") from None
        if not isinstance(found, dict) or not {"prompts", "tests"} & found.keys():
            raise self.unreadable("it has neither prompts nor tests")
        return found


_SCALAR = (str, int, float, bool)


def _id(case: _Case, prompt: int) -> str:
    parts = [f"{case.number}", f"v{case.turn}" if case.turn else "", f"p{prompt}" if prompt else ""]
    return "-".join(part for part in parts if part)


def _mapping(value: Any) -> dict[str, Any]:
    return {str(k): v for k, v in value.items()} if isinstance(value, dict) else {}


def filled(text: str, variables: dict[str, Any]) -> str:
    """The text with its variables.

    Raises:
        NotFilled: it needs more than that.
    """

    def value(match: re.Match[str]) -> str:
        found: Any = variables
        for step in match[1].split("."):
            found = found.get(step) if isinstance(found, dict) else None
        if found is None:
            raise NotFilled(f"{match[0]}, for which there is no variable")
        if isinstance(found, str) and found.startswith(_CODE[:1]):
            raise NotFilled(f"{match[0]}, which is the file {found!r}: files are not read")
        return found if isinstance(found, str) else msgspec.json.encode(found).decode()

    rest = _VARIABLE.sub("", text)
    if "{{" in rest or "{%" in rest:
        at = re.search(r"\{[{%].{0,40}", rest, re.DOTALL)
        raise NotFilled(f"{at[0] if at else '{%'!r}, which is more than a variable")
    return _VARIABLE.sub(value, text)


def _value(value: Any, variables: dict[str, Any]) -> Any:
    """The value of an assert, filled in."""
    if isinstance(value, str):
        if value.startswith(_CODE[:1]):
            raise NotFilled(f"the file {value!r}: files are not read")
        return filled(value, variables)
    return [_value(one, variables) for one in value] if isinstance(value, list) else value


def _turns(text: str) -> list[Any] | None:
    """Turns, where the prompt is a list of them in JSON, as OpenAI's chat format has them."""
    if not text.lstrip().startswith("["):
        return None
    try:
        found = from_json(text)
    except ValueError:
        return None
    whole = isinstance(found, list) and found and all(
        isinstance(one, dict) and "role" in one for one in found
    )  # fmt: skip
    return found if whole else None
