"""The tables that every metric's ``example`` parameters fit. Seeded, small, with rough edges.

``people`` (current), ``people_before`` (reference of metrics that compare), ``cities`` (foreign
keys), and observations of a binary, a multiclass and a regression model.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from assay.core.schema import (
    ANSWERED,
    ATTEMPTS,
    BECAME,
    BYTES,
    CACHED,
    COMPLETION_TOKENS,
    CONFIDENCE,
    COST,
    DEVIATION,
    ERROR,
    FAULT,
    FINISH,
    FIRST_TOKEN,
    LEVEL,
    LOOP,
    OUTPUT,
    PART,
    PREDICTION,
    PROBABILITY,
    PROMPT_TOKENS,
    REPEAT,
    RESIDENT,
    SCORE,
    SECONDS,
    STARTED,
    TARGET,
    TEXT,
    UNIT,
    Prediction,
    score_column,
)

LABELS = ("no", "yes")
CLASSES = ("a", "b", "c")
FEATURES = ("sex", "race", "age")
CITIES = ("Ghent", "Lyon", "Graz", "naïve")
PAYLOADS = ('{"n": 1}', '{"n": 2, "tags": ["a"]}', '{"n": "two"}', '{"n": 3', "[]")
JOINED = ("2024-01-05", "2023-11-30", "2024-02-29", "31.12.2023", "unknown")


def people(rows: int = 600, seed: int = 1) -> pa.Table:
    """id, age (int, nulls), income (float, nulls), city, email, sex, race, active, signup,
    payload (JSON text, some broken, nulls), joined (date text in two forms, nulls)."""
    rng = np.random.default_rng(seed)
    income = rng.lognormal(10, 0.6, rows)
    age = rng.integers(18, 90, rows)
    start = np.datetime64("2024-01-01T00:00:00", "us")
    return pa.table(
        {
            "id": pa.array(np.arange(rows) + 1_000_000 * seed),
            "age": pa.array(age, mask=rng.random(rows) < 0.05),
            "income": pa.array(income, mask=rng.random(rows) < 0.1),
            "city": pa.array(rng.choice(CITIES, rows, p=[0.5, 0.3, 0.15, 0.05])),
            "email": pa.array([f"user{i}@example.org" if i % 17 else f"{i}@" for i in range(rows)]),
            "sex": pa.array(rng.choice(["f", "m"], rows)),
            "race": pa.array(rng.choice(["x", "y", "z"], rows, p=[0.6, 0.3, 0.1])),
            "active": pa.array(rng.random(rows) < 0.7),
            "signup": pa.array(start + rng.integers(0, 90 * 86_400, rows).astype("timedelta64[s]")),
            # new columns stand last: the draws above stay what they are
            "payload": pa.array(rng.choice(PAYLOADS, rows), mask=rng.random(rows) < 0.05),
            "joined": pa.array(rng.choice(JOINED, rows), mask=rng.random(rows) < 0.05),
        }
    )  # fmt: skip


def cities() -> pa.Table:
    """Key ``name`` of the cities that exist; ``naïve`` is not among them."""
    return pa.table({"name": ["Ghent", "Lyon", "Graz", "Wien"]})


def binary(rows: int = 600, seed: int = 2) -> tuple[pa.Table, Prediction]:
    """Observations of a useful but imperfect binary classifier, with sex and race as slices."""
    rng = np.random.default_rng(seed)
    y = rng.random(rows) < 0.3
    score = 1 / (1 + np.exp(-(rng.normal(0, 1, rows) + 2 * y - 1)))
    score = np.round(score, 2)  # ties
    return pa.table(
        {
            UNIT: pa.array(np.arange(rows)),
            TARGET: pa.array(np.where(y, "yes", "no")),
            PREDICTION: pa.array(np.where(score >= 0.5, "yes", "no")),
            score_column(0): pa.array(1 - score),
            score_column(1): pa.array(score),
            "sex": pa.array(rng.choice(["f", "m"], rows)),
            "race": pa.array(rng.choice(["x", "y", "z"], rows, p=[0.6, 0.3, 0.1])),
            "age": pa.array(rng.integers(18, 90, rows), mask=rng.random(rows) < 0.05),
        }
    ), Prediction("binary", LABELS, "yes", has_scores=True, features=FEATURES)


def multiclass(rows: int = 600, seed: int = 3) -> tuple[pa.Table, Prediction]:
    """Observations of a three-class classifier."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, rows)
    logits = rng.normal(0, 1, (rows, 3))
    logits[np.arange(rows), y] += 1.5
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    names = np.array(CLASSES)
    return pa.table(
        {
            UNIT: pa.array(np.arange(rows)),
            TARGET: pa.array(names[y]),
            PREDICTION: pa.array(names[p.argmax(axis=1)]),
            **{score_column(i): pa.array(p[:, i]) for i in range(3)},
            "sex": pa.array(rng.choice(["f", "m"], rows)),
            "race": pa.array(rng.choice(["x", "y", "z"], rows, p=[0.6, 0.3, 0.1])),
            "age": pa.array(rng.integers(18, 90, rows), mask=rng.random(rows) < 0.05),
        }
    ), Prediction("multiclass", CLASSES, None, has_scores=True, features=FEATURES)


