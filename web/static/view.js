// Which rows of a shelf are shown, and in which order: a filter, an account and a sort.
//
//   shelf ──▶ fits? ──▶ list, kept sorted ──▶ entries
//
// The list is kept from one drawing to the next. A reader's wish is followed at once; what updates
// do to the order is looked after a few times a second, so that rows do not dance.

const SETTLE_MS = 250;

export class View {
  constructor() {
    this.list = [];
    this.made = null; // what the list was made of
    this.made_at_ms = 0;
  }

  // `wish`: {account, text, only: Set of keys or null, column, down}. Every word of the text must
  // be found somewhere in the row.
  entries(shelf, wish, now_ms) {
    const same = this.made !== null && this.made.shelf === shelf && sameWish(this.made.wish, wish);
    if (same && this.made.version === shelf.version) return this.list;
    if (same && now_ms - this.made_at_ms < SETTLE_MS) return this.list;
    const narrowed = wish.account !== "" || wish.text !== "" || wish.only !== null;
    const grown = !same || this.made.members !== shelf.members;
    if (grown || narrowed) this.list = this.fitting(shelf, wish);
    // Nearly sorted already: the sort then takes one look at each.
    sort(this.list, wish);
    this.made = { shelf, wish, version: shelf.version, members: shelf.members };
    this.made_at_ms = now_ms;
    return this.list;
  }

  fitting(shelf, { account, text, only }) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (entry) =>
      (account === "" || entry.account_id === account) &&
      (only === null || only.has(entry.key)) &&
      words.every((word) => shelf.textOf(entry).includes(word));
    const kept = this.list.filter((entry) => shelf.rows.get(entry.key) === entry && fits(entry));
    const there = new Set(kept);
    for (const entry of shelf.rows.values()) {
      if (!there.has(entry) && fits(entry)) kept.push(entry);
    }
    return kept;
  }
}

function sort(list, { column, down }) {
  const way = down ? -1 : 1;
  const of = column.sort;
  list.sort((a, b) => {
    const order = compared(of(a.data, a), of(b.data, b), way);
    return order !== 0 ? order : begun(a, b, way);
  });
}

// Of two that the column does not tell apart: which began first. So a new row of this very second
// comes above those that are there, and nothing that is read is pushed aside.
function begun(a, b, way) {
  const order = compared(a.age, b.age, way) || compared(a.first, b.first, way);
  return order || compared(a.key, b.key, way);
}

// What is not there comes last, whichever way.
function compared(a, b, way) {
  if (a === b) return 0;
  if (a === null || a === undefined || a === "") return 1;
  if (b === null || b === undefined || b === "") return -1;
  return a < b ? -way : way;
}

function sameWish(a, b) {
  return (
    a.account === b.account &&
    a.text === b.text &&
    a.only === b.only &&
    a.column === b.column &&
    a.down === b.down
  );
}
