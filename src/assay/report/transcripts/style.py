"""How transcripts look, beside the rest of the page."""

from __future__ import annotations

CSS = """
.browse{display:flex;flex-wrap:wrap;gap:.6rem 1rem;align-items:end;margin-bottom:.75rem}
.browse[hidden]{display:none}
.browse label{display:grid;gap:.15rem;font-size:.8125rem;color:var(--muted);min-width:0;
max-width:100%}
.browse label.wide{flex:1 1 14rem}
.browse select,.browse input{font:inherit;font-size:.875rem;color:var(--ink);
background:var(--raised);border:1px solid var(--line);border-radius:.35rem;padding:.35rem .5rem;
width:100%;max-width:20rem;min-width:0}
.browse .wide input{max-width:none}
.told{color:var(--muted);font-size:.875rem;min-height:1.4rem;margin-bottom:.5rem}
.transcripts-list{list-style:none}
.transcripts-list>li>details>summary{display:grid;gap:.1rem .75rem;align-items:baseline;
grid-template-columns:auto minmax(0,1fr) auto}
.transcripts-list>li:last-child{border-bottom:1px solid var(--line)}
.transcripts-list li>details{border-bottom:0}
.transcripts-list .brief{overflow:hidden;text-overflow:ellipsis;white-space:nowrap;grid-column:2}
.transcripts-list .brief+.brief{grid-row:2;color:var(--muted);font-size:.875rem}
.transcripts-list summary .chips{grid-column:3;grid-row:1/3;display:flex;gap:.3rem;flex-wrap:wrap;
justify-content:flex-end;max-width:18rem;align-self:center}
.transcripts-list .name{color:var(--muted);margin-right:.6rem;display:inline-block;max-width:40%;
overflow:hidden;text-overflow:ellipsis;vertical-align:bottom}
.exchange{padding:.25rem 0 1.5rem 1.3rem;display:grid;gap:1rem 2.25rem;
grid-template-columns:minmax(0,1.7fr) minmax(0,1fr)}
.exchange h4{margin:0 0 .25rem;font-size:.8125rem;font-weight:600;color:var(--muted)}
.exchange .said{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.9375rem;line-height:1.5;
padding:.6rem .85rem;border-radius:.4rem;background:var(--aside-soft);tab-size:2}
.exchange .said.answer{background:none;border:1px solid var(--line);
border-left:3px solid var(--accent)}
.exchange .said.wrong{border-left-color:var(--fail)}
.exchange .said.empty{color:var(--muted);font-style:italic}
.exchange .turn+.turn,.exchange .piece+.piece{margin-top:.85rem}
.exchange .took{color:var(--muted);font-size:.8125rem;margin-top:.3rem}
.exchange .score{display:block;width:auto;height:auto;min-width:0}
.exchange .score+.score{margin-top:.7rem}
.exchange .why{font-size:.875rem;white-space:pre-wrap;overflow-wrap:anywhere}
.exchange dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.1rem .9rem;
font-size:.875rem}
.exchange dt{color:var(--muted);max-width:12rem;overflow-wrap:anywhere}
.transcripts button{font:inherit;font-size:.875rem;color:var(--accent);background:none;
border:1px solid var(--line);border-radius:.35rem;padding:.3rem .8rem;cursor:pointer}
.transcripts button.fold{border:0;padding:.2rem 0;display:block}
#transcripts-more{margin-top:1rem}
@media (max-width:52rem){.exchange{grid-template-columns:minmax(0,1fr);padding-left:0}
.transcripts-list>li>details>summary{grid-template-columns:auto minmax(0,1fr)}
.transcripts-list summary .chips{grid-column:2;grid-row:3;justify-content:flex-start}}
@media print{.browse,.transcripts button{display:none!important}}
"""
