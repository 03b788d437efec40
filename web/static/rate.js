// Events a second over the last whole seconds, in a ring of slots.
//
//   count(now) ──▶ | 3 | 5 | 4 | 6 | 5 | now | ──▶ perSecond: the mean of the last five

const SLOTS = 8;
const SPAN_S = 5;

export class Rate {
  constructor() {
    this.slots = new Array(SLOTS).fill(0);
    this.second = 0;
  }

  count(now_ms) {
    this.turn(now_ms);
    this.slots[this.second % SLOTS] += 1;
  }

  perSecond(now_ms) {
    this.turn(now_ms);
    let sum = 0;
    for (let back = 1; back <= SPAN_S; back += 1) {
      sum += this.slots[(this.second - back + SLOTS) % SLOTS];
    }
    return sum / SPAN_S;
  }

  // The last whole second's.
  last(now_ms) {
    this.turn(now_ms);
    return this.slots[(this.second - 1 + SLOTS) % SLOTS];
  }

  turn(now_ms) {
    const second = Math.floor(now_ms / 1000);
    const gone = Math.min(Math.max(second - this.second, 0), SLOTS);
    for (let i = 0; i < gone; i += 1) this.slots[(second - i) % SLOTS] = 0;
    this.second = Math.max(second, this.second);
  }
}
