// The legs of the form: added, removed, filled from a template, read as the gateway wants them.
//
//   Leg 1  [Symbol] [Side] [Quantity] [Type] [Price] [Trigger] [Product] [Exchange]  Remove
//     ▸ More: DAY, regular   ──▶   [Validity] [Variety] [Tag]
//   Leg 2  …
//   read() ──▶ [{tradingsymbol, …}]      tell(errors) ──▶ each fault under its own field

import { make, write } from "./dom.js";
import { Field, numberOf } from "./field.js";
import { button } from "./parts.js";

export const LEGS_MAX = 10; // as the gateway takes
const NUMBERS = new Set(["quantity", "price", "trigger_price"]);
const PRICED = new Set(["LIMIT", "SL"]);
const TRIGGERED = new Set(["SL", "SL-M"]);
const OF_LEG = /^\$\.orders\[(\d+)\](?:\.(\w+))?$/;

const FIELDS = [
  { name: "tradingsymbol", label: "Symbol", placeholder: "NIFTY25NOV25800CE" },
  { name: "transaction_type", label: "Side", options: ["BUY", "SELL"] },
  { name: "quantity", label: "Quantity", inputmode: "numeric" },
  { name: "order_type", label: "Type", options: ["LIMIT", "MARKET", "SL", "SL-M"] },
  { name: "price", label: "Price", inputmode: "decimal" },
  { name: "trigger_price", label: "Trigger", inputmode: "decimal" },
  { name: "product", label: "Product", options: ["NRML", "MIS", "CNC", "MTF"] },
  { name: "exchange", label: "Exchange", options: ["NFO", "NSE", "BFO", "BSE", "MCX", "CDS"] },
];
// What most legs leave as it is: folded away, and its summary says what it is.
const MORE = [
  { name: "validity", label: "Validity", options: [["DAY", "DAY"], ["IOC", "IOC: at once or not"]] },
  {
    name: "variety",
    label: "Variety",
    options: [["regular", "regular"], ["amo", "amo: after hours"]],
  },
  { name: "tag", label: "Tag", placeholder: "your own word for it" },
];

export class Legs {
  constructor(onEdit) {
    this.onEdit = onEdit;
    this.legs = [];
    this.node = make("div", { class: "legs-form" });
  }

  get count() {
    return this.legs.length;
  }

  add(values = {}) {
    const leg = new Leg(values, this.onEdit, () => this.remove(leg));
    this.legs.push(leg);
    this.node.append(leg.node);
    this.number();
    return leg;
  }

  remove(leg) {
    const index = this.legs.indexOf(leg);
    this.legs.splice(index, 1);
    leg.node.remove();
    this.number();
    (this.legs[index] ?? this.legs.at(-1))?.focus();
    this.onEdit();
  }

  // Replace all by these. What a shape filled in counts as written: its faults are told.
  fill(list) {
    this.legs = [];
    this.node.replaceChildren();
    for (const values of list) {
      const leg = this.add(values);
      for (const field of leg.all) field.touched = Object.keys(values).length > 0;
    }
  }

  read() {
    return this.legs.map((leg) => leg.read());
  }

  get isBlank() {
    return this.legs.every((leg) => leg.isBlank);
  }

  // Puts each fault to its field; gives those that belong to none.
  tell(errors, showAll) {
    const rest = [];
    const told = this.legs.map(() => ({}));
    for (const error of errors) {
      const [, index, name = ""] = OF_LEG.exec(error.path) ?? [];
      if (told[index] === undefined) rest.push(error);
      else told[index][name] = [told[index][name], error.message].filter(Boolean).join("; ");
    }
    this.legs.forEach((leg, index) => leg.tell(told[index], showAll));
    return rest;
  }

  firstFault() {
    for (const leg of this.legs) {
      const field = leg.all.find(({ fault }) => fault !== "");
      if (field !== undefined) return field.input;
    }
    return null;
  }

  number() {
    this.legs.forEach((leg, index) => leg.number(index + 1, this.legs.length > 1));
  }
}

class Leg {
  constructor(values, onEdit, onRemove) {
    const edited = () => {
      this.suit();
      onEdit();
    };
    this.fields = Object.fromEntries(
      [...FIELDS, ...MORE].map((spec) => [spec.name, new Field(spec, edited, values[spec.name])]),
    );
    this.legend = make("legend");
    this.away = button("Remove", onRemove, { class: "quiet" });
    this.fault = make("p", { class: "fault" });
    this.said = make("summary");
    const nodesOf = (specs) => specs.map(({ name }) => this.fields[name].node);
    this.more = make(
      "details",
      { class: "more" },
      this.said,
      make("div", { class: "fields" }, ...nodesOf(MORE)),
    );
    this.node = make(
      "fieldset",
      { class: "leg" },
      this.legend,
      ...nodesOf(FIELDS),
      this.away,
      this.more,
      this.fault,
    );
    this.suit();
  }

  get all() {
    return Object.values(this.fields);
  }

  get isBlank() {
    const { tradingsymbol, quantity, price } = this.fields;
    return [tradingsymbol, quantity, price].every((field) => field.value.trim() === "");
  }

  // Only the prices that a type of order has can be written; what is folded away is told.
  suit() {
    const { validity, variety, tag } = this.fields;
    const words = [validity.value, variety.value, tag.value.trim() && `tag ${tag.value.trim()}`];
    write(this.said, `More: ${words.filter(Boolean).join(", ")}`);
    const type = this.fields.order_type.value;
    this.fields.price.allow(PRICED.has(type));
    this.fields.trigger_price.allow(TRIGGERED.has(type));
  }

  read() {
    const leg = {};
    for (const field of this.all.filter(({ isAllowed }) => isAllowed)) {
      const value = NUMBERS.has(field.name) ? numberOf(field.value) : field.value.trim();
      if (value !== undefined) leg[field.name] = value;
    }
    if (leg.tag === "") delete leg.tag;
    // A leg that names no quantity has no shape; with one of zero all its faults are told at once.
    leg.quantity ??= 0;
    return leg;
  }

  // `faults`: by the field's name; "" is the leg as a whole.
  tell(faults, showAll) {
    const rest = [faults[""]];
    for (const [name, message] of Object.entries(faults)) {
      if (name !== "" && !this.fields[name]?.isAllowed) rest.push(`${name}: ${message}`);
    }
    for (const field of this.all) {
      field.tell(field.isAllowed ? (faults[field.name] ?? "") : "", showAll);
    }
    write(this.fault, rest.filter(Boolean).join("; "));
    if (MORE.some(({ name }) => faults[name] !== undefined)) this.more.open = true;
  }

  number(place, canGo) {
    write(this.legend, `Leg ${place}`);
    this.away.hidden = !canGo;
    this.away.setAttribute("aria-label", `Remove leg ${place}`);
  }

  focus() {
    this.fields.tradingsymbol.input.focus();
  }
}
