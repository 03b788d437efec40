// Cells: a text mostly, and the few that are more than that.
//
//   column ──▶ newCell ──▶ {node, parts} ──▶ fillCell(cell, column, entry) ──▶ changed or not
//
// Only what differs is written: a cell that stays as it is costs a comparison.

import { make, mark, write } from "./dom.js";
import { gainSide, kindOf, quantity } from "./format.js";

const SPECIAL = {
  symbol: {
    parts: () => ({ name: make("b"), listing: make("small") }),
    fill({ listing }, row) {
      write(listing, [row.exchange, row.product].filter(Boolean).join(" · "));
    },
  },
  filled: {
    parts: () => ({
      name: make("span"),
      of: make("span", { class: "of" }),
      bar: make("i", { "aria-hidden": "true" }),
    }),
    fill({ of, bar }, row) {
      write(of, ` of ${quantity(row.quantity)}`);
      const done = (row.filled_quantity || 0) / (row.quantity || 1);
      bar.style.transform = `scaleX(${Math.min(1, done)})`;
    },
  },
  status: {
    parts: () => ({ name: make("span", { class: "chip" }), reason: make("small") }),
    fill({ reason }, row) {
      write(reason, row.status_message ?? "");
    },
  },
  level: { parts: () => ({ name: make("span", { class: "chip" }) }) },
  result: {
    parts: () => ({ name: make("span"), arrow: make("i", { "aria-hidden": "true" }) }),
    fill({ name, arrow }, row, column) {
      const side = gainSide(column.sort(row));
      mark(name.parentNode, "data-gain", side);
      write(arrow, { up: "▲", down: "▼", none: "" }[side]);
    },
  },
};

export function newCell(column) {
  const node = make("div", { class: `cell ${column.name}`, role: "gridcell" });
  if (column.right) node.classList.add("right");
  const parts = SPECIAL[column.cell]?.parts() ?? null;
  if (parts !== null) node.append(...Object.values(parts));
  return { node, parts, text: null, hint: null };
}

// True when the cell says something else than before.
export function fillCell(cell, column, entry) {
  const text = column.text(entry.data, entry);
  const changed = cell.text !== text;
  if (changed) {
    write(cell.parts?.name ?? cell.node, text);
    cell.text = text;
  }
  SPECIAL[column.cell]?.fill?.(cell.parts, entry.data, column);
  const hint = column.hint?.(entry.data, entry) ?? "";
  if (cell.hint !== hint) {
    mark(cell.node, "title", hint || null);
    cell.hint = hint;
  }
  return changed;
}

// What a whole row is like, for the stylesheet: see theme.css.
export function rowKind(kind, row) {
  if (kind === "orders") return kindOf(row.status);
  if (kind === "messages") return { info: "open", warning: "waiting", error: "rejected" }[row.level];
  if (kind === "positions") return row.quantity === 0 ? "cancelled" : "complete";
  return null;
}

export function rowSide(row) {
  return row.transaction_type ?? { long: "BUY", short: "SELL" }[row.side] ?? null;
}
