// Shows transcripts: worst first, some at a time, filtered. Data become text nodes and nothing else.
// Where there are many samples, pages of them are files beside this one, each a call of `take`.
"use strict";
(() => {
  const STEP = 25;     // samples added to the list at once
  const KEPT = 12;     // pages held in memory; more are loaded again when needed
  const FOLD = 700;    // characters of a text that are shown before it is unfolded
  const LINES = 14;
  const byId = (name) => document.getElementById("transcripts-" + name);
  const source = byId("data");
  const folder = source.dataset.folder;
  const groups = JSON.parse(source.textContent);
  const fields = {};
  for (const name of ["group", "check", "state", "facet", "text"]) fields[name] = byId(name);
  const list = byId("list"), told = byId("told"), more = byId("more");
  let turn = 0;        // a newer filter ends the search of an older one
  let place = null;    // where the search goes on

  // --- pages ---------------------------------------------------------------
  const waiting = new Map(), kept = new Map();
  const keep = (key, items) => {
    kept.delete(key);
    kept.set(key, items);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    return items;
  };
  window.assayTranscripts = Object.freeze({
    take(group, page, items) {
      const key = group + "/" + page;
      if (waiting.has(key)) waiting.get(key)(items);
    },
  });
  const load = (group, page) => {
    const key = group + "/" + page;
    if (page === 0) return Promise.resolve(groups[group].first);
    if (kept.has(key)) return Promise.resolve(keep(key, kept.get(key)));
    return new Promise((done, fail) => {
      const script = document.createElement("script");
      const end = (settle, value) => { waiting.delete(key); script.remove(); settle(value); };
      waiting.set(key, (items) => end(done, keep(key, items)));
      script.onerror = () => end(fail, new Error(groups[group].pages[page].f));
      script.src = encodeURIComponent(folder) + "/" + groups[group].pages[page].f;
      document.head.append(script);
    });
  };

  // --- which samples -------------------------------------------------------
  const falls = (item, check) => {
    const judged = check === "" ? item.s : [item.s[check]];
    return judged.some((j) => j && j[1] === 1);
  };
  const tops = (item, check) => {
    const judged = (check === "" ? item.s : [item.s[check]]).filter((j) => j && j[1] !== null);
    return judged.length > 0 && judged.every((j) => j[1] === 0);
  };
  const some = (item, key) => (item.a || []).some((answer) => answer[key]);
  const STATES = {
    all: () => true,
    short: falls,
    best: tops,
    none: (item) => some(item, "e"),
    refusal: (item) => some(item, "r"),
    cut: (item) => (item.a || []).some((a) => a.f === "length" || a.f === "content_filter"),
  };
  const words = (item) => [
    item.i, item.q, item.k, ...(item.g || []), ...(item.x || []), ...(item.c || []),
    ...(item.t || []).map((turn) => turn[1]),
    ...(item.a || []).flatMap((a) => [a.t, a.r, a.e, ...(a.o || []).flat(), ...(a.x || [])]),
    ...item.s.map((judged) => judged && judged[2]),
    ...(item.m || []).flat(),
  ].filter(Boolean).join("\n").toLowerCase();
  const wish = () => {
    const group = Number(fields.group.value), check = fields.check.value;
    const facet = fields.facet.value === "" ? null : JSON.parse(fields.facet.value);
    const text = fields.text.value.trim().toLowerCase();
    const state = STATES[fields.state.value];
    return {
      group, check,
      page: (summary) => fields.state.value !== "short"
        || (check === "" ? summary.s.some(Boolean) : summary.s[check] > 0),
      item: (item) => (check === "" || item.s[check])
        && state(item, check)
        && (!facet || (item.m || []).some((m) => m[0] === facet[0] && m[1] === facet[1]))
        && (!text || words(item).includes(text)),
    };
  };
  const number = (n) => n.toLocaleString("en");
  const tell = (words) => { told.textContent = words; };

  const search = async (wanted, start, mine) => {
    const pages = groups[wanted.group].pages;
    const total = groups[wanted.group].samples;
    let { page, at, seen, shown } = start;
    const target = shown + STEP;
    more.hidden = true;
    for (; page < pages.length; page += 1, at = 0) {
      if (!wanted.page(pages[page])) { seen += pages[page].n - at; continue; }
      let items;
      try {
        items = await load(wanted.group, page);
      } catch (error) {
        if (mine !== turn) return;
        tell(`${number(shown)} shown. The file ${folder}/${error.message} is not beside this page.`);
        return;
      }
      if (mine !== turn) return;
      for (; at < items.length; at += 1, seen += 1) {
        if (!wanted.item(items[at])) continue;
        if (shown === target) {
          place = { page, at, seen, shown };
          more.hidden = false;
          tell(`${number(shown)} shown; more follow. ${number(seen)} of ${number(total)} samples `
            + "looked at.");
          return;
        }
        list.append(entry(items[at], groups[wanted.group].checks));
        shown += 1;
      }
      tell(`${number(shown)} shown, ${number(seen)} of ${number(total)} samples looked at …`);
    }
    tell(shown === 0 ? `None of ${number(total)} samples is like that.`
      : `${number(shown)} of ${number(total)} samples.`);
  };
  const again = () => {
    turn += 1;
    list.replaceChildren();
    search(wish(), { page: 0, at: 0, seen: 0, shown: 0 }, turn);
  };

  // --- how a sample looks --------------------------------------------------
  const make = (name, kind, ...children) => {
    const element = document.createElement(name);
    if (kind) element.className = kind;
    element.append(...children.filter((child) => child !== null && child !== ""));
    return element;
  };
  const score = (value) => (value === null ? "–" : String(Math.round(value * 1000) / 1000));
  const tone = (judged) => (judged[1] === null ? "skipped" : judged[1] ? "fail" : "pass");
  const sign = (judged) => (judged[1] === null ? "" : judged[1] ? "✗ " : "✓ ");
  const chip = (judged, title) => {
    const found = make("span", "chip tone-" + tone(judged), sign(judged) + score(judged[0]));
    if (title) {
      found.title = title;
      found.prepend(make("span", "hidden", title + ": "));
    }
    return found;
  };
  const short = (check) => check.slice(check.lastIndexOf("/") + 1);
  const brief = (text) => text.slice(0, 300).replace(/\s+/g, " ");
  const asked = (item) => item.q || ((item.t || []).slice(-1)[0] || [])[1] || "";
  const reply = (answer) => (answer.e ? "no answer: " + answer.e
    : answer.t || answer.r || (answer.o ? "→ " + answer.o.map((call) => call[0]).join(", ")
      : "(empty)"));

  const said = (text, kind) => {
    const lines = text.split("\n");
    const cut = Math.min(FOLD, lines.slice(0, LINES).join("\n").length);
    const box = make("div", "said " + (kind || ""));
    box.dir = "auto";
    if (text.length <= cut * 1.25) { box.textContent = text; return box; }
    const shown = document.createTextNode(text.slice(0, cut) + " …");
    const button = make("button", "fold", `Show all ${number(text.length)} characters`);
    button.type = "button";
    button.onclick = () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      shown.data = open ? text : text.slice(0, cut) + " …";
      button.textContent = open ? "Show less" : `Show all ${number(text.length)} characters`;
    };
    button.setAttribute("aria-expanded", "false");
    box.append(shown, button);
    return box;
  };
  const piece = (title, ...content) => make("div", "piece", make("h4", "", title), ...content);
  const took = (answer) => {
    const parts = [];
    if (answer.d !== undefined && !answer.h) parts.push(`${answer.d} s`);
    if (answer[1] !== undefined && !answer.h) parts.push(`first token after ${answer[1]} s`);
    if (answer.p !== undefined) parts.push(`${number(answer.p)} tokens in`);
    if (answer.w !== undefined) parts.push(`${number(answer.w)} out`);
    if (answer.$ !== undefined) parts.push(`cost ${answer.$}`);
    if (answer.y) parts.push(`${answer.y} attempts`);
    if (answer.h) parts.push("from the cache");
    if (answer.f) parts.push({ length: "ended at the token limit",
      content_filter: "stopped by a filter", tool_calls: "ended to call tools" }[answer.f]
      || "ended otherwise");
    return parts.join(" · ");
  };
  const response = (answer, several, wrong) => {
    const kind = "answer" + (wrong ? " wrong" : "");
    const title = several ? `Answer ${(answer.n || 0) + 1}` : "Answer";
    const found = make("div", "turn", make("h4", "", answer.e ? title + ": none came" : title));
    if (answer.e) found.append(said(answer.e, "empty"));
    else if (answer.t) found.append(said(answer.t, kind));
    if (answer.r) found.append(make("h4", "", "Refusal"), said(answer.r, kind));
    for (const call of answer.o || [])
      found.append(make("h4", "", `Calls ${call[0]}`), said(call[1] || "{}", kind));
    if (!answer.e && !answer.t && !answer.r && !answer.o)
      found.append(said("(an empty answer)", "empty"));
    const words = took(answer);
    if (words) found.append(make("p", "took", words));
    return found;
  };
  const body = (item, checks) => {
    const left = make("div", ""), right = make("div", "");
    for (const [who, text] of item.t || [])
      left.append(make("div", "turn", make("h4", "", who), said(text)));
    if (item.q) left.append(make("div", "turn", make("h4", "", "Question"), said(item.q)));
    const answers = item.a || [];
    for (const answer of answers)
      left.append(response(answer, answers.length > 1, falls(item, "")));
    const scores = make("div", "piece", make("h4", "", "Scores"));
    item.s.forEach((judged, at) => {
      if (!judged) return;
      const line = make("div", "score", chip(judged), " ", make("span", "id", checks[at]));
      if (judged[2]) line.append(make("p", "why", judged[2]));
      scores.append(line);
    });
    if (scores.childElementCount > 1) right.append(scores);
    const texts = (title, all, numbered) => {
      if (!all) return;
      const boxes = all.map((text, at) => make("div", "turn",
        numbered && all.length > 1 ? make("h4", "", String(at + 1)) : null, said(text)));
      right.append(piece(title, ...boxes));
    };
    texts(item.g && item.g.length > 1 ? "Targets" : "Target", item.g, false);
    texts("Choices", item.c, true);
    texts("Context", item.x, true);
    for (const answer of answers)
      texts("Looked up" + (answers.length > 1 ? ` for answer ${(answer.n || 0) + 1}` : ""),
        answer.x, true);
    if (item.m || item.k) {
      const pairs = make("dl", "");
      if (item.k) pairs.append(make("dt", "", "cluster"), make("dd", "", item.k));
      for (const [name, value] of item.m || [])
        pairs.append(make("dt", "", name), make("dd", "", value));
      right.append(piece("About the sample", pairs));
    }
    return make("div", "exchange", left, right);
  };
  const entry = (item, checks) => {
    const chips = make("span", "chips");
    item.s.forEach((judged, at) => {
      if (judged && (judged[1] !== null || item.s.length < 4))
        chips.append(chip(judged, short(checks[at])));
    });
    const first = (item.a || [])[0];
    const several = (item.a || []).length > 1 ? ` (1 of ${item.a.length})` : "";
    const summary = make("summary", "",
      make("span", "brief", make("span", "id name", item.i), brief(asked(item))),
      make("span", "brief", first ? brief(reply(first)) + several : "(no answer)"), chips);
    const folded = make("details", "", summary);
    folded.addEventListener("toggle", () => {
      if (folded.open && folded.childElementCount === 1) folded.append(body(item, checks));
    });
    return make("li", "", folded);
  };

  // --- controls ------------------------------------------------------------
  const option = (value, words) => {
    const found = make("option", "", words);
    found.value = value;
    return found;
  };
  const fill = () => {
    const group = groups[Number(fields.group.value)];
    fields.check.replaceChildren(option("", "any"), ...group.checks.map((id, at) => option(at, id)));
    fields.facet.replaceChildren(option("", "anything"));
    for (const [name, values] of group.facets) {
      const several = document.createElement("optgroup");
      several.label = name;
      several.append(...values.map((value) =>
        option(JSON.stringify([name, value]), `${name} = ${value}`)));
      fields.facet.append(several);
    }
    fields.facet.parentNode.hidden = group.facets.length === 0;
  };
  fields.group.append(...groups.map((group, at) => option(at, group.title)));
  fields.group.parentNode.hidden = groups.length < 2;
  fields.group.addEventListener("change", () => { fill(); again(); });
  for (const name of ["check", "state", "facet"]) fields[name].addEventListener("change", again);
  let typing = 0;
  fields.text.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(again, 150);
  });
  more.addEventListener("click", () => {
    const next = list.childElementCount;
    turn += 1;
    search(wish(), place, turn).then(() => {
      const shown = list.children[next];  // who works by keyboard goes on where it grew
      if (shown) shown.querySelector("summary").focus({ preventScroll: true });
    });
  });
  fill();
  byId("browse").hidden = false;
  again();
})();
