// Keys that work wherever no text is being written.
//
//   /  filter      1 … 5  tabs      Esc  leave the filter, show all      ↑ ↓ Enter  rows: see table.js

import { at } from "./dom.js";
import { TABS } from "./tabs.js";

const WRITING = "input:not([type=checkbox]), textarea, select, dialog *";

export function mount(app) {
  const names = Object.keys(TABS);
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    const filter = at("filter");
    if (event.target === filter) {
      if (event.key === "Escape") leave(app);
      else if (event.key === "Enter" || event.key === "ArrowDown") app.show("table");
      else return;
      return event.preventDefault();
    }
    if (event.target.matches(WRITING) || document.querySelector("dialog[open]")) return;
    const tab = names[Number(event.key) - 1];
    if (event.key === "/") filter.focus();
    else if (event.key === "Escape" && app.filter !== "") leave(app);
    else if (tab !== undefined) app.turnTo(tab);
    else return;
    event.preventDefault();
  });
}

function leave(app) {
  app.search("");
  app.show("table");
}
