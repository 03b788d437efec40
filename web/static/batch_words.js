// What became of a batch, said as a person would say it. Pure functions, no DOM.
//
//   outcome "unwound"  ──▶ { chip: "Unwound", kind: "cancelled", text: "A leg failed: …" }
//   leg                ──▶ "BUY 50 NIFTY25NOV25800CE at 118.60"
//   residual           ──▶ "long 50 NIFTY25NOV25800CE (NFO, NRML)"

import { price, quantity } from "./format.js";

const CHIPS = {
  complete: ["Complete", "complete"],
  kept: ["Kept in part", "waiting"],
  rejected_clean: ["Rejected, clean", "rejected"],
  rolled_back_clean: ["Rolled back, clean", "cancelled"],
  unwound: ["Unwound", "cancelled"],
  exposed: ["EXPOSED", "rejected"],
  unknown: ["Unknown", "waiting"],
};

const LEG_KINDS = {
  pending: "moving",
  submitted: "moving",
  accepted: "open",
  partially_filled: "waiting",
  filled: "complete",
  rejected: "rejected",
  cancelled: "cancelled",
  unknown: "waiting",
};

export const MODES = {
  parallel: "all legs at once",
  sequential: "one leg after the other",
  hedge_first: "buys first, then sells",
  native: "as one order of the broker's own",
};

export const POLICIES = {
  keep: "keep what stands",
  cancel_open: "cancel what is open, keep what filled",
  cancel_and_flatten: "cancel what is open, trade back what filled",
  hold: "hold everything as it is and tell me",
};

// {chip, kind, text}: a word for the mark, its colour's name, and a sentence or two.
export function outcomeOf(batch) {
  const [chip, kind] = chipOf(batch);
  const why = batch.cause === null ? "" : ` Why: ${causeOf(batch)}.`;
  return { chip, kind, text: sentenceOf(batch) + (batch.outcome === "complete" ? "" : why) };
}

// Why it failed, "" when it did not. Legs go by their symbols: the gateway counts from 0, and
// people do not.
export function causeOf({ cause }) {
  return (cause ?? "").replace(/^leg \d+ \((.+?)\)/, "$1");
}

export function legKind(state) {
  return LEG_KINDS[state] ?? "moving";
}

export function stateWords(state) {
  return state.replaceAll("_", " ");
}

// What an order asks for: side, quantity, symbol, and at what price.
export function legWords(leg) {
  const { transaction_type: side, quantity: count, tradingsymbol: symbol } = leg;
  return `${side} ${quantity(count)} ${symbol} ${priceWords(leg)}`;
}

// Where it goes and how, as far as it is not how most go: "NFO, NRML, IOC, tag hedge".
export function listingWords({ exchange, product, validity, variety, tag }) {
  const odd = [validity === "DAY" ? "" : validity, variety === "regular" ? "" : variety];
  return [exchange, product, ...odd, tag && `tag ${tag}`].filter(Boolean).join(", ");
}

export function priceWords({ order_type: kind, price: limit, trigger_price: trigger }) {
  const at = limit ? `at ${price(limit)}` : "at the market";
  return trigger ? `${at} once ${price(trigger)} trades (${kind})` : at;
}

export function residualWords(rest) {
  const side = rest.quantity < 0 ? "short" : "long";
  const where = [rest.exchange, rest.product].filter(Boolean).join(", ");
  return `${side} ${quantity(Math.abs(rest.quantity))} ${rest.tradingsymbol} (${where})`;
}

// One step of the way out: "Leg 1: sold 50 … to flatten".
export function actionWords(action, batch) {
  const leg = batch.legs.find(({ index }) => index === action.of);
  const of = leg === undefined ? `order ${action.order_id ?? ""}` : `leg ${action.of + 1}`;
  if (action.action === "cancel") return `Cancel ${of}`;
  if (action.action === "double") return `A second order of ${of} turned up`;
  const tried = action.attempt > 1 ? ` (try ${action.attempt})` : "";
  const how = action.order === null ? "" : `: ${legWords(action.order)}`;
  return `Trade back ${of}${tried}${how}`;
}

// The last part of a batch's id is enough to tell today's apart.
export function shortId(id) {
  return id.slice(0, 8);
}

function chipOf(batch) {
  if (batch.outcome === "exposed" && batch.cleared_at !== null) return ["Was exposed", "cancelled"];
  if (batch.outcome !== null) return CHIPS[batch.outcome] ?? [batch.outcome, "moving"];
  if (batch.revised_at !== null) return ["Unwinding again", "waiting"];
  return batch.cause === null ? ["Running", "open"] : ["Unwinding", "waiting"];
}

function sentenceOf(batch) {
  const { total_orders: all, succeeded, pending } = batch;
  const left = batch.residual.map(residualWords).join(", ");
  switch (batch.outcome) {
    case "complete":
      return `${all === 1 ? "Its leg was" : `All ${all} legs were`} accepted.`;
    case "kept":
      return `${succeeded} of ${all} legs stand, as you had asked.`;
    case "rejected_clean":
      return "Nothing of it reached the market.";
    case "rolled_back_clean":
      return "All its orders were cancelled before any filled.";
    case "unwound":
      return "What had filled was traded back; nothing of it is left.";
    case "exposed":
      return exposureOf(batch, left);
    case "unknown":
      return "The broker cannot be asked just now; it goes on as soon as it can be.";
    default:
      return runningOf(batch, all - pending, all);
  }
}

function exposureOf({ cleared_by: by }, left) {
  if (by === "acknowledged") return `It left ${left}, which the desk has taken as its own.`;
  if (by === "flat") return `It left ${left}; the account holds none of that any more.`;
  return `It leaves ${left || "an order open"}, against your wish.`;
}

function runningOf(batch, settled, all) {
  if (batch.revised_at !== null) return "What it left is being traded back once more.";
  if (batch.cause !== null) return "A leg failed, and the rest is being taken out of the market.";
  return `${settled} of ${all} legs are settled.`;
}
