// What the reader wants to see: streaming or not, which kinds, which account, which words.
//
//   [■ Stop] ☑ Orders ☑ Trades ☑ Positions ☑ Messages   [filter] [account ▾] [sort ▾]   204 orders
//
// A kind that is not ticked is not sent: the socket is told so, and no other reader's is touched.

import { KINDS } from "./book.js";
import { COLUMNS } from "./columns.js";
import { make, mark, write } from "./dom.js";
import { typesOf } from "./follow.js";
import { quantity } from "./format.js";
import { TABS } from "./tabs.js";

export function mount(app, element) {
  app.kinds = Object.keys(KINDS);
  element.append(make("div", { class: "follow" }, streamOf(app), kindsOf(app)), toolsOf(app));
}

function streamOf(app) {
  const button = make("button", { type: "button", id: "stream", class: "stream" });
  button.addEventListener("click", () => {
    if (app.link.phase === "stopped") app.stream.start();
    else app.stream.stop();
  });
  app.on("draw", () => {
    const stopped = app.link.phase === "stopped";
    mark(button, "data-way", stopped ? "start" : "stop");
    write(button, stopped ? "Start streaming" : "Stop streaming");
  });
  return button;
}

function kindsOf(app) {
  const box = make("fieldset", { class: "kinds" }, make("legend", {}, "Follow"));
  for (const kind of Object.keys(KINDS)) {
    const tick = make("input", { type: "checkbox", value: kind, checked: true });
    tick.addEventListener("change", () => {
      app.kinds = Object.keys(KINDS).filter((each) =>
        each === kind ? tick.checked : app.kinds.includes(each),
      );
      app.stream.select(typesOf(app.kinds));
      app.redraw();
    });
    box.append(make("label", {}, tick, TABS[kind]));
  }
  return box;
}

function toolsOf(app) {
  const tools = make("div", { class: "tools", role: "search" });
  const shown = make("p", { class: "shown", id: "shown" });
  tools.append(filterOf(app), accountOf(app), sortOf(app), shown);
  app.on("draw", () => write(shown, wordsOf(app)));
  return tools;
}

function filterOf(app) {
  const input = make("input", {
    id: "filter",
    type: "search",
    placeholder: "Filter rows",
    "aria-label": "Filter the rows",
    title: "Words to find: symbol, status, side, type, account, order id, tag. Key: /",
    autocomplete: "off",
    spellcheck: "false",
  });
  input.addEventListener("input", () => app.search(input.value));
  app.on("filter", (text) => {
    if (input.value !== text) input.value = text;
  });
  return input;
}

function accountOf(app) {
  const select = make("select", { id: "account", "aria-label": "Account" });
  select.addEventListener("change", () => app.choose(select.value));
  const fill = () => {
    const ids = ["", ...app.book.accounts.keys()];
    const known = [...select.options].map((each) => each.value);
    if (known.length > 0 && ids.join("\n") === known.join("\n")) return;
    const options = ids.map((id) => make("option", { value: id }, id || "All accounts"));
    select.replaceChildren(...options);
    select.value = app.account;
  };
  fill();
  app.on("accounts", fill);
  app.on("account", (id) => {
    select.value = id;
  });
  return select;
}

// On a phone there are no heads of columns to sort by.
function sortOf(app) {
  const select = make("select", { id: "sort", "aria-label": "Sort by" });
  const fill = () => {
    const columns = COLUMNS[app.tab] ?? [];
    select.hidden = columns.length === 0;
    select.replaceChildren(
      ...columns.flatMap(({ name, title }) => [
        make("option", { value: `${name} down` }, `${title} ↓`),
        make("option", { value: `${name} up` }, `${title} ↑`),
      ]),
    );
    show();
  };
  const show = () => {
    const { name, down } = app.sorts[app.tab] ?? {};
    select.value = `${name} ${down ? "down" : "up"}`;
  };
  select.addEventListener("change", () => {
    const [name, way] = select.value.split(" ");
    app.sortBy(app.tab, name, way === "down");
  });
  app.on("tab", fill);
  app.on("sort", show);
  fill();
  return select;
}

function wordsOf(app) {
  if (!(app.tab in KINDS) || (!app.seen && app.past === null) || !app.found) return "";
  const { shown, of } = app.found;
  const name = TABS[app.tab].toLowerCase();
  const what = of === 1 ? name.slice(0, -1) : name;
  const off = app.past === null && !app.kinds.includes(app.tab) ? ", not followed" : "";
  const all = `${quantity(of)} ${what}${off}`;
  return shown === of ? all : `${quantity(shown)} of ${all}`;
}
