"""Train the model that ``suite.yaml`` puts before the gate: mortgage applications in Boston, 1990.

Run it from anywhere: ``python examples/mortgage/train.py``. It writes, beside itself,

- ``data/train.parquet`` and ``data/test.parquet``: 60 % and 40 % of ``data/hmda.csv``, with equal
  shares of denials and of each group, and a column ``application`` that identifies a row;
- ``models/approval.skops``: a logistic regression, stored without pickle. Loading it constructs
  only types that skops trusts by default, and this script makes sure of that.

The same input and versions give the same split and the same coefficients.

The model is not told an applicant's race (``afam``) or marital status (``single``): the Equal
Credit Opportunity Act forbids their use in a credit decision. Leaving them out does not make its
decisions independent of them, which is what the fairness checks of the suite measure.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

HERE = Path(__file__).resolve().parent
SEED = 0
TEST_SHARE = 0.4
# Denials are 12 % of the applications. An application is marked for denial where its estimated
# probability exceeds 0.2, which marks about as many as the banks denied; at 0.5 it would be 4 %.
THRESHOLD = 0.2

TARGET, POSITIVE = "deny", "yes"
NUMBERS = ["pirat", "hirat", "lvrat", "unemp", "chist", "mhist"]
ANSWERS = ["phist", "selfemp", "insurance", "condomin", "hschool"]


def read(path: Path) -> pa.Table:
    """The applications, with their row number in the file as ``application``."""
    table = pa.csv.read_csv(path)
    return table.add_column(0, "application", pa.array(range(1, table.num_rows + 1)))


def split(table: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Train and test part, stratified by outcome and group."""
    strata = [f"{row[TARGET]} {row['afam']}" for row in table.to_pylist()]
    train, test = train_test_split(
        range(table.num_rows), test_size=TEST_SHARE, random_state=SEED, stratify=strata
    )
    return table.take(sorted(train)), table.take(sorted(test))


def fit(train: pa.Table) -> FixedThresholdClassifier:
    """Logistic regression over scaled numbers and yes/no answers, cut at the threshold."""
    estimator = make_pipeline(
        make_column_transformer(
            (StandardScaler(), NUMBERS),
            (OneHotEncoder(handle_unknown="ignore"), ANSWERS),
        ),
        LogisticRegression(max_iter=1000),
    )
    model = FixedThresholdClassifier(estimator, threshold=THRESHOLD, pos_label=POSITIVE)
    return model.fit(train.select(NUMBERS + ANSWERS), train[TARGET].to_numpy())


def main() -> None:
    """Split, train, write, and say what was written."""
    applications = read(HERE / "data" / "hmda.csv")
    train, test = split(applications)
    model = fit(train)

    for name, part in (("train", train), ("test", test)):
        path = HERE / "data" / f"{name}.parquet"
        pa.parquet.write_table(part, path)
        print(f"{path.relative_to(HERE)}: {part.num_rows:,} applications")
    path = HERE / "models" / "approval.skops"
    path.parent.mkdir(exist_ok=True)
    skops.io.dump(model, path)
    untrusted = skops.io.get_untrusted_types(file=path)
    if untrusted:
        raise SystemExit(f"{path} would need trust in {untrusted}; it must load without")
    print(
        f"{path.relative_to(HERE)}: logistic regression on {len(NUMBERS + ANSWERS)} features "
        f"(without afam and single), denies above {THRESHOLD:.0%}"
    )


if __name__ == "__main__":
    main()
