// Rows are made only where they are seen; all of them have one height, which the style sheet sets.
import { make } from "./dom.js";
import { energyOf, evidence, joined, output, watts } from "./figures.js";

const SPARE = 8; // rows beyond what is seen, above and below

const cell = (label, ...children) => make("td", { role: "cell", "data-label": label }, ...children);
const two = (first, second, title = null) => [make("span", { class: "one", title }, first), make("small", {}, second)];

export class Table {
  // on.pick(key) changes whether a row is picked; on.link(key) returns the address of its details.
  constructor(table, rows, on) {
    Object.assign(this, { table, rows, on, shown: new Uint32Array(), active: 0, picks: new Set(), drawn: "" });
    this.body = table.tBodies[0];
    [this.above, this.below] = [0, 1].map(() => make("tr", { "aria-hidden": "true", class: "spacer" }, make("td", {})));
    this.body.append(this.above, this.below);
    addEventListener("scroll", () => this.draw(), { passive: true });
    addEventListener("resize", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(document.body); // what is above may open and close
    this.body.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("focusin", (event) => { this.active = this.position(event.target); this.rove(); });
  }

  height() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    return rem * parseFloat(getComputedStyle(this.table).getPropertyValue("--row"));
  }

  show(shown, picks) {
    Object.assign(this, { shown, picks: new Set(picks) });
    this.active = Math.max(Math.min(this.active, shown.length - 1), 0);
    this.table.setAttribute("aria-rowcount", shown.length + 1);
    this.draw(true);
  }

  // The rows that the window shows now, with some to spare.
  span() {
    const tall = this.height(), top = this.body.getBoundingClientRect().top;
    const first = Math.max(Math.floor(-top / tall) - SPARE, 0);
    const last = Math.min(Math.ceil((innerHeight - top) / tall) + SPARE, this.shown.length);
    return [Math.min(first, this.shown.length), Math.max(last, 0), tall];
  }

  draw(anew = false) {
    const [first, last, tall] = this.span(), drawn = `${first} ${last} ${tall}`;
    if (!anew && drawn === this.drawn) return;
    this.drawn = drawn;
    const held = this.body.contains(document.activeElement) ? document.activeElement.dataset.part : "";
    const old = this.body.querySelectorAll("tr[data-at]");
    for (let at = first; at < last; at += 1) this.below.before(this.row(at));
    this.above.style.height = `${first * tall}px`;
    this.below.style.height = `${(this.shown.length - last) * tall}px`;
    for (const row of old) row.remove(); // last, so that the page is never too short to be where it is
    if (held) this.focus(Math.min(Math.max(this.active, first), last - 1), held);
    this.rove();
  }

  row(at) {
    const { rows } = this, row = this.shown[at], key = rows.keys[row];
    const name = rows.word("name", row) || "a system without name", picked = this.picks.has(key);
    const link = make("a", { href: this.on.link(key), "data-part": "link", tabindex: -1, class: "one", title: name }, name);
    const box = make("input", { type: "checkbox", "data-part": "box", tabindex: -1, "aria-label": `compare ${name}`, checked: picked });
    box.addEventListener("change", () => { box.checked = this.on.pick(key); });
    const [word, kind] = evidence(rows, row), benchmark = rows.word("benchmark", row), scale = rows.word("scale", row);
    const doubt = rows.word("doubt", row), doubted = doubt === "none" ? null : make("span", { class: "badge caution" }, doubt);
    const made = make("tr", { role: "row", "aria-rowindex": at + 2, class: picked ? "picked" : null },
      cell("", box),
      make("th", { role: "rowheader", scope: "row" }, link, make("small", {}, rows.word("submitter", row))),
      cell("Benchmark", ...two(benchmark, joined(rows.word("scenario", row), scale !== "not said" && scale), benchmark)),
      cell("Round", ...two(rows.word("round", row) || "–", rows.word("division", row))),
      cell("Energy", ...two(...energyOf(rows, row))), cell("Power", ...two(watts(rows, row) || "–", "")),
      cell("Performance", ...two(...output(rows, row))),
      cell("Evidence", make("span", { class: `badge ${kind}` }, word), " ", doubted));
    made.dataset.at = at;
    return made;
  }

  position(element) { return Number(element.closest("tr").dataset.at || 0); }

  // One row is in the order of tabs: the arrows go to the others.
  rove() {
    for (const part of this.body.querySelectorAll("[data-part]")) {
      part.tabIndex = this.position(part) === this.active ? 0 : -1;
    }
    if (!this.body.querySelector("[tabindex='0']")) this.body.querySelector("[data-part='link']")?.setAttribute("tabindex", 0);
  }

  focus(at, part = "link") {
    this.body.querySelector(`tr[data-at="${at}"] [data-part="${part}"]`)?.focus({ preventScroll: true });
  }

  key(event) {
    const page = Math.max(Math.floor(innerHeight / this.height()) - 3, 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const part = event.target.dataset.part;
    if (event.key === " " && part === "link") {
      this.on.pick(this.rows.keys[this.shown[this.active]]);
      event.preventDefault();
    } else if (event.key in steps && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.go(this.active + steps[event.key], part);
    }
  }

  go(to, part) {
    this.active = Math.min(Math.max(to, 0), this.shown.length - 1);
    const tall = this.height(), top = this.body.getBoundingClientRect().top + this.active * tall;
    const head = this.table.tHead.getBoundingClientRect().height, foot = document.getElementById("bar").offsetHeight;
    if (top < head) scrollBy(0, top - head);
    else if (top + tall > innerHeight - foot) scrollBy(0, top + tall - innerHeight + foot);
    this.draw();
    this.focus(this.active, part);
  }
}