def regression(rows: int = 600, seed: int = 4) -> tuple[pa.Table, Prediction]:
    """Observations of a regression model; no target is 0 (percentage errors)."""
    rng = np.random.default_rng(seed)
    y = rng.lognormal(2, 0.5, rows)
    return pa.table(
        {
            UNIT: pa.array(np.arange(rows)),
            TARGET: pa.array(y),
            PREDICTION: pa.array(y + rng.normal(0.1, 1.5, rows)),
            "sex": pa.array(rng.choice(["f", "m"], rows)),
            "race": pa.array(rng.choice(["x", "y", "z"], rows, p=[0.6, 0.3, 0.1])),
            "age": pa.array(rng.integers(18, 90, rows), mask=rng.random(rows) < 0.05),
        }
    ), Prediction("regression", features=FEATURES)


def latency(calls: int = 200, seed: int = 5) -> pa.Table:
    """Observations of timed calls."""
    rng = np.random.default_rng(seed)
    return pa.table({SECONDS: pa.array(rng.lognormal(-6, 0.4, calls))})


def load(calls: int = 400, seed: int = 8) -> pa.Table:
    """Timed calls of a language model, four in flight; some failed."""
    rng = np.random.default_rng(seed)
    failed = rng.random(calls) < 0.03
    seconds = rng.lognormal(-1, 0.3, calls)
    started = np.zeros(calls)
    for i in range(4, calls):
        started[i] = np.sort((started + seconds)[:i])[i - 4]
    return pa.table(
        {
            LOOP: pa.array(["concurrency"] * calls),
            LEVEL: pa.array([4.0] * calls),
            STARTED: pa.array(started),
            SECONDS: pa.array(seconds),
            FIRST_TOKEN: pa.array(seconds / 5, mask=failed),
            COMPLETION_TOKENS: pa.array(rng.integers(1, 200, calls).astype(float), mask=failed),
            ERROR: pa.array(np.where(failed, "HTTP 503", ""), mask=~failed),
            RESIDENT: pa.array(rng.normal(1e9, 1e7, calls)),
        }
    )


def component(trials: int = 400, seed: int = 11) -> pa.Table:
    """What was tried on a part of a language model; some of it came out wrong."""
    rng = np.random.default_rng(seed)
    faulty = rng.random(trials) < 0.1
    return pa.table(
        {
            UNIT: pa.array([f"q{i}" for i in range(trials)]),
            PART: pa.array([["finite", "causal"][i % 2] for i in range(trials)]),
            TEXT: pa.array(["a text"] * trials),
            BECAME: pa.array(["a text"] * trials),
            FAULT: pa.array(np.where(faulty, "it is changed", ""), mask=~faulty),
            DEVIATION: pa.array(rng.exponential(1e-6, trials)),
        }
    )


def artefact() -> pa.Table:
    """Observations of a model's files."""
    return pa.table({BYTES: pa.array([120_000, 4_096])})


def scores(samples: int = 600, seed: int = 6) -> pa.Table:
    """Scored answers of a language model, 0 or 1; some samples have none."""
    rng = np.random.default_rng(seed)
    lacking = rng.random(samples) < 0.03
    return pa.table(
        {
            UNIT: pa.array([f"q{i}" for i in range(samples)]),
            SCORE: pa.array((rng.random(samples) < 0.7).astype(float), mask=lacking),
            ANSWERED: pa.array(np.where(lacking, 0, 1)),
            CONFIDENCE: pa.array(rng.beta(5, 2, samples), mask=lacking),
            PROBABILITY: pa.array(rng.beta(2, 5, samples), mask=lacking),
            "sex": pa.array(rng.choice(["f", "m"], samples)),
            "race": pa.array(rng.choice(["x", "y", "z"], samples, p=[0.6, 0.3, 0.1])),
            "original": pa.array([f"q{i // 3 * 3}" for i in range(samples)]),
            "variant": pa.array([["original", "case", "typos"][i % 3] for i in range(samples)]),
            "length": pa.array([[1_000, 4_000][i // 3 % 2] for i in range(samples)]),
        }
    )


def generations(answers: int = 600, seed: int = 7) -> pa.Table:
    """Answers of a language model, two to each sample; some calls failed, some were not made."""
    rng = np.random.default_rng(seed)
    failed = rng.random(answers) < 0.03
    tokens = rng.integers(1, 200, answers)
    seconds = rng.lognormal(-1, 0.5, answers)
    return pa.table(
        {
            UNIT: pa.array([f"q{i // 2}" for i in range(answers)]),
            OUTPUT: pa.array([f"{i // 2}{i % 7 and 'a'}" for i in range(answers)], mask=failed),
            REPEAT: pa.array(np.arange(answers) % 2),
            SECONDS: pa.array(seconds, mask=failed),
            FIRST_TOKEN: pa.array(seconds / 5, mask=failed),
            PROMPT_TOKENS: pa.array(rng.integers(10, 50, answers), mask=failed),
            COMPLETION_TOKENS: pa.array(tokens, mask=failed),
            COST: pa.array(tokens * 1e-5, mask=failed),
            ATTEMPTS: pa.array(np.where(failed, 6, 1)),
            CACHED: pa.array(rng.random(answers) < 0.1),
            FINISH: pa.array(rng.choice(["stop", "length"], answers), mask=failed),
            ERROR: pa.array(np.where(failed, "HTTP 503", ""), mask=~failed),
            "sex": pa.array(rng.choice(["f", "m"], answers)),
            "race": pa.array(rng.choice(["x", "y", "z"], answers, p=[0.6, 0.3, 0.1])),
        }
    )
