"""Numeric libraries are held to one thread within, and let go after."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from threadpoolctl import threadpool_info

from assay.inference.missing import masking
from assay.inference.threads import one_thread


def threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info()}


def test_one_thread_within_and_what_it_was_after():
    np.ones((2, 2)) @ np.ones((2, 2))
    before = threads()
    assert before
    with one_thread():
        assert threads() == {1}
    assert threads() == before


def test_filling_in_uses_one_thread(monkeypatch):
    """On busy cores BLAS's own threads make it ten times slower."""
    seen = []
    mean = masking.IMPUTERS["mean"]

    def spied(values):
        seen.append(threads())
        return mean(values)

    monkeypatch.setitem(masking.IMPUTERS, "mean", spied)
    values = np.random.default_rng(0).normal(size=(60, 3))
    masking.masked_errors(values, ["mean"], "mcar", 0.2, seed=0, repeats=1)
    assert seen == [{1}]


def test_without_threadpoolctl_nothing_is_held():
    code = """
import sys
sys.modules["threadpoolctl"] = None
from assay.inference.threads import one_thread
with one_thread():
    print("within")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "within\n"
