// How facts are worded and written: statuses, numbers, times. Pure functions, no DOM.
//
//   "TRIGGER PENDING" ──▶ kind "waiting"      24150.5 ──▶ "24,150.50"      -179.45 ──▶ "−179.45"
//   0 or null         ──▶ "–"                 "2025-11-21T04:31:07.120Z" ──▶ "10:01:07"
//
// Times are the desk's: India's, wherever the reader sits.

// Kite's words for the statuses that end an order's life, or hold it; any other is on its way, and
// an unknown one may still be live, so it counts as open.
const KINDS = {
  OPEN: "open",
  "TRIGGER PENDING": "waiting",
  COMPLETE: "complete",
  CANCELLED: "cancelled",
  "CANCELLED AMO": "cancelled",
  EXPIRED: "cancelled",
  REJECTED: "rejected",
};
const ENDED = new Set(["complete", "cancelled", "rejected"]);

const money = new Intl.NumberFormat("en-IN", {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const whole = new Intl.NumberFormat("en-IN", { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat("en-IN", {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const DESK = { timeZone: "Asia/Kolkata" };
const clock = new Intl.DateTimeFormat("en-GB", { ...DESK, timeStyle: "medium" });
const moment = new Intl.DateTimeFormat("en-GB", {
  ...DESK,
  dateStyle: "medium",
  timeStyle: "medium",
});
const signed = new Intl.NumberFormat("en-IN", {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
  signDisplay: "exceptZero",
});

export const NOTHING = "–";

// "open", "waiting", "complete", "cancelled", "rejected", or "moving" for every other status.
export function kindOf(status) {
  return KINDS[status] ?? "moving";
}

export function isOpen(status) {
  return !ENDED.has(kindOf(status));
}

// A price of zero is the broker's way to say that there is none.
export function price(value) {
  return value ? money.format(value) : NOTHING;
}

export function quantity(value) {
  return typeof value === "number" ? whole.format(value) : NOTHING;
}

export function rate(value) {
  return tenth.format(value);
}

// A gain or a loss: the sign is always there, so that colour is not all that tells.
export function gain(value) {
  return typeof value === "number" ? signed.format(value).replace("-", "−") : NOTHING;
}

// A quantity that may be owed: −75.
export function holding(value) {
  return quantity(value).replace("-", "−");
}

// The hour of the day at the desk, or with its date.
export function hour(text) {
  return dated(text, clock);
}

export function dayAndHour(text) {
  const told = dated(text, moment);
  return told === NOTHING ? told : `${told} IST`;
}

// How long ago, in few words: "4 s", "3 min", "2 h".
export function ago(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

function dated(text, format) {
  const at = text ? new Date(text) : null;
  return at === null || Number.isNaN(at.getTime()) ? NOTHING : format.format(at);
}

// "up", "down" or "none".
export function gainSide(value) {
  if (!value) return "none";
  return value > 0 ? "up" : "down";
}
