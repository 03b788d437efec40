// The key of a batch that is being placed: one for a filled form, until it is edited or placed.
//
//   keyFor(body) ──┬─ the same body as before: the same key, so that a retry cannot place it twice
//                  └─ another body: a new key
//   placed() ──▶ the next is another batch, even if it reads the same
//
// No DOM in here.

const KEY_BYTES = 16;

export class Sending {
  constructor(random = (bytes) => crypto.getRandomValues(bytes)) {
    this.random = random;
    this.placed();
  }

  // `account` is whom the body is for: a key belongs to both.
  keyFor(account, body) {
    const text = JSON.stringify([account, body]);
    if (text !== this.text) {
      this.text = text;
      this.key = hex(this.random(new Uint8Array(KEY_BYTES)));
    }
    return this.key;
  }

  isSame(account, body) {
    return this.text === JSON.stringify([account, body]);
  }

  placed() {
    this.text = null;
    this.key = null;
  }
}

function hex(bytes) {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
