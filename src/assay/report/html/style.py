"""How the page looks: one stylesheet, light and dark, screen and print, from 320 px up.

Colours are tokens with a value for each theme. Text on its ground has a contrast of at least 4.5
(WCAG 2.2 AA); a test computes it from this table.
"""

from __future__ import annotations

from assay.report.html.moved_style import CSS as MOVED
from assay.report.html.pyramid import CSS as PYRAMID
from assay.report.html.two_way import CSS as TWO_WAY

TOKENS: dict[str, tuple[str, str]] = {
    "ground": ("#fbfaf8", "#15181c"),
    "raised": ("#ffffff", "#1d2126"),
    "ink": ("#1c2024", "#e8eaed"),
    "muted": ("#5a626c", "#a3acb6"),
    "line": ("#e2dfda", "#31373e"),
    "accent": ("#1f5fa8", "#8abbf5"),
    "pass": ("#0a6b55", "#5ccbab"),
    "pass-soft": ("#d9eee7", "#173a31"),
    "fail": ("#b3261e", "#ff958a"),
    "fail-soft": ("#fbe5e2", "#43201d"),
    "open": ("#805200", "#e8b858"),
    "open-soft": ("#faedcf", "#3d3013"),
    "aside": ("#5a626c", "#a3acb6"),
    "aside-soft": ("#eceae6", "#2a2f35"),
    "series-1": ("#1f5fa8", "#7fb4f2"),
    "series-2": ("#bf4f0a", "#f5a668"),
    "series-3": ("#0a6b55", "#5ccbab"),
    "series-4": ("#7744ad", "#c6a5f0"),
    "series-5": ("#8a6200", "#e8b858"),
    "series-6": ("#a82a66", "#f091bb"),
    "series-7": ("#5a626c", "#a3acb6"),
}


def css() -> str:
    """The whole stylesheet."""
    light = "".join(f"--{name}:{pair[0]};" for name, pair in TOKENS.items())
    dark = "".join(f"--{name}:{pair[1]};" for name, pair in TOKENS.items())
    themes = (
        f":root{{color-scheme:light;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark)"
        f"{{:root:not(:has(#theme-light:checked)){{color-scheme:dark;{dark}}}}}\n"
        f"@media screen{{:root:has(#theme-dark:checked){{color-scheme:dark;{dark}}}}}\n"
    )
    return themes + _BASE + _PARTS + _NARROW_AND_PRINT + MOVED + PYRAMID + TWO_WAY


_BASE = """
*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--ground);color:var(--ink);font:400 1rem/1.55 system-ui,-apple-system,
"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;
overflow-wrap:anywhere}
.page{max-width:70rem;margin:0 auto;padding:0 2rem 4rem}
h1,h2,h3,p,ul,ol,dl,dd,figure,table,pre{margin:0;padding:0}
h1{font-size:clamp(2.1rem,6vw,3.25rem);line-height:1.1;letter-spacing:-.02em;font-weight:650}
h2{font-size:1.375rem;line-height:1.25;letter-spacing:-.01em;font-weight:650;margin-bottom:.35rem}
h3{font-size:1rem;line-height:1.4;font-weight:600}
section{margin-top:3.5rem}
section>p.intro{color:var(--muted);max-width:46rem;margin-bottom:1.25rem}
a{color:var(--accent);text-underline-offset:.15em;text-decoration-thickness:1px}
:focus-visible{outline:2px solid var(--accent);outline-offset:3px;border-radius:2px}
code,pre,.id{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;
font-size:.875em}
td,th{overflow-wrap:break-word;max-width:26rem}
.muted,caption .muted{color:var(--muted);font-weight:400}
.skip{position:absolute;left:-999rem}
.skip:focus{left:1rem;top:1rem;background:var(--raised);padding:.5rem 1rem;z-index:1}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);
white-space:nowrap}
"""

