"""Files that other tools wrote, read as samples and answers; `tests/fixtures/llm` says which."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assay.core.check import LanguageModelSpec, SamplesSpec
from assay.core.errors import SubjectError
from assay.core.exchange import Answer, Message, Sample
from assay.subjects.language.stored import open_stored
from assay.subjects.samples.formats.finding import open_foreign
from assay.subjects.samples.reading import open_samples

FILES = Path(__file__).parents[3] / "fixtures" / "llm"


def samples(name: str, folder: Path = FILES, **more: Any) -> list[Sample]:
    return list(open_samples(SamplesSpec(path=name, **more), folder=str(folder)))


def answers(name: str, folder: Path = FILES, **more: Any) -> list[Answer]:
    return list(open_stored(LanguageModelSpec(answers=name, **more), folder=str(folder)))


def wanted(name: str) -> dict[str, str]:
    foreign = open_foreign(str(FILES / name), name, None)
    assert foreign is not None
    return {one.what: one.metric for one in foreign.wanted()}


def write(folder: Path, name: str, *records: Any) -> Path:
    lines = (r if isinstance(r, str) else json.dumps(r) for r in records)
    (folder / name).write_text("".join(f"{line}\n" for line in lines))
    return folder


def refused(name: str, folder: Path, **more: Any) -> str:
    with pytest.raises(SubjectError) as caught:
        samples(name, folder, **more)
    return str(caught.value)


CAPITALS = [
    Sample(id="fr", input="Capital of France?", target=("Paris",), metadata={"level": "easy"}),
    Sample(
        id="it", target=("Rome", "Roma"), metadata={"level": "easy"},
        messages=(Message(role="system", content="Be brief."),
                  Message(role="user", content="Capital of Italy?")),
    ),
    Sample(id="prime", input="Which is a prime?", target=("B",), choices=("4", "5", "6")),
]  # fmt: skip


@pytest.mark.parametrize("name", ["inspect.eval", "inspect.json"])
def test_inspect(name: str) -> None:
    assert samples(name) == CAPITALS
    found = answers(name)
    assert [(a.unit, a.repeat, a.text) for a in found] == [
        (unit, epoch, text)
        for epoch in (0, 1)
        for unit, text in (("fr", "It is Paris."), ("it", "Milan"), ("prime", "B"))
    ]
    first = found[0]
    assert (first.tokens.prompt, first.tokens.completion, first.finish) == (3, 12, "stop")
    assert first.seconds is not None
    assert 0 < first.seconds < 0.01
    assert wanted(name) == {"includes": "llm.includes"}


def test_inspect_errors_attachments_and_calls(tmp_path: Path) -> None:
    call = {"id": "c", "function": "book", "arguments": {"seats": 2}, "type": "function"}
    sample = {
        "id": 1, "epoch": 1, "input": "attachment://x", "target": "t", "attachments": {"x": "long"},
        "output": {"choices": [{"message": {"role": "assistant", "tool_calls": [call]},
                                "stop_reason": "tool_calls"}], "completion": ""},
    }  # fmt: skip
    failed = {"id": 2, "epoch": 1, "input": "q", "target": "", "error": {"message": "Timeout"},
              "output": {"choices": [], "completion": ""}}  # fmt: skip
    log = {"version": 2, "status": "success", "eval": {}, "samples": [sample, failed]}
    write(tmp_path, "log.json", log)
    assert [s.input for s in samples("log.json", tmp_path)] == ["long", "q"]
    first, second = answers("log.json", tmp_path)
    assert (first.tool_calls[0].name, first.tool_calls[0].arguments) == ("book", '{"seats":2}')
    assert first.finish == "tool_calls"
    assert second.error == "Timeout"


def test_inspect_older_logs_are_packed_otherwise(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "log.eval", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("samples/1_epoch_1.json", json.dumps({"id": 1, "input": "q"}))
    assert samples("log.eval", tmp_path) == [Sample(id="1", input="q")]


def test_inspect_damaged(tmp_path: Path) -> None:
    whole = (FILES / "inspect.eval").read_bytes()
    (tmp_path / "cut.eval").write_bytes(whole[: len(whole) // 2])
    assert "'cut.eval' is not what inspect writes" in refused("cut.eval", tmp_path)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        at = archive.getinfo("samples/fr_epoch_1.json").header_offset + 200
    (tmp_path / "bad.eval").write_bytes(whole[:at] + b"\0" * 300 + whole[at + 300 :])
    assert "samples/fr_epoch_1.json" in refused("bad.eval", tmp_path)


def test_lm_eval_that_generates() -> None:
    name = "samples_capitals_gen.jsonl"
    found = samples(name)
    assert [(s.id, s.input, s.target) for s in found] == [
        ("0", "Q: Capital of France?\nA:", ("Paris",)),
        ("1", "Q: Capital of Italy?\nA:", ("Rome",)),
    ]  # fmt: skip
    assert [a.text for a in answers(name)] == ["lol", "lol"]
    assert wanted(name) == {"exact_match": "llm.exact_match"}


def test_lm_eval_of_multiple_choice() -> None:
    name = "samples_capitals_mc.jsonl"
    assert [(s.choices, s.target) for s in samples(name)] == [
        (("Rome", "Paris"), ("Paris",)), (("Rome", "Paris"), ("Rome",)),
    ]  # fmt: skip
    # The log-likelihoods are -0.11, -0.55 and -0.71, -0.55; the harness scored both wrong.
    assert [a.text for a in answers(name)] == ["Rome", "Paris"]
    assert wanted(name) == {"acc": "llm.choice"}


def test_lm_eval_repeats_filters_and_turns(tmp_path: Path) -> None:
    prompt = '[{"role": "user", "content": "Hi"}]'
    record = {"doc_id": 4, "doc": {}, "target": "a", "resps": [["x", "y"]], "filter": "none",
              "arguments": [[prompt, {"until": []}]]}  # fmt: skip
    write(tmp_path, "s.jsonl", record, {**record, "filter": "strict"})
    (sample,) = samples("s.jsonl", tmp_path)
    assert sample.messages == (Message(role="user", content="Hi"),)
    assert [(a.repeat, a.text) for a in answers("s.jsonl", tmp_path)] == [(0, "x"), (1, "y")]


@pytest.mark.parametrize("name", ["deepeval.json", "deepeval.csv", "deepeval.jsonl"])
def test_deepeval(name: str) -> None:
    tall, built = samples(name)
    assert (tall.input, tall.target) == ("How tall is the tower?", ("330 metres",))
    assert tall.context == ("The tower is 330 metres tall.", "It stands in Paris.")
    assert tall.metadata == {"source_file": "tower.txt", "topic": "height"}
    assert (built.target, built.metadata) == (("1889",), {"name": "built"})
    (answer,) = answers(name)
    assert (answer.unit, answer.text) == ("2", "It was built in 1899.")
    assert answer.context == ("It was built in 1889.",)


def test_deepeval_without_answers_or_of_another_kind(tmp_path: Path) -> None:
    golden = {"input": "q", "expected_output": "a", "retrieval_context": None}
    write(tmp_path, "g.jsonl", golden)
    with pytest.raises(SubjectError, match="none of its goldens has an actual output"):
        answers("g.jsonl", tmp_path)
    write(tmp_path, "c.jsonl", {"scenario": "s", "turns": []})
    assert "conversational goldens are not read" in refused("c.jsonl", tmp_path, format="deepeval")
    calls = [{"name": "f", "input_parameters": {"a": 1}}]
    write(tmp_path, "t.jsonl", {"input": "q", "expected_tools": calls})
    (sample,) = samples("t.jsonl", tmp_path, format="deepeval")
    assert json.loads(sample.target[0]) == [{"name": "f", "arguments": {"a": 1}}]


@pytest.mark.parametrize("name", ["ragas.jsonl", "ragas.csv"])
def test_ragas(name: str) -> None:
    tall, built = samples(name)
    assert (tall.input, tall.target) == ("How tall is the tower?", ("330 metres",))
    assert tall.context == ("The tower is 330 metres tall.", "It stands in Paris.")
    assert built.context == ("It was built in 1889.",)
    assert [a.text for a in answers(name)] == ["330 metres.", "In 1899."]
    assert answers(name)[0].context == tall.context


def test_ragas_before_0_2(tmp_path: Path) -> None:
    row = {"question": "q", "answer": "a", "contexts": ["c"], "ground_truth": "t"}
    write(tmp_path, "old.jsonl", row)
    (sample,) = samples("old.jsonl", tmp_path, format="ragas")
    assert (sample.input, sample.target, sample.context) == ("q", ("t",), ("c",))
    assert "it asks nothing" in refused("old.jsonl", tmp_path)


def test_ragas_cells_are_read_and_not_run(tmp_path: Path) -> None:
    cell = "[__import__('os').system('touch made')]"
    write(tmp_path, "r.csv", "user_input,retrieved_contexts", f'q,"{cell}"')
    assert samples("r.csv", tmp_path)[0].context == (cell,)
    assert not (tmp_path / "made").exists()


def test_openai_evals(tmp_path: Path) -> None:
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2+2?"}]
    write(tmp_path, "e.jsonl", {"input": turns, "ideal": ["4", "four"], "level": 1})
    (sample,) = samples("e.jsonl", tmp_path)
    assert [m.content for m in sample.messages] == ["Be brief.", "2+2?"]
    assert (sample.target, sample.metadata) == (("4", "four"), {"level": 1})
    write(tmp_path, "bad.jsonl", {"input": turns, "ideal": "4"}, {"ideal": "4"})
    assert "bad.jsonl, line 2: it has no 'input'" in refused("bad.jsonl", tmp_path)


NAMES = {"input": "question", "target": "answers"}


def test_datasets() -> None:
    assert [(s.input, s.target, s.metadata) for s in samples("datasets", fields=NAMES)] == [
        ("Capital of France?", ("Paris",), {"level": "easy"}),
        ("Capital of Italy?", ("Rome", "Roma"), {"level": "easy"}),
        ("Capital of Spain?", ("Madrid",), {"level": "hard"}),
    ]
    found = answers("datasets", answers_fields={"output": "question"})
    assert [a.text for a in found][:1] == ["Capital of France?"]


def test_datasets_splits() -> None:
    assert "holds several splits: train, test." in refused("datasets_splits", FILES, fields=NAMES)
    assert [s.input for s in samples("datasets_splits/test", fields=NAMES)] == [
        "Capital of Italy?", "Capital of Spain?",
    ]  # fmt: skip


def test_datasets_damaged_and_selected(tmp_path: Path) -> None:
    shutil.copytree(FILES / "datasets", tmp_path / "d")
    part = tmp_path / "d" / "data-00000-of-00002.arrow"
    part.write_bytes(part.read_bytes()[:200])
    assert "data-00000-of-00002.arrow" in refused("d", tmp_path, fields=NAMES)
    part.unlink()
    assert "'data-00000-of-00002.arrow' is missing" in refused("d", tmp_path, fields=NAMES)
    state = tmp_path / "d" / "state.json"
    state.write_text(json.dumps({"_indices_data_files": [{"filename": "indices.arrow"}]}))
    assert "flatten_indices" in refused("d", tmp_path, fields=NAMES)


def test_datasets_name_no_file_outside_their_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.arrow").write_bytes(b"x")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "state.json").write_text(
        json.dumps({"_data_files": [{"filename": "../secret.arrow"}]})
    )
    assert "'secret.arrow' is missing" in refused("d", tmp_path)


def test_folders_of_parquet(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for i in range(2):
        table = pa.table({"input": [f"q{i}"], "target": ["a"]})
        pq.write_table(table, tmp_path / "d" / f"train-0000{i}-of-00002.parquet")
    assert [s.input for s in samples("d", tmp_path)] == ["q0", "q1"]
    pq.write_table(table, tmp_path / "d" / "test-00000-of-00001.parquet")
    assert "holds several splits: test, train." in refused("d", tmp_path)


def test_what_is_ours_stays_ours(tmp_path: Path) -> None:
    ours = {"id": "a", "input": "q", "target": "t", "expected_output": "e"}
    write(tmp_path, "qa.jsonl", ours)
    write(tmp_path, "messages.jsonl", {"messages": [{"role": "user", "content": "q"}]})
    write(tmp_path, "qa.json", json.dumps([ours]))
    for name in ("qa.jsonl", "messages.jsonl", "qa.json"):
        assert open_foreign(str(tmp_path / name), name, None) is None
    assert samples("qa.jsonl", tmp_path)[0].metadata == {"expected_output": "e"}


def test_formats_are_known(tmp_path: Path) -> None:
    write(tmp_path, "qa.jsonl", {"input": "q"})
    assert "Did you mean 'deepeval'?" in refused("qa.jsonl", tmp_path, format="deepevals")
    said = refused("qa.jsonl", tmp_path, format="ragas", fields={"input": "q"})
    assert "`fields` has no place with `format: ragas`" in said
    assert "There is no file" in refused("none.jsonl", tmp_path, format="ragas")
