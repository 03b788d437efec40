// The tabs: which table is open, how many rows each has, and how many are new since it was last open.
//
//   [Orders 12] [Trades 15 +3] [Positions 3] [Messages 2 +1] [Batches 4]
//
// app.fresh: kind → how many came since the reader last looked at that tab; the open one has none
// while the page can be seen.

import { make, mark, write } from "./dom.js";
import { batchesOf } from "./batch_store.js";
import { quantity } from "./format.js";

export const TABS = {
  orders: "Orders",
  trades: "Trades",
  positions: "Positions",
  messages: "Messages",
  batches: "Batches",
};
const WAYS = { ArrowRight: 1, ArrowLeft: -1 };

export function mount(app, element) {
  const names = Object.keys(TABS);
  app.fresh = Object.fromEntries(names.map((name) => [name, 0]));
  const tabs = new Map(names.map((name) => [name, newTab(app, name)]));
  const list = make("div", { role: "tablist", "aria-label": "Tables" });
  list.append(...[...tabs.values()].map((tab) => tab.node));
  element.append(list);
  const looksAt = (name) => name === app.tab && !document.hidden;
  app.on("news", ({ kind, what }) => {
    if (what === "new" && !looksAt(kind)) app.fresh[kind] += 1;
  });
  // Before the store hears of it: what the store does not have then is new.
  app.on("frame", ({ type, data }) => {
    if (type !== "batch_update" || looksAt("batches") || store.get(data.batch_id) !== null) return;
    app.fresh.batches += 1;
  });
  const store = batchesOf(app);
  list.addEventListener("keydown", (event) => {
    const by = WAYS[event.key];
    if (by === undefined) return;
    const next = names[(names.indexOf(app.tab) + by + names.length) % names.length];
    app.turnTo(next);
    tabs.get(next).node.focus();
  });
  app.on("draw", () => {
    if (looksAt(app.tab)) app.fresh[app.tab] = 0;
    for (const [name, tab] of tabs) {
      const count =
        name === "batches" ? store.newest(app.account).length : app.shown[name].total(app.account);
      const open = name === app.tab;
      mark(tab.node, "aria-selected", open ? "true" : "false");
      mark(tab.node, "tabindex", open ? "0" : "-1");
      write(tab.count, quantity(count));
      const fresh = app.fresh[name];
      write(tab.fresh, fresh > 0 ? `+${quantity(fresh)}` : "");
      mark(tab.fresh, "aria-label", fresh > 0 ? `${fresh} new` : null);
    }
  });
  app.on("tab", (tab) => {
    document.getElementById("batches").hidden = tab !== "batches";
  });
  return { show: (name) => app.turnTo(name) };
}

function newTab(app, name) {
  const count = make("span", { class: "count" });
  const fresh = make("span", { class: "fresh" });
  const node = make(
    "button",
    {
      type: "button",
      role: "tab",
      id: `tab-${name}`,
      "aria-controls": name === "batches" ? "batches" : "table",
      onclick: () => app.turnTo(name),
    },
    TABS[name],
    make("span", { class: "numbers" }, count, fresh),
  );
  return { node, count, fresh };
}
