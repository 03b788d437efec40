// How facts are worded and written: statuses, numbers, times. Pure functions, no DOM.
//
//   "TRIGGER PENDING" ──▶ kind "waiting"      24150.5 ──▶ "24,150.50"
//   0 or null         ──▶ "–"                 "2025-11-21T04:31:07.120Z" ──▶ "10:01:07"

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
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

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

// The reader's own time zone: the hour of the day, or with the date.
export function hour(text) {
  return dated(text, clock);
}

export function dayAndHour(text) {
  return dated(text, moment);
}

function dated(text, format) {
  const at = text ? new Date(text) : null;
  return at === null || Number.isNaN(at.getTime()) ? NOTHING : format.format(at);
}
