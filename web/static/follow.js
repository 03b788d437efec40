// Follows the gateway: every frame goes into the book, and to whoever listens.
//
//   /ws/orders ══▶ OrderStream ──▶ book.apply ──▶ "news" "frame" "whole" "accounts" ──▶ redraw
//   /ws/status, /accounts/{id}/messages ──▶ book: what snapshots do not hold, asked at each opening

import { path } from "./api.js";
import { KINDS } from "./book.js";
import { OrderStream } from "./stream.js";

const ALWAYS = ["stream_status", "batch_update"];
const TICK_MS = 1000;
const MESSAGES = 200;

export function follow(app) {
  const stream = new OrderStream({
    url: socketUrl(location, "/ws/orders"),
    statusUrl: "/ws/status",
    types: typesOf(Object.keys(KINDS)),
    onReset: () => {
      app.emit("reset");
      app.book.clear();
    },
    onFrame: (frame) => take(app, frame),
    onState: (state) => {
      const came = state.phase === "live" && app.link.phase !== "live";
      app.link = state;
      app.emit("link", state);
      if (came) learn(app);
      app.redraw();
    },
  });
  app.stream = stream;
  window.addEventListener("online", () => stream.wake());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) stream.wake();
  });
  app.on("account", () => app.redraw());
  // The rate falls and the seconds to the next try pass without any frame.
  setInterval(() => app.redraw(), TICK_MS);
  stream.start();
}

// The event types of these kinds of rows, and those that the page cannot do without.
export function typesOf(kinds) {
  return [...kinds.flatMap((kind) => KINDS[kind].types), ...ALWAYS];
}

function take(app, frame) {
  const news = app.book.apply(frame, Date.now());
  app.emit("frame", frame);
  if (news !== null) app.emit("news", { ...news, frame });
  if (frame.type === "stream_status") app.emit("accounts");
  if (frame.type === "snapshot") {
    if (app.book.part) return;
    app.seen = true;
    app.emit("whole");
    learnMessages(app);
  }
  if ("prev" in frame) app.seen = true;
  app.stir();
}

// The rows of the accounts come as events only when they change: the first ones are asked for.
async function learn(app) {
  try {
    const { data } = await app.api("GET", "/ws/status");
    const knew = app.book.accounts.size;
    app.book.applyStatus(data);
    app.emit("accounts");
    if (knew === 0) learnMessages(app);
    app.redraw();
  } catch {
    // The stream, which needs the same gateway, says that it is out of reach, and asks again.
  }
}

async function learnMessages(app) {
  for (const id of app.book.accounts.keys()) {
    try {
      const { data } = await app.api("GET", path`/accounts/${id}/messages?limit=${MESSAGES}`);
      app.book.fill("messages", id, data.data, data.offset);
      app.redraw();
    } catch {
      // As above; those that come from now on are told by the stream.
    }
  }
}

function socketUrl({ protocol, host }, place) {
  return `${protocol === "https:" ? "wss:" : "ws:"}//${host}${place}`;
}
