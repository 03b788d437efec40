// What every panel of the page is given: the book, the stream, the gateway's HTTP, and each other.
//
//   panel.mount(app, element) ──▶ may give {show(arg)} ◀── app.show("detail", {account_id, order_id})
//        ▲                                                    from any other panel
//        └── app.on("draw", fn) … at most once a frame, when anything has changed
//
// Events, by name:
//   draw     (now_ms)   anything changed, or a second has passed: draw what differs
//   paint    (now_ms)   the same at every frame, before draw: for rows that follow the market
//   frame    (frame)    a frame came off the stream, as it was told, in order
//   whole    ()         a snapshot was read to its end: all rows are there
//   link     (state)    the page's own connection changed: see stream.js
//   accounts ()         a row of an account changed: app.accounts
//   account  (id)       another account was chosen, "" for all: app.account
//   tab      (name)     another tab was opened: app.tab
//   time     (past)     the tables show the past from now on, or null: the present. See showPast
//   news     ({kind, key, what, frame})   a row came ("new") or changed by an event
//   reset ()            what the book holds is void: it is about to be cleared
//   sort (kind) · filter (text)           the reader wants the rows otherwise

import { api } from "./api.js";
import { Book } from "./book.js";
import { FIRST } from "./columns.js";

const DRAW_MS = 125;

export class App {
  constructor() {
    this.book = new Book(); // the present, always
    this.past = null; // {book, offset, at}: what the tables show instead of the present
    this.stream = null;
    this.api = api; // (method, path, body, headers, signal) → {status, data}, throws Problem
    this.link = { phase: "connecting", reason: null, retry_at_ms: null };
    this.seen = false; // a first snapshot has come
    this.account = "";
    this.tab = "orders";
    this.filter = ""; // words that a row has to hold
    this.onlyMissed = false; // only rows that changed while the reader was away
    this.missed = {}; // kind → Map: key → when it was first looked at, or 0
    this.kinds = []; // the kinds of rows that are followed
    this.sorts = structuredClone(FIRST); // kind → {name of a column, down}
    this.titles = new Map(); // who → what it puts before the page's title
    this.panels = new Map();
    this.listeners = new Map();
    this.due = null; // what the next frame shall draw: "paint", or "draw" as well
    this.drawn_at_ms = 0;
    this.later = null;
  }

  // What is known of each account: id → row of `/ws/status`.
  get accounts() {
    return new Map([...this.book.accounts].map(([id, { row }]) => [id, row]));
  }

  // The book that the tables draw.
  get shown() {
    return this.past?.book ?? this.book;
  }

  // Calls fn at each such event; gives a function that ends it.
  on(event, fn) {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event).add(fn);
    return () => this.listeners.get(event).delete(fn);
  }

  emit(event, arg) {
    for (const fn of this.listeners.get(event) ?? []) fn(arg);
  }

  // Something changed: all is drawn in the next frame, once.
  redraw() {
    if (this.due === null) requestAnimationFrame(() => this.draw(Date.now()));
    this.due = "draw";
  }

  // The stream brought something: the table follows at once, the rest some times a second.
  stir() {
    if (this.due !== null) return;
    this.due = "paint";
    requestAnimationFrame(() => this.draw(Date.now()));
  }

  draw(now_ms) {
    const all = this.due === "draw" || now_ms - this.drawn_at_ms >= DRAW_MS;
    this.due = null;
    this.emit("paint", now_ms);
    if (all) {
      this.drawn_at_ms = now_ms;
      this.emit("draw", now_ms);
    } else {
      this.later ??= setTimeout(() => {
        this.later = null;
        this.redraw();
      }, DRAW_MS);
    }
  }

  // Put a panel into its element, which is left empty for it.
  mount(name, panel, element) {
    this.panels.set(name, panel.mount(this, element) ?? {});
  }

  // Ask a panel to show itself. Panels and what they take:
  //   detail {account_id, order_id} · batch_form {account_id?} · batches {account_id, batch_id}
  //   actions {action: "cancel" | "halt" | "resume" | "connect" | "disconnect", account_id ("": all),
  //     order?} · travel {} · tabs name
  show(name, arg) {
    this.panels.get(name)?.show?.(arg);
  }

  // Tell the reader something in passing: kind is "good", "bad" or "plain".
  say(text, kind = "plain") {
    this.panels.get("say")?.show({ text, kind });
  }

  choose(account) {
    if (this.account === account) return;
    this.account = account;
    this.emit("account", account);
    this.redraw();
  }

  turnTo(tab) {
    if (this.tab === tab) return;
    this.tab = tab;
    this.emit("tab", tab);
    this.redraw();
  }

  // Sort by a column; by the same once more: the other way round.
  sortBy(kind, name, down = null) {
    const now = this.sorts[kind];
    this.sorts[kind] = { name, down: down ?? (now.name === name ? !now.down : false) };
    this.emit("sort", kind);
    this.redraw();
  }

  search(text, tab = this.tab) {
    this.filter = text;
    this.emit("filter", text);
    this.turnTo(tab);
    this.redraw();
  }

  // Put a word before the page's title, or take it away with "".
  entitle(who, text) {
    if ((this.titles.get(who) ?? "") === text) return;
    this.titles.set(who, text);
    document.title = [...this.titles.values(), "Orderwire"].filter(Boolean).join(" · ");
  }

  // The tables show `book` as of `offset` (at: RFC 3339) until showLive.
  showPast(book, { offset, at }) {
    this.past = { book, offset, at };
    this.emit("time", this.past);
    this.redraw();
  }

  showLive() {
    if (this.past === null) return;
    this.past = null;
    this.emit("time", null);
    this.redraw();
  }
}
