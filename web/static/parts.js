// Parts that several panels are made of: buttons, facts, choices, a mark for a state.
//
//   fact("Product", "NRML") ──▶ <div><dt>Product</dt><dd>NRML</dd></div>
//   chip("FILLED", "complete")  ──▶ a dot and a word, coloured by its kind (see theme.css)

import { make } from "./dom.js";
import { dayAndHour, hour } from "./format.js";

export function button(text, onclick, attributes = {}) {
  return make("button", { type: "button", ...attributes, onclick }, text);
}

// A name, and what stands under it: for lists of facts. `value` is a node or a text.
export function fact(name, value, attributes = {}) {
  return make("div", attributes, make("dt", {}, name), make("dd", {}, value));
}

export function chip(text, kind) {
  return make("span", { class: "chip", "data-kind": kind }, text);
}

export function moment(text) {
  return make("time", { datetime: text ?? "", title: dayAndHour(text) }, hour(text));
}

// A <select>. `options`: [value, text] pairs, or values that are their own text.
export function choice(attributes, options, chosen) {
  const node = make("select", attributes);
  fillChoice(node, options, chosen);
  return node;
}

export function fillChoice(node, options, chosen) {
  const pairs = options.map((option) => (Array.isArray(option) ? option : [option, option]));
  node.replaceChildren(...pairs.map(([value, text]) => make("option", { value }, text)));
  if (chosen !== undefined && pairs.some(([value]) => value === chosen)) node.value = chosen;
}

let last = 0;

// A new id, to join a field with its label and its fault.
export function nextId(stem) {
  last += 1;
  return `${stem}-${last}`;
}
