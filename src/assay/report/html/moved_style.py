"""How two distributions over each other look, and the ranking of columns that moved."""

from __future__ import annotations

CSS = """
.overlay{display:block}
.overlay.spark{width:7.5rem;height:1.9rem}
.overlay .first{fill:color-mix(in srgb,var(--series-1) 45%,transparent)}
path.second{fill:none;stroke:var(--series-2);stroke-width:1.5;vector-effect:non-scaling-stroke}
rect.second,.overlay .bars{fill:var(--series-2)}
.overlay .cut{stroke:var(--ground);stroke-width:2.5;fill:none}
.overlay .axis{stroke:var(--muted);stroke-width:1;fill:none}
.overlay .grid{stroke:var(--line);stroke-width:1;fill:none}
.overlay text{fill:var(--muted);font-size:11px}
.ranking+.ranking{margin-top:2.5rem}
.ranking .tally{margin:.2rem 0 1rem;color:var(--muted)}
.ranking h4{margin:1.25rem 0 .35rem;font-size:.875rem}
.ranking h4+ul{font-size:.875rem;color:var(--muted)}
.ranking details{margin-top:.5rem}
.movers .changes{font-size:.8125rem;line-height:1.4}
table.movers th[scope=row]{min-width:9.5rem}
.both{display:grid;gap:1.5rem 3rem;grid-template-columns:minmax(0,27.5rem) minmax(0,1fr);
align-items:start}
.both>.tables{display:grid;gap:1.5rem;grid-template-columns:minmax(0,1fr)}
@media (max-width:52rem){
.both{grid-template-columns:minmax(0,1fr)}
}
@media (max-width:55rem){
table.movers td.verdict{order:0;grid-column:2;grid-row:1;justify-self:end}
table.movers th[scope=row]{grid-column:1;grid-row:1}
table.movers td.how-far{align-self:center}
table.movers td.value{grid-column:1}
table.movers td.changes{grid-column:1/-1}
}
"""
