// The stream client: one websocket kept alive, and a position that shows if anything was missed.
//
//   start ──▶ connecting ──▶ live ──┬─ closed, silent for 25 s, a hole ──▶ lost ──▶ connecting …
//     ▲            │                └─ every frame is checked, then handed to onFrame
//   stop           └─ 401 or 403 ──▶ refused (until wake)
//
// There is no DOM in here. What it takes from outside (sockets, fetch, clock, chance) are seams.
//
// A position is {epoch, offset}: the greatest offset that the gateway gave. `prev` in a frame is
// the offset before it in what this client reads; a `prev` beyond the position means a hole, and
// then only a new snapshot tells the truth.

export const LIMITS = {
  silence_ms: 25_000,
  opening_ms: 10_000,
  ping_ms: 20_000,
  watch_ms: 1_000,
  settled_ms: 5_000,
  backoff_min_ms: 500,
  backoff_max_ms: 10_000,
};

const BROWSER = {
  socket: (url) => new WebSocket(url),
  fetch: (url, options) => globalThis.fetch(url, options),
  now: () => Date.now(),
  random: () => Math.random(),
};

// State as told to onState:
//   {phase: "connecting" | "live" | "lost" | "refused" | "stopped",
//    reason: null | "closed" | "restarting" | "slow" | "silent" | "hole" | "unreachable"
//      | "key" | "right",
//    retry_at_ms: when the next try begins (lost only)}
export class OrderStream {
  // onReset(): what was known is void, the whole follows. onFrame(frame): any frame comes.
  // `types`: every event type there is to follow; all are, until select says other.
  constructor({ url, statusUrl, types = [], onReset, onFrame, onState, seams = {} }) {
    this.url = url;
    this.statusUrl = statusUrl;
    this.handlers = { onReset, onFrame, onState };
    this.seams = { ...BROWSER, ...seams };
    this.position = null;
    this.state = { phase: "connecting", reason: null, retry_at_ms: null };
    this.socket = null;
    this.attempt = 0;
    this.whole = false; // a snapshot has come to its end, so that the position may be resumed from
    this.fresh = true; // onReset is due before the next data
    this.refilled = false; // … and before the next snapshot, which was asked for meanwhile
    this.all = types;
    this.types = types; // the event types that are followed
    this.timers = {};
  }

  // Begins, or goes on where stop left off: what happened in between comes as if it were new.
  start() {
    if (this.timers.watch !== undefined) return;
    this.timers.watch = setInterval(() => this.watch(), LIMITS.watch_ms);
    this.timers.ping = setInterval(() => this.ping(), LIMITS.ping_ms);
    this.dial();
  }

  stop() {
    Object.values(this.timers).forEach(clearTimeout);
    this.timers = {};
    this.hangUp();
    this.tell("stopped", null);
  }

  // Follow these event types from now on. What was not followed has to be read anew.
  select(types) {
    const more = types.filter((type) => !this.types.includes(type));
    const fewer = this.types.filter((type) => !types.includes(type));
    this.types = types;
    if (more.length > 0) this.refilled = true;
    if (this.state.phase !== "live") return;
    if (fewer.length > 0) this.send({ action: "unsubscribe", types: fewer });
    if (more.length > 0) {
      this.send({ action: "subscribe", types: more });
      this.send({ action: "snapshot" });
    }
  }

  wanted() {
    return this.types.length === this.all.length ? null : this.types;
  }

  send(wish) {
    this.socket.send(JSON.stringify(wish));
  }

  // The reader came back, or the network did: do not sit out the back-off.
  wake() {
    const { phase } = this.state;
    if (phase === "lost" || phase === "refused") this.dial();
    else this.watch();
  }

  dial() {
    clearTimeout(this.timers.retry);
    this.hangUp();
    const resume = this.whole && !this.refilled ? this.position : null;
    this.asked = { snapshot: resume === null };
    this.heard_at_ms = this.seams.now();
    this.tell("connecting", this.state.reason);
    const socket = this.seams.socket(streamUrl(this.url, resume, this.wanted()));
    this.socket = socket;
    socket.onmessage = (message) => this.receive(message.data);
    socket.onclose = (event) => this.closed(event.code);
  }

  // A dead network can hold a closing socket for minutes: let go of it at once.
  hangUp() {
    if (this.socket === null) return;
    this.socket.onmessage = null;
    this.socket.onclose = null;
    this.socket.close();
    this.socket = null;
  }

