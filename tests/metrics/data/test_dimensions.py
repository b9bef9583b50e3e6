"""Every metric of data quality speaks of one dimension; others of none."""

from __future__ import annotations

from typing import get_args

import pytest

from assay.core.metric import Dimension
from assay.metrics import load_all

METRICS = load_all()


@pytest.mark.parametrize("name", [name for name in METRICS if "." not in name])
def test_data_metrics_have_a_dimension(name):
    assert METRICS[name].dimension in get_args(Dimension)


def test_other_metrics_have_none():
    assert not [n for n, cls in METRICS.items() if "." in n and cls.dimension is not None]


def test_every_dimension_has_a_metric():
    assert {cls.dimension for cls in METRICS.values()} == {*get_args(Dimension), None}
