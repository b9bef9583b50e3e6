"""How the page of a profile looks, beyond the stylesheet of all reports."""

from __future__ import annotations

CSS = """
.overview{margin-top:.5rem;padding:2rem 0 0;border-top:4px solid var(--accent)}
.overview h1{overflow-wrap:anywhere}
.overview .lede{font-size:1.25rem;line-height:1.45;margin-top:.7rem}
.columns{border-bottom:1px solid var(--line)}
.column,.column:last-of-type{border-bottom:0}
.column>summary{display:grid;gap:.2rem 1.25rem;align-items:center;padding:.55rem 0;
grid-template-columns:.6rem minmax(0,13rem) 7.5rem minmax(0,1fr) 8rem 3rem}
.column .name{display:grid;min-width:0}
.column .name .id{font-weight:600}
.column .type,.column .counts{color:var(--muted);font-size:.8125rem}
.column .held{font-size:.875rem;min-width:0}
.column .counts{display:grid;text-align:right}
.column .nulls{color:var(--open)}
.column .chip{justify-self:end}
.spark{display:block;width:7.5rem;height:1.75rem}
.spark path,.histogram path,.histogram rect{fill:var(--series-1)}
.spark.ranked path{fill:var(--series-3)}
.histogram svg{display:block;width:100%;max-width:34rem;height:auto}
.histogram rect:hover{fill:var(--series-2)}
.histogram text{fill:var(--muted);font-size:12px}
.histogram .axis{fill:none;stroke:var(--muted);stroke-width:1}
.share{display:block;width:8rem;height:.5rem}
.share rect{fill:var(--series-1)}
.share rect.ground{fill:var(--aside-soft)}
.about-column{grid-template-columns:minmax(0,1fr) 18rem;gap:1rem 2.5rem;padding-top:.5rem}
.about-column .alerts{grid-column:1/-1;color:var(--open);font-size:.9375rem;list-style:none}
.about-column .alerts li::before{content:"△ "}
.about-column dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.15rem 1.25rem;
font-size:.875rem;align-content:start}
.about-column dt{color:var(--muted)}
.about-column dd{text-align:right}
.top-values{margin-top:1rem}
.top-values th[scope=row]{max-width:14rem}
.group>summary{font-weight:600}
section.look details ul{display:block;padding-bottom:1rem;font-size:.9375rem}
section.look li{padding:.1rem 0}
section.look summary{padding:.5rem 0}
section.missing .wide{min-width:14rem}
section .scroll+.scroll{margin-top:1.75rem}
section .scroll+p,section p+p{margin-top:.75rem}
.pearson td,.pearson th{padding:.3rem .5rem;border-bottom:1px solid var(--ground)}
.pearson th[scope=row]{white-space:nowrap;position:sticky;left:0;background:var(--ground)}
.pearson .more-1{background:color-mix(in srgb,var(--series-1) 10%,transparent)}
.pearson .more-2{background:color-mix(in srgb,var(--series-1) 18%,transparent)}
.pearson .more-3{background:color-mix(in srgb,var(--series-1) 27%,transparent)}
.pearson .more-4{background:color-mix(in srgb,var(--series-1) 38%,transparent)}
.pearson .less-1{background:color-mix(in srgb,var(--series-2) 10%,transparent)}
.pearson .less-2{background:color-mix(in srgb,var(--series-2) 18%,transparent)}
.pearson .less-3{background:color-mix(in srgb,var(--series-2) 27%,transparent)}
.pearson .less-4{background:color-mix(in srgb,var(--series-2) 38%,transparent)}
.first td{white-space:nowrap}
section.method p{max-width:46rem}
@media (max-width:60rem){
.column>summary{grid-template-columns:.6rem minmax(0,1fr) 7.5rem 3rem}
.column .held{grid-column:2/-1;grid-row:2}
.column .counts{grid-column:2/4;grid-row:3;display:flex;gap:1rem;text-align:left}
.column .chip{grid-column:4;grid-row:1}
.about-column{grid-template-columns:minmax(0,1fr)}
}
@media (max-width:40rem){
.histogram text{font-size:17px}
.about-column{padding-left:0}
.top-values .share{width:5rem}
.top-values th[scope=row]{max-width:9rem}
}
@media (max-width:24rem){
.top-values td:nth-child(2),.top-values thead th:nth-child(2){display:none}
.top-values{font-size:.8125rem}
}
@media print{
.spark,.share,.histogram svg{break-inside:avoid}
.column{break-inside:avoid}
}
"""
