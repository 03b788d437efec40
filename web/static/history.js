// An order's life, told step by step: what each event changed. Pure functions, no DOM.
//
//   history (GET …/orders/{id}) ──▶ [{at, gap_ms, status, words, offset}, …], oldest first
//
//   OPEN 0/50 ──▶ OPEN 20/50 ──▶ COMPLETE 50/50
//              "filled 20 of 50 at 99.50"

import { price, quantity } from "./format.js";

const ORDER_EVENTS = new Set(["order_update", "correction"]);

// `events`: {type, data, timestamp, offset}, in order.
export function stepsOf(events) {
  return events.map((event, index) => {
    const before = index === 0 ? null : events[index - 1];
    return {
      at: event.timestamp,
      gap_ms: before === null ? null : Date.parse(event.timestamp) - Date.parse(before.timestamp),
      status: event.data.status,
      isCorrection: event.type === "correction",
      words: changeWords(before?.data ?? null, event.data),
      offset: event.offset,
    };
  });
}

// Add a frame of the stream to a history: the same list when it is not of that order, or known.
export function extended(events, frame, accountId, orderId) {
  if (!ORDER_EVENTS.has(frame.type) || frame.account_id !== accountId) return events;
  if (frame.data.order_id !== orderId) return events;
  if (events.length > 0 && frame.offset <= events.at(-1).offset) return events;
  const { type, data, timestamp, offset } = frame;
  return [...events, { type, data, timestamp, offset }];
}

// What an event said that the one before it had not.
export function changeWords(before, order) {
  const words = [];
  if (before === null) words.push(order.origin === "external" ? "placed elsewhere" : "placed here");
  if (order.filled_quantity > (before?.filled_quantity ?? 0)) words.push(fillWords(before, order));
  if (before !== null) words.push(...amendments(before, order));
  if (order.status_message && order.status_message !== before?.status_message) {
    words.push(order.status_message);
  }
  if (words.length > 0) return words.join("; ");
  return before.status === order.status ? "told again, with nothing new" : "";
}

// "+0.4 s", "+2 min 5 s": how long after the step before.
export function gapWords(gap_ms) {
  if (gap_ms === null) return "";
  if (gap_ms < 1000) return `+${gap_ms} ms`;
  const seconds = gap_ms / 1000;
  if (seconds < 60) return `+${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `+${minutes} min ${Math.floor(seconds % 60)} s`;
  return `+${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function fillWords(before, order) {
  const now = order.filled_quantity - (before?.filled_quantity ?? 0);
  const all = `${quantity(order.filled_quantity)} of ${quantity(order.quantity)}`;
  const mean = order.average_price ? `, on average at ${price(order.average_price)}` : "";
  return `filled ${quantity(now)}: now ${all}${mean}`;
}

function amendments(before, order) {
  const words = [];
  for (const [field, name, write] of [
    ["quantity", "quantity", quantity],
    ["price", "price", price],
    ["trigger_price", "trigger", price],
  ]) {
    if (before[field] !== order[field] && order[field] !== null) {
      words.push(`${name} ${write(before[field])} → ${write(order[field])}`);
    }
  }
  if (before.order_type !== order.order_type) {
    words.push(`type ${before.order_type} → ${order.order_type}`);
  }
  return words;
}
