// One order, opened: its facts, and its life as a timeline that goes on while it is looked at.
//
//   app.show("detail", {account_id, order_id}) ──▶ GET …/orders/{id} ──▶ steps
//   frames of that order ──────────────────────────────────────────────▶ more steps
//      (while none are streamed it is asked for every three seconds)
//   a line that came back ──▶ asked for again, so that no step is missing
//
// While the tables show the past, so does this: its life ends at the event that they stand at.

import { act } from "./actions.js";
import { path } from "./api.js";
import { batchesOf } from "./batch_store.js";
import { faultOf } from "./confirm.js";
import { make, mark, write } from "./dom.js";
import { isOpen, kindOf, price, quantity } from "./format.js";
import { extended, gapWords, stepsOf } from "./history.js";
import { button, chip, fact, moment, nextId } from "./parts.js";

const ASK_MS = 3000;

export function mount(app, element) {
  const sheet = new Detail(app);
  element.append(sheet.dialog);
  app.on("frame", (frame) => sheet.hear(frame));
  app.on("link", ({ phase }) => {
    if (phase === "live") sheet.read();
  });
  return { show: (order) => sheet.open(order) };
}

class Detail {
  constructor(app) {
    this.app = app;
    this.order = null; // {account_id, order_id}, while it is open
    this.events = [];
    this.build();
  }

  build() {
    const id = nextId("order");
    this.title = make("h2", { id });
    this.status = make("span", { class: "status" });
    this.facts = make("dl", { class: "facts" });
    this.steps = make("ol", { class: "steps" });
    this.said = make("p", { class: "answer", role: "status" });
    this.cancel = button("Cancel this order …", () => this.askToCancel(), {
      class: "act",
      "data-tone": "danger",
    });
    this.batch = button("Its batch", () => this.openBatch(), { class: "quiet" });
    this.dialog = make(
      "dialog",
      { class: "window", "aria-labelledby": id },
      make(
        "header",
        {},
        this.title,
        this.status,
        button("Close", () => this.dialog.close(), { class: "quiet" }),
      ),
      this.facts,
      make("h3", {}, "Its life"),
      this.steps,
      this.said,
      make("p", { class: "answers" }, this.batch, this.cancel),
    );
    this.dialog.addEventListener("close", () => {
      clearInterval(this.timer);
      this.order = null;
    });
  }

  open({ account_id, order_id }) {
    this.order = { account_id, order_id };
    this.until = this.app.past?.offset ?? Infinity;
    this.events = [];
    write(this.title, `Order ${order_id}`);
    for (const node of [this.status, this.facts, this.steps]) node.replaceChildren();
    this.cancel.hidden = true;
    this.batch.hidden = true;
    this.say("Reading its history …");
    if (!this.dialog.open) this.dialog.showModal();
    clearInterval(this.timer);
    this.timer = setInterval(() => this.isTold || this.read(), ASK_MS);
    this.read();
  }

  // Whether what becomes of it comes by itself: not while the stream, or orders on it, are stopped.
  get isTold() {
    const { link, kinds } = this.app;
    return this.until !== Infinity || (link.phase === "live" && kinds.includes("orders"));
  }

  async read() {
    const { order, app } = this;
    if (order === null) return;
    try {
      const where = path`/accounts/${order.account_id}/orders/${order.order_id}`;
      const { data } = await app.api("GET", where);
      if (this.order !== order) return; // another one was opened meanwhile
      const known = data.history.at(-1)?.offset ?? 0;
      const later = this.events.filter(({ offset }) => offset > known);
      this.events = [...data.history, ...later].filter(({ offset }) => offset <= this.until);
      this.say(this.until === Infinity ? "" : "As it was then, not as it is now.");
      this.draw(this.events.at(-1)?.data ?? data.data);
    } catch (error) {
      if (this.order === order) this.say(faultOf(error), "bad");
    }
  }

  hear(frame) {
    if (this.order === null || this.until !== Infinity) return;
    const { account_id, order_id } = this.order;
    const events = extended(this.events, frame, account_id, order_id);
    if (events === this.events) return;
    this.events = events;
    this.draw(frame.data);
  }

  draw(order) {
    this.shown = order;
    write(this.title, `${order.transaction_type} ${order.tradingsymbol}`);
    this.status.replaceChildren(chip(order.status, kindOf(order.status)));
    this.facts.replaceChildren(...factsOf(order));
    // Only steps that are not there yet: a reader's place and a screen reader's are kept.
    const steps = stepsOf(this.events);
    const drawn = [...this.steps.children].map((item) => item.dataset.offset);
    if (!drawn.every((offset, i) => offset === `${steps[i]?.offset}`)) this.steps.replaceChildren();
    this.steps.append(...steps.slice(this.steps.children.length).map(stepItem));
    this.cancel.hidden = this.until !== Infinity || !isOpen(order.status);
    this.batch.hidden = batchesOf(this.app).ofOrder(order.account_id, order.order_id) === null;
  }

  async askToCancel() {
    const said = await act(this.app, { action: "cancel", ...this.order, order: this.shown });
    if (said !== null) this.say(said.text, said.kind);
  }

  openBatch() {
    const { account_id, order_id } = this.order;
    const batch = batchesOf(this.app).ofOrder(account_id, order_id);
    this.dialog.close();
    this.app.show("batches", { account_id, batch_id: batch.batch_id });
  }

  say(text, kind = "plain") {
    mark(this.said, "data-kind", kind);
    write(this.said, text);
  }
}

function factsOf(order) {
  const facts = [
    ["Account", order.account_id],
    ["Order", order.order_id],
    ["Listed", [order.exchange, order.product].filter(Boolean).join(" · ")],
    ["Type", [order.order_type, order.validity, order.variety].filter(Boolean).join(" · ")],
    ["Quantity", quantity(order.quantity)],
    ["Filled", quantity(order.filled_quantity)],
    ["Price", price(order.price)],
    ["Trigger", price(order.trigger_price)],
    ["Average", price(order.average_price)],
    ["Origin", order.origin === "external" ? "placed elsewhere" : "placed here"],
    ["Tag", order.tag ?? "–"],
  ];
  return [
    ...facts.map(([name, value]) => fact(name, value)),
    fact("Placed", moment(order.placed_at)),
    fact("Updated", moment(order.updated_at)),
  ];
}

function stepItem(step) {
  const kind = kindOf(step.status);
  return make(
    "li",
    { "data-kind": kind, "data-offset": step.offset },
    moment(step.at),
    chip(step.status, kind),
    make("span", { class: "gap" }, gapWords(step.gap_ms)),
    make("span", { class: "telling" }, step.isCorrection ? `Corrected: ${step.words}` : step.words),
  );
}
