// The last line of the page: the newest message, and the place in the record that is shown.
//
//   10:01:07 primary warning: … │ Position 7bda…:1204 │ Your login

import { at, write } from "./dom.js";
import { hour } from "./format.js";

export function mount(app) {
  let newest = null;
  app.on("news", ({ kind, frame }) => {
    if (kind === "messages") newest = frame;
  });
  app.on("draw", () => {
    write(at("message"), newest === null ? "" : wordsOf(newest));
    const position = app.stream?.position;
    write(at("position"), position ? `Position ${position.epoch}:${position.offset}` : "");
  });
}

function wordsOf({ account_id, data }) {
  return `${hour(data.at)} ${account_id} ${data.level}: ${data.text}`;
}
