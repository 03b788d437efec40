// The rows that are in the page: a few dozen nodes, whatever the list is long.
//
//   entries[first … last] ──▶ draw ──┬─ rows that left are kept for those that come
//                                    ├─ rows whose version moved are filled
//                                    └─ cells that changed are lit for a moment
//
// A cell is lit by an attribute that is set and taken away, not by an animation: it costs two
// paintings, however many cells change.

import { fillCell, newCell, rowKind, rowSide } from "./cells.js";
import { make, mark } from "./dom.js";

const LIT_MS = 700;

export class Rows {
  constructor(body, lost) {
    this.body = body;
    this.lost = lost; // () → a drawing is due
    this.lit = [];
    this.timer = null;
    this.begin(null, []);
  }

  // Another table: other columns.
  begin(kind, columns) {
    this.kind = kind;
    this.columns = columns;
    this.rows = new Map();
    this.body.replaceChildren();
  }

  // `about(entry)`: {current, missed, stale}, how a row stands apart from what it says.
  draw(entries, { first, last, row }, about, now_ms) {
    this.body.style.height = `${entries.length * row}px`;
    this.putOut(now_ms);
    const wanted = new Set();
    for (let i = first; i < last; i += 1) wanted.add(entries[i].key);
    const spare = new Map();
    for (const [key, each] of this.rows) {
      if (wanted.has(key)) continue;
      this.rows.delete(key);
      spare.set(each.node, each);
    }
    // A row that is already where it belongs is not moved: who scrolls by one moves one.
    const next = (node) => {
      while (node !== null && spare.has(node)) node = node.nextElementSibling;
      return node;
    };
    let place = next(this.body.firstElementChild);
    for (let i = first; i < last; i += 1) {
      const entry = entries[i];
      const each = this.rows.get(entry.key) ?? this.take(spare);
      this.rows.set(entry.key, each);
      if (each.node === place) place = next(place.nextElementSibling);
      else this.body.insertBefore(each.node, place);
      this.fill(each, entry, now_ms);
      this.place(each, i, row);
      this.stand(each, i, about(entry));
    }
    for (const node of spare.keys()) node.remove();
  }

  // A row that was used for another entry, or a new one.
  take(spare) {
    const [known] = spare.values();
    if (known === undefined) return this.make();
    spare.delete(known.node);
    return known;
  }

  make() {
    const cells = this.columns.map(newCell);
    Rows.count = (Rows.count ?? 0) + 1;
    const node = make("div", { class: "row", role: "row", id: `row-${Rows.count}` });
    node.append(...cells.map((cell) => cell.node));
    return { node, cells, entry: null, version: 0, top: null };
  }

  // Each stands at its own place in the body: scrolling neither moves nor paints those that stay.
  place(each, index, row) {
    if (each.top === index * row) return;
    each.top = index * row;
    each.node.style.top = `${each.top}px`;
  }

  fill(each, entry, now_ms) {
    if (each.entry === entry && each.version === entry.version) return;
    const known = each.entry === entry;
    const changed = each.cells.filter((cell, i) => fillCell(cell, this.columns[i], entry));
    if (known) for (const cell of changed) this.light(cell.node, now_ms);
    else if (entry.fresh) this.light(each.node, now_ms);
    entry.fresh = false;
    each.node.dataset.key = entry.key;
    mark(each.node, "data-kind", rowKind(this.kind, entry.data));
    mark(each.node, "data-side", rowSide(entry.data));
    mark(each.node, "data-origin", entry.data.origin ?? null);
    each.entry = entry;
    each.version = entry.version;
  }

  stand({ node }, index, { current, missed, stale }) {
    mark(node, "aria-rowindex", index + 2);
    mark(node, "aria-selected", current ? "true" : "false");
    mark(node, "data-missed", missed);
    mark(node, "aria-description", missed ? "changed while you were away" : null);
    mark(node, "data-stale", stale);
  }

  idOf(key) {
    return this.rows.get(key)?.node.id ?? null;
  }

  light(node, now_ms) {
    mark(node, "data-lit", true);
    this.lit.push([node, now_ms + LIT_MS]);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.lost();
    }, LIT_MS);
  }

  putOut(now_ms) {
    const still = [];
    for (const each of this.lit) {
      if (each[1] > now_ms) still.push(each);
    }
    const on = new Set(still.map(([node]) => node));
    for (const [node] of this.lit) if (!on.has(node)) mark(node, "data-lit", null);
    this.lit = still;
    if (still.length > 0) {
      this.timer ??= setTimeout(() => {
        this.timer = null;
        this.lost();
      }, LIT_MS);
    }
  }
}
