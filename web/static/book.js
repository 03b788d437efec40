// The book that the page draws: every order, each account's state, and the counts.
//
//   frame ──▶ apply ──┬─ orders    "account order_id" ──▶ entry
//                     ├─ accounts  id ──▶ {row, offset}
//                     ├─ counts    account ──▶ {orders, open, complete, cancelled, rejected}
//                     └─ touched   the keys that an event changed since the last drawing
//
// There is no DOM in here. Each fact keeps the offset that it came with, and an older one never
// replaces a newer one: so a status answer may arrive before or after the events beside it.

import { kindOf, isOpen } from "./format.js";

const RATE_SLOTS = 8;
const RATE_SPAN_S = 5;

export class Book {
  constructor() {
    this.accounts = new Map();
    this.clear();
  }

  // Orders and counts only: what is known of the accounts is told apart from snapshots.
  clear() {
    this.orders = new Map();
    this.byAge = [];
    this.sorted = true;
    this.counts = new Map();
    this.rates = new Map();
    this.touched = new Set();
    this.updated_at = null;
    this.message = null;
  }

  apply(frame, now_ms) {
    if (frame.type === "snapshot") {
      for (const order of frame.data.orders) this.put(order, frame.offset);
    } else if (frame.type === "order_update" || frame.type === "correction") {
      this.rate(frame.account_id).count(now_ms);
      const key = this.put(frame.data, frame.offset);
      if (key !== null) this.touched.add(key);
      this.updated_at = later(this.updated_at, frame.timestamp);
    } else if (frame.type === "stream_status") {
      this.putAccount(frame.account_id, frame.data, frame.offset);
    } else if (frame.type === "message") {
      this.message = { ...frame.data, account_id: frame.account_id };
    }
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

  // Returns the key of the order, or null when what we have is newer.
  put(order, offset) {
    const key = `${order.account_id} ${order.order_id}`;
    const known = this.orders.get(key);
    if (known !== undefined && offset < known.offset) return null;
    const entry = entryOf(key, order, offset, known);
    if (known === undefined) this.insert(entry);
    else Object.assign(known, this.recount(known, entry));
    this.updated_at = later(this.updated_at, order.updated_at);
    return key;
  }

  insert(entry) {
    this.orders.set(entry.key, entry);
    const last = this.byAge.at(-1);
    if (last !== undefined && isOlder(entry, last)) this.sorted = false;
    this.byAge.push(entry);
    const counts = this.countsOf(entry.order.account_id);
    counts.orders += 1;
    counts[entry.bin] += 1;
  }

  recount(known, entry) {
    const counts = this.countsOf(entry.order.account_id);
    counts[known.bin] -= 1;
    counts[entry.bin] += 1;
    return entry;
  }

  countsOf(account) {
    if (!this.counts.has(account)) this.counts.set(account, noCounts());
    return this.counts.get(account);
  }

  rate(account) {
    if (!this.rates.has(account)) this.rates.set(account, new Rate());
    return this.rates.get(account);
  }

  // Counts and updates a second of one account, or of all when account is "".
  summary(account, now_ms) {
    const total = { ...noCounts(), rate: 0 };
    for (const [id, counts] of this.counts) {
      if (account !== "" && id !== account) continue;
      for (const name of Object.keys(counts)) total[name] += counts[name];
    }
    for (const [id, rate] of this.rates) {
      if (account === "" || id === account) total.rate += rate.perSecond(now_ms);
    }
    return total;
  }

  // The newest `limit` entries that fit, and how many fit in all. Every word of the text must be
  // found somewhere in the order.
  newest({ account, text, limit }) {
    if (!this.sorted) {
      this.byAge.sort((a, b) => (isOlder(a, b) ? -1 : 1));
      this.sorted = true;
    }
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const entries = [];
    let found = 0;
    for (let i = this.byAge.length - 1; i >= 0; i -= 1) {
      const entry = this.byAge[i];
      if (account !== "" && entry.order.account_id !== account) continue;
      if (!words.every((word) => entry.haystack.includes(word))) continue;
      found += 1;
      if (entries.length < limit) entries.push(entry);
    }
    return { entries, found };
  }
}

// Events a second over the last whole seconds, in a ring of slots.
export class Rate {
  constructor() {
    this.slots = new Array(RATE_SLOTS).fill(0);
    this.second = 0;
  }

  count(now_ms) {
    this.turn(now_ms);
    this.slots[this.second % RATE_SLOTS] += 1;
  }

  perSecond(now_ms) {
    this.turn(now_ms);
    let sum = 0;
    for (let back = 1; back <= RATE_SPAN_S; back += 1) {
      sum += this.slots[(this.second - back + RATE_SLOTS) % RATE_SLOTS];
    }
    return sum / RATE_SPAN_S;
  }

  turn(now_ms) {
    const second = Math.floor(now_ms / 1000);
    const gone = Math.min(Math.max(second - this.second, 0), RATE_SLOTS);
    for (let i = 0; i < gone; i += 1) this.slots[(second - i) % RATE_SLOTS] = 0;
    this.second = Math.max(second, this.second);
  }
}

function entryOf(key, order, offset, known) {
  return {
    key,
    order,
    offset,
    version: (known?.version ?? 0) + 1,
    age: known?.age ?? order.placed_at ?? order.updated_at ?? "",
    bin: binOf(order.status),
    haystack: haystackOf(order),
  };
}

// Times are RFC 3339 in UTC of one width, so that their text sorts as they do.
function isOlder(a, b) {
  return a.age === b.age ? a.order.order_id < b.order.order_id : a.age < b.age;
}

function later(a, b) {
  if (!a || !b) return a || b || null;
  return a > b ? a : b;
}

function noCounts() {
  return { orders: 0, open: 0, complete: 0, cancelled: 0, rejected: 0 };
}

function binOf(status) {
  return isOpen(status) ? "open" : kindOf(status);
}

function haystackOf(order) {
  const { account_id, order_id, tradingsymbol, exchange, transaction_type } = order;
  const { order_type, product, status, origin, tag, status_message } = order;
  return [account_id, order_id, tradingsymbol, exchange, transaction_type]
    .concat([order_type, product, status, origin, tag, status_message])
    .filter(Boolean)
    .join(" ")
    .toLowerCase();
}
