// What each table shows: its columns, how a row is sorted by them, and what a cell says.
//
//   {name, title, right?, sort(row, entry), text(row, entry), hint?(row, entry), cell?}
//
// `cell` names a cell that is more than a text: see cells.js. The widths stand in table.css.

import { dayAndHour, gain, holding, hour, price, quantity, NOTHING } from "./format.js";

const account = {
  name: "account",
  title: "Account",
  sort: (row, entry) => entry.account_id,
  text: (row, entry) => entry.account_id,
};
const symbol = {
  name: "symbol",
  title: "Symbol",
  cell: "symbol",
  sort: (row) => row.tradingsymbol,
  text: (row) => row.tradingsymbol,
};
const side = {
  name: "side",
  title: "Side",
  sort: (row) => row.transaction_type,
  text: (row) => row.transaction_type,
};

export const COLUMNS = {
  orders: [
    {
      name: "time",
      title: "Time",
      sort: (row, entry) => entry.age,
      text: (row, entry) => hour(entry.age),
      hint: (row) => `Placed ${dayAndHour(row.placed_at)}\nUpdated ${dayAndHour(row.updated_at)}`,
    },
    account,
    {
      ...symbol,
      hint: (row) => `Order ${row.order_id}${row.tag ? `, tag ${row.tag}` : ""}`,
    },
    side,
    {
      name: "type",
      title: "Type",
      sort: (row) => row.order_type,
      text: (row) => row.order_type,
      hint: (row) => row.variety,
    },
    whole("quantity", "Quantity", (row) => row.quantity),
    {
      ...whole("filled", "Filled", (row) => row.filled_quantity),
      cell: "filled",
    },
    {
      ...money("price", "Price", (row) => row.price || row.trigger_price),
      hint: (row) => (row.trigger_price ? `Trigger at ${price(row.trigger_price)}` : ""),
    },
    money("average", "Average", (row) => row.average_price),
    {
      name: "status",
      title: "Status",
      cell: "status",
      sort: (row) => row.status,
      text: (row) => row.status,
      hint: (row) => row.status_message ?? "",
    },
    {
      name: "origin",
      title: "Origin",
      sort: (row) => row.origin,
      text: (row) => row.origin ?? NOTHING,
      hint: (row) => (row.origin === "external" ? "Placed elsewhere" : "Placed by this gateway"),
    },
  ],
  trades: [
    when("time", "Time", (row, entry) => row.traded_at ?? entry.at),
    account,
    { ...symbol, hint: (row) => `Trade ${row.trade_id} of order ${row.order_id}` },
    side,
    whole("quantity", "Quantity", (row) => row.quantity),
    money("price", "Price", (row) => row.price),
    money("value", "Value", (row) => row.value),
    { ...name("order", "Order", (row) => row.order_id), hint: (row) => `Trade ${row.trade_id}` },
  ],
  positions: [
    account,
    { ...symbol, hint: (row) => row.id },
    {
      name: "side",
      title: "Side",
      sort: (row) => row.side,
      text: (row) => row.side,
    },
    { ...whole("quantity", "Quantity", (row) => row.quantity), text: (row) => holding(row.quantity) },
    money("average", "Average", (row) => row.average_price),
    money("last", "Last", (row) => row.last_price),
    result("realised", "Realised", (row) => row.realised),
    result("unrealised", "Unrealised", (row) => row.unrealised),
    result("pnl", "P&L", (row) => row.pnl),
  ],
  messages: [
    when("time", "Time", (row) => row.at),
    account,
    {
      name: "level",
      title: "Level",
      cell: "level",
      sort: (row) => ["info", "warning", "error"].indexOf(row.level),
      text: (row) => row.level,
    },
    { ...name("text", "Message", (row) => row.text), hint: (row) => row.text },
    name("order", "Order", (row) => row.order_id),
  ],
};

// By which column a table is sorted until the reader chooses, and which way.
export const FIRST = {
  orders: { name: "time", down: true },
  trades: { name: "time", down: true },
  positions: { name: "symbol", down: false },
  messages: { name: "time", down: true },
};

function name(id, title, of) {
  return { name: id, title, sort: of, text: (row) => of(row) || NOTHING };
}

function when(id, title, of) {
  return {
    name: id,
    title,
    sort: of,
    text: (row, entry) => hour(of(row, entry)),
    hint: (row, entry) => dayAndHour(of(row, entry)),
  };
}

function whole(id, title, of) {
  return { name: id, title, right: true, sort: of, text: (row) => quantity(of(row)) };
}

function money(id, title, of) {
  return { name: id, title, right: true, sort: of, text: (row) => price(of(row)) };
}

function result(id, title, of) {
  return { name: id, title, right: true, cell: "result", sort: of, text: (row) => gain(of(row)) };
}
