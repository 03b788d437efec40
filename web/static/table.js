// The table of the open tab: orders, trades, positions or messages.
//
//   shelf ─▶ View (filter, sort) ─▶ Viewport (what is seen) ─▶ Rows (nodes, cells)
//                                        ▲ keys, wheel, touch
//
// The focus is on the grid, and the current row is told by aria-activedescendant: rows may come, go
// and be used anew without the focus falling off.

import { COLUMNS } from "./columns.js";
import { make, mark, write } from "./dom.js";
import { NOTHING } from "./format.js";
import { Rows } from "./rows.js";
import { View } from "./view.js";
import { Viewport } from "./viewport.js";

const WORDS = {
  orders: ["No orders yet.", "No order fits."],
  trades: ["No trades yet.", "No trade fits."],
  positions: ["No positions.", "No position fits."],
  messages: ["No messages.", "No message fits."],
};
const STEPS = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 };
const STALE = new Set(["silent", "down", "needs_login", "stopped"]);

export function mount(app, element) {
  return new Table(app, element);
}

class Table {
  constructor(app, element) {
    Object.assign(this, { app, element });
    this.head = make("div", { class: "head", role: "rowgroup" });
    this.body = make("div", { class: "body", role: "rowgroup", id: "rows" });
    this.grid = make("div", { class: "grid", role: "grid", id: "grid", tabindex: "0" });
    this.grid.append(this.head, this.body);
    this.empty = make("p", { class: "empty", id: "empty" }, "Waiting for the gateway …");
    element.append(this.grid, this.empty);
    this.rows = new Rows(this.body, () => app.stir());
    this.viewport = new Viewport(element, this.head, this.body, () => app.stir());
    this.entries = [];
    this.current = null; // the key of the row that the keys act on
    this.held = null; // {wish, index, key}: the row that stays where it is
    this.grid.addEventListener("keydown", (event) => this.pressed(event));
    this.body.addEventListener("click", (event) => this.clicked(event));
    app.on("tab", () => this.turn());
    app.on("paint", (now_ms) => this.draw(now_ms));
    this.turn();
  }

  // To the table of the open tab; a tab without one has its own panel.
  turn() {
    const kind = this.app.tab;
    this.element.hidden = !(kind in COLUMNS);
    if (this.element.hidden || this.kind === kind) return;
    this.kind = kind;
    this.view = new View();
    this.current = null;
    this.element.dataset.table = kind;
    this.element.setAttribute("aria-labelledby", `tab-${kind}`);
    this.rows.begin(kind, COLUMNS[kind]);
    this.drawHead();
    this.viewport.toTop();
    this.app.redraw();
  }

  // --------------------------------------------------------------------------------- drawing

  draw(now_ms) {
    const { app, kind } = this;
    if (this.element.hidden || app.shown.part) return;
    const sort = app.sorts[kind];
    const wish = {
      account: app.account,
      text: app.filter,
      only: app.onlyMissed ? app.missed[kind] : null,
      column: COLUMNS[kind].find((column) => column.name === sort.name),
      down: sort.down,
    };
    this.entries = this.view.entries(app.shown[kind], wish, now_ms);
    this.hold(`${kind} ${app.account} ${app.filter} ${app.onlyMissed} ${sort.name} ${sort.down}`);
    const missed = app.past === null ? app.missed[kind] : new Map();
    const stale = app.past === null ? staleOf(app) : new Set();
    this.rows.draw(
      this.entries,
      this.viewport.range(this.entries.length),
      (entry) => ({
        current: entry.key === this.current,
        missed: looked(missed, entry.key, now_ms),
        stale: stale.has(entry.account_id),
      }),
      now_ms,
    );
    mark(this.element, "data-off", app.past === null && !app.kinds.includes(kind));
    mark(this.grid, "aria-rowcount", this.entries.length + 1);
    mark(this.grid, "aria-activedescendant", this.rows.idOf(this.current));
    this.drawEmpty(app.shown[kind].rows.size);
    const of = app.shown[kind].total(app.account);
    const all = app.filter === "" && !app.onlyMissed; // what is yet to be sorted in is there too
    app.found = { shown: all ? of : this.entries.length, of };
  }

  // What is read stays where it is when rows come above it: by time nothing else moves a row.
  hold(wish) {
    const { entries, viewport, held } = this;
    if (held !== null && held.wish === wish && wish.includes(" time ")) {
      const shift = entries.findIndex((entry) => entry.key === held.key) - held.index;
      if (shift > 0) {
        const { row } = viewport.range(entries.length);
        this.body.style.height = `${entries.length * row}px`;
        viewport.scroll(shift * row);
      }
    }
    this.held = this.anchor(wish);
  }

