// Place a batch: legs, how they go out, what the gateway says of them as one types, and the send.
//
//   edit ──▶ Rehearsal ──▶ each fault at its field, margin, way out
//   Place ──▶ rehearsed once more ──▶ confirm ──▶ POST, Idempotency-Key ──┬─ progress, then outcome
//                                                                         ├─ refused: at the fields
//                  the same key again, if nothing was edited ◀── Try again ┴─ no answer

import { batchesOf } from "./batch_store.js";
import { MODES, POLICIES, legWords, listingWords } from "./batch_words.js";
import { confirm, faultOf } from "./confirm.js";
import { make, mark, write } from "./dom.js";
import { Field } from "./field.js";
import { Legs, LEGS_MAX } from "./legs.js";
import { button, fillChoice, nextId } from "./parts.js";
import { path } from "./api.js";
import { Progress } from "./progress.js";
import { marginWords, Rehearsal, rehearsalNodes } from "./rehearsal.js";
import { Sending } from "./sending.js";
import { templateForm } from "./template_form.js";

const HOW = [
  { name: "account", label: "Account", options: [] },
  { name: "mode", label: "Sent", options: Object.entries(MODES) },
  {
    name: "advance_on",
    label: "A leg is in when",
    options: [["accepted", "it is accepted"], ["filled", "it has filled"]],
  },
  {
    name: "on_failure",
    label: "If a leg fails",
    options: [["", "as the account is set"], ...Object.entries(POLICIES)],
  },
];

export function mount(app, element) {
  const form = new BatchForm(app);
  element.append(form.dialog);
  app.on("accounts", () => form.learnAccounts());
  app.on("link", ({ phase }) => {
    if (phase === "live") form.resume();
  });
  return { show: (wish) => form.open(wish) };
}

class BatchForm {
  constructor(app) {
    this.app = app;
    this.sending = new Sending();
    this.rehearsal = new Rehearsal(app, (answer, problem) => this.rehearsed(answer, problem));
    this.progress = new Progress(app, () => this.begin());
    this.showAll = false;
    this.lost = false; // a sending got no answer: it may have been placed
    this.build();
    this.begin();
  }

  build() {
    const id = nextId("form");
    const edited = () => this.edited();
    this.how = Object.fromEntries(HOW.map((spec) => [spec.name, new Field(spec, edited)]));
    this.legs = new Legs(edited);
    this.template = templateForm((legs) => {
      this.legs.fill(legs);
      this.edited();
    });
    this.more = button("Add a leg", () => this.addLeg(), { class: "quiet" });
    this.verdict = make("div", { class: "rehearsal", "aria-live": "polite" });
    this.said = make("p", { class: "answer", role: "alert" });
    this.place = make("button", { class: "act", type: "submit" }, "Place …");
    const clear = button("Clear", () => this.begin(), { class: "quiet" });
    this.form = make(
      "form",
      { novalidate: true, onsubmit: (event) => this.submitted(event) },
      make("div", { class: "fields" }, ...Object.values(this.how).map((field) => field.node)),
      this.template.node,
      this.legs.node,
      make("p", {}, this.more),
      this.verdict,
      this.said,
      make("p", { class: "answers" }, clear, this.place),
    );
    this.dialog = make(
      "dialog",
      { class: "window wide", "aria-labelledby": id },
      make(
        "header",
        {},
        make("h2", { id }, "Place a batch"),
        button("Close", () => this.dialog.close(), { class: "quiet" }),
      ),
      this.form,
      this.progress.node,
    );
  }

  // An empty form: another batch, with another key.
  begin() {
    this.rehearsal.stop();
    this.sending.placed();
    this.progress.end();
    this.form.hidden = false;
    this.showAll = false;
    this.lost = false;
    this.template.clear();
    this.legs.fill([{}, {}]);
    this.verdict.replaceChildren();
    this.say("");
    this.label();
  }

  open({ account_id } = {}) {
    this.learnAccounts();
    if (this.app.accounts.has(account_id)) this.how.account.value = account_id;
    if (!this.dialog.open) this.dialog.showModal();
    this.label();
  }

  // They may become known, or more, while the form is open.
  learnAccounts() {
    const { input } = this.how.account;
    const ids = [...this.app.accounts.keys()];
    if (ids.join("\n") === [...input.options].map(({ value }) => value).join("\n")) return;
    fillChoice(input, ids, input.value);
    if (this.dialog.open) this.edited();
  }

  addLeg() {
    this.legs.add().focus();
    this.edited();
  }

  get account() {
    return this.how.account.value;
  }

  // The request, without how long to wait for it: its way is followed on the stream.
  read() {
    const { mode, advance_on, on_failure } = this.how;
    const body = { orders: this.legs.read(), mode: mode.value, advance_on: advance_on.value };
    if (on_failure.value !== "") body.on_failure = on_failure.value;
    return { ...body, wait_s: 0 };
  }