  receive(text) {
    this.heard_at_ms = this.seams.now();
    if (text === "pong") return;
    const frame = parse(text);
    if (frame === null) return this.lose("hole");
    if (frame.type === "connection_established") this.opened(frame);
    else if (frame.type === "snapshot") this.refill();
    else if (isHole(frame, this.position)) return this.lose("hole");
    else if ("prev" in frame) {
      this.beginAnew();
      this.whole = true;
    }
    this.position = advanced(this.position, frame);
    this.handlers.onFrame(frame);
  }

  opened(frame) {
    this.live_at_ms = this.seams.now();
    if (this.asked.snapshot || frame.recovered !== true) {
      this.fresh = true;
      this.whole = false;
      this.position = null;
      this.refilled = false;
    }
    this.tell("live", null);
  }

  refill() {
    if (this.refilled) this.fresh = true;
    this.refilled = false;
    this.beginAnew();
  }

  // Late, at the first word of the new snapshot, so that the old table stands until then.
  beginAnew() {
    if (!this.fresh) return;
    this.fresh = false;
    this.handlers.onReset();
  }

  watch() {
    const quiet_ms = this.seams.now() - this.heard_at_ms;
    if (this.state.phase === "live" && quiet_ms > LIMITS.silence_ms) this.lose("silent");
    if (this.state.phase === "connecting" && quiet_ms > LIMITS.opening_ms) this.lose("unreachable");
  }

  ping() {
    if (this.state.phase === "live") this.socket.send("ping");
  }

  async closed(code) {
    this.socket = null;
    const never = this.state.phase !== "live";
    const reason = (never || code === 4001 ? await this.refusal() : null) ?? reasonOf(code, never);
    if (this.socket !== null || this.state.phase === "stopped") return; // while we asked
    if (reason === "key" || reason === "right") this.tell("refused", reason);
    else this.lose(reason);
  }

  // A browser does not say why a websocket was refused; the status page beside it does.
  async refusal() {
    try {
      const signal = AbortSignal.timeout(LIMITS.opening_ms);
      const answer = await this.seams.fetch(this.statusUrl, { signal });
      return { 401: "key", 403: "right" }[answer.status] ?? null;
    } catch {
      return null;
    }
  }

  lose(reason) {
    this.hangUp();
    if (reason === "hole") this.whole = false;
    const lived_ms = this.state.phase === "live" ? this.seams.now() - this.live_at_ms : 0;
    if (lived_ms > LIMITS.settled_ms) this.attempt = 0;
    const wait_ms = backoff_ms(this.attempt, this.seams.random());
    this.attempt += 1;
    clearTimeout(this.timers.retry);
    this.timers.retry = setTimeout(() => this.dial(), wait_ms);
    this.tell("lost", reason, this.seams.now() + wait_ms);
  }

  tell(phase, reason, retry_at_ms = null) {
    this.state = { phase, reason, retry_at_ms };
    this.handlers.onState(this.state);
  }
}

export function streamUrl(base, resume, types = null) {
  const url = new URL(base);
  if (types !== null) url.searchParams.set("types", types.join(","));
  if (resume === null) url.searchParams.set("snapshot", "true");
  else url.searchParams.set("since", `${resume.epoch}:${resume.offset}`);
  return url.href;
}

// 0.5 s, doubled at each try, at most 10 s; then a share of it between one half and the whole.
export function backoff_ms(attempt, chance) {
  const full = Math.min(LIMITS.backoff_max_ms, LIMITS.backoff_min_ms * 2 ** Math.min(attempt, 10));
  return full * (0.5 + chance / 2);
}

export function isHole(frame, position) {
  if (!("prev" in frame)) return false;
  return position === null || frame.epoch !== position.epoch || frame.prev > position.offset;
}

export function advanced(position, frame) {
  if (typeof frame.offset !== "number") return position;
  if (position === null || position.epoch !== frame.epoch) {
    return { epoch: frame.epoch, offset: frame.offset };
  }
  return { epoch: frame.epoch, offset: Math.max(position.offset, frame.offset) };
}

function parse(text) {
  try {
    const frame = JSON.parse(text);
    return frame !== null && typeof frame === "object" ? frame : null;
  } catch {
    return null;
  }
}

function reasonOf(code, never) {
  if (code === 1012) return "restarting";
  if (code === 4008 || code === 4009) return "slow";
  return never ? "unreachable" : "closed";
}
