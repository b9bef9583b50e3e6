"""How the page of a comparison looks, beyond the stylesheet of all reports."""

from __future__ import annotations

CSS = """
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
table.flips{width:100%}
table.flips td,table.flips th[scope=row]{vertical-align:top}
table.flips td.said{min-width:9rem;max-width:24rem;white-space:pre-wrap;overflow-wrap:anywhere}
section.notes li{padding:.2rem 0}
"""
