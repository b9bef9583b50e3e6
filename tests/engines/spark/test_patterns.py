"""Regular expressions: RE2's on every engine, and none that keeps a worker busy for ever."""

from __future__ import annotations

import random
import time

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from assay.core.errors import EngineError
from assay.core.expr import Column, call
from assay.core.source import Memory
from assay.engines.spark import re2
from assay.engines.spark.patterns import for_java, for_java_replacing
from assay.states import Count

S = Column("s")


@pytest.mark.parametrize(
    "pattern",
    [
        "N[0-9]{1,5}[A-Z]{0,2}", "[+-]?[0-9]+", r"\d{4}-\d{2}-\d{2}", "a|b", "", ".*",
        "https?://.+",
        r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}", "a{0,3}b", "^abc$", "[]a]", "[^]a]", "x*y*z*", "[^0-9]*",
        r"[\s\S]*(?:@$|\s)[\s\S]*", "(ab)?c", "[a-]", r"[\w.-]+@x", "[é-ÿ]+", "\u2026",
    ],
)  # fmt: skip
def test_plain_patterns_are_given_to_java(pattern: str) -> None:
    assert for_java(pattern) is not None


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+", "(a|b)*c", "(a|a)*", r"[^@]+@[^@]+\.[a-z]+", ".*.*.*x", "a?a?a?aaa", "ab|ac",
        "a*a",
        "a{0,3}a", r"[\s\S]*(?:a+b)[\s\S]*", r"(?i)a", r"\bword", "a^b", "a+?b", "[[:alpha:]]",
        r"\pN",
        r"\Qa.b\E", "(?P<n>a)", "a||b|", "a{1001}", "(x{300}){300}",
    ],
)  # fmt: skip
def test_all_others_are_left_to_re2(pattern: str) -> None:
    assert for_java(pattern) is None


def test_replacing_is_left_to_java_only_for_sets_of_characters() -> None:
    assert for_java_replacing("[ \t]+") is not None
    assert for_java_replacing("x") is not None
    for pattern in ("x*", "a+b", "(a)", "a|b", "^a", "a?"):
        assert for_java_replacing(pattern) is None


def written(rng: random.Random, depth: int = 0) -> str:
    """A pattern of the plain kind, by lot."""
    atoms = ["a", "b", "c", ".", "[ab]", "[^a]", "[b-d]", r"\d", r"\W", r"\.", "é"]
    times = ["", "", "", "*", "+", "?", "{2}", "{1,3}", "{0,2}", "{1,}"]
    parts = []
    for _ in range(rng.randint(0, 3)):
        if depth < 2 and rng.random() < 0.3:
            inner = "|".join(written(rng, depth + 1) for _ in range(rng.randint(1, 3)))
            parts.append(f"({rng.choice(['', '?:'])}{inner}){rng.choice(['', '?', '{1,2}'])}")
        else:
            parts.append(rng.choice(atoms) + rng.choice(times))
    edge = "" if depth else rng.choice(["", "", "^"])
    return edge + "".join(parts)


@pytest.mark.needs("java")
def test_java_finds_what_re2_finds(spark) -> None:
    """Patterns by lot that Java is trusted with, over texts by lot."""
    rng = random.Random(7)
    patterns = []
    while len(patterns) < 150:
        pattern = written(rng)
        if rng.random() < 0.3:
            pattern = rf"[\s\S]*(?:{pattern})[\s\S]*"
        if for_java(pattern) is not None and pattern not in patterns:
            patterns.append(pattern)
    letters = "aabbcd1.é\n"
    texts = ["".join(rng.choices(letters, k=rng.randint(0, 6))) for _ in range(400)] + [None]
    column = pa.array(texts)
    spark.attach("t", Memory(pa.table({"s": column})))
    added = {f"p{i}": call("matches", S, pattern) for i, pattern in enumerate(patterns)}
    found = pa.Table.from_batches(
        list(spark.batches("t", batch_size=1000, columns=[], added=added))
    )
    wrong = [
        (pattern, text)
        for i, pattern in enumerate(patterns)
        for text, ours, theirs in zip(
            texts,
            found[f"p{i}"].to_pylist(),
            pc.match_substring_regex(column, re2.whole(pattern)).to_pylist(),
            strict=True,
        )
        if ours != theirs
    ]
    assert wrong == []
    spark.detach("t")


@pytest.mark.needs("java")
@pytest.mark.parametrize("pattern", ["(a+)+", "(a|aa)+", "(.*)*b?c", r"([a-z]+)*\d"])
def test_a_pattern_that_backtracks_does_not_keep_spark_busy(spark, pattern: str) -> None:
    """Each takes Java's own engine years over such a text."""
    spark.attach("t", Memory(pa.table({"s": ["a" * 30_000 + "!"] * 20})))
    wanted = Count(where=call("matches", S, pattern))
    start = time.monotonic()
    assert spark.fold("t", [wanted])[wanted][()].n == 0
    assert time.monotonic() - start < 60
    spark.detach("t")


@pytest.mark.needs("java")
@pytest.mark.parametrize("pattern", ["(a", "a{2,1}", r"(a)\1", "(?=a)", "a++", "[b-a]", "*"])
def test_a_pattern_that_re2_does_not_read_is_refused(spark, pattern: str) -> None:
    spark.attach("t", Memory(pa.table({"s": ["a"]})))
    with pytest.raises(EngineError, match="cannot be read"):
        spark.validate("t", [call("matches", S, pattern)])
    spark.detach("t")
