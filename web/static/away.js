// What was missed: rows that changed while nobody could see them, marked until they are seen.
//
//   line lost, tab hidden, kind unticked ──▶ changes ──▶ app.missed[kind] ──▶ marks, and one sentence
//                                                             └─ on the screen for 4 s: seen, gone
//
// After a resume they are the events that the gateway heard before the line was there again; after
// a new snapshot the rows that are not as they were.

import { KINDS } from "./book.js";
import { make, write } from "./dom.js";
import { hour, quantity } from "./format.js";
import { TABS } from "./tabs.js";

const SEEN_MS = 4000;

export function mount(app, element) {
  const kinds = Object.keys(KINDS);
  const span = { from: null, to: null };
  let before = null; // the rows of a book that is being read anew
  let opened_at = ""; // the gateway's time when the line was last there again
  let lost_at = null; // ours, when it went
  app.missed = Object.fromEntries(kinds.map((kind) => [kind, new Map()]));

  const miss = (kind, key) => {
    app.missed[kind].set(key, 0);
    span.from ??= lost_at ?? new Date().toISOString();
    span.to = new Date().toISOString();
  };
  app.on("link", ({ phase }) => {
    if (phase !== "live") lost_at ??= new Date().toISOString();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) lost_at ??= new Date().toISOString();
    else if (app.link.phase === "live") lost_at = null;
    app.redraw();
  });
  app.on("frame", (frame) => {
    if (frame.type !== "connection_established") return;
    opened_at = frame.recovered === true ? frame.timestamp : "";
  });
  app.on("news", ({ kind, key, what, frame }) => {
    if (what === null) return;
    const caught_up = frame.timestamp >= opened_at;
    if (!caught_up || document.hidden) miss(kind, key);
    else lost_at = null;
  });
  app.on("reset", () => {
    if (app.seen) before = Object.fromEntries(kinds.map((kind) => [kind, app.book[kind].rows]));
  });
  app.on("whole", () => {
    if (before !== null) {
      for (const kind of ["orders", "trades", "positions"]) {
        for (const key of differing(before[kind], app.book[kind].rows)) miss(kind, key);
      }
    }
    before = null;
    lost_at = null;
  });

  const forget = () => {
    for (const kind of kinds) app.missed[kind].clear();
    app.onlyMissed = false;
    app.redraw();
  };
  const text = make("span");
  const show = make("button", { type: "button", "aria-pressed": "false" }, "Only these");
  show.addEventListener("click", () => {
    app.onlyMissed = !app.onlyMissed;
    if (app.onlyMissed) app.turnTo(kinds.find((kind) => app.missed[kind].size > 0));
    app.redraw();
  });
  const seen = make("button", { type: "button", onclick: forget }, "Seen");
  const banner = make("div", { class: "banner missed", role: "status", hidden: true });
  banner.append(make("strong", {}, "Missed"), text, show, seen);
  element.append(banner);

  app.on("draw", (now_ms) => {
    if (!app.onlyMissed) for (const kind of kinds) prune(app.missed[kind], now_ms);
    const counts = kinds.map((kind) => [kind, app.missed[kind].size]).filter(([, n]) => n > 0);
    banner.hidden = counts.length === 0;
    if (banner.hidden) {
      app.onlyMissed = false;
      span.from = null;
      return;
    }
    write(text, wordsOf(counts, span));
    write(show, app.onlyMissed ? "All rows" : "Only these");
    show.setAttribute("aria-pressed", String(app.onlyMissed));
  });
}

function prune(missed, now_ms) {
  if (document.hidden) return;
  for (const [key, seen_at_ms] of missed) {
    if (seen_at_ms > 0 && now_ms - seen_at_ms > SEEN_MS) missed.delete(key);
  }
}

// The keys of rows that are new, or other than they were.
export function differing(before, after) {
  const keys = [];
  for (const [key, entry] of after) {
    const known = before.get(key);
    if (known === undefined || !isSame(known.data, entry.data)) keys.push(key);
  }
  return keys;
}

function isSame(a, b) {
  return Object.keys(b).every((name) => a[name] === b[name]);
}

function wordsOf(counts, { from, to }) {
  const what = counts.map(([kind, n]) => {
    const name = TABS[kind].toLowerCase();
    return `${quantity(n)} ${n === 1 ? name.slice(0, -1) : name}`;
  });
  return `While you were away (${hour(from)} to ${hour(to)}): ${what.join(", ")} came or changed.`;
}
