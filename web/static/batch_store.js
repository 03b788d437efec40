// The batches of all accounts, kept whole: snapshots hold none, so they are asked for.
//
//   reset, resumed ──▶ GET /accounts/{id}/batch-orders ──┐
//   batch_update ────────────────────────────────────────┼──▶ batches ──▶ told: those who look on
//   an answer to a command ──────────────────────────────┘    (a newer offset wins)
//
// There is no DOM in here.

import { path } from "./api.js";

const PAGE = 100;
const KEPT_MAX = 2000;

const stores = new WeakMap();

// The one store of an app: whoever asks first has it made.
export function batchesOf(app) {
  if (!stores.has(app)) stores.set(app, new BatchStore(app));
  return stores.get(app);
}

export class BatchStore {
  constructor(app) {
    this.app = app;
    this.batches = new Map(); // batch_id ──▶ {batch, offset}
    this.lookers = new Set();
    this.fault = null; // why the lists could not be read, or null
    this.isRead = false; // the lists have come once
    this.epoch = null;
    app.on("frame", (frame) => this.hear(frame));
    app.on("link", ({ phase }) => {
      if (phase === "live") this.refresh();
    });
  }

  onChange(look) {
    this.lookers.add(look);
    return () => this.lookers.delete(look);
  }

  hear(frame) {
    if (frame.type === "connection_established") this.turn(frame.epoch);
    if (frame.type === "batch_update") this.put(frame.data, frame.offset);
  }

  // Another epoch is another record: what was known of the old one's batches is void.
  turn(epoch) {
    if (this.epoch !== null && this.epoch !== epoch) this.batches.clear();
    this.epoch = epoch;
  }

  put(batch, offset) {
    const known = this.batches.get(batch.batch_id);
    if (known !== undefined && offset < known.offset) return;
    this.batches.set(batch.batch_id, { batch, offset });
    this.shrink();
    this.tell(batch);
  }

  get(id) {
    return this.batches.get(id)?.batch ?? null;
  }

  // Newest first, of one account, or of all when it is "".
  newest(account = "") {
    const all = [...this.batches.values()].map(({ batch }) => batch);
    const some = account === "" ? all : all.filter((batch) => batch.account_id === account);
    return some.sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  }

  // Those that left something in the market which nobody has taken or cleared; those that are being
  // unwound once more count as well, until they have come to an end.
  exposed() {
    return this.newest().filter(isExposed);
  }

  ofOrder(accountId, orderId) {
    const has = (batch) =>
      batch.account_id === accountId &&
      (batch.order_ids.includes(orderId) ||
        batch.rollback.some((action) => action.order_id === orderId));
    return this.newest(accountId).find(has) ?? null;
  }

  // Asked when the line is open, so that no change can fall between the answer and the frames.
  async refresh() {
    await this.readAll();
    this.tell(null);
  }

  async readAll() {
    try {
      const { data } = await this.app.api("GET", "/accounts");
      await Promise.all(data.data.map((row) => this.read(row.account_id)));
      this.fault = null;
      this.isRead = true;
    } catch (error) {
      this.fault = error; // told in the batches' own panel; it is asked again when the line is back
    }
  }

  async read(account) {
    const list = path`/accounts/${account}/batch-orders`;
    const { data } = await this.app.api("GET", `${list}?limit=${PAGE}`);
    this.turn(data.epoch);
    for (const batch of data.data) this.put(batch, data.offset);
  }

  // A desk that leaves the page open for weeks: the oldest that need nobody go.
  shrink() {
    if (this.batches.size <= KEPT_MAX) return;
    const over = [...this.batches.values()].find(({ batch }) => !needsSomeone(batch));
    if (over !== undefined) this.batches.delete(over.batch.batch_id);
  }

  tell(batch) {
    for (const look of this.lookers) look(batch);
  }
}

export function isExposed(batch) {
  if (batch.outcome === "exposed") return batch.cleared_at === null;
  return isUnwindingAgain(batch);
}

export function isUnwindingAgain(batch) {
  return !isEnded(batch) && batch.revised_at !== null;
}

export function isEnded(batch) {
  return batch.outcome !== null && batch.outcome !== "unknown";
}

function needsSomeone(batch) {
  return !isEnded(batch) || isExposed(batch);
}
