"""How the page of a comparison looks, beyond the stylesheet of all reports."""

from __future__ import annotations

from assay.report.html.wording import CSS as WORDING

CSS = (
    WORDING
    + """
.overview{margin-top:.5rem;padding:2rem 0 0;border-top:4px solid var(--accent)}
.overview h1{overflow-wrap:anywhere}
.overview .lede{font-size:1.25rem;line-height:1.45;margin-top:.7rem}
.overview .chips{list-style:none;display:flex;flex-wrap:wrap;gap:.4rem .6rem;margin-top:1.25rem}
.tone-worse{--tone:var(--fail);--soft:var(--fail-soft)}
.tone-better,.tone-no_worse{--tone:var(--pass);--soft:var(--pass-soft)}
.tone-changed,.tone-unclear{--tone:var(--open);--soft:var(--open-soft)}
.tone-same{--tone:var(--aside);--soft:var(--aside-soft)}
table.differences,table.moved{width:100%}
table.differences td,table.differences th[scope=row],table.moved td,table.moved th[scope=row]{
vertical-align:middle}
table.differences th[scope=row]{overflow-wrap:anywhere;min-width:13rem}
table.differences .id{display:block}
table.differences .about{color:var(--muted);font-size:.8125rem}
table .interval{display:block;color:var(--muted);font-size:.8125rem;white-space:nowrap}
table .bar{min-width:10rem}
table.moved th[scope=row]{white-space:nowrap}
.part{display:block;width:7rem;height:.6rem}
.part .axis{stroke:var(--muted);stroke-width:1}
.part .loss{fill:var(--fail)}
.part .gain{fill:var(--pass)}
.part .move{fill:var(--series-1)}
.movement{margin-top:2rem}
.movement h3{overflow-wrap:anywhere}
.movement>p{color:var(--muted);font-size:.875rem;margin:.25rem 0 .75rem}
.movement .scroll+.scroll{margin-top:1.25rem}
h4.way{margin:1.25rem 0 .35rem;font-size:.9375rem;font-weight:600}
.rival+.rival{margin-top:2.5rem}
.rival .notes{margin-top:1.25rem;color:var(--muted);font-size:.875rem}
.flip{padding:0 0 1.25rem 1.3rem;font-size:.9375rem}
.flip .asked{white-space:pre-wrap;margin-bottom:.35rem}
.flip .why{margin-top:.5rem;color:var(--muted);font-size:.875rem}
@media (max-width:40rem){.flip{padding-left:0}}
section.notes li,.rival .notes li{padding:.2rem 0}
"""
)
