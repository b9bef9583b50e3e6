# ruff: noqa: E501
"""A run whose every text tries to act: markup, scripts, styles, terminal escapes, bidi, mentions."""

from __future__ import annotations

from tests.report.example_run import result, share

from assay.core.criterion import AtLeast
from assay.core.evidence import Chart, Distributions, Examples, Matrix, Table, Text
from assay.core.measurement import Unmeasured
from assay.core.result import Environment, Run, RunRecord, SubjectRecord, SuiteRecord

PAYLOADS = (
    "<script>alert('script')</script>",
    '"><img src=x onerror=alert("img")>',
    "</style><script>alert('style')</script>",
    "</title></textarea></pre><svg onload=alert('svg')>",
    "javascript:alert('url')",
    "'-alert('quote')-'",
    "<!--", "]]>", "${alert(1)}", "{{7*7}}", "<a href='http://evil.example/'>click</a>",
    "<iframe src=http://evil.example/></iframe>", "<meta http-equiv=refresh content='0;url=//evil'>",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b[2J", "[bold red]rich[/bold red] [link=http://x]y[/]",
    ":smile: \u202egnp.exe\u202c \u200b\u2066", "nul\x00bell\x07del\x7f\x85", "\ud800 lone surrogate",
    "a|b`c``d**e**_f_~~g~~ | \\| h", "@octocat #1 octo/repo#2 [x](http://evil.example)",
    "http://evil.example/ www.evil.example me@evil.example", "![i](http://evil.example/i.png)",
    "line\nbreak\r\n# heading\n- item\n| cell |", "x" * 3000, "naïve ‘quotes’ 漢字 🙂 עברית",
)  # fmt: skip


def hostile_run() -> Run:
    """Payloads as ids, names, keys, reasons, cells, chart fields and provenance."""
    results = [
        result(
            f"{payload}/{i}", payload, AtLeast(0.9), [share(3, 10, **{payload: payload}), share(9, 9)],
            reason=payload, description=payload, params={payload: payload, "list": [payload]},
            on=payload, data=payload, against=payload, where=payload, location=f"{payload}:3:4",
            by=[[payload]], unmeasured=[Unmeasured(reason=payload, key={payload: payload})],
            evidence=[
                Table(title=payload, columns=[payload, "n"], rows=[[payload, i], [None, 1.5]]),
                Examples(title=payload, columns=[payload], rows=[[payload], [True]], total=7),
                Matrix(title=payload, row_title=payload, column_title=payload, rows=[payload],
                       columns=[payload], values=[[1.0]]),
                Text(title=payload, text=payload),
                *([_distributions(payload, i)] if i % 3 == 0 else []),
                *([_chart(payload)] if i < 14 else []),
            ],
        )
        for i, payload in enumerate(PAYLOADS)
    ]  # fmt: skip
    text = PAYLOADS[0] + PAYLOADS[2] + PAYLOADS[13]
    return Run(
        run=RunRecord(id=text, name=text, seed=1, status="finished", exit_code=1, reason=text),
        suite=SuiteRecord(name=text, file=text, fingerprint=text, text="\n".join(PAYLOADS[:17])),
        decision="block",
        started=text,
        duration_s=0.2,
        environment=Environment(python=text, platform=text, packages={text: text, "assay": text}),
        subjects=[SubjectRecord(name=text, kind="table", description=text, fingerprint=text)],
        results=results,
    )


def _chart(payload: str) -> Chart:
    """Payloads as values, field names, titles, and a link on every mark."""
    field = payload.replace("[", "(").replace("]", ")").replace(".", "_").replace("\\", "_")
    return Chart(
        title=payload,
        alt=payload,
        spec={
            "title": payload,
            "data": {"values": [{"f": field, "y": 1}, {"f": payload, "y": 2}]},
            "mark": {"type": "bar", "tooltip": True},
            "encoding": {
                "x": {"field": "f", "type": "nominal", "title": payload},
                "y": {"field": "y", "type": "quantitative", "axis": {"title": payload}},
                "color": {"field": "f", "type": "nominal"},
                "description": {"field": "f"},
            },
        },
    )


def _distributions(payload: str, i: int) -> Distributions:
    """With and without names; of values that no axis can hold."""
    edges = [[-1.7e308, 0.0, 1.7e308], [1e18, 2e18, 3e18], [0.0, 5e-324, 1e-323]][i // 3 % 3]
    return Distributions(
        title=payload,
        alt=payload,
        of=payload,
        sides=(payload, payload),
        shares=([0.0, 1.0], [0.5, 0.0]),
        names=[payload, ""] if i % 2 else [],
        edges=[] if i % 2 else edges,
        temporal=i % 4 == 0,
        missing=(0.0, 0.5),
        changes=[payload] * 5,
    )
