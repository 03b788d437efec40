// The table of orders: one <tr> an order, made once, then changed only where its order changed.
//
//   entries (newest first, bounded) ──▶ OrderTable.draw ──┬─ rows that left are removed
//                                                         ├─ rows that came are made and placed
//                                                         └─ rows whose version moved are filled
//
// The page's stylesheet gives the columns their look; all that is written here is text and data-*.

import { dayAndHour, hour, kindOf, price, quantity } from "./format.js";

const COLUMNS = [
  "time",
  "account",
  "symbol",
  "side",
  "type",
  "quantity",
  "filled",
  "price",
  "average",
  "status",
  "origin",
];

export class OrderTable {
  constructor(body) {
    this.body = body;
    this.rows = new Map();
  }

  // `touched`: the keys whose rows shall flash.
  draw(entries, touched) {
    const wanted = new Set(entries.map((entry) => entry.key));
    for (const [key, row] of this.rows) {
      if (wanted.has(key)) continue;
      row.line.remove();
      this.rows.delete(key);
    }
    let place = this.body.firstElementChild;
    for (const entry of entries) {
      const row = this.row(entry.key);
      if (row.version !== entry.version || row.order !== entry.order) fill(row, entry);
      if (touched.has(entry.key)) flash(row.line);
      if (row.line === place) place = place.nextElementSibling;
      else this.body.insertBefore(row.line, place);
    }
  }

  row(key) {
    if (!this.rows.has(key)) this.rows.set(key, newRow(key));
    return this.rows.get(key);
  }
}

function newRow(key) {
  const line = element("tr", "", "row");
  line.dataset.key = key;
  const cells = {};
  for (const name of COLUMNS) {
    cells[name] = element("td", name, "cell");
    line.append(cells[name]);
  }
  const parts = {
    time: element("time", ""),
    name: element("span", "name"),
    listing: element("span", "listing"),
    done: element("span", "done"),
    of: element("span", "of"),
    bar: element("progress", "fill"),
    chip: element("span", "chip"),
    reason: element("span", "reason"),
    origin: element("span", ""),
  };
  parts.bar.setAttribute("aria-hidden", "true");
  cells.time.append(parts.time);
  cells.symbol.append(parts.name, " ", parts.listing);
  cells.filled.append(parts.done, parts.of, parts.bar);
  cells.status.append(parts.chip, " ", parts.reason);
  cells.origin.append(parts.origin);
  return { line, cells, parts, version: 0, order: null };
}

function fill(row, entry) {
  const { line, cells, parts } = row;
  const { order } = entry;
  line.dataset.kind = kindOf(order.status);
  line.dataset.side = order.transaction_type;
  line.dataset.origin = order.origin;
  line.toggleAttribute("data-told", Boolean(order.status_message));
  write(parts.time, hour(entry.age));
  parts.time.dateTime = entry.age;
  cells.time.title = lifeOf(order);
  write(cells.account, order.account_id);
  cells.account.title = order.account_id;
  write(parts.name, order.tradingsymbol);
  write(parts.listing, [order.exchange, order.product].filter(Boolean).join(" · "));
  cells.symbol.title = `Order ${order.order_id}${order.tag ? `, tag ${order.tag}` : ""}`;
  write(cells.side, order.transaction_type);
  write(cells.type, order.order_type);
  write(cells.quantity, quantity(order.quantity));
  write(parts.done, quantity(order.filled_quantity));
  write(parts.of, ` of ${quantity(order.quantity)}`);
  parts.bar.max = order.quantity || 1;
  parts.bar.value = order.filled_quantity || 0;
  write(cells.price, price(order.price || order.trigger_price));
  cells.price.title = order.trigger_price ? `Trigger at ${price(order.trigger_price)}` : "";
  write(cells.average, price(order.average_price));
  write(parts.chip, order.status);
  write(parts.reason, order.status_message ?? "");
  cells.status.title = order.status_message ?? "";
  write(parts.origin, order.origin ?? "");
  row.version = entry.version;
  row.order = order;
}

function flash(line) {
  line.dataset.flash = line.dataset.flash === "a" ? "b" : "a";
}

function lifeOf(order) {
  return `Placed ${dayAndHour(order.placed_at)}\nUpdated ${dayAndHour(order.updated_at)}`;
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function element(tag, className, role = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (role) node.setAttribute("role", role);
  return node;
}