  edited() {
    this.label();
    if (this.lost && !this.sending.isSame(this.account, this.read())) {
      this.say("You have changed it: what was sent before may be in the market.", "bad");
    } else if (!this.lost) this.say("");
    this.rehearse();
  }

  // What was asked while the line was down went lost.
  resume() {
    if (this.dialog.open && !this.form.hidden && !this.place.disabled) this.rehearse();
  }

  rehearse() {
    if (this.legs.isBlank || this.account === "") this.rehearsal.stop();
    else this.rehearsal.soon(this.account, this.read());
  }

  label() {
    const isRetry = this.lost && this.sending.isSame(this.account, this.read());
    const legs = `${this.legs.count} ${this.legs.count === 1 ? "leg" : "legs"}`;
    write(this.place, isRetry ? "Try again" : `Place ${legs} …`);
    this.more.disabled = this.legs.count >= LEGS_MAX;
  }

  rehearsed(answer, problem) {
    mark(this.verdict, "data-waiting", answer === null && problem === null);
    if (answer === null && problem === null) return;
    const rest = this.legs.tell(problem?.errors ?? [], this.showAll);
    const nodes =
      answer === null ? faultNodes(problem, rest) : rehearsalNodes(answer, this.read().orders);
    this.verdict.replaceChildren(...nodes);
  }

  async submitted(event) {
    event.preventDefault();
    if (this.place.disabled) return;
    this.showAll = true;
    this.place.disabled = true;
    try {
      const [account, body] = [this.account, this.read()];
      const isRetry = this.lost && this.sending.isSame(account, body);
      if (isRetry || (await this.isAgreed(account, body))) await this.send(account, body);
    } finally {
      this.place.disabled = false;
      this.label();
    }
  }

  // Rehearsed once more, so that what the question says is what would happen now.
  async isAgreed(account, body) {
    const found = await this.rehearsal.now(account, body);
    if (found === null) return false;
    if (found.answer === null) {
      const isMarked = found.problem.errors.length > 0;
      this.say(isMarked ? "Not sent: see what is marked." : unaskedWords(found.problem), "bad");
      this.legs.firstFault()?.focus();
      return false;
    }
    const question = questionOf(account, body, found.answer);
    return (await confirm(question)) !== null;
  }

  async send(account, body) {
    const key = this.sending.keyFor(account, body);
    this.say("Sending …");
    try {
      const where = path`/accounts/${account}/batch-orders`;
      const { data } = await this.app.api("POST", where, body, { "Idempotency-Key": key });
      this.sending.placed();
      this.lost = false;
      this.say("");
      this.form.hidden = true;
      batchesOf(this.app).put(data, data.offset);
      this.progress.follow(data.batch_id);
    } catch (problem) {
      this.failed(problem);
    }
  }

  failed(problem) {
    this.lost = problem.status === 0 || problem.status >= 500;
    if (problem.errors?.length > 0) this.rehearsed(null, problem);
    const again = " Trying again cannot place it twice: it goes under the same key.";
    this.say(faultOf(problem) + (this.lost ? again : ""), "bad");
  }

  say(text, kind = "plain") {
    mark(this.said, "data-kind", kind);
    write(this.said, text);
  }
}

function questionOf(account, body, { on_failure, margin, margin_error, way_out }) {
  const exits = way_out.map(legWords).join("; ");
  const what = body.orders.length === 1 ? "this order" : "these orders";
  return {
    title: `Place ${what} in account ${account}?`,
    lines: [
      ...body.orders.map((leg) => `${legWords(leg)} (${listingWords(leg)})`),
      `Sent: ${MODES[body.mode]}. If a leg fails: ${POLICIES[on_failure]}.`,
      exits === "" ? "No way out is prepared." : `The way out of all of it: ${exits}.`,
      `Margin: ${marginWords(margin, margin_error)}.`,
    ],
    yes: "Place it",
    no: "No, go back",
    tone: "danger",
  };
}

// A refusal, apart from what is told at the fields themselves.
function faultNodes(problem, rest) {
  if (problem.errors.length > 0 && rest.length === 0) {
    return [make("p", { class: "soft" }, "Not complete yet: nothing would be sent.")];
  }
  const lines = rest.map(({ path: where, message }) => make("li", {}, `${where} ${message}`));
  const head = rest.length > 0 ? problem.detail : unaskedWords(problem);
  return [make("p", { class: "fault" }, head), make("ul", { class: "fault" }, ...lines)];
}

// A rehearsal sends nothing: one without an answer leaves no doubt.
function unaskedWords(problem) {
  if (problem.status !== 0) return faultOf(problem);
  return "The gateway cannot be reached. Nothing was sent; it is asked again once it is back.";
}
