"""Facts hidden in texts: where they stand, and how long the texts are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assay.core.check import SamplesSpec
from assay.core.errors import SubjectError
from assay.core.exchange import Sample
from assay.core.samples import NeedleSpec
from assay.subjects.samples.needle.filler import haystack, own_sentences, sentences
from assay.subjects.samples.opening import open_samples


def read(folder: Path, *, seed: int = 0, **needle: Any) -> list[Sample]:
    spec = SamplesSpec(needle=NeedleSpec(**needle), seed=seed)
    return list(open_samples(spec, folder=str(folder)))


def test_the_grid_has_every_length_and_depth(tmp_path: Path) -> None:
    found = read(tmp_path, lengths=(500, 8000), depths=(0.0, 0.5, 1.0), copies=2)
    assert len(found) == 12
    assert found[0].id == "500-0-1"
    assert found[-1].metadata == {"length": 8000, "depth": 1.0, "draw": 2}
    assert len({s.id for s in found}) == 12
    assert len({s.target for s in found}) > 9


@pytest.mark.parametrize("length", [1_000, 4_000, 20_000])
def test_the_fact_stands_where_it_should(tmp_path: Path, length: int) -> None:
    longest = max(map(len, own_sentences()))
    for sample in read(tmp_path, lengths=(length,), depths=(0.0, 0.3, 0.5, 1.0), copies=4):
        text, question = sample.input.rsplit("\n\n", 1)
        (target,) = sample.target
        assert text.count(target) == 1
        assert question.startswith("What is the access code")
        assert length - longest - 1 <= len(text) <= length
        before = text.index("The access code")
        whole = len(text) - len("The access code of the Juniper Hill archive is 12345.")
        depth = sample.metadata["depth"]
        assert abs(before - depth * whole) <= longest / 2 + 30
        if depth in (0.0, 1.0):
            assert text.startswith("The access") or text.endswith(f"{target}.")


def test_texts_depend_on_the_seed_and_the_place_alone(tmp_path: Path) -> None:
    some = {s.id: s.input for s in read(tmp_path, lengths=(900,), depths=(0.5,))}
    more = {s.id: s.input for s in read(tmp_path, lengths=(900, 2000), depths=(0.5, 1.0))}
    assert {i: more[i] for i in some} == some
    other = {s.id: s.input for s in read(tmp_path, lengths=(900,), depths=(0.5,), seed=1)}
    assert other["900-0.5-1"] != some["900-0.5-1"]


def test_a_fact_and_a_text_of_one_s_own(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text("One sentence here. Another one there! And a third?\n" * 9)
    found = read(
        tmp_path, lengths=(400,), depths=(0.5,), copies=1, text="book.txt",
        fact="The key is under the mat.", question="Where is the key?", target="under the mat",
    )[0]  # fmt: skip
    assert "third? The key" in found.input or "here. The key" in found.input or (
        "there! The key" in found.input
    )  # fmt: skip
    assert found.input.endswith("\n\nWhere is the key?")
    assert found.target == ("under the mat",)


def test_sentences_keep_their_words() -> None:
    assert sentences("A  b.\n C; d\n\ne? ") == ("A b.", "C;", "d e?")
    assert haystack(("One.", "Two."), 1, "X.", length=17, depth=0.5) == "Two. X. One. Two."
    assert haystack(("One.", "Two."), 1, "X.", length=16, depth=0.5) == "Two. X. One."
    assert haystack(("One.", "Two."), 0, "X.", length=5, depth=0.5) == "X."


@pytest.mark.parametrize(
    ("needle", "said"),
    [
        ({"lengths": (50,)}, "too short"),
        ({"lengths": (10**12,)}, "too long: 20,000,000 at most"),
        ({"lengths": ()}, "no length"),
        ({"lengths": (900, 900)}, "twice"),
        ({"lengths": (900,), "depths": (1.5,)}, "from 0 to 1"),
        ({"lengths": (900,), "depths": (float("nan"),)}, "from 0 to 1"),
        ({"lengths": (900,), "fact": "x"}, "all of them, or none"),
        ({"lengths": (900,), "fact": "x", "question": "y", "target": "z"}, "not in the fact"),
        ({"lengths": (900,), "copies": 100_000}, "more than 100,000"),
        ({"lengths": (900,), "text": "absent.txt"}, "absent.txt"),
        ({"lengths": (900,), "text": "short.txt"}, "fewer than 2 sentences"),
        ({"lengths": (900,), "text": "latin.txt"}, "not UTF-8"),
    ],
)
def test_what_makes_no_sense_is_said(tmp_path: Path, needle: dict[str, Any], said: str) -> None:
    (tmp_path / "short.txt").write_text("One only")
    (tmp_path / "latin.txt").write_bytes("Übung. Müde.".encode("latin-1"))
    with pytest.raises(SubjectError, match=said):
        read(tmp_path, **needle)
