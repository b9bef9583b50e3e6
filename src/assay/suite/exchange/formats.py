"""The formats: which one a document has, and its reader."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from assay.core.errors import Location, SuiteError
from assay.suite.exchange.json_text import parse_json
from assay.suite.nodes import Entries, Items, Leaf
from assay.suite.yaml import MAX_BYTES, parse

if TYPE_CHECKING:
    from assay.suite.exchange.entries import Imported
    from assay.suite.nodes import Node

Format = Literal["gx", "pandera", "dbt", "json-schema", "arrow"]
FORMATS: tuple[Format, ...] = get_args(Format)
_TABLES = (".parquet", ".arrow", ".feather", ".ipc")
_DBT = ("models", "sources", "seeds", "snapshots")
_KEYWORDS = ("properties", "items", "$defs", "definitions", "allOf", "$ref", "prefixItems")


def read(path: Path, format: Format | None = None) -> Imported:  # noqa: A002 - the option's name
    """The entries of a document.

    Args:
        format: None finds it, where that is unambiguous.

    Raises:
        SuiteError: the file cannot be read, or is not of the format; or which one it has is
            not clear.
    """
    if format == "arrow" or (format is None and path.suffix.lower() in _TABLES):
        from assay.suite.exchange.arrow import read_arrow

        return read_arrow(path)
    root = document(path)
    found = format or _found(root, path)
    if found == "gx":
        from assay.suite.exchange.gx.read import read_gx

        return read_gx(root)
    if found == "pandera":
        from assay.suite.exchange.pandera import read_pandera

        return read_pandera(root)
    if found == "dbt":
        from assay.suite.exchange.dbt import read_dbt

        return read_dbt(root)
    from assay.suite.exchange.json_schema import read_json_schema

    return read_json_schema(root, name=path.name.split(".")[0])


def document(path: Path) -> Node:
    """A JSON or YAML file as nodes.

    Raises:
        SuiteError: it cannot be read, is too large, or is neither.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SuiteError(f"The file {str(path)!r} cannot be read: {reason}.") from None
    if not data.strip():
        raise SuiteError("The file is empty.", location=Location(str(path), 1, 1))
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    is_json = path.suffix.lower() == ".json" or (
        start in (b"{", b"[") and path.suffix.lower() not in (".yaml", ".yml")
    )
    return parse_json(data, file=str(path)) if is_json else parse(data, file=str(path))


def _found(root: Node, path: Path) -> Format:
    """The format that the document's own keys tell."""
    found: list[Format] = []
    if isinstance(root, Entries):
        keys = root.items
        if isinstance(keys.get("expectations"), Items):
            found.append("gx")
        if "schema_type" in keys:
            found.append("pandera")
        if any(isinstance(keys.get(key), Items) for key in _DBT):
            found.append("dbt")
        schema = keys.get("$schema")
        stated = isinstance(schema, Leaf) and "json-schema.org" in str(schema.value)
        if stated or ("type" in keys and any(key in keys for key in _KEYWORDS)):
            found.append("json-schema")
    if len(found) == 1:
        return found[0]
    several = f"could be {' or '.join(found)}" if found else "is of no format that is known"
    raise SuiteError(
        f"{path.name!r} {several}.",
        location=root.at,
        hint=f"Say which it is with --from: {', '.join(FORMATS)}.",
    )
