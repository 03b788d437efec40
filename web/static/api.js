// What the page asks of the gateway over HTTP, and how a refusal is told.
//
//   api("POST", "/accounts/a/halt", {cancel_open: true}) ──▶ {status, data}
//                                        └─ 4xx, 5xx, no answer ──▶ Problem {status, title, detail, errors}
//
// A problem's `status` is 0 when no answer came: then nobody knows whether it was done.

const ANSWER_MS = 150_000; // a batch may be waited for for two minutes

export class Problem extends Error {
  constructor(status, { title, detail, errors } = {}, retry_after_s = null) {
    super(detail || title || "It did not work.");
    this.status = status;
    this.title = title || "It did not work";
    this.detail = detail || "";
    this.errors = errors || []; // [{path, message}], the fields at fault
    this.retry_after_s = retry_after_s;
  }
}

// Gives {status, data}: the answer's JSON. Throws Problem; an `abort` of the caller's comes as one
// of status 0 too, with the title "Given up".
export async function api(method, path, body = null, headers = {}, signal = null) {
  const within = AbortSignal.timeout(ANSWER_MS);
  const answer = await asked(path, {
    method,
    headers: body === null ? headers : { "Content-Type": "application/json", ...headers },
    body: body === null ? null : JSON.stringify(body),
    signal: signal === null ? within : AbortSignal.any([signal, within]),
  });
  const data = await read(answer);
  if (answer.ok) return { status: answer.status, data };
  throw new Problem(answer.status, data ?? { title: answer.statusText }, wait_s(answer));
}

async function asked(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    throw new Problem(0, {
      title: error.name === "AbortError" ? "Given up" : "No answer",
      detail: "The gateway did not answer. What was asked may or may not have been done.",
    });
  }
}

async function read(answer) {
  try {
    return await answer.json();
  } catch {
    return null;
  }
}

function wait_s(answer) {
  const seconds = Number(answer.headers.get("Retry-After"));
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}

// A path whose parts may hold anything: path`/accounts/${id}/orders/${order}`.
export function path(texts, ...values) {
  return String.raw({ raw: texts }, ...values.map(encodeURIComponent));
}
