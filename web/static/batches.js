// The batches: each one a card with its outcome in words, its legs, what it left, its way out.
//
//   BatchStore ──change──▶ marked ──next frame──▶ cards, newest first (of the chosen account)
//   app.show("batches", {batch_id}) ──▶ that card is opened and brought into sight
//
// A card is a <details>: the summary tells the outcome, the rest is drawn when it is opened.

import { batchCard, drawBody, drawHead } from "./batch_card.js";
import { batchesOf } from "./batch_store.js";
import { faultOf } from "./confirm.js";
import { make, write } from "./dom.js";

const CARDS_MAX = 100;

export function mount(app, element) {
  const panel = new Batches(app, element);
  return { show: (wish) => panel.bring(wish) };
}

class Batches {
  constructor(app, element) {
    this.app = app;
    this.store = batchesOf(app);
    this.cards = new Map(); // batch_id ──▶ {node, batch}
    this.list = make("div", { class: "batch-list" });
    this.note = make("p", { class: "empty" });
    this.fault = make("p", { class: "answer", "data-kind": "bad", role: "status", hidden: true });
    const now = "Batches are shown as they are now, not as they were.";
    this.now = make("p", { class: "batch-now", hidden: true }, now);
    element.append(this.now, this.fault, this.list, this.note);
    this.stale = true;
    const dirty = () => {
      this.stale = true;
      app.redraw();
    };
    this.store.onChange(dirty);
    app.on("account", dirty);
    app.on("time", (past) => {
      this.now.hidden = past === null;
    });
    app.on("draw", () => this.draw());
  }

  draw() {
    if (!this.stale) return;
    this.stale = false;
    const { store, app } = this;
    const all = store.newest(app.account);
    const shown = all.slice(0, CARDS_MAX);
    this.drop(new Set(shown.map((batch) => batch.batch_id)));
    let place = this.list.firstElementChild;
    for (const batch of shown) {
      const card = this.card(batch);
      if (card.node === place) place = place.nextElementSibling;
      else this.list.insertBefore(card.node, place);
    }
    const { fault } = store;
    this.fault.hidden = fault === null;
    if (fault !== null) write(this.fault, `Batches could not be read: ${faultOf(fault)}`);
    this.note.hidden = shown.length > 0 && all.length === shown.length;
    if (all.length > shown.length) write(this.note, `The newest ${shown.length} of ${all.length}.`);
    else write(this.note, store.isRead ? "No batches yet." : "Reading the batches …");
  }

  drop(wanted) {
    for (const [id, { node }] of this.cards) {
      if (wanted.has(id)) continue;
      node.remove();
      this.cards.delete(id);
    }
  }

  card(batch) {
    const known = this.cards.get(batch.batch_id);
    if (known?.batch === batch) return known;
    const card = known ?? { node: batchCard(this.app, () => card.batch) };
    card.batch = batch;
    this.cards.set(batch.batch_id, card);
    drawHead(card.node, batch);
    if (card.node.open) drawBody(this.app, card.node, batch);
    return card;
  }

  bring({ batch_id } = {}) {
    this.app.show("tabs", "batches");
    this.draw();
    const card = this.cards.get(batch_id);
    if (card === undefined) return;
    card.node.open = true;
    drawBody(this.app, card.node, card.batch); // now, so that it can be brought into sight whole
    card.node.scrollIntoView({ block: "start" });
    card.node.querySelector("summary").focus({ preventScroll: true });
  }
}
