"""Models in skops files, and everything that is no model in one."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from assay.core.check import ModelSpec
from assay.core.errors import AssayError, SubjectError, UntrustedError
from assay.subjects.predictor import open_model
from tests.subjects.models import FEATURES, applicants, arrow, classifier, regressor, saved


def spec(path: str, **rest: object) -> ModelSpec:
    return ModelSpec(**{"path": path, "target": "deny", "positive": "yes", **rest})  # type: ignore[arg-type]


def test_a_pipeline_answers_as_scikit_learn_does(tmp_path: Path) -> None:
    model, frame = classifier(), applicants(40, seed=1)
    opened = open_model(spec(saved(model, tmp_path)), folder=str(tmp_path), allow_code=False)
    predicted = opened.predict(arrow(frame[FEATURES]))
    assert list(predicted.values) == list(model.predict(frame[FEATURES]))
    assert np.array_equal(predicted.scores, model.predict_proba(frame[FEATURES]))
    assert opened.classes == predicted.classes == ("no", "yes")
    assert opened.features == tuple(FEATURES)
    assert opened.fingerprint.startswith("sha256:")
    assert opened.files == (("model.skops", (tmp_path / "model.skops").stat().st_size),)
    assert "Pipeline" in opened.description
    assert str(tmp_path) not in opened.description


def test_a_regression(tmp_path: Path) -> None:
    model, frame = regressor(), applicants(40, seed=1)
    asked = spec(saved(model, tmp_path), task="regression")
    predicted = open_model(asked, folder=str(tmp_path), allow_code=False).predict(
        arrow(frame[FEATURES])
    )
    assert np.allclose(predicted.values, model.predict(frame[FEATURES]), rtol=1e-12)
    assert predicted.scores is None


def test_a_model_fitted_on_an_array_is_fed_one(tmp_path: Path) -> None:
    frame = applicants()
    model = LogisticRegression().fit(frame[["ratio", "score"]].to_numpy(), frame["deny"])
    opened = open_model(spec(saved(model, tmp_path)), folder=str(tmp_path), allow_code=False)
    predicted = opened.predict(arrow(frame[["ratio", "score"]]))  # a warning would be an error
    expected = model.predict_proba(frame[["ratio", "score"]].to_numpy())
    assert np.allclose(predicted.scores, expected, rtol=1e-14)


def test_an_unseen_category_is_told_in_the_models_words(tmp_path: Path) -> None:
    frame = applicants(10)[FEATURES]
    frame.loc[3, "single"] = "widowed"
    opened = open_model(spec(saved(classifier(), tmp_path)), folder=str(tmp_path), allow_code=False)
    with pytest.raises(SubjectError, match=r"ValueError: Found unknown categories.*widowed"):
        opened.predict(arrow(frame))


class Doubler(LogisticRegression):
    """A type that no library vouches for."""


def test_types_that_nobody_vouched_for_are_refused(tmp_path: Path) -> None:
    frame = applicants()
    model = Doubler().fit(frame[["ratio"]], frame["deny"])
    name = saved(model, tmp_path)
    (type_name,) = skops.io.get_untrusted_types(file=tmp_path / name)
    with pytest.raises(UntrustedError, match=rf"{type_name}.*trusted.*--allow-code"):
        open_model(spec(name), folder=str(tmp_path), allow_code=True)
    with pytest.raises(UntrustedError, match="--allow-code"):
        open_model(spec(name, trusted=(type_name,)), folder=str(tmp_path), allow_code=False)
    opened = open_model(spec(name, trusted=(type_name,)), folder=str(tmp_path), allow_code=True)
    assert opened.classes == ("no", "yes")


def harmful(_: object) -> None:
    raise AssertionError("this must never run")


def test_a_function_inside_is_refused(tmp_path: Path) -> None:
    name = saved(FunctionTransformer(harmful), tmp_path)
    with pytest.raises(UntrustedError, match="harmful"):
        open_model(spec(name), folder=str(tmp_path), allow_code=False)


class Trap:
    """Leaves a mark when unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("name", ["model.skops", "model.onnx", "model.bin", "model.pkl"])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_is_refused_under_any_name_and_never_loaded(
    tmp_path: Path, name: str, protocol: int
) -> None:
    mark = tmp_path / "mark"
    (tmp_path / name).write_bytes(pickle.dumps(Trap(mark), protocol))
    for allow_code in (False, True):
        with pytest.raises(UntrustedError, match=r"can run any code.*skops"):
            open_model(spec(name), folder=str(tmp_path), allow_code=allow_code)
    assert not mark.exists()


