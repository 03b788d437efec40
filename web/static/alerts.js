// What must not be overlooked: orders that were rejected, and batches that left something behind.
//
//   news ──▶ is it one? ──▶ a bell with a number ──┬─ "(3) · Orderwire" in the title, if wanted
//                                                   └─ a sound, if wanted: off until asked for
//
// Opening the bell's list takes them as seen. What is wanted is remembered in this browser.

import { batchesOf, isExposed } from "./batch_store.js";
import { causeOf } from "./batch_words.js";
import { make, mark, write } from "./dom.js";
import { button, moment, nextId } from "./parts.js";
import { chime } from "./sound.js";
import { recall, remember } from "./wants.js";

const KEPT_MAX = 30;
const KNOWN_MAX = 5000;

export function mount(app, element) {
  const alerts = new Alerts(app, element);
  app.on("news", ({ kind, frame }) => kind === "orders" && alerts.hear(frame));
  batchesOf(app).onChange((batch) => batch !== null && alerts.look(batch));
  return { show: () => alerts.open() };
}

class Alerts {
  constructor(app, element) {
    this.app = app;
    this.known = new Set(); // what was told once is not told again
    this.items = []; // newest first
    this.unseen = 0;
    this.build(element);
    this.draw();
  }

  build(element) {
    const id = nextId("alerts");
    this.bell = button("", () => this.open(), { class: "bell", id: "bell" });
    this.count = make("span", { class: "badge", "aria-hidden": "true" });
    this.bell.append(bellShape(), this.count);
    this.list = make("ol", { class: "alert-list" });
    this.none = make("p", { class: "soft" }, "Nothing was rejected, and nothing is exposed.");
    this.dialog = make(
      "dialog",
      { class: "window small", "aria-labelledby": id },
      make(
        "header",
        {},
        make("h2", { id }, "Alerts"),
        button("Close", () => this.dialog.close(), { class: "quiet" }),
      ),
      this.wish("title", "Count them in the title", true),
      this.wish("sound", "Sound for each", false, chime),
      this.list,
      this.none,
    );
    element.append(this.bell, this.dialog);
  }

  wish(name, text, isOn, onTurnedOn) {
    const box = make("input", { type: "checkbox", name, checked: recall(name, isOn) });
    box.addEventListener("change", () => {
      remember(name, box.checked);
      if (box.checked) onTurnedOn?.();
      this.draw();
    });
    return make("label", { class: "tick" }, box, text);
  }

  // Only what happens while we look on: a snapshot tells what was there before.
  hear({ account_id, data, timestamp }) {
    if (data.status !== "REJECTED") return;
    const why = data.status_message ? `: ${data.status_message}` : "";
    this.add(`${account_id} ${data.order_id}`, {
      at: timestamp,
      title: "Rejected",
      text: `${account_id}: ${data.transaction_type} ${data.tradingsymbol}${why}`,
      go: () => this.app.show("detail", { account_id, order_id: data.order_id }),
    });
  }

  look(batch) {
    if (!isExposed(batch) || batch.outcome !== "exposed") return;
    const { account_id, batch_id, completed_at } = batch;
    this.add(`${batch_id} ${completed_at}`, {
      at: completed_at,
      title: "Exposed",
      text: `${account_id}: ${causeOf(batch) || "a batch left something in the market"}`,
      go: () => this.app.show("batches", { account_id, batch_id }),
    });
  }

  add(key, item) {
    if (this.known.has(key)) return;
    this.known.add(key);
    if (this.known.size > KNOWN_MAX) this.known.delete(this.known.values().next().value);
    this.items = [item, ...this.items].slice(0, KEPT_MAX);
    if (!this.dialog.open) this.unseen += 1;
    if (recall("sound", false)) chime();
    this.draw();
  }

  open() {
    this.unseen = 0;
    if (!this.dialog.open) this.dialog.showModal();
    this.draw();
  }

  draw() {
    const { unseen } = this;
    const words = unseen === 0 ? "Alerts" : `Alerts: ${unseen} not looked at`;
    mark(this.bell, "aria-label", words);
    mark(this.bell, "title", words);
    mark(this.bell, "data-new", unseen > 0);
    write(this.count, unseen > 99 ? "99+" : unseen > 0 ? `${unseen}` : "");
    this.none.hidden = this.items.length > 0;
    if (this.dialog.open) this.list.replaceChildren(...this.items.map((item) => this.line(item)));
    this.app.entitle("alerts", unseen > 0 && recall("title", true) ? `(${unseen})` : "");
  }

  line({ at, title, text, go }) {
    const open = () => {
      this.dialog.close();
      go();
    };
    return make(
      "li",
      {},
      moment(at),
      make("strong", {}, title),
      make("span", { class: "telling" }, text),
      button("Look", open, { class: "quiet", "aria-label": `Look: ${title}, ${text}` }),
    );
  }
}

const SVG = "http://www.w3.org/2000/svg";

function bellShape() {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  for (const [name, value] of Object.entries({
    viewBox: "0 0 20 20", width: "18", height: "18", "aria-hidden": "true", fill: "none",
    stroke: "currentColor", "stroke-width": "1.6", "stroke-linejoin": "round",
  })) svg.setAttribute(name, value);
  line.setAttribute("d", "M3.5 14.5h13l-1.7-2.4V8.6a4.8 4.8 0 0 0-9.6 0v3.5zM8.2 17h3.6");
  svg.append(line);
  return svg;
}