  // The row that is kept in its place: the one that the keys act on, or the first in sight of who
  // has scrolled down. At the top, with no such row, the newest are let in.
  anchor(wish) {
    const { entries, viewport, current } = this;
    const { first, last } = viewport.range(entries.length);
    const isKeyed = current !== null && this.grid.matches(":focus-visible");
    const at = isKeyed ? entries.findIndex((entry) => entry.key === current) : -1;
    const index = at >= first && at < last ? at : viewport.top();
    const isHeld = index < entries.length && (index > 0 || index === at);
    return isHeld ? { wish, index, key: entries[index].key } : null;
  }

  drawHead() {
    const row = make("div", { class: "row", role: "row", "aria-rowindex": "1" });
    for (const column of COLUMNS[this.kind]) {
      const sort = () => this.app.sortBy(this.kind, column.name);
      const cell = make("div", { class: `cell ${column.name}`, role: "columnheader" });
      if (column.right) cell.classList.add("right");
      cell.append(make("button", { type: "button", onclick: sort }, column.title));
      row.append(cell);
    }
    this.head.replaceChildren(row);
    mark(this.grid, "aria-label", `${this.kind[0].toUpperCase()}${this.kind.slice(1)}`);
    mark(this.grid, "aria-colcount", COLUMNS[this.kind].length);
    this.drawSort();
    this.unlisten?.();
    this.unlisten = this.app.on("sort", () => this.drawSort());
  }

  drawSort() {
    const { name, down } = this.app.sorts[this.kind];
    COLUMNS[this.kind].forEach((column, i) => {
      const way = column.name === name ? (down ? "descending" : "ascending") : null;
      mark(this.head.firstElementChild.children[i], "aria-sort", way);
    });
  }

  drawEmpty(size) {
    const { app } = this;
    this.empty.hidden = this.entries.length > 0;
    if (this.empty.hidden) return;
    const [none, unfit] = WORDS[this.kind];
    if (app.past !== null) write(this.empty, size > 0 ? unfit : "There was nothing at that time.");
    else if (app.link.phase === "refused") write(this.empty, "Nothing to show.");
    else if (!app.seen) write(this.empty, "Waiting for the gateway …");
    else if (!app.kinds.includes(this.kind)) write(this.empty, "These are not followed.");
    else write(this.empty, size > 0 ? unfit : none);
  }

  // ------------------------------------------------------------------------- keys and pointer

  pressed(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || this.entries.length === 0) return;
    const at = this.entries.findIndex((entry) => entry.key === this.current);
    const last = this.entries.length - 1;
    let to = null;
    if (event.key in STEPS) to = at + STEPS[event.key];
    else if (event.key === "PageDown") to = at + this.viewport.page();
    else if (event.key === "PageUp") to = at - this.viewport.page();
    else if (event.key === "Home") to = 0;
    else if (event.key === "End") to = last;
    else if (event.key === "Enter" && at >= 0 && event.target === this.grid) {
      event.preventDefault();
      return this.open(this.entries[at]);
    }
    if (to === null) return;
    event.preventDefault();
    this.goTo(Math.min(Math.max(to, 0), last));
  }

  goTo(index) {
    this.current = this.entries[index].key;
    this.viewport.reveal(index);
    this.app.redraw();
  }

  clicked(event) {
    const row = event.target.closest(".row");
    if (row === null || String(getSelection()).length > 0) return; // a text was marked
    this.current = row.dataset.key;
    const entry = this.entries.find((each) => each.key === this.current);
    if (entry !== undefined) this.open(entry);
    this.app.redraw();
  }

  // What a row leads to: an order's life, or the orders of a position.
  open({ account_id, data }) {
    if (this.kind === "positions") this.app.search(data.tradingsymbol, "orders");
    else if (data.order_id) this.app.show("detail", { account_id, order_id: data.order_id });
    else this.app.say(data.text ?? NOTHING);
  }

  show() {
    this.grid.focus();
  }
}

// Whether a row was missed; that it is seen now begins its end as such: see away.js.
function looked(missed, key, now_ms) {
  if (!missed.has(key)) return false;
  if (missed.get(key) === 0) missed.set(key, now_ms);
  return true;
}

// The accounts of which the page knows that it does not know how they stand.
export function staleOf(app) {
  const ids = [...app.book.accounts].filter(([, { row }]) => STALE.has(row.state));
  return new Set(ids.map(([id]) => id));
}
