// Time travel: the tables as they were at any earlier event of the day.
//
//   10:02:11 ●━━━━━━━━━━━━○━━━━━ 15:29:58     ◀ ▶  one event     [Back to live]
//   AS OF 10:42:07, NOT LIVE
//
//   slider ──140 ms──▶ readBook(offset) ──▶ app.showPast ──▶ the tables
//
// The arrow keys go event by event. Orders that are sent meanwhile are sent now, not then.

import { faultOf } from "./confirm.js";
import { make, mark, write } from "./dom.js";
import { dayAndHour, hour, quantity } from "./format.js";
import { button } from "./parts.js";
import { nearest, readBook, readDay, timeOf } from "./past.js";

const PAUSE_MS = 140;

export function mount(app, element) {
  const travel = new Travel(app, element);
  return { show: () => travel.open() };
}

class Travel {
  constructor(app, element) {
    this.app = app;
    this.element = element;
    this.day = { epoch: null, points: [] };
    this.question = null; // ends the reading that is on its way
    this.timer = null;
    this.build();
    element.hidden = true;
  }

  build() {
    this.banner = make("strong", { class: "as-of", role: "status" });
    this.slider = make("input", { type: "range", id: "moment", step: "1", "aria-label": "Moment" });
    this.slider.addEventListener("input", () => this.moved());
    this.from = make("span", { class: "soft" });
    this.to = make("span", { class: "soft" });
    this.said = make("span", { class: "answer", role: "status" });
    const step = (by, text, name) =>
      button(text, () => this.step(by), { class: "quiet", "aria-label": name, title: name });
    this.element.append(
      this.banner,
      this.said,
      make(
        "div",
        { class: "rail" },
        this.from,
        step(-1, "◀", "One event back"),
        this.slider,
        step(1, "▶", "One event on"),
        this.to,
      ),
      button("Back to live", () => this.close(), { class: "act", id: "back-to-live" }),
    );
  }

  async open() {
    this.element.hidden = false;
    document.body.toggleAttribute("data-past", true);
    this.say("Reading the day …");
    try {
      this.day = await readDay(this.app, [...this.app.accounts.keys()]);
    } catch (problem) {
      this.say(`The day could not be read: ${faultOf(problem)}`, "bad");
      return;
    }
    if (this.element.hidden) return; // back to live meanwhile
    const { points } = this.day;
    if (points.length === 0) {
      this.say("The day has no event yet.");
      return;
    }
    const [first, last] = [points[0], points.at(-1)];
    this.slider.min = first.offset;
    this.slider.max = last.offset;
    this.slider.value = last.offset;
    for (const [node, { at }] of [[this.from, first], [this.to, last]]) {
      write(node, hour(at));
      mark(node, "title", dayAndHour(at));
    }
    this.moved();
    this.slider.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "nearest" });
  }

  close() {
    clearTimeout(this.timer);
    this.question?.abort();
    this.question = null;
    this.element.hidden = true;
    document.body.removeAttribute("data-past");
    write(this.banner, "");
    this.app.showLive();
  }

  step(by) {
    this.slider.value = Number(this.slider.value) + by;
    this.moved();
  }

  moved() {
    const offset = Number(this.slider.value);
    const { at } = nearest(this.day.points, offset);
    this.name(at, "about ");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.read(offset, at), PAUSE_MS);
  }

  // A newer wish ends an older one, so that the slider never shows what was passed over.
  async read(offset, about) {
    this.question?.abort();
    const question = new AbortController();
    this.question = question;
    this.say("Reading …");
    try {
      const ids = [...this.app.accounts.keys()];
      const [book, exact] = await Promise.all([
        readBook(this.app, ids, offset, question.signal),
        timeOf(this.app, this.day.epoch, offset, question.signal),
      ]);
      if (this.question !== question) return;
      const at = exact ?? about;
      this.name(at, exact === null ? "about " : "");
      this.say(`event ${quantity(offset)}`);
      this.app.showPast(book, { offset, at });
    } catch (problem) {
      if (this.question === question) this.say(`It could not be read: ${faultOf(problem)}`, "bad");
    }
  }

  name(at, prefix) {
    write(this.banner, `As of ${prefix}${hour(at)}, not live`);
    mark(this.banner, "title", dayAndHour(at));
    mark(this.slider, "aria-valuetext", `${prefix}${hour(at)}`);
  }

  say(text, kind = "plain") {
    mark(this.said, "data-kind", kind);
    write(this.said, text);
  }
}