_PARTS = """
.top{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;align-items:center;padding:1.25rem 0;
font-size:.875rem;color:var(--muted)}
.top strong{color:var(--ink);font-weight:650}
.themes{border:0;margin:0 0 0 auto;padding:0;display:flex;gap:.15rem}
.themes label{padding:.15rem .6rem;border-radius:1rem;cursor:pointer}
.themes label:has(:checked){background:var(--aside-soft);color:var(--ink)}
.themes label:has(:focus-visible),.filter label:has(:focus-visible){outline:2px solid
var(--accent);outline-offset:2px}
.themes input,.filter input{position:absolute;opacity:0;width:1px;height:1px}
.decision{margin-top:.5rem;padding:2rem 0 0;border-top:4px solid var(--tone)}
.decision h1{color:var(--tone)}
.decision .lede{font-size:1.25rem;line-height:1.45;margin-top:.7rem}
.decision .why{max-width:52rem;margin-top:.5rem}
.tone-pass{--tone:var(--pass);--soft:var(--pass-soft)}
.tone-fail,.tone-error,.tone-block{--tone:var(--fail);--soft:var(--fail-soft)}
.tone-inconclusive,.tone-warn{--tone:var(--open);--soft:var(--open-soft)}
.tone-not_applicable,.tone-skipped{--tone:var(--aside);--soft:var(--aside-soft)}
.tally{margin-top:1.75rem}
.tally svg{display:block;width:100%;height:.5rem;border-radius:.25rem}
.tally rect{fill:var(--tone)}
.tally ul{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;margin-top:.7rem;
font-size:.9375rem}
.tally li b{font-weight:650}
.facts{display:flex;flex-wrap:wrap;gap:.1rem 1.5rem;color:var(--muted);font-size:.875rem;
margin-top:1.1rem}
nav.contents ul{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;font-size:.9375rem;
margin-top:1.5rem;padding-top:1rem;border-top:1px solid var(--line)}
.mark{color:var(--tone);font-weight:650;white-space:nowrap}
.chip{display:inline-block;background:var(--soft);color:var(--tone);font-weight:600;
font-size:.8125rem;line-height:1.5;padding:.05rem .55rem;border-radius:1rem;white-space:nowrap}
.finding{padding:1.35rem 0;border-top:1px solid var(--line);display:grid;gap:.5rem 2rem;
grid-template-columns:minmax(0,1fr) 22rem}
.finding h3{display:flex;flex-wrap:wrap;gap:.25rem .75rem;align-items:baseline}
.finding .reason{margin-top:.4rem;max-width:40rem}
.finding .more{margin-top:.4rem;font-size:.875rem}
.finding .about,.detail .about{color:var(--muted);font-size:.875rem}
.reading{display:grid;gap:.15rem;align-content:start}
.reading .value{font-size:1.375rem;line-height:1.3;font-weight:600;letter-spacing:-.01em}
.reading .value .interval{font-size:.875rem;font-weight:400;color:var(--muted);letter-spacing:0}
.reading .numbers{font-size:.8125rem;color:var(--muted)}
.bar{display:block;max-width:100%;height:auto;color:var(--muted);--tone:var(--aside)}
.bar.inside{--tone:var(--pass)}.bar.outside{--tone:var(--fail)}.bar.straddles{--tone:var(--open)}
.bar .track{stroke:var(--line);stroke-width:1}
.bar .zone{fill:var(--pass-soft)}
.bar .edge{stroke:var(--pass);stroke-width:1.5;stroke-dasharray:3 2}
.bar .whisker{stroke:var(--tone);stroke-width:2.5}
.bar .cap{stroke:var(--tone);stroke-width:2;fill:none}
.bar .dot{fill:var(--tone);stroke:var(--ground);stroke-width:1.5}
.bar text{fill:var(--muted);font-size:11px}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-size:.875rem;line-height:1.4}
caption{text-align:left;font-weight:600;padding:0 0 .5rem}
th,td{text-align:left;vertical-align:baseline;padding:.4rem 1.25rem .4rem 0;
border-bottom:1px solid var(--line)}
thead th{color:var(--muted);font-weight:500;font-size:.8125rem;white-space:nowrap;
vertical-align:bottom}
.number{text-align:right;white-space:nowrap}
.word{white-space:nowrap}
td.null{color:var(--muted)}
th[scope=row]{font-weight:400}
table.results{width:100%}
table.results td,table.results th,table.slices td,table.slices th{vertical-align:middle}
table.slices .bar{min-width:10rem}
table.results thead th{vertical-align:bottom}
table.results th[scope=row]{overflow-wrap:anywhere;min-width:13rem}
table.results .label{display:none}
table.results a{text-decoration-color:var(--line)}
table.results a:hover{text-decoration-color:currentColor}
table.results .id{display:block}
table.results .about{color:var(--muted);font-size:.8125rem}
table.results .interval{display:block;color:var(--muted);font-size:.8125rem;white-space:nowrap}
table.scores th[scope=row]{white-space:nowrap}
table.scores td{vertical-align:middle}
.score{display:block;width:100%;min-width:8rem;height:.75rem}
.score .track{fill:var(--aside-soft)}
.score .fill{fill:var(--series-1)}
tr.overall th,tr.overall .number{font-weight:650}
section.scores .charts{margin-top:2rem}
.matrix td,.matrix th{padding:.5rem .9rem}
.matrix .shade-1{background:color-mix(in srgb,var(--accent) 7%,transparent)}
.matrix .shade-2{background:color-mix(in srgb,var(--accent) 14%,transparent)}
.matrix .shade-3{background:color-mix(in srgb,var(--accent) 20%,transparent)}
.matrix .shade-4{background:color-mix(in srgb,var(--accent) 27%,transparent)}
.matrix .shade-5{background:color-mix(in srgb,var(--accent) 34%,transparent)}
.filter{border:0;margin:0 0 1rem;padding:0;display:flex;flex-wrap:wrap;gap:.4rem}
.filter legend{float:left;padding:.15rem .5rem .15rem 0;color:var(--muted);font-size:.875rem}
.filter label{cursor:pointer;font-size:.8125rem;padding:.15rem .7rem;border-radius:1rem;
border:1px solid var(--line);color:var(--muted)}
.filter label:has(:checked){background:var(--soft);border-color:transparent;color:var(--tone);
font-weight:600}
details{border-top:1px solid var(--line)}
details:last-of-type{border-bottom:1px solid var(--line)}
summary{cursor:pointer;padding:.8rem 0;display:flex;flex-wrap:wrap;gap:.2rem .75rem;
align-items:baseline;list-style:none}
summary::-webkit-details-marker{display:none}
summary::before{content:"";flex:none;width:.45rem;height:.45rem;border-right:2px solid
var(--muted);border-bottom:2px solid var(--muted);transform:rotate(-45deg);
transition:transform .12s;margin-right:.1rem;position:relative;top:-.1rem}
details[open]>summary::before{transform:rotate(45deg)}
summary:hover .id{text-decoration:underline;text-underline-offset:.2em}
.detail{scroll-margin-top:4rem;padding:.25rem 0 1.75rem 1.3rem;display:grid;gap:1.75rem;
grid-template-columns:minmax(0,1fr)}
.charts{display:grid;gap:1.5rem 2.5rem;align-items:start;
grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr))}
figure.chart svg{display:block;max-width:100%;height:auto}
figure.chart svg text{font-family:inherit}
figure.chart{min-width:0}
figure.wide{grid-column:1/-1}
figcaption{font-size:.875rem;color:var(--muted);margin-top:.35rem;max-width:30rem}
figcaption strong{color:var(--ink);font-weight:600}
.note{color:var(--open);font-size:.875rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--aside-soft);padding:1rem 1.15rem;
border-radius:.4rem;font-size:.8125rem;line-height:1.5;tab-size:2;max-height:40rem;overflow:auto}
h3.text{margin-bottom:.5rem}
.change{display:flex;flex-wrap:wrap;gap:.3rem .6rem;align-items:baseline;padding:.25rem 0}
h3.listed{margin-top:1rem;font-size:.875rem}
section.changed .scroll{margin-top:1.75rem}
ol.steps{list-style:none;counter-reset:step}
ol.steps li{counter-increment:step;display:grid;grid-template-columns:2.25rem minmax(0,1fr);
padding:.85rem 0;border-top:1px solid var(--line)}
ol.steps li::before{content:counter(step);color:var(--muted);font-weight:600}
dl.facts-list{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.35rem 2rem;
font-size:.875rem;margin-bottom:2rem}
dl.facts-list dt{color:var(--muted)}
.provenance .scroll{margin-bottom:2rem}
.bare{list-style:none}
footer{margin-top:4rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--muted);
font-size:.8125rem}
"""

