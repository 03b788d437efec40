// A batch on its way, followed on the stream from the moment that it was taken to its end.
//
//   (while the line is down or stopped it is asked for instead)
//
//   follow(batch_id) ──▶ BatchStore ──▶ head (outcome in words) + body (legs, way out), live

import { path } from "./api.js";
import { bodyOf } from "./batch_card.js";
import { batchesOf, isEnded } from "./batch_store.js";
import { outcomeOf } from "./batch_words.js";
import { make, mark } from "./dom.js";
import { button, chip } from "./parts.js";

const ASK_MS = 2000;

export class Progress {
  // `onAnother()`: the form is to be emptied for the next one.
  constructor(app, onAnother) {
    this.app = app;
    this.id = null;
    this.head = make("p", { class: "outcome", role: "status", tabindex: "-1" });
    this.body = make("div", { class: "batch-body" });
    this.bar = make("progress", { "aria-label": "Legs settled" });
    this.node = make(
      "section",
      { class: "placed", hidden: true, "aria-label": "The batch on its way" },
      this.head,
      this.bar,
      this.body,
      make("p", { class: "answers" }, button("Place another", onAnother, { class: "act" })),
    );
    batchesOf(app).onChange((batch) => {
      if (batch === null || batch.batch_id === this.id) this.draw();
    });
  }

  follow(id) {
    this.id = id;
    this.node.hidden = false;
    clearInterval(this.timer);
    this.timer = setInterval(() => this.ask(), ASK_MS);
    this.draw();
    this.head.focus();
  }

  end() {
    clearInterval(this.timer);
    this.id = null;
    this.node.hidden = true;
  }

  async ask() {
    const store = batchesOf(this.app);
    const batch = store.get(this.id);
    if (isEnded(batch)) clearInterval(this.timer);
    if (isEnded(batch) || this.app.link.phase === "live") return;
    try {
      const where = path`/accounts/${batch.account_id}/batch-orders/${batch.batch_id}`;
      const { data } = await this.app.api("GET", where);
      store.put(data, data.offset);
    } catch {
      // The page's banner says that the gateway is out of reach; it is asked again.
    }
  }

  draw() {
    const batch = this.id === null ? null : batchesOf(this.app).get(this.id);
    if (batch === null) return;
    const { chip: word, kind, text } = outcomeOf(batch);
    mark(this.node, "data-outcome", batch.outcome ?? "running");
    this.head.replaceChildren(chip(word, kind), make("span", { class: "telling" }, text));
    this.bar.hidden = isEnded(batch);
    this.bar.max = batch.total_orders;
    this.bar.value = batch.total_orders - batch.pending;
    this.body.replaceChildren(...bodyOf(this.app, batch));
  }
}
