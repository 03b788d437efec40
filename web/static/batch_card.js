// One batch as a card: a head that tells the outcome, and a body with all that is known of it.
//
//   ▸ EXPOSED  primary · 2 legs · 10:45:08        It leaves long 50 STUCKA …
//     ▾ legs: state, filled, average, error · what it left · the way out, step by step
//
// The same body is the progress of a batch that was placed from the form.

import {
  actionWords,
  legKind,
  MODES,
  outcomeOf,
  POLICIES,
  priceWords,
  residualWords,
  shortId,
  stateWords,
} from "./batch_words.js";
import { isExposed, isUnwindingAgain } from "./batch_store.js";
import { make, mark } from "./dom.js";
import { price, quantity } from "./format.js";
import { button, chip, fact, moment } from "./parts.js";

// `batch()` gives it as it stands now.
export function batchCard(app, batch) {
  const node = make(
    "details",
    { class: "batch", ontoggle: () => node.open && drawBody(app, node, batch()) },
    make("summary"),
    make("div", { class: "batch-body" }),
  );
  return node;
}

export function drawHead(node, batch) {
  const { chip: word, kind, text } = outcomeOf(batch);
  mark(node, "data-batch", batch.batch_id);
  mark(node, "data-outcome", batch.outcome ?? "running");
  const legs = `${batch.total_orders} ${batch.total_orders === 1 ? "leg" : "legs"}`;
  node.querySelector("summary").replaceChildren(
    chip(word, kind),
    make("strong", {}, namesOf(batch)),
    make("span", { class: "soft" }, `${batch.account_id} · ${legs}`),
    moment(batch.created_at),
    make("span", { class: "telling" }, text),
  );
}

export function drawBody(app, node, batch) {
  node.querySelector(".batch-body").replaceChildren(...bodyOf(app, batch));
}

// The nodes that tell all of a batch.
export function bodyOf(app, batch) {
  return [
    legTable(app, batch),
    ...residualOf(app, batch),
    ...wayOutOf(batch),
    make(
      "dl",
      { class: "facts" },
      fact("Batch", shortId(batch.batch_id), { title: batch.batch_id }),
      fact("Sent", MODES[batch.mode] ?? batch.mode),
      fact("If a leg fails", POLICIES[batch.on_failure] ?? batch.on_failure),
      fact("Begun", moment(batch.created_at)),
      fact("Ended", moment(batch.completed_at)),
      ...(batch.revised_at === null ? [] : [fact("Revised", moment(batch.revised_at))]),
      ...(batch.cleared_at === null ? [] : [fact("Cleared", moment(batch.cleared_at))]),
    ),
  ];
}

const LEG_HEADS = ["Leg", "Side", "Symbol", "Quantity", "Filled", "Price", "Average", "State"];

function legTable(app, batch) {
  const heads = LEG_HEADS.map((text) => make("th", { scope: "col" }, text));
  const rows = batch.legs.map((leg) => legRow(app, batch, leg));
  return make(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": "Legs" },
    make(
      "table",
      { class: "legs" },
      make("thead", {}, make("tr", {}, ...heads)),
      make("tbody", {}, ...rows),
    ),
  );
}

function legRow(app, batch, leg) {
  const symbol =
    leg.order_id === null
      ? leg.tradingsymbol
      : button(
          leg.tradingsymbol,
          () => app.show("detail", { account_id: batch.account_id, order_id: leg.order_id }),
          { class: "link-like", title: `Order ${leg.order_id}` },
        );
  const state = [chip(stateWords(leg.state), legKind(leg.state))];
  if (leg.error !== null) state.push(make("span", { class: "fault" }, leg.error));
  const number = (label, text, hint = null) =>
    make("td", { class: "number", "data-label": label, title: hint }, text);
  return make(
    "tr",
    { "data-side": leg.transaction_type, "data-leg-state": leg.state },
    make("td", { class: "place" }, `${leg.index + 1}`),
    make("td", { class: "side" }, leg.transaction_type),
    make("td", {}, symbol),
    number("Quantity", quantity(leg.quantity)),
    number("Filled", quantity(leg.filled_quantity)),
    number("Price", price(leg.price || leg.trigger_price), priceWords(leg)),
    number("Average", price(leg.average_price)),
    make("td", { class: "leg-state" }, ...state),
  );
}

function residualOf(app, batch) {
  if (batch.residual.length === 0 && !isExposed(batch)) return [];
  const left = batch.residual.map((rest) => make("li", {}, residualWords(rest)));
  const nodes = [make("h4", {}, "What it leaves"), make("ul", { class: "residual" }, ...left)];
  if (isExposed(batch) && !isUnwindingAgain(batch)) {
    nodes.push(
      make(
        "p",
        { class: "answers" },
        button("Acknowledge …", () => app.show("exposure", { action: "acknowledge", batch }), {
          class: "quiet",
        }),
        button("Flatten …", () => app.show("exposure", { action: "flatten", batch }), {
          class: "act",
          "data-tone": "danger",
        }),
      ),
    );
  }
  return nodes;
}

function wayOutOf(batch) {
  if (batch.rollback.length === 0) return [];
  const steps = batch.rollback.map((action) =>
    make(
      "li",
      {},
      moment(action.at),
      make("span", { class: "telling" }, actionWords(action, batch)),
      chip(stateWords(action.state), legKind(action.state)),
    ),
  );
  return [make("h4", {}, "The way out"), make("ol", { class: "way-out" }, ...steps)];
}

function namesOf(batch) {
  const names = batch.legs.map((leg) => leg.tradingsymbol);
  return names.length <= 2 ? names.join(", ") : `${names[0]} and ${names.length - 1} more`;
}
