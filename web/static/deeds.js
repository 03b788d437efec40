// Each thing that the desk's hand can do: the question, the call, and what is said of its answer.
//
//   deedOf({action: "halt", account_id: "a"}) ──▶ {question, method, path, body, failed, told}
//
// Nothing is done in here.

import { path } from "./api.js";
import { legWords } from "./batch_words.js";
import { line, tick } from "./confirm.js";
import { quantity } from "./format.js";

// `ids`: every account's, for what is done to all of them.
export function deedOf({ action, account_id: id, order }, ids) {
  if (action === "cancel") return cancelOf(order);
  if (action === "halt") return id === "" ? haltAllOf(ids) : haltOf(id);
  return { resume: resumeOf, connect: connectOf, disconnect: disconnectOf }[action](id);
}

function cancelOf(order) {
  const { account_id: account, order_id: id, filled_quantity: filled } = order;
  const lines = [
    `The broker of account ${account} is asked to cancel order ${id}: ${legWords(order)}.`,
    filled > 0
      ? `${quantity(filled)} of ${quantity(order.quantity)} have filled already, and stay.`
      : "Nothing of it has filled so far.",
    "It may fill before the cancel arrives.",
  ];
  return {
    question: { title: "Cancel this order?", lines, yes: "Cancel the order", tone: "danger" },
    method: "DELETE",
    path: path`/accounts/${account}/orders/${id}`,
    failed: `Order ${id} could not be cancelled`,
    told: ({ data }, status) =>
      status === 202
        ? { text: `Order ${id}: the cancel was sent, and is not confirmed yet.`, kind: "plain" }
        : { text: `Order ${id} is now ${data.status}.`, kind: "good" },
  };
}

const HALT_LINES = [
  "New orders and batches are refused until it is resumed. Exits and cancels still pass.",
  "Positions stay as they are.",
];

function haltFields() {
  return [
    tick("cancel_open", "Also cancel every open order"),
    line("reason", "Why (others will see it)", { maxlength: 200 }),
  ];
}

function haltOf(id) {
  return {
    question: {
      title: `Halt account ${id}?`,
      lines: HALT_LINES,
      yes: `Halt ${id}`,
      tone: "danger",
      fields: haltFields(),
    },
    method: "POST",
    path: path`/accounts/${id}/halt`,
    body: ({ cancel_open, reason }) => ({ cancel_open, reason }),
    failed: `Account ${id} could not be halted`,
    told: (held) => ({ text: `Account ${id} is halted.${cancelsOf([held])}`, kind: kindOf([held]) }),
  };
}

function haltAllOf(ids) {
  return {
    question: {
      title: "Halt all accounts?",
      lines: [`All that you may trade are halted at once: ${ids.join(", ")}.`, ...HALT_LINES],
      yes: "Halt them all",
      tone: "danger",
      fields: haltFields(),
    },
    method: "POST",
    path: "/halt",
    body: ({ cancel_open, reason }) => ({ cancel_open, reason }),
    failed: "The accounts could not be halted",
    told: ({ data: held }) => ({
      text: `Halted: ${held.map((one) => one.account_id).join(", ")}.${cancelsOf(held)}`,
      kind: kindOf(held),
    }),
  };
}

function resumeOf(id) {
  return {
    question: {
      title: `Let account ${id} go on?`,
      lines: ["New orders and batches are taken again, from anyone who may place them."],
      yes: `Resume ${id}`,
    },
    method: "POST",
    path: path`/accounts/${id}/resume`,
    failed: `Account ${id} could not be resumed`,
    told: () => ({ text: `Account ${id} goes on.`, kind: "good" }),
  };
}

function connectOf(id) {
  return {
    question: {
      title: `Connect account ${id}?`,
      lines: [
        "Its stream from the broker is started, for everyone who uses this gateway.",
        "Its orders, trades and positions are read anew and compared.",
      ],
      yes: `Connect ${id}`,
    },
    method: "POST",
    path: path`/accounts/${id}/connect`,
    failed: `Account ${id} could not be connected`,
    told: () => ({ text: `Account ${id} is being connected.`, kind: "good" }),
  };
}

function disconnectOf(id) {
  return {
    question: {
      title: `Disconnect account ${id}?`,
      lines: [
        "Its stream from the broker is stopped, for everyone who uses this gateway.",
        "What is shown of it grows old until it is connected again. Its orders stay at the broker.",
      ],
      yes: `Disconnect ${id}`,
      tone: "danger",
    },
    method: "POST",
    path: path`/accounts/${id}/disconnect`,
    failed: `Account ${id} could not be disconnected`,
    told: () => ({ text: `Account ${id} is disconnected.`, kind: "good" }),
  };
}

// What became of the orders that were to be cancelled with a halt.
function cancelsOf(held) {
  const count = (name) => held.reduce((sum, one) => sum + one[name].length, 0);
  const parts = [
    [count("cancelled"), "cancelled"],
    [count("asked"), "asked to cancel, not confirmed yet"],
    [count("failed"), "could not be cancelled"],
  ];
  const words = parts.filter(([n]) => n > 0).map(([n, what]) => `${quantity(n)} ${what}`);
  const stored = held.every((one) => one.stored) ? "" : " It acts already, and is not on disk yet.";
  return (words.length > 0 ? ` Open orders: ${words.join(", ")}.` : "") + stored;
}

function kindOf(held) {
  return held.some((one) => one.failed.length > 0 || !one.stored) ? "bad" : "good";
}