_NARROW_AND_PRINT = """
@media (max-width:55rem){
table.results,table.results tbody,table.results caption{display:block}
table.results thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table.results tr{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:.3rem 1rem;
padding:.9rem 0;border-bottom:1px solid var(--line)}
table.results td,table.results th{border:0;padding:0;order:3;max-width:none}
table.results td.verdict{order:1}
table.results td.n{order:2;text-align:right}
table.results .wide{grid-column:1/-1}
table.results td.value{text-align:left}
table.results td.required{text-align:right}
table.results .bar{width:100%;max-width:20rem}
table.results .label{display:inline}
}
@media (max-width:52rem){
.finding{grid-template-columns:minmax(0,1fr)}
}
@media (max-width:40rem){
.page{padding:0 1.1rem 3rem}
section{margin-top:2.75rem}
.decision{padding-top:1.5rem}
.decision .lede{font-size:1.0625rem}
.themes{margin-left:0;width:100%}
.themes label:first-of-type{margin-left:-.6rem}
figure.wide svg{width:34rem;max-width:none}
.detail{padding-left:0}
dl.facts-list{grid-template-columns:minmax(0,1fr);gap:0}
dl.facts-list dd{margin-bottom:.6rem}
}
@media (prefers-reduced-motion:reduce){*{transition:none!important}}
@media print{
body{background:#fff;font-size:10pt}
.page{max-width:none;padding:0}
.skip,.themes,.filter,nav.contents{display:none}
section{margin-top:1.5rem}
.finding,tr,figure{break-inside:avoid}
h2,summary{break-after:avoid}
details::details-content{content-visibility:visible;display:block;block-size:auto}
pre{max-height:none}
.scroll{overflow:visible}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
"""
