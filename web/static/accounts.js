// The accounts at the top: how each one's stream is, and what may be done about it.
//
//   (● primary live) (● hedge needs login · Log in) ──click──▶ ┌ hedge: since, last update, error ┐
//                                                              │ [Only this] [Connect] [Halt]      │
//                                                              └───────────────────────────────────┘

import { path } from "./api.js";
import { make, mark, write } from "./dom.js";
import { ago, dayAndHour, NOTHING } from "./format.js";

const DOWN = new Set(["stopped", "down", "needs_login"]);

export function mount(app, element) {
  const chips = new Map();
  const box = make("div", { class: "sheet", popover: "auto", id: "account-sheet" });
  document.body.append(box);
  app.on("draw", (now_ms) => {
    const ids = [...app.book.accounts.keys()];
    if (ids.join("\n") !== [...chips.keys()].join("\n")) {
      chips.clear();
      for (const id of ids) chips.set(id, newChip(app, id, box));
      element.replaceChildren(...[...chips.values()].map((chip) => chip.node));
    }
    for (const [id, chip] of chips) drawChip(app, id, chip);
    if (box.matches(":popover-open")) drawSheet(app, box, now_ms);
  });
}

function newChip(app, id, box) {
  const state = make("span", { class: "state" });
  const halted = make("span", { class: "halted", hidden: true }, "halted");
  const button = make(
    "button",
    { type: "button", "aria-haspopup": "dialog", title: "About this account" },
    make("span", { class: "dot", "aria-hidden": "true" }),
    make("b", {}, id),
    " ",
    state,
    halted,
  );
  button.addEventListener("click", () => openSheet(app, box, id, button));
  const login = make("a", { href: path`/accounts/${id}/login`, class: "login", hidden: true });
  login.textContent = "Log in";
  return { node: make("li", { "data-account": id }, button, login), state, halted, login };
}

function drawChip(app, id, { node, state, halted, login }) {
  const { row } = app.book.accounts.get(id);
  mark(node, "data-state", row.state);
  mark(node, "data-chosen", app.account === id);
  write(state, row.state.replace("_", " "));
  halted.hidden = row.halted === null;
  login.hidden = row.state !== "needs_login";
}

// ------------------------------------------------------------------------------------ the sheet

function openSheet(app, box, id, button) {
  box.dataset.account = id;
  const facts = make("dl");
  const hand = (word, act) =>
    make("button", { type: "button", onclick: () => leaveThen(box, act) }, word);
  const act = (action) => () => app.show("actions", { action, account_id: id });
  const { row } = app.book.accounts.get(id);
  const only = app.account !== id;
  box.replaceChildren(
    make("h2", {}, id),
    facts,
    make(
      "p",
      { class: "hands" },
      hand(only ? "Only this account" : "All accounts", () => app.choose(only ? id : "")),
      hand(DOWN.has(row.state) ? "Connect" : "Disconnect", act(DOWN.has(row.state) ? "connect" : "disconnect")),
      hand(row.halted === null ? "Halt" : "Resume", act(row.halted === null ? "halt" : "resume")),
      ...(row.state === "needs_login"
        ? [make("a", { href: path`/accounts/${id}/login` }, "Log in at the broker")]
        : []),
    ),
  );
  drawSheet(app, box, Date.now());
  const { left, bottom } = button.getBoundingClientRect();
  box.showPopover();
  box.style.left = `${Math.max(8, Math.min(left, window.innerWidth - box.offsetWidth - 8))}px`;
  box.style.top = `${bottom + 8}px`;
  box.querySelector("button").focus();
}

function leaveThen(box, act) {
  box.hidePopover();
  act();
}

function drawSheet(app, box, now_ms) {
  const { row } = app.book.accounts.get(box.dataset.account) ?? {};
  if (row === undefined) return;
  const facts = [
    ["State", row.state.replace("_", " ")],
    ["Since", dayAndHour(row.since)],
    ["Broker", row.upstream],
    ["Last update", row.last_update_at === null ? NOTHING : `${agoOf(row, now_ms)} ago`],
    ["Reconnects", String(row.reconnects)],
    ["Trading day", row.trading_day ?? NOTHING],
    ["Login good until", dayAndHour(row.login_expires_at)],
    ["Halted", row.halted === null ? "no" : `${row.halted.by}: ${row.halted.reason || NOTHING}`],
    ["Last error", row.last_error ?? "none"],
  ];
  const list = box.querySelector("dl");
  if (list.children.length === 0) {
    list.append(...facts.map(([name]) => make("div", {}, make("dt", {}, name), make("dd"))));
  }
  facts.forEach(([, text], i) => write(list.children[i].lastElementChild, text));
}

function agoOf(row, now_ms) {
  return ago(now_ms - Date.parse(row.last_update_at));
}
