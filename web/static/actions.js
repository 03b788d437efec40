// The desk's hand: a bar of what may be done, and a dialog with a row an account.
//
//   [Place a batch] [Accounts] [Go back in time] [Halt all …]
//   app.show("actions", {action, account_id, order}) ──▶ confirm ──▶ POST or DELETE ──▶ app.say
//      cancel · halt · resume · connect · disconnect        └─ "No": nothing is done
//
// `account_id` "" is every account.

import { confirm, faultOf } from "./confirm.js";
import { deedOf } from "./deeds.js";
import { make, mark, write } from "./dom.js";
import { dayAndHour } from "./format.js";
import { button, nextId } from "./parts.js";

export function mount(app, element) {
  const panel = accountsDialog(app);
  element.append(
    button("Place a batch", () => app.show("batch_form", { account_id: app.account }), {
      class: "act",
      id: "open-batch-form",
    }),
    button("Accounts", () => panel.showModal(), { class: "quiet", id: "open-accounts" }),
    button("Go back in time", () => app.show("travel", {}), { class: "quiet", id: "open-travel" }),
    button("Halt all …", () => act(app, { action: "halt", account_id: "" }), {
      class: "act",
      "data-tone": "danger",
      id: "halt-all",
    }),
    panel,
  );
  return { show: (wish) => act(app, wish) };
}

// Ask, do it, and say how it went: gives {text, kind}, or null when nothing was to be done.
export async function act(app, wish) {
  const deed = deedOf(wish, [...app.accounts.keys()]);
  const values = await confirm(deed.question);
  if (values === null) return null;
  const said = await done(app, deed, values);
  app.say(said.text, said.kind);
  return said;
}

async function done(app, deed, values) {
  try {
    const { status, data } = await app.api(deed.method, deed.path, deed.body?.(values) ?? null);
    return deed.told(data, status);
  } catch (error) {
    return { text: `${deed.failed}: ${faultOf(error)}`, kind: "bad" };
  }
}

function accountsDialog(app) {
  const id = nextId("accounts");
  const list = make("ul", { class: "account-hands" });
  const said = make("p", { class: "answer", role: "status" });
  const hand = async (action, account_id) => {
    const { text, kind } = (await act(app, { action, account_id })) ?? { text: "", kind: "plain" };
    mark(said, "data-kind", kind);
    write(said, text);
  };
  const dialog = make(
    "dialog",
    { class: "window", "aria-labelledby": id },
    make(
      "header",
      {},
      make("h2", { id }, "Accounts"),
      button("Close", () => dialog.close(), { class: "quiet" }),
    ),
    list,
    said,
  );
  const draw = () => drawRows(app, list, hand);
  app.on("draw", () => {
    if (dialog.open) draw();
  });
  dialog.addEventListener("toggle", draw);
  return dialog;
}

function drawRows(app, list, hand) {
  const { accounts } = app;
  const drawn = [...list.children].map((row) => row.dataset.account).join("\n");
  if (drawn !== [...accounts.keys()].join("\n")) {
    list.replaceChildren(...[...accounts.keys()].map((id) => rowOf(id, hand)));
  }
  for (const row of list.children) fillRow(row, accounts.get(row.dataset.account));
}

function rowOf(id, hand) {
  const key = (action, text) =>
    button(text, () => hand(action, id), {
      class: "quiet",
      "data-action": action,
      "aria-label": `${text.replace(" …", "")} account ${id}`,
    });
  return make(
    "li",
    { "data-account": id },
    make("span", { class: "dot", "aria-hidden": "true" }),
    make("strong", {}, id),
    make("span", { class: "state" }),
    make("span", { class: "halted" }),
    make(
      "span",
      { class: "answers" },
      key("connect", "Connect …"),
      key("disconnect", "Disconnect …"),
      key("halt", "Halt …"),
      key("resume", "Resume …"),
    ),
  );
}

function fillRow(row, status) {
  mark(row, "data-state", status.state);
  write(row.querySelector(".state"), status.state.replace("_", " "));
  const { halted } = status;
  const by = halted === null ? "" : [halted.reason, `by ${halted.by}`].filter(Boolean).join(", ");
  const since = halted === null ? "" : ` since ${dayAndHour(halted.since)}`;
  write(row.querySelector(".halted"), halted === null ? "" : `HALTED${since}: ${by}`);
  const hidden = {
    connect: status.connected,
    disconnect: status.state === "stopped",
    halt: halted !== null,
    resume: halted === null,
  };
  for (const [action, isHidden] of Object.entries(hidden)) {
    row.querySelector(`[data-action=${action}]`).hidden = isHidden;
  }
}
