// Small hands for the DOM, so that panels read as what they show.
//
//   make("button", {class: "quiet", type: "button", onclick: fn}, "Cancel") ──▶ <button …>Cancel</button>
//   write(node, text)   touches the DOM only where the text differs

// Attributes by their HTML names; `on…` are listeners; true is an attribute without a value; null,
// undefined and false are left out. Children are nodes or texts.
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) {
      node.setAttribute(name, value);
    }
  }
  node.append(...children);
  return node;
}

export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Sets an attribute only where it differs; null takes it away.
export function mark(node, name, value) {
  if (value === null || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

export function at(id) {
  return document.getElementById(id);
}
