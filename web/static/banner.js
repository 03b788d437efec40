// What is stale, told plainly: the page's own connection, and each account whose stream is not well.
//
//   STALE    The connection to the gateway was lost. … Next try in 3 s.   [Try now]
//   hedge    is down since 12:01:05: connection refused. …                [Connect]
//
// Whatever is told here is dimmed in the tables, and the page's title says STALE while all of it is.

import { path } from "./api.js";
import { make, mark, write } from "./dom.js";
import { hour } from "./format.js";
import { staleOf } from "./table.js";

const REASONS = {
  silent: "Nothing has come from the gateway for 25 seconds.",
  hole: "Some updates were missed, so everything is read anew.",
  restarting: "The gateway is restarting.",
  slow: "This page could not keep up, and the gateway closed the connection.",
  closed: "The connection to the gateway was lost.",
  unreachable: "The gateway cannot be reached.",
};
const STATES = {
  silent: "is silent: its broker does not tell of changes. Orders are asked for instead",
  down: "is down",
  needs_login: "needs a login at the broker",
  stopped: "is disconnected by hand",
};

export function mount(app, element) {
  const own = ownBanner(app);
  const others = make("div", { class: "others" });
  const rows = new Map();
  element.append(own.node, others);
  app.on("draw", (now_ms) => {
    drawOwn(app, own, now_ms);
    drawOthers(app, others, rows);
  });
}

// ----------------------------------------------------------------------- the page's own connection

function ownBanner(app) {
  const title = make("strong", { id: "banner-title" });
  const text = make("span", { id: "banner-text" });
  const login = make("a", { id: "login", href: "/login", hidden: true }, "Log in");
  const retry = make("button", { type: "button", id: "retry" }, "Try now");
  retry.addEventListener("click", () => {
    if (app.link.phase === "stopped") app.stream.start();
    else app.stream.wake();
  });
  const node = make("div", { class: "banner", id: "stale", role: "alert", hidden: true });
  node.append(title, text, login, retry);
  return { node, title, text, login, retry };
}

function drawOwn(app, { node, title, text, login, retry }, now_ms) {
  const { phase, reason } = app.link;
  const words = wordsOf(app.link, app, now_ms);
  const link = document.getElementById("link");
  mark(link, "data-phase", phase);
  write(document.getElementById("link-text"), words.link);
  const told = phase === "refused" || phase === "stopped" || reason !== null;
  const stale = told && app.seen;
  document.body.toggleAttribute("data-stale", stale);
  app.entitle("stale", stale ? "STALE" : "");
  node.hidden = !told;
  if (!told) return;
  mark(node, "data-phase", phase === "refused" ? "refused" : "lost");
  login.hidden = !(phase === "refused" && reason === "key");
  write(title, words.title);
  write(text, words.text);
  write(retry, phase === "stopped" ? "Start streaming" : "Try now");
}

// What is said of the page's own socket: a word for the header, a title and a text for the banner.
function wordsOf({ phase, reason, retry_at_ms }, { seen, book }, now_ms) {
  if (phase === "live") return { link: "Live", title: "", text: "" };
  if (phase === "refused") return refusalOf(reason);
  const as_of = seen ? ` What you see is as of ${hour(book.updated_at)}` : "";
  if (phase === "stopped") {
    const text = `You stopped the streaming.${as_of}${seen ? "." : ""}`;
    return { link: "Stopped", title: "STALE", text };
  }
  const wait_s = Math.max(0, Math.ceil((retry_at_ms - now_ms) / 1000));
  const next = phase === "connecting" || wait_s === 0 ? "Trying now." : `Next try in ${wait_s} s.`;
  const old = seen ? `${as_of} and may be out of date.` : "";
  return {
    link: phase === "connecting" ? "Connecting" : "Offline",
    title: seen ? "STALE" : "Not connected",
    text: `${REASONS[reason]}${old} ${next}`,
  };
}

function refusalOf(reason) {
  if (reason === "key") {
    const text =
      "This gateway shows orders only to those who hold a key. Log in with yours, then try again.";
    return { link: "Refused", title: "A key is needed", text };
  }
  const text = "Your key is known, but it does not give the right to read these orders.";
  return { link: "Refused", title: "Not allowed", text };
}

// ------------------------------------------------------------------------------------ the accounts

function drawOthers(app, box, rows) {
  const stale = app.link.phase === "live" ? staleOf(app) : new Set();
  for (const [id, row] of rows) {
    if (stale.has(id)) continue;
    row.node.remove();
    rows.delete(id);
  }
  for (const id of stale) {
    if (!rows.has(id)) {
      rows.set(id, accountRow(app, id));
      box.append(rows.get(id).node);
    }
    const { node, text, login, connect } = rows.get(id);
    const { row } = app.book.accounts.get(id);
    mark(node, "data-state", row.state);
    const why = row.last_error && row.state !== "stopped" ? `: ${row.last_error}` : "";
    write(text, `${STATES[row.state]} since ${hour(row.since)}${why}. What you see of it may be old.`);
    login.hidden = row.state !== "needs_login";
    connect.hidden = row.state === "needs_login" || row.state === "silent";
  }
}

function accountRow(app, id) {
  const text = make("span");
  const login = make("a", { href: path`/accounts/${id}/login` }, "Log in");
  const connect = make("button", { type: "button" }, "Connect");
  connect.addEventListener("click", () =>
    app.show("actions", { action: "connect", account_id: id }),
  );
  const node = make("div", { class: "banner", role: "status", "data-account": id });
  node.append(make("strong", {}, id), text, login, connect);
  return { node, text, login, connect };
}