@pytest.mark.parametrize("compress", [0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3)])
def test_joblib_is_a_pickle(tmp_path: Path, compress: object) -> None:
    joblib.dump({"a": np.zeros(10)}, tmp_path / "model.skops", compress=compress)
    with pytest.raises(UntrustedError, match="pickle"):
        open_model(spec("model.skops"), folder=str(tmp_path), allow_code=True)


def test_pickles_of_protocol_0_and_inside_archives(tmp_path: Path) -> None:
    (tmp_path / "old.pkl").write_bytes(pickle.dumps(Trap(tmp_path / "mark"), 0))
    (tmp_path / "old.skops").write_bytes(pickle.dumps(Trap(tmp_path / "mark"), 0))
    with zipfile.ZipFile(tmp_path / "torch.skops", "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Trap(tmp_path / "mark")))
    for name in ("old.pkl", "old.skops", "torch.skops"):
        with pytest.raises((UntrustedError, SubjectError)):
            open_model(spec(name), folder=str(tmp_path), allow_code=True)
    assert not (tmp_path / "mark").exists()


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(tmp_path / "model.skops", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("schema.json", "w", force_zip64=True) as member,
    ):
        for _ in range(300):
            member.write(bytes(2**20))
    assert (tmp_path / "model.skops").stat().st_size < 2**20
    with pytest.raises(SubjectError, match="would unpack to"):
        open_model(spec("model.skops"), folder=str(tmp_path), allow_code=False)


def test_every_way_of_being_damaged_is_one_clear_error(tmp_path: Path) -> None:
    whole = (tmp_path / saved(classifier(), tmp_path)).read_bytes()
    rng = np.random.default_rng(0)
    broken = [b"PK\x03\x04", b"{}", b"\x00" * 100, whole[: len(whole) // 2], whole[:-30]]
    for _ in range(60):
        bytes_ = bytearray(whole)
        for at in rng.integers(0, len(whole), 12):
            bytes_[at] = rng.integers(256)
        broken.append(bytes(bytes_))
    refused = 0
    for content in broken:
        (tmp_path / "bad.skops").write_bytes(content)
        try:
            open_model(spec("bad.skops"), folder=str(tmp_path), allow_code=False)
        except AssayError:
            refused += 1
    assert refused >= 5


@pytest.mark.parametrize("schema", ["[" * 100_000, "{}", "null", '{"__class__": "x"}', '"a'])
def test_hostile_schemas(tmp_path: Path, schema: str) -> None:
    with zipfile.ZipFile(tmp_path / "model.skops", "w") as archive:
        archive.writestr("schema.json", schema)
    with pytest.raises(SubjectError, match="cannot be read as a skops file"):
        open_model(spec("model.skops"), folder=str(tmp_path), allow_code=False)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("modle.skops", "Did you mean 'model.skops'"),
        ("folder", "is a folder"),
        ("empty.skops", "is empty"),
        ("model.h5", "not that of a known kind"),
        ("", "no path"),
    ],
)
def test_what_is_no_model_file(tmp_path: Path, path: str, words: str) -> None:
    (tmp_path / "model.skops").write_bytes(b"x")
    (tmp_path / "model.h5").write_bytes(b"x")
    (tmp_path / "empty.skops").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    with pytest.raises(SubjectError, match=words):
        open_model(spec(path), folder=str(tmp_path), allow_code=False)


def test_something_else_than_a_model(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match="holds a list, which cannot predict"):
        open_model(spec(saved([1, 2], tmp_path)), folder=str(tmp_path), allow_code=False)
