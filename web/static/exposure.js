// The red banner: one line for each batch that left something in the market against the desk's
// wish. It stays until that is zero, traded back, or taken by the desk as its own.
//
//   BatchStore.exposed() ──▶ ┃ EXPOSED primary long 50 STUCKA   [Look] [Acknowledge …] [Flatten …]
//                            ┃ EXPOSED  hedge    …

import { path } from "./api.js";
import { batchesOf, isUnwindingAgain } from "./batch_store.js";
import { causeOf, outcomeOf, residualWords, shortId } from "./batch_words.js";
import { confirm, faultOf } from "./confirm.js";
import { make, mark, write } from "./dom.js";
import { button, moment } from "./parts.js";

const FLATTEN_WAIT_S = 0; // its way is followed on the stream

export function mount(app, element) {
  const store = batchesOf(app);
  const lines = new Map(); // batch_id ──▶ {node, batch, left}
  const draw = () => drawLines(app, element, lines, store.exposed());
  mark(element, "role", "region");
  store.onChange(draw);
  draw();
  return { show: ({ action, batch }) => act(app, action, batch) };
}

// Acknowledge or flatten what a batch left, after a question. Gives {text, kind}, or null.
export async function act(app, action, batch) {
  const deed = { acknowledge: acknowledgeOf, flatten: flattenOf }[action](batch);
  if ((await confirm(deed.question)) === null) return null;
  const where = path`/accounts/${batch.account_id}/batch-orders/${batch.batch_id}/${action}`;
  const said = await done(app, where, deed);
  app.say(said.text, said.kind);
  return said;
}

async function done(app, where, { body, failed, good }) {
  try {
    const { data } = await app.api("POST", where, body);
    batchesOf(app).put(data, data.offset);
    return { text: good, kind: "good" };
  } catch (error) {
    return { text: `${failed}: ${faultOf(error)}`, kind: "bad" };
  }
}

function acknowledgeOf(batch) {
  const left = leftOf(batch);
  return {
    question: {
      title: "Take this position as the desk's own?",
      lines: [
        `Batch ${shortId(batch.batch_id)} left in account ${batch.account_id}: ${left}.`,
        "Nothing is sent to the broker. The position stays in the market, for you to manage.",
        "The warning ends for everyone who uses this gateway.",
      ],
      yes: "Acknowledge it",
    },
    body: null,
    failed: "It could not be acknowledged",
    good: `Acknowledged: ${left} in ${batch.account_id} is the desk's own now.`,
  };
}

function flattenOf(batch) {
  const orders = batch.residual.map(
    ({ quantity, tradingsymbol }) =>
      `${quantity > 0 ? "SELL" : "BUY"} ${Math.abs(quantity)} ${tradingsymbol}`,
  );
  return {
    question: {
      title: "Trade it back now?",
      lines: [
        `In account ${batch.account_id} is sent: ${orders.join(", ") || "what ends it flat"}.`,
        "It is tried three times, each time at a worse price, within the account's price band.",
        "What still remains after that is told here again.",
      ],
      yes: "Flatten it",
      tone: "danger",
    },
    body: { wait_s: FLATTEN_WAIT_S },
    failed: "It could not be flattened",
    good: `Batch ${shortId(batch.batch_id)} is being unwound again.`,
  };
}

// A line is kept while its batch is the same, so that the button under a finger stays where it is.
function drawLines(app, element, lines, exposed) {
  const wanted = new Set(exposed.map((batch) => batch.batch_id));
  for (const [id, { node }] of lines) {
    if (wanted.has(id)) continue;
    node.remove();
    lines.delete(id);
  }
  for (const batch of exposed) {
    const known = lines.get(batch.batch_id);
    if (known?.batch === batch) continue;
    const line = known ?? { node: make("div", { class: "exposed", role: "alert" }), left: "" };
    line.batch = batch;
    if (batch.residual.length > 0) line.left = leftOf(batch);
    lines.set(batch.batch_id, line);
    if (known === undefined) element.append(line.node);
    fillLine(app, line, batch);
  }
  element.hidden = lines.size === 0;
}

function fillLine(app, line, batch) {
  const again = isUnwindingAgain(batch);
  const said = make("span", { class: "fault", role: "status" });
  const hand = (action, text, attributes) =>
    button(
      text,
      async () => {
        const { text: told, kind } = (await act(app, action, batch)) ?? { text: "", kind: "plain" };
        write(said, kind === "bad" ? told : "");
      },
      { ...attributes, "aria-label": `${text.replace(" …", "")} ${line.left}` },
    );
  mark(line.node, "data-batch", batch.batch_id);
  mark(line.node, "data-again", again);
  const look = { account_id: batch.account_id, batch_id: batch.batch_id };
  line.node.replaceChildren(
    make("strong", {}, again ? "UNWINDING" : "EXPOSED"),
    make("span", { class: "account" }, batch.account_id),
    make("span", { class: "left" }, line.left || "an order that is still open"),
    moment(batch.completed_at ?? batch.revised_at),
    make("span", { class: "telling" }, again ? outcomeOf(batch).text : causeOf(batch)),
    button("Look", () => app.show("batches", look), {
      class: "quiet",
      "aria-label": `Look at ${line.left}`,
    }),
    ...(again
      ? []
      : [
          hand("acknowledge", "Acknowledge …", { class: "quiet" }),
          hand("flatten", "Flatten …", { class: "act", "data-tone": "danger" }),
        ]),
    said,
  );
}

function leftOf(batch) {
  return batch.residual.map(residualWords).join(", ") || "an order that is still open";
}
