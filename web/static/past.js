// The book as it was: read from the gateway at one place of the record. No DOM.
//
//   readDay   ──▶ [{offset, at}, …] over the present day, of all accounts together
//   readBook  ──▶ Book, filled with every account's lists at an offset
//   timeOf    ──▶ when that event came
//   nearest([{offset, at}], offset) ──▶ the last point not after it

import { path } from "./api.js";
import { Book } from "./book.js";

const POINTS = 100;
const PAGE = 1000;
const PAGES_MAX = 30; // of one list: what is beyond is not shown
const LISTS = ["orders", "trades", "positions", "messages"];

// Oldest first; empty when the day has no event.
export async function readDay(app, ids) {
  const days = await Promise.all(
    ids.map(async (id) => {
      const { data } = await app.api("GET", `${path`/accounts/${id}/timeline`}?points=${POINTS}`);
      return { epoch: data.epoch, points: data.data };
    }),
  );
  const points = days.flatMap((day) => day.points.map(({ offset, at }) => ({ offset, at })));
  points.sort((a, b) => a.offset - b.offset);
  return { epoch: days[0]?.epoch ?? null, points };
}

// Throws Problem; one of status 0 when `signal` ended it.
export async function readBook(app, ids, offset, signal) {
  const book = new Book();
  for (const id of ids) {
    for (const list of LISTS) await readList(app, book, { id, list, offset, signal });
  }
  return book;
}

async function readList(app, book, { id, list, offset, signal }) {
  let before = "";
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const where = `${path`/accounts/${id}`}/${list}?at=${offset}&limit=${PAGE}${before}`;
    const { data } = await app.api("GET", where, null, {}, signal);
    book.fill(list, id, data.data, offset);
    if (data.next === null) return;
    before = `&before=${data.next}`;
  }
}

// RFC 3339, or null when that event is none that the reader may see.
export async function timeOf(app, epoch, offset, signal) {
  const where = `/events?since=${epoch}:${offset - 1}&limit=1`;
  const { data } = await app.api("GET", where, null, {}, signal);
  const [event] = data.data;
  return event?.offset === offset ? event.timestamp : null;
}

export function nearest(points, offset) {
  let low = 0;
  let high = points.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (points[middle].offset <= offset) low = middle;
    else high = middle - 1;
  }
  return points[low];
}
