"""The probabilities at which a column's quantiles are asked for, to know its distribution by.

Apart from what computes with them, so that a scan may begin before NumPy is imported.
"""

from __future__ import annotations

STEPS = 200
GRID = (0.0, *(k / STEPS - 1e-9 for k in range(1, STEPS)), 1.0)
"""Probabilities asked of a column: enough to know its distribution function within 1/200.

A hair below round numbers: for which rank p n stands must not hang on the rounding of a product.
"""
