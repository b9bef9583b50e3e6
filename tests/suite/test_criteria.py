"""Criteria from keyword arguments: the same rules as in a file, without a place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from assay.core.criterion import AtLeast, AtMost, Between, Equals, NoWorseThan, OneOf
from assay.core.errors import SuiteError
from assay.suite.criteria import criterion_from


@pytest.mark.parametrize(
    ("given", "criterion"),
    [
        ({"at_least": 0.9}, AtLeast(0.9)),
        ({"at_least": np.float64(0.5)}, AtLeast(0.5)),
        ({"at_most": np.int64(3)}, AtMost(3.0)),
        ({"between": (1, 2)}, Between(1.0, 2.0)),
        ({"equals": {"value": 1, "tolerance": 0.5}}, Equals(1.0, 0.5)),
        ({"one_of": [1, 2]}, OneOf((1.0, 2.0))),
        ({"no_worse_than": {"baseline": "main"}}, NoWorseThan("main")),
        ({}, None),
    ],
)
def test_criterion_and_the_rest(given: dict[str, Any], criterion: object) -> None:
    assert criterion_from({"column": "age", **given}) == (criterion, {"column": "age"})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"at_least": "95%"}, "at_least must be a number, not '95%'. Write 0.95."),
        ({"at_least": float("nan")}, "at_least must be a number, not nan."),
        ({"at_least": float("inf")}, "at_least must be a number, not inf."),
        ({"at_least": object()}, "at_least must be a number, not an object of type 'object'."),
        ({"between": (2, 1)},
         "between must have its lower end first, not 2 before 1. Write [1, 2]."),
        ({"at_least": 1, "at_most": 2},
         "A check has one criterion; 'at_least' and 'at_most' are two."),
    ],
)  # fmt: skip
def test_a_wrong_one(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SuiteError) as caught:
        criterion_from(given)
    assert str(caught.value) == message
    assert caught.value.location is None
