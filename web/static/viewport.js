// Which rows of a long list can be seen, and the way to one that cannot.
//
//   body   ┌╌╌╌╌╌╌╌╌╌╌┐  n rows of one height, most of them not there
//          ╎ first ▷  ╎  ─┐
//          ╎          ╎   │ what the screen shows, and some rows more on either side
//          ╎ last  ▷  ╎  ─┘
//          └╌╌╌╌╌╌╌╌╌╌┘
//
// On a desk the table scrolls in its own box, on a phone the whole page does; both are one here. The
// screen is measured only after it may have moved.

const MORE_ROWS = 4;

export class Viewport {
  // `box` may scroll; `head` sticks to its top; `body` holds the rows. `moved()` is called whenever
  // other rows may be seen.
  constructor(box, head, body, moved) {
    Object.assign(this, { box, head, body, moved });
    this.known = null;
    this.row = null;
    const scrolled = () => {
      this.known = null;
      moved();
    };
    const again = () => {
      this.row = null;
      scrolled();
    };
    document.addEventListener("scroll", scrolled, { capture: true, passive: true });
    window.addEventListener("resize", again);
    const observer = new ResizeObserver(again);
    observer.observe(box);
    observer.observe(document.body);
  }

  // {first, last}: from and up to, not with, last. {row}: the height of one, in px.
  range(count) {
    this.known ??= this.measure();
    const { above, below, row } = this.known;
    const first = Math.max(0, Math.floor(above / row) - MORE_ROWS);
    const last = Math.min(count, Math.ceil(below / row) + MORE_ROWS);
    return { first: Math.min(first, count), last: Math.max(last, Math.min(first, count)), row };
  }

  // How far the body reaches beyond the upper edge of what is seen, and how far down the lower is.
  measure() {
    this.row ??= parseFloat(getComputedStyle(this.box).getPropertyValue("--row")) || 38;
    const { row } = this;
    const body = this.body.getBoundingClientRect();
    const box = this.box.getBoundingClientRect();
    const top = Math.max(0, box.top) + this.head.offsetHeight;
    const bottom = Math.min(window.innerHeight, box.bottom);
    return { above: top - body.top, below: Math.max(bottom, top) - body.top, row };
  }

  // Scroll so far that a row can be seen.
  reveal(index) {
    const { above, below, row } = this.measure();
    const over = index * row - above;
    const under = (index + 1) * row - below;
    this.scroll(over < 0 ? over : Math.max(0, under));
  }

  // The first row that is wholly in the page, or 0 when the list stands at its top.
  top() {
    this.known ??= this.measure();
    return Math.max(0, Math.ceil(this.known.above / this.known.row));
  }

  scroll(by) {
    if (by === 0) return;
    if (getComputedStyle(this.box).overflowY === "visible") window.scrollBy(0, by);
    else this.box.scrollTop += by;
    this.known = null;
  }

  // How many rows fit on the screen.
  page() {
    const { above, below, row } = this.measure();
    return Math.max(1, Math.floor((below - above) / row) - 1);
  }

  // To the top of another table, whose rows may be of another height.
  toTop() {
    this.box.scrollTop = 0;
    this.known = null;
    this.row = null;
  }
}
