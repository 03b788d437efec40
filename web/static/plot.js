// The flow of the last minute: updates a second as bars, latency as a line.
//
//   frames ──▶ one Second each ──▶ a ring of 60 ──▶ canvas, once a second
//
// Latency is from the gateway's hearing of a report to this page's. Their clocks differ: by how much
// is asked of the gateway at each opening, and taken off.

import { make, write } from "./dom.js";
import { quantity } from "./format.js";

const SECONDS = 60;
const SAMPLES_MAX = 500; // of one second's latencies
const ASKED = 4;
const ASK_EVERY_MS = 1500;
const COLOURS = { bars: "--blue", line: "--amber" };

export function mount(app, element) {
  const rate = make("strong", { "data-count": "rate" }, "0");
  const late = make("strong", { "data-count": "latency" }, "–");
  const canvas = make("canvas", { role: "img", "aria-label": "Updates a second, last minute" });
  element.append(
    make("h2", {}, "Updates/s"),
    make("p", { class: "big" }, rate),
    make("p", { class: "about" }, "latency ", late),
    canvas,
  );
  const flow = new Flow();
  app.on("frame", (frame) => {
    if (frame.type === "connection_established") flow.opened_at = frame.timestamp;
    if ("prev" in frame && frame.type !== "heartbeat") flow.take(frame.timestamp, Date.now());
  });
  app.on("link", ({ phase }) => {
    if (phase === "live") flow.learnSkew(app);
  });
  let drawn = null; // the second as of which all is shown
  app.on("draw", (now_ms) => {
    flow.turn(now_ms);
    if (flow.second === drawn) return;
    drawn = flow.second;
    const second = flow.last();
    write(rate, quantity(second.count));
    write(late, second.middle === null ? "–" : `${quantity(Math.round(second.middle))} ms`);
    draw(canvas, flow.seconds);
  });
  new ResizeObserver(() => draw(canvas, flow.seconds)).observe(canvas);
}

// What came in each of the last seconds. There is no DOM in here.
export class Flow {
  constructor() {
    this.seconds = Array.from({ length: SECONDS }, () => ({ count: 0, middle: null }));
    this.second = null;
    this.count = 0;
    this.samples = [];
    this.skew_ms = 0; // the gateway's clock less ours
    this.opened_at = ""; // what is older was not late, but waited for us
  }

  take(timestamp, now_ms) {
    this.turn(now_ms);
    this.count += 1;
    if (this.samples.length >= SAMPLES_MAX || timestamp < this.opened_at) return;
    this.samples.push(Math.max(0, now_ms + this.skew_ms - Date.parse(timestamp)));
  }

  turn(now_ms) {
    const second = Math.floor(now_ms / 1000);
    this.second ??= second;
    const gone = Math.min(second - this.second, SECONDS);
    for (let i = 0; i < gone; i += 1) {
      this.seconds.push({ count: this.count, middle: middleOf(this.samples) });
      this.seconds.shift();
      this.count = 0;
      this.samples = [];
    }
    this.second = second;
  }

  last() {
    return this.seconds[SECONDS - 1];
  }

  // The quickest of a few answers is the one that says most.
  async learnSkew(app) {
    let least_ms = Infinity;
    for (let i = 0; i < ASKED; i += 1) {
      try {
        const asked_ms = Date.now();
        const { data } = await app.api("GET", "/health");
        const took_ms = Date.now() - asked_ms;
        if (took_ms < least_ms) {
          least_ms = took_ms;
          this.skew_ms = Date.parse(data.timestamp) - asked_ms - took_ms / 2;
        }
      } catch {
        return; // then the clocks are taken to agree as they did
      }
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
  }
}

function middleOf(samples) {
  if (samples.length === 0) return null;
  return samples.sort((a, b) => a - b)[samples.length >> 1];
}

function draw(canvas, seconds) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const style = getComputedStyle(canvas);
  const step = width / SECONDS;
  const most = Math.max(1, ...seconds.map(({ count }) => count));
  pen.fillStyle = style.getPropertyValue(COLOURS.bars);
  seconds.forEach(({ count }, i) => {
    const tall = (count / most) * (height - 2);
    pen.fillRect(i * step, height - tall, Math.max(1, step - 1), tall);
  });
  drawLine(pen, seconds, { step, height, colour: style.getPropertyValue(COLOURS.line) });
}

function drawLine(pen, seconds, { step, height, colour }) {
  const most = Math.max(10, ...seconds.map(({ middle }) => middle ?? 0));
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5;
  pen.beginPath();
  let down = false;
  seconds.forEach(({ middle }, i) => {
    if (middle === null) {
      down = false;
      return;
    }
    const y = height - 2 - (middle / most) * (height - 4);
    if (down) pen.lineTo((i + 0.5) * step, y);
    else pen.moveTo((i + 0.5) * step, y);
    down = true;
  });
  pen.stroke();
}
