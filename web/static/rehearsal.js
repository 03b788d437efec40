// What the gateway says of a batch that is not sent yet: its margin, its way out, its order.
//
//   edit ──350 ms──▶ POST …/batch-orders?dry_run=true ──┬─ 200 ──▶ told(answer)
//          (a newer edit ends an older question)        └─ 422 … ─▶ told(null, problem)

import { path } from "./api.js";
import { legWords } from "./batch_words.js";
import { make } from "./dom.js";
import { price, quantity } from "./format.js";
import { fact } from "./parts.js";

const PAUSE_MS = 350;

export class Rehearsal {
  // `told(answer, problem)`: one of them is null; both are while an answer is awaited.
  constructor(app, told) {
    this.app = app;
    this.told = told;
    this.timer = null;
    this.question = null; // ends the one that is on its way
  }

  // Ask when the writer pauses.
  soon(account, body) {
    this.stop();
    this.timer = setTimeout(() => this.now(account, body), PAUSE_MS);
  }

  stop() {
    clearTimeout(this.timer);
    this.question?.abort();
    this.question = null;
  }

  // Gives {answer, problem}, or null when a newer question has taken its place.
  async now(account, body) {
    this.stop();
    const question = new AbortController();
    this.question = question;
    this.told(null, null);
    const found = await this.ask(account, body, question.signal);
    if (this.question !== question) return null;
    this.question = null;
    this.told(found.answer, found.problem);
    return found;
  }

  async ask(account, body, signal) {
    const where = `${path`/accounts/${account}/batch-orders`}?dry_run=true`;
    try {
      const { data } = await this.app.api("POST", where, body, {}, signal);
      return { answer: data, problem: null };
    } catch (problem) {
      if (problem.status === undefined) throw problem;
      return { answer: null, problem };
    }
  }
}

// The nodes that tell a dry run.
export function rehearsalNodes(answer, orders) {
  const { margin, margin_error: error, way_out: exits, stages, calls } = answer;
  const exitWords = exits.map((exit) => make("li", {}, legWords(exit)));
  return [
    make(
      "dl",
      { class: "facts" },
      fact("Margin", marginWords(margin, error)),
      fact("Goes out", stageWords(stages, orders)),
      fact("Calls set aside", quantity(calls)),
    ),
    make("h4", {}, "The way out, if all had filled and then had to be undone"),
    exits.length === 0
      ? make("p", { class: "soft" }, "None: what fills is kept.")
      : make("ul", { class: "exits" }, ...exitWords),
  ];
}

export function marginWords(margin, error) {
  if (margin === null) return `not known${error ? `: ${error}` : ""}`;
  const free = margin.available === null ? "" : ` of ${price(margin.available)} free`;
  return `${price(margin.required)} needed${free}`;
}

function stageWords(stages, orders) {
  if (stages.length === 1) return stages[0].length === 1 ? "one leg" : "all legs at once";
  const name = (index) => orders[index]?.tradingsymbol ?? index + 1;
  return stages.map((stage) => stage.map(name).join(" + ")).join(", then ");
}
