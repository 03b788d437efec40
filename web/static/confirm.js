// The last question before something is done: a <dialog> that says exactly what will happen.
//
//   confirm({title, lines, yes}) ──▶ Promise ──┬─ {…values of its fields} when it is agreed to
//                                              └─ null on "No" or Esc
//
// The focus begins on the harmless button: who strikes Enter too early does nothing.

import { make } from "./dom.js";
import { button, nextId } from "./parts.js";

// `lines`: what will happen, one fact a line. `fields`: nodes that hold fields with a `name`.
// `tone`: "danger" for what cannot be taken back.
export function confirm({ title, lines, yes, no = "No, leave it", tone = "plain", fields = [] }) {
  const [titleId, textId] = [nextId("title"), nextId("text")];
  const refuse = button(no, () => dialog.close("no"), { class: "quiet" });
  const agree = button(yes, () => dialog.close("yes"), { class: "act", "data-tone": tone });
  const dialog = make(
    "dialog",
    { class: "confirm", "aria-labelledby": titleId, "aria-describedby": textId },
    make("h2", { id: titleId }, title),
    make("ul", { id: textId }, ...lines.map((line) => make("li", {}, line))),
    ...fields,
    make("p", { class: "answers" }, refuse, agree),
  );
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const values = dialog.returnValue === "yes" ? valuesOf(dialog) : null;
      dialog.remove();
      resolve(values);
    });
    document.body.append(dialog);
    dialog.showModal();
    refuse.focus();
  });
}

// A box to tick in the question.
export function tick(name, text) {
  return make("label", { class: "tick" }, make("input", { type: "checkbox", name }), text);
}

export function line(name, text, attributes = {}) {
  const input = make("input", { type: "text", name, autocomplete: "off", ...attributes });
  return make("label", { class: "line" }, make("span", {}, text), input);
}

// A Problem as a sentence or two for whoever asked.
export function faultOf(problem) {
  const { status, title, detail, errors, retry_after_s: wait_s } = problem;
  if (status === undefined) throw problem; // a defect of ours: it belongs on the console
  if (status === 0) return detail;
  if (status === 401) return "You are not logged in any more. Log in, then ask again.";
  const faults = errors.map(({ path, message }) => `${path} ${message}`).join("; ");
  const words = [detail || title, faults].filter(Boolean).join(": ");
  if (status === 403) return `Your key does not allow this: ${words}.`;
  return wait_s === null ? `${words}.` : `${words}. It may be asked again in ${wait_s} s.`;
}

function valuesOf(dialog) {
  const values = {};
  for (const field of dialog.querySelectorAll("input, select")) {
    values[field.name] = field.type === "checkbox" ? field.checked : field.value;
  }
  return values;
}
