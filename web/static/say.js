// A word in passing, at the foot of the screen: said, read out, and gone.
//
//   app.say("Order 2611… is being cancelled.", "good") ──▶ ▕ … ✕ ▏ for some seconds; "bad" stays longer

import { make } from "./dom.js";

const STAYS_MS = { good: 5_000, plain: 5_000, bad: 15_000 };
const MOST = 4;

export function mount(app, element) {
  const list = make("ul", { class: "words", "aria-live": "polite" });
  element.append(list);
  return {
    show({ text, kind }) {
      const word = make("li", { "data-tone": kind, role: kind === "bad" ? "alert" : null }, text);
      const away = make("button", { type: "button", "aria-label": "Take away" }, "✕");
      const leave = () => word.remove();
      away.addEventListener("click", leave);
      word.append(away);
      list.append(word);
      while (list.children.length > MOST) list.firstElementChild.remove();
      setTimeout(leave, STAYS_MS[kind]);
    },
  };
}
