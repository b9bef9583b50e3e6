"""One label in several types is one label."""

from __future__ import annotations

import pytest

from assay.core.labels import label_positions, label_text, spellings


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("yes", "yes"),
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (3.0, "3"),
        (0.5, "0.5"),
        ("", ""),
    ],
)
def test_text(label, text):
    assert label_text(label) == text
    assert spellings(label)[0] == text


@pytest.mark.parametrize(
    "labels", [(0, 1), (False, True), ("0", "1"), (0.0, 1.0), ("false", "true")]
)
@pytest.mark.parametrize("value", [1, 1.0, True, "1", "true", "True", "1.0"])
def test_any_spelling_is_found(labels, value):
    assert label_positions(labels)[label_text(value)] == 1


def test_whole_numbers_and_their_text():
    positions = label_positions((2, 3))
    assert {positions[label_text(v)] for v in (3, 3.0, "3", "3.0")} == {1}
    assert "-3" not in positions
    assert label_positions((-3,))["-3.0"] == 0


def test_a_labels_own_text_wins():
    assert label_positions(("true", "1"))["1"] == 1
    assert label_positions(("1", "true"))["true"] == 1
    assert label_positions(("yes", "Yes")) == {"yes": 0, "Yes": 1}
