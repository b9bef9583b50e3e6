"""Pairs of runs whose units come in clusters, or were drawn in part."""

from __future__ import annotations

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from tests.runner.kept_runs import BINARY, binary_table, check, measure

from assay.collect.journal import Manifest
from assay.core.criterion import NoWorseThan
from assay.core.schema import CLUSTER
from assay.engines.duckdb import DuckDBEngine
from assay.runner import pairing
from assay.runner.compare import Side, baseline_gaps, compare
from assay.runner.pairing import GROUP, Pair, Unpaired, pair_up

ACCURACY = "classification.accuracy"


@pytest.fixture
def engine():
    with DuckDBEngine() as engine:
        yield engine


def clustered(clusters: int = 30, size: int = 20, seed: int = 0):
    """Truth, scores of two models that differ by whole clusters, and the clusters."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), size)
    y = rng.random(len(cluster)) < 0.4
    a = np.where(rng.random(len(cluster)) < 0.85, y, ~y)
    flips = (rng.random(clusters) < 0.25)[cluster]
    b = np.where(flips & (rng.random(len(cluster)) < 0.6), y, a)
    return y, a.astype(float), b.astype(float), cluster


def both(engine, tmp_path, y, a, b, *, clusters_a=None, clusters_b=None, checks=None):
    def made(score, clusters):
        more = {} if clusters is None else {CLUSTER: clusters}
        return binary_table(y, score, **more)

    checks = checks or [check(ACCURACY)]
    return (
        measure(engine, tmp_path, made(a, clusters_a), BINARY, checks, run_id="a"),
        measure(engine, tmp_path, made(b, clusters_b), BINARY, checks, run_id="b"),
    )


def test_groups_are_whole_clusters(engine, tmp_path):
    y, a, b, cluster = clustered(clusters=70, size=7)
    one, two = both(engine, tmp_path, y, a, b, clusters_a=cluster, clusters_b=cluster)
    pair = pair_up(engine, *(s.side.observations["model@test"] for s in (one, two)))
    assert isinstance(pair, Pair)
    assert pair.clusters == 70
    rows = pa.Table.from_batches(list(engine.batches(pair.a, batch_size=1000)))
    found = {(c, g) for c, g in zip(*(rows[n].to_pylist() for n in (CLUSTER, GROUP)), strict=True)}
    assert len(found) == 70  # each cluster in one group
    assert len({g for _, g in found}) == 50


def test_the_interval_is_that_of_cluster_means(engine, tmp_path, monkeypatch):
    from assay.inference import paired

    monkeypatch.setattr(paired, "PSEUDO_UNITS", 0)
    y, a, b, cluster = clustered()
    one, two = both(engine, tmp_path, y, a, b, clusters_a=cluster, clusters_b=cluster)
    comparison = compare(one.side, two.side, engine)
    (found,) = comparison.differences
    d = ((b == y).astype(float) - (a == y)).reshape(30, 20).mean(1)
    half = stats.t.ppf(0.975, 29) * d.std(ddof=1) / np.sqrt(30)
    assert found.difference.method == "paired-cluster-jackknife"
    assert found.difference.value == pytest.approx(d.mean())
    assert found.difference.low == pytest.approx(d.mean() - half)
    assert "model@test: its rows come in 30 clusters." in comparison.notes


def test_one_side_knows_the_clusters(engine, tmp_path):
    y, a, b, cluster = clustered()
    one, two = both(engine, tmp_path, y, a, b, clusters_b=cluster)
    (found,) = compare(one.side, two.side, engine).differences
    assert found.difference.method == "paired-cluster-jackknife"
    (back,) = compare(two.side, one.side, engine).differences
    assert back.difference.low == pytest.approx(-found.difference.high)


def test_the_order_of_rows_does_not_matter(engine, tmp_path):
    y, a, b, cluster = clustered(clusters=60)
    labels = np.array([f"c{c}" for c in cluster])
    one, two = both(engine, tmp_path, y, a, b, clusters_a=labels, clusters_b=labels)
    rows = binary_table(y, b, **{CLUSTER: labels})
    mixed = rows.take(pa.array(np.random.default_rng(5).permutation(len(y))))
    again = measure(engine, tmp_path, mixed, BINARY, [check(ACCURACY)], run_id="again")
    first = compare(one.side, two.side, engine).differences[0].difference
    second = compare(one.side, again.side, engine).differences[0].difference
    assert (second.low, second.high) == pytest.approx((first.low, first.high), rel=1e-9)


def test_one_cluster_cannot_be_paired(engine, tmp_path):
    y, a, b, cluster = clustered(clusters=1, size=50)
    one, two = both(engine, tmp_path, y, a, b, clusters_a=cluster, clusters_b=cluster)
    files = [s.side.observations["model@test"] for s in (one, two)]
    assert pair_up(engine, *files) == Unpaired("all common rows are of one cluster")


def test_no_worse_than_over_clusters(engine, tmp_path):
    y, a, b, cluster = clustered()
    checks = [check(ACCURACY, criterion=NoWorseThan("a", 0.01))]
    one, two = both(
        engine, tmp_path, y, a, b, clusters_a=cluster, clusters_b=cluster, checks=checks
    )
    plain = [check(ACCURACY)]
    stored, _ = both(engine, tmp_path, y, a, b, clusters_a=cluster, checks=plain)
    gaps = baseline_gaps(
        two.checks[ACCURACY], two.folded[ACCURACY],
        Side(stored.side.run, one.side.observations), engine, two.observed,
    ).at(0.95)  # fmt: skip
    assert gaps[0].method == "paired-cluster-jackknife"


def test_a_part_that_was_drawn_pairs_with_the_whole(engine, tmp_path):
    y, a, b, _ = clustered()
    one, _ = both(engine, tmp_path, y, a, b)
    some = np.random.default_rng(1).permutation(len(y))[:150]
    part = binary_table(y[some], b[some], units=some)
    two = measure(engine, tmp_path, part, BINARY, [check(ACCURACY)], run_id="part")
    files = [s.side.observations["model@test"] for s in (one, two)]
    found = pair_up(engine, *files)
    assert isinstance(found, Unpaired)
    assert "only 25 % of the rows" in found.reason
    place = tmp_path / "part" / "manifest.json"
    manifest = msgspec.json.decode(place.read_bytes(), type=Manifest)
    place.write_bytes(msgspec.json.encode(msgspec.structs.replace(manifest, planned=600)))
    found = pair_up(engine, *files)
    assert isinstance(found, Pair)
    assert (found.n, found.complete) == (150, False)


def test_groups_of_null_clusters():
    column = pa.chunked_array([pa.array(["a", None, "b", None, "a"])])
    groups, n = pairing.cluster_groups(column)
    assert n == 3
    found = groups.to_pylist()
    assert found[0] == found[4]
    assert found[1] == found[3]
    assert len(set(found)) == 3
