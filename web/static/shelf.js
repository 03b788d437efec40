// One kind of thing in the book: every row of it, by key, in the order in which they began.
//
//   put(key, data, offset) ──▶ entry {key, data, offset, first, version, age, …} ──▶ news: new, changed
//
// Each row keeps the offset that it came with, and an older one never replaces a newer one: so an
// answer over HTTP may arrive before or after the events beside it.

export class Shelf {
  // `ageOf(data)`: when it began, as text that sorts; `textOf(data)`: what a filter looks through;
  // `binOf(data)`: under which name it is counted, or null.
  constructor({ ageOf, textOf, binOf = () => null }) {
    this.of = { ageOf, textOf, binOf };
    this.clear();
  }

  clear() {
    this.rows = new Map();
    this.counts = new Map(); // account → {all, bin: n, …}
    this.version = (this.version ?? 0) + 1; // moves whenever anything here does
    this.members = this.version; // … whenever a row comes
  }

  // Gives "new", "changed", or null when what we have is as new or newer.
  put(key, account_id, data, offset, at = null) {
    const known = this.rows.get(key);
    if (known !== undefined && offset < known.offset) return null;
    this.version += 1;
    const bin = this.of.binOf(data);
    if (known === undefined) {
      const age = this.of.ageOf(data) ?? at ?? "";
      const entry = { key, account_id, data, offset, version: 1, age, at, bin, text: null };
      entry.first = offset; // which of two of one age came first: brokers tell whole seconds
      entry.fresh = at !== null; // it came by an event, and was not drawn yet
      this.rows.set(key, entry);
      this.members = this.version;
      this.count(account_id, "all", 1);
      this.count(account_id, bin, 1);
      return "new";
    }
    if (known.bin !== bin) {
      this.count(account_id, known.bin, -1);
      this.count(account_id, bin, 1);
    }
    Object.assign(known, { data, offset, bin, at: at ?? known.at, text: null });
    known.version += 1;
    return "changed";
  }

  count(account_id, bin, by) {
    if (bin === null) return;
    if (!this.counts.has(account_id)) this.counts.set(account_id, {});
    const counts = this.counts.get(account_id);
    counts[bin] = (counts[bin] ?? 0) + by;
  }

  // How many there are of a bin ("all": of any), in one account or in all ("").
  total(account, bin = "all") {
    let sum = 0;
    for (const [id, counts] of this.counts) {
      if (account === "" || id === account) sum += counts[bin] ?? 0;
    }
    return sum;
  }

  // What a filter looks through, in small letters; made when first wanted.
  textOf(entry) {
    entry.text ??= `${entry.account_id} ${this.of.textOf(entry.data)}`.toLowerCase();
    return entry.text;
  }
}
