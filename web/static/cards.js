// The cards at the top: how much there is of each kind, how much of it is new, and how it stands.
//
//   ┌ Orders ────────┐ ┌ Trades ───┐ ┌ Positions ─┐ ┌ Messages ┐ ┌ P&L ──────┐ ┌ Flow ──────┐
//   │ 1,204   +5 new │ │ 860 +3 new│ │ 6          │ │ 2  +1 new│ │ +1,204.50 │ │ ▂▃▅▂  20/s │
//   │ 12 open · …    │ │ …         │ │ 4 held     │ │ 1 error  │ │ …         │ │ 4 ms       │
//   └────────────────┘ └───────────┘ └────────────┘ └──────────┘ └───────────┘ └────────────┘
//
// A card of a kind leads to its table. Batches have their count on their tab.

import { make, mark, write } from "./dom.js";
import { gain, gainSide, hour, quantity, NOTHING } from "./format.js";
import { mount as mountPlot } from "./plot.js";
import { TABS } from "./tabs.js";

const KINDS = ["orders", "trades", "positions", "messages"];
const OF_ORDERS = [
  ["open", "open"],
  ["complete", "filled"],
  ["cancelled", "cancelled"],
  ["rejected", "rejected"],
];

export function mount(app, element) {
  const cards = KINDS.map((kind) => newCard(app, kind));
  const result = make("div", { class: "card", id: "card-pnl" });
  const sum = make("strong", { class: "result" });
  const parts = make("p", { class: "about" }, make("span"), make("span"));
  const gains = { sum, parts, of: null, made: "" }; // of which shelf, and what it was made of
  result.append(make("h2", {}, "P&L"), make("p", { class: "big" }, sum), parts);
  const flow = make("div", { class: "card flow", id: "plot" });
  element.append(...cards.map((card) => card.node), result, flow);
  mountPlot(app, flow);
  app.on("draw", () => {
    for (const card of cards) drawCard(app, card);
    drawResult(app, gains);
  });
}

function newCard(app, kind) {
  const count = make("strong", { "data-count": kind }, NOTHING);
  const fresh = make("span", { class: "fresh" });
  const about = make("span", { class: "about" });
  const node = make(
    "button",
    { type: "button", class: "card", id: `card-${kind}`, onclick: () => app.turnTo(kind) },
    make("span", { class: "name" }, TABS[kind]),
    make("span", { class: "big" }, count, " ", fresh),
    about,
  );
  return { kind, node, count, fresh, about };
}

function drawCard(app, { kind, count, fresh, about }) {
  const shelf = app.shown[kind];
  const some = app.seen || app.past !== null;
  write(count, some ? quantity(shelf.total(app.account)) : NOTHING);
  const news = app.fresh[kind];
  write(fresh, news > 0 && app.past === null ? `+${quantity(news)}` : "");
  const of = (bin) => shelf.total(app.account, bin);
  if (!some) return write(about, "");
  if (kind === "orders") return drawOrders(about, of);
  if (kind === "positions") return write(about, `${quantity(of("held"))} held`);
  if (kind === "messages") return drawMessages(about, of);
  write(about, `last at ${hour(lastOf(app, shelf))}`);
}

// Four figures, each with the colour of its status beside its word.
function drawOrders(about, of) {
  if (about.children.length === 0) {
    about.append(
      ...OF_ORDERS.map(([bin, word]) =>
        make("span", { "data-kind": bin }, make("b", { "data-count": bin }), ` ${word}`),
      ),
    );
  }
  OF_ORDERS.forEach(([bin], i) => write(about.children[i].firstElementChild, quantity(of(bin))));
}

function drawMessages(about, of) {
  const [errors, warnings] = [of("error"), of("warning")];
  mark(about, "data-kind", errors > 0 ? "rejected" : null);
  write(about, `${errors} ${errors === 1 ? "error" : "errors"}, ${warnings} to heed`);
}

function lastOf(app, shelf) {
  if (shelf.last?.version !== shelf.version || shelf.last.account !== app.account) {
    let at = null;
    for (const { account_id, data } of shelf.rows.values()) {
      if (app.account !== "" && account_id !== app.account) continue;
      if (at === null || data.traded_at > at) at = data.traded_at;
    }
    shelf.last = { version: shelf.version, account: app.account, at };
  }
  return shelf.last.at;
}

function drawResult(app, gains) {
  const { positions } = app.shown;
  const some = app.seen || app.past !== null;
  const made = `${positions.version} ${app.account} ${some}`;
  if (gains.of === positions && gains.made === made) return;
  const sums = { pnl: 0, realised: 0, unrealised: 0 };
  for (const { account_id, data } of positions.rows.values()) {
    if (app.account !== "" && account_id !== app.account) continue;
    for (const name of Object.keys(sums)) sums[name] += data[name];
  }
  Object.assign(gains, { of: positions, made });
  const { sum, parts } = gains;
  const told = (value) => (some ? gain(value) : NOTHING);
  mark(sum, "data-gain", gainSide(sums.pnl));
  write(sum, told(sums.pnl));
  write(parts.firstElementChild, `${told(sums.realised)} made`);
  write(parts.lastElementChild, `${told(sums.unrealised)} open`);
}
