// The page: joins the stream, the book and the table, and draws at most once a frame.
//
//   gateway ══▶ OrderStream ──frames──▶ Book ──┐
//                    └───────state─────────────┼──▶ requestAnimationFrame ──▶ draw
//   filter, account, clock ────────────────────┘

import { Book } from "./book.js";
import { hour, quantity, rate, NOTHING } from "./format.js";
import { OrderStream } from "./stream.js";
import { OrderTable } from "./table.js";

const ROWS_MAX = 200;
const TICK_MS = 1000;

const at = (id) => document.getElementById(id);
const book = new Book();
const table = new OrderTable(at("rows"));
const view = { account: "", text: "", link: { phase: "connecting", reason: null }, seen: false };
let due = false;

const stream = new OrderStream({
  url: socketUrl(location, "/ws/orders"),
  statusUrl: "/ws/status",
  onReset: () => book.clear(),
  onFrame: (frame) => {
    if (frame.type === "snapshot" || "prev" in frame) view.seen = true;
    book.apply(frame, Date.now());
    redraw();
  },
  onState: (state) => {
    if (state.phase === "live" && view.link.phase !== "live") learnAccounts();
    view.link = state;
    redraw();
  },
});

listen();
stream.start();

function listen() {
  at("filter").addEventListener("input", (event) => {
    view.text = event.target.value;
    redraw();
  });
  at("account").addEventListener("change", (event) => {
    view.account = event.target.value;
    redraw();
  });
  at("retry").addEventListener("click", () => stream.wake());
  window.addEventListener("online", () => stream.wake());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) stream.wake();
  });
  // The rate falls and the seconds to the next try pass without any frame.
  setInterval(redraw, TICK_MS);
}

// The rows of the accounts come as events only when they change: the first ones are asked for.
async function learnAccounts() {
  try {
    const answer = await fetch("/ws/status");
    if (!answer.ok) return;
    book.applyStatus(await answer.json());
    redraw();
  } catch {
    // The stream, which needs the same gateway, says that it is out of reach, and asks again.
  }
}

function redraw() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    draw(Date.now());
  });
}

function draw(now_ms) {
  drawLink(now_ms);
  drawAccounts();
  drawCounters(now_ms);
  const { entries, found } = book.newest({ ...view, limit: ROWS_MAX });
  table.draw(entries, book.touched);
  book.touched.clear();
  drawShown(entries.length, found);
  drawFoot();
}

function drawLink(now_ms) {
  const { phase, reason } = view.link;
  const words = wordsOf(view.link, view.seen, now_ms);
  at("link").dataset.phase = phase;
  write(at("link-text"), words.link);
  const told = phase === "refused" || reason !== null;
  const stale = told && view.seen;
  document.body.toggleAttribute("data-stale", stale);
  at("banner").hidden = !told;
  at("banner").dataset.phase = phase === "refused" ? "refused" : "lost";
  write(at("banner-title"), words.title);
  write(at("banner-text"), words.text);
  document.title = stale ? "STALE · Orderwire" : "Orderwire";
}

function drawAccounts() {
  const list = at("accounts");
  const ids = [...book.accounts.keys()];
  const drawn = [...list.children].map((item) => item.dataset.account);
  if (ids.join("\n") !== drawn.join("\n")) {
    list.replaceChildren(...ids.map(accountItem));
    at("account").replaceChildren(option("", "All accounts"), ...ids.map((id) => option(id, id)));
    if (!ids.includes(view.account)) view.account = "";
    at("account").value = view.account;
  }
  for (const item of list.children) {
    const { row } = book.accounts.get(item.dataset.account);
    item.dataset.state = row.state;
    write(item.querySelector(".state"), row.state.replace("_", " "));
    const error = row.last_error ? `; last error: ${row.last_error}` : "";
    item.title = `${row.upstream}; reconnects: ${row.reconnects}${error}`;
  }
}

function drawCounters(now_ms) {
  const counts = book.summary(view.account, now_ms);
  for (const cell of at("counters").querySelectorAll("[data-count]")) {
    const name = cell.dataset.count;
    if (!view.seen) write(cell, NOTHING);
    else if (name === "updated") write(cell, hour(book.updated_at));
    else if (name === "rate") write(cell, rate(counts.rate));
    else write(cell, quantity(counts[name]));
  }
}

function drawShown(drawn, found) {
  const some = drawn < found ? `Newest ${quantity(drawn)} of ${quantity(found)}` : quantity(found);
  write(at("shown"), view.seen ? `${some} ${found === 1 ? "order" : "orders"}` : "");
  const empty = at("empty");
  empty.hidden = drawn > 0;
  if (view.link.phase === "refused") write(empty, "Nothing to show.");
  else if (!view.seen) write(empty, "Waiting for the gateway …");
  else if (book.orders.size > 0) write(empty, "No order fits.");
  else write(empty, "No orders yet.");
}

function drawFoot() {
  const { message } = book;
  write(
    at("message"),
    message === null
      ? ""
      : `${hour(message.at)} ${message.account_id ?? ""} ${message.level}: ${message.text}`,
  );
  const { position } = stream;
  write(at("position"), position ? `Position ${position.epoch}:${position.offset}` : "");
}

// What is said of the page's own socket: a word for the header, a title and a text for the banner.
function wordsOf({ phase, reason, retry_at_ms }, seen, now_ms) {
  if (phase === "live") return { link: "Live", title: "", text: "" };
  if (phase === "refused") {
    const text =
      reason === "key"
        ? "This gateway shows orders only to those who hold a key. " +
          "Log in with yours, then try again."
        : "Your key is known, but it does not give the right to read these orders.";
    return { link: "Refused", title: reason === "key" ? "A key is needed" : "Not allowed", text };
  }
  const why = reason && {
    silent: "Nothing has come from the gateway for 25 seconds.",
    hole: "Some updates were missed, so everything is read anew.",
    restarting: "The gateway is restarting.",
    slow: "This page could not keep up, and the gateway closed the connection.",
    closed: "The connection to the gateway was lost.",
    unreachable: "The gateway cannot be reached.",
  }[reason];
  const wait_s = Math.max(0, Math.ceil((retry_at_ms - now_ms) / 1000));
  const next = phase === "connecting" || wait_s === 0 ? "Trying now." : `Next try in ${wait_s} s.`;
  const old = seen ? " What you see may be out of date." : "";
  return {
    link: phase === "connecting" ? "Connecting" : "Offline",
    title: seen ? "STALE" : "Not connected",
    text: `${why}${old} ${next}`,
  };
}

function accountItem(id) {
  const item = document.createElement("li");
  item.dataset.account = id;
  const dot = document.createElement("span");
  dot.className = "dot";
  dot.setAttribute("aria-hidden", "true");
  const state = document.createElement("span");
  state.className = "state";
  item.append(dot, id, " ", state);
  return item;
}

function option(value, text) {
  const node = document.createElement("option");
  node.value = value;
  node.textContent = text;
  return node;
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function socketUrl({ protocol, host }, path) {
  return `${protocol === "https:" ? "wss:" : "ws:"}//${host}${path}`;
}
