// The row above the legs that fills them in from a well-known shape.
//
//   Shape [Iron condor ▾]  Series [ ] Buy put [ ] … Quantity [ ] Type [ ▾]   [Fill in the legs]

import { make } from "./dom.js";
import { Field } from "./field.js";
import { button, choice, nextId } from "./parts.js";
import { faultsOf, legsOf, TEMPLATES } from "./templates.js";

const SHARED = [
  { name: "quantity", label: "Quantity", inputmode: "numeric" },
  { name: "order_type", label: "Type", options: ["LIMIT", "MARKET"] },
  { name: "product", label: "Product", options: ["NRML", "MIS"] },
  { name: "exchange", label: "Exchange", options: ["NFO", "BFO", "MCX", "CDS"] },
];

// `onLegs(legs)`: values for the form's legs, when all is there.
export function templateForm(onLegs) {
  const id = nextId("shape");
  const shapes = Object.entries(TEMPLATES).map(([name, { label }]) => [name, label]);
  const shape = choice({ id, name: "template" }, [["", "No shape"], ...shapes]);
  const holder = make("div", { class: "fields" });
  let fields = {};

  const build = () => {
    const specs = shape.value === "" ? [] : [...TEMPLATES[shape.value].fields, ...SHARED];
    fields = Object.fromEntries(
      specs.map((spec) => {
        const written = fields[spec.name]?.value;
        return [spec.name, new Field(spec, () => check(false), written)];
      }),
    );
    const fill = button("Fill in the legs", apply, { class: "quiet" });
    const nodes = Object.values(fields).map((field) => field.node);
    holder.replaceChildren(...nodes, ...(nodes.length === 0 ? [] : [fill]));
  };
  const valuesOf = (names) => Object.fromEntries(names.map((name) => [name, fields[name].value]));
  const check = (showAll) => {
    const faults = faultsOf(shape.value, valuesOf(Object.keys(fields)));
    for (const field of Object.values(fields)) field.tell(faults[field.name] ?? "", showAll);
    return Object.keys(faults)[0];
  };
  const apply = () => {
    const faulty = check(true);
    if (faulty !== undefined) return fields[faulty].input.focus();
    const own = valuesOf(TEMPLATES[shape.value].fields.map(({ name }) => name));
    return onLegs(legsOf(shape.value, own, valuesOf(SHARED.map(({ name }) => name))));
  };

  shape.addEventListener("change", build);
  const node = make(
    "fieldset",
    { class: "template" },
    make("legend", {}, "Fill in a shape"),
    make("div", { class: "field" }, make("label", { for: id }, "Shape"), shape),
    holder,
  );
  return {
    node,
    clear: () => {
      shape.value = "";
      build();
    },
  };
}
