// One field of a form: its label, its input, and the fault that is told under it.
//
//   Quantity
//   [ -50      ]   aria-invalid, described by the fault
//   1 to 10000000 is needed
//
// A fault is shown once the field was touched, or when all are to be shown: nobody likes to be told
// of what he has not come to yet.

import { make, mark, write } from "./dom.js";
import { choice, nextId } from "./parts.js";

export class Field {
  // `spec`: {name, label, options?, inputmode?, placeholder?}.
  constructor(spec, onEdit, value) {
    const id = nextId(spec.name);
    this.name = spec.name;
    this.touched = false;
    this.fault = "";
    this.told = make("span", { class: "fault", id: `${id}-fault` });
    this.input = inputOf(spec, id);
    if (value !== undefined) this.value = value;
    this.input.addEventListener("input", () => {
      this.touched = true;
      onEdit(this);
    });
    this.input.addEventListener("blur", () => {
      this.touched ||= this.value !== "";
      this.draw(false);
    });
    this.node = make(
      "div",
      { class: "field", "data-name": spec.name },
      make("label", { for: id }, spec.label),
      this.input,
      this.told,
    );
  }

  get value() {
    return this.input.value;
  }

  set value(text) {
    this.input.value = text ?? "";
  }

  allow(isAllowed) {
    this.input.disabled = !isAllowed;
    if (!isAllowed) this.tell("", false);
  }

  get isAllowed() {
    return !this.input.disabled;
  }

  // `showAll`: told even if it was not touched yet.
  tell(fault, showAll) {
    this.fault = fault;
    this.draw(showAll);
  }

  draw(showAll) {
    const shown = this.touched || showAll ? this.fault : "";
    write(this.told, shown);
    mark(this.input, "aria-invalid", shown === "" ? null : "true");
    mark(this.node, "data-fault", shown !== "");
  }
}

// A number where the text is one; the text as it is where not, so that the gateway can say what is
// wrong with it; undefined where nothing was written.
export function numberOf(text) {
  const plain = text.replaceAll(",", "").trim();
  if (plain === "") return undefined;
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : text;
}

function inputOf({ name, options, inputmode, placeholder }, id) {
  const attributes = { id, name, "aria-describedby": `${id}-fault` };
  if (options !== undefined) return choice(attributes, options);
  const text = { type: "text", autocomplete: "off", spellcheck: "false", inputmode, placeholder };
  return make("input", { ...attributes, ...text });
}
