"""Transcripts in a report: what stands in the page, what beside it, and that nothing can act."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.report.example_run import example_run
from tests.report.example_transcripts import CHECKS, example, group, hostile, many, transcript
from tests.report.hostile_run import PAYLOADS

from assay.core.exchange import Answer, Sample
from assay.core.transcript import Transcript
from assay.report.text import visible
from assay.report.transcripts.paging import INLINE_BYTES, paged
from assay.report.transcripts.records import ALL, record, written
from assay.report.write import write

DATA = re.compile(r'<script type="application/json" id="transcripts-data"[^>]*>(.*?)</script>')
CALL = re.compile(r"assayTranscripts\.take\((\d+),(\d+),(\[.*\])\);\n", re.DOTALL)


def data_of(page: str) -> Any:
    (found,) = DATA.findall(page)
    return json.loads(found)


def policy_of(page: str) -> str:
    (found,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    return str(found).replace("&#x27;", "'")


def test_a_small_run_is_one_file(tmp_path: Path) -> None:
    path = write(example_run(), tmp_path / "report.html", transcripts=[group(example())])
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    page = path.read_text()
    (held,) = data_of(page)
    assert [item["i"] for item in held["first"]] == [f"q{i}" for i in range(60)]
    assert (held["title"], held["checks"], held["samples"]) == ("bot on qa", list(CHECKS), 60)
    assert held["facets"] == [["region", ["north", "south"]]]  # `serial` has too many values
    first = held["first"][0]
    assert first["s"] == [
        [0.0, 1, "not in the answer"], [0.5, 1, "the context says nothing of it"], [23.0, None, ""],
    ]  # fmt: skip
    assert first["a"] == [
        {"t": "I think it is Atlantis.", "d": 0.25, "1": 0.1, "p": 10, "w": 4, "$": 0.000123}
    ]
    assert held["first"][5]["a"][1] == {
        "t": "Town five, surely.", "n": 1, "d": 0.5, "h": 1, "x": ["A list of towns."],
    }  # fmt: skip
    assert held["first"][6]["t"] == [
        ["system", "Answer briefly."], ["user", "What is on the picture?\n[image_url]"],
    ]  # fmt: skip


def test_what_an_application_looked_up_stands_with_the_answer() -> None:
    """After all answers, so that however much it is, it cuts none of them short."""
    answers = tuple(
        Answer(unit="q", repeat=repeat, text="t" * 500, context=("Found <b>.", "x" * 9_000))
        for repeat in range(10)
    )
    held = record(Transcript(Sample(id="q", input="?", context=("Given.",)), answers))
    assert [answer["t"] for answer in held["a"]] == ["t" * 500] * 10
    assert held["x"] == ["Given."]
    assert held["a"][0]["x"][0] == "Found <b>."
    assert len(json.dumps(held)) < ALL + 10_000
    assert b"<b>" not in written(held)


def test_the_policy_lets_that_script_run_and_no_other(tmp_path: Path) -> None:
    page = write(example_run([]), tmp_path / "a.html", transcripts=[group(example())]).read_text()
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert policy_of(page).endswith(f"form-action 'none'; script-src 'sha256-{digest}'")
    assert policy_of(page).startswith("default-src 'none'; style-src 'sha256-")
    without = write(example_run([]), tmp_path / "b.html").read_text()
    assert "script-src" not in policy_of(without)
    assert "<script" not in without


def test_a_large_run_has_files_beside_it(tmp_path: Path) -> None:
    path = write(example_run([]), tmp_path / "my report.html", transcripts=[many(2_500)])
    page = path.read_text()
    assert path.stat().st_size < 1_500_000
    (held,) = data_of(page)
    assert [(p["n"], p["s"]) for p in held["pages"]] == [
        (1_000, [250, 250, 0]), (1_000, [0, 0, 0]), (500, [0, 0, 0]),
    ]  # fmt: skip
    folder = tmp_path / "my report_files"
    assert sorted(p.name for p in folder.iterdir()) == [p["f"] for p in held["pages"][1:]]
    assert 'data-folder="my report_files"' in page
    assert policy_of(page).endswith("'strict-dynamic'")
    ids = [item["i"] for item in held["first"]]
    for number, summary in enumerate(held["pages"][1:], 1):
        call = CALL.fullmatch((folder / summary["f"]).read_text())
        assert call is not None
        assert (call[1], call[2]) == ("0", str(number))
        ids += [item["i"] for item in json.loads(call[3])]
    assert ids == [f"q{i}" for i in range(2_500)]


def test_files_of_an_earlier_report_go_and_those_of_others_stay(tmp_path: Path) -> None:
    folder = tmp_path / "report_files"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    (folder / "transcripts-0123456789ab-1-0001.js").write_text("old")
    write(example_run([]), tmp_path / "report.html", transcripts=[many(1_200)])
    names = sorted(p.name for p in folder.iterdir())
    assert len(names) == 2
    assert names[0] == "notes.txt"
    assert "0123456789ab" not in names[1]
    write(example_run([]), tmp_path / "report.html", transcripts=[many(10)])
    assert [p.name for p in folder.iterdir()] == ["notes.txt"]


def test_large_texts_stay_within_the_page_and_say_what_is_left_out(tmp_path: Path) -> None:
    long = [
        transcript(i, wrong=True, text=f"begin{i} " + "x<&" * 300_000 + " end") for i in range(60)
    ]
    path = write(example_run([]), tmp_path / "report.html", transcripts=[group(long)])
    assert path.stat().st_size < 1_500_000
    (held,) = data_of(path.read_text())
    said = held["first"][0]["a"][0]["t"]
    assert said.startswith("begin0 x<&")
    assert said.endswith(" end")
    assert "[… 892,011 characters left out …]" in said
    assert len(said) < 9_000
    assert sum(p["n"] for p in held["pages"]) == 60
    assert all(p.stat().st_size < 2_000_000 for p in (tmp_path / "report_files").iterdir())


def test_one_transcript_has_bounds_of_its_own() -> None:
    sample = Sample(id="a", input="y" * 50_000, context=tuple("z" * 9_000 for _ in range(500)))
    item = record(Transcript(sample, (Answer(unit="a", text="x" * 50_000),), ()))
    assert len(item["x"]) == 50
    assert sum(len(t) for t in item["x"]) + len(item["q"]) + len(item["a"][0]["t"]) < ALL + 20_000
    assert item["a"][0]["t"].startswith("xxx")


def test_two_models_share_the_room_of_the_page(tmp_path: Path) -> None:
    wide = [transcript(i, wrong=False, text="word " * 300) for i in range(400)]
    found = paged([group(wide), group(wide, model="other")], "s", lambda _n, _c: None)
    assert len(found.data) < INLINE_BYTES + 5_000
    assert found.beside == 2


def test_hostile_texts_are_shown_as_they_are_and_can_do_nothing(tmp_path: Path) -> None:
    page = write(example_run([]), tmp_path / "a.html", transcripts=[group(hostile())]).read_bytes()
    text = page.decode()
    (raw,) = DATA.findall(text)
    assert not set("<>&") & set(raw)
    assert all(c.isprintable() for c in raw)
    (held,) = json.loads(raw)
    for item, payload in zip(held["first"], PAYLOADS, strict=True):
        inert = visible(payload, lines=True)
        if len(payload) < 200:
            assert item["q"] == inert
            assert item["a"][0]["o"] == [[inert, inert]]
            assert item["m"][0] == [inert, inert]
            assert item["m"][1][0] == "__proto__"
        assert item["s"][0][2] == inert[:2_000]


def test_json_in_a_page_holds_no_markup() -> None:
    value = ["</script><!--", "&amp;", "\u2028"]
    assert written(value) == b'["\\u003c/script\\u003e\\u003c!--","\\u0026amp;","\xe2\x80\xa8"]'
    assert json.loads(written(value)) == value


@pytest.mark.parametrize("items", [[], [Transcript(Sample(id="a"), (), ())]], ids=["none", "bare"])
def test_nothing_to_show_is_a_page(tmp_path: Path, items: list[Transcript]) -> None:
    page = write(example_run([]), tmp_path / "a.html", transcripts=[group(items)]).read_text()
    (held,) = data_of(page)
    assert held["samples"] == len(items)


def test_no_other_style_of_the_page_changes_what_the_script_makes() -> None:
    from assay.report.comparison.style import CSS as COMPARISON
    from assay.report.html.style import css
    from assay.report.html.taken import CSS as TAKEN
    from assay.report.transcripts.section import script

    made = set(re.findall(r'make\("\w+", "([\w ]+)"', script()))
    names = {name for kind in made for name in kind.split()} | {"said", "score"}
    assert {"exchange", "turn", "piece", "brief", "chips"} <= names
    everywhere = re.findall(r"(?m)^\.([\w-]+)\{", css() + COMPARISON + TAKEN)
    ours = {"chip", "hidden", "score"}  # the page's own signs; that of a score is set anew
    assert names & set(everywhere) <= ours
