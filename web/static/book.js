// The book that the page draws: what the stream has told, kind by kind, and each account's state.
//
//   frame ──▶ apply ──┬─ shelves   orders, trades, positions, messages: see shelf.js
//                     ├─ accounts  id ──▶ {row, offset}
//                     └─ flow      updates a second
//
// There is no DOM in here. Batches have a store of their own: batch_store.js. The past is a book
// too: made of answers of `?at=OFFSET` with `fill`.

import { isOpen, kindOf } from "./format.js";
import { Rate } from "./rate.js";
import { Shelf } from "./shelf.js";

// Of each kind: the event that brings it, and what makes a row the same row.
export const KINDS = {
  orders: { types: ["order_update", "correction"], key: (row) => row.order_id },
  trades: {
    types: ["trade_update"],
    key: (row) => `${row.exchange}:${row.trade_id}:${row.order_id}`,
  },
  positions: { types: ["position_update"], key: (row) => row.id },
  messages: { types: ["message"], key: (row) => row.id },
};
const KIND_OF = new Map(
  Object.entries(KINDS).flatMap(([kind, { types }]) => types.map((type) => [type, kind])),
);
const SHELVES = {
  orders: {
    ageOf: (row) => row.placed_at ?? row.updated_at,
    textOf: words("order_id tradingsymbol exchange transaction_type order_type product status " +
      "origin tag status_message"),
    binOf: (row) => (isOpen(row.status) ? "open" : kindOf(row.status)),
  },
  trades: {
    ageOf: (row) => row.traded_at,
    textOf: words("trade_id order_id tradingsymbol exchange transaction_type product"),
  },
  positions: {
    ageOf: () => null,
    textOf: words("id tradingsymbol exchange product side"),
    binOf: (row) => (row.quantity === 0 ? "flat" : "held"),
  },
  messages: {
    ageOf: (row) => row.at,
    textOf: words("level text order_id"),
    binOf: (row) => row.level,
  },
};

export class Book {
  constructor() {
    this.accounts = new Map();
    this.flow = new Rate();
    this.updated_at = null;
    this.part = false; // in the middle of a snapshot: not the whole yet
    for (const [kind, of] of Object.entries(SHELVES)) this[kind] = new Shelf(of);
  }

  // The rows only: what is known of the accounts is told apart from snapshots.
  clear() {
    for (const kind of Object.keys(SHELVES)) this[kind].clear();
    this.updated_at = null;
  }

  // Gives what became of it: {kind, key, what: "new" | "changed" | null}, or null if it is no row.
  apply(frame, now_ms) {
    if (frame.type === "snapshot") {
      for (const kind of ["orders", "trades", "positions"]) {
        this.fill(kind, frame.account_id, frame.data[kind], frame.offset);
      }
      this.part = frame.part < frame.of;
      return null;
    }
    if (frame.type === "stream_status") {
      this.putAccount(frame.account_id, frame.data, frame.offset);
      return null;
    }
    const kind = KIND_OF.get(frame.type);
    if (kind === undefined) return null;
    this.flow.count(now_ms);
    this.updated_at = later(this.updated_at, frame.timestamp);
    const { account_id, data, offset, timestamp } = frame;
    const key = keyOf(kind, account_id, data);
    return { kind, key, what: this[kind].put(key, account_id, data, offset, timestamp) };
  }

  // Rows as an answer over HTTP or a snapshot has them, all at one offset.
  fill(kind, account_id, rows, offset) {
    for (const row of rows) {
      this[kind].put(keyOf(kind, account_id, row), account_id, row, offset);
      if (kind === "orders") this.updated_at = later(this.updated_at, row.updated_at);
    }
  }

  find(kind, account_id, id) {
    return this[kind].rows.get(`${account_id} ${id}`);
  }

  // The answer of GET /ws/status: every account that the reader may see.
  applyStatus(status) {
    for (const [id, row] of Object.entries(status.accounts)) {
      this.putAccount(id, row, status.offset);
    }
  }

  putAccount(id, row, offset) {
    const known = this.accounts.get(id);
    if (known === undefined || offset >= known.offset) this.accounts.set(id, { row, offset });
  }
}

export function keyOf(kind, account_id, row) {
  return `${account_id} ${KINDS[kind].key(row)}`;
}

function words(names) {
  const fields = names.split(" ");
  return (row) => fields.map((name) => row[name] ?? "").join(" ");
}

function later(a, b) {
  if (!a || !b) return a || b || null;
  return a > b ? a : b;
}
