"""Every metric of data quality speaks of one dimension; those of models of none."""

from __future__ import annotations

from typing import get_args

import pytest

from assay.core.binding import bind
from assay.core.collection import OfTable
from assay.core.metric import Dimension
from assay.metrics import load_all

METRICS = load_all()


@pytest.mark.parametrize("name", [name for name in METRICS if "." not in name])
def test_data_metrics_have_a_dimension(name):
    assert METRICS[name].dimension in get_args(Dimension)


def test_metrics_of_models_have_none():
    for name, cls in METRICS.items():
        of_table = isinstance(bind(cls, cls.example).collection(), OfTable)
        assert of_table or cls.dimension is None, name


def test_every_dimension_has_a_metric():
    assert {cls.dimension for cls in METRICS.values()} == {*get_args(Dimension), None}
