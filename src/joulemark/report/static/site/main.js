// Wires the page: state from the address, filters, table, details and comparison.
import { showCompare } from "./compare.js";
import { showDetail, take } from "./detail.js";
import { $, button, load, make } from "./dom.js";
import { Facets } from "./facets.js";
import { filtered } from "./filters.js";
import { warnings } from "./meaning.js";
import { count } from "./numbers.js";
import { Rows, SORTS } from "./rows.js";
import { MOST, empty, read, written } from "./state.js";
import { Table } from "./table.js";

class Site {
  constructor(rows) {
    this.rows = rows;
    this.state = empty();
    this.later = 0;
    this.table = new Table($("rows"), rows, { pick: (key) => this.pick(key), link: (key) => written({ ...this.state, show: key }) });
    this.facets = new Facets($("facets"), rows, (name, words) => { this.state.chosen[name] = words; this.changed(); });
    this.controls();
    addEventListener("hashchange", () => this.read());
    this.read();
  }

  controls() {
    const sort = $("sort");
    sort.append(...Object.entries(SORTS).map(([name, { label }]) => make("option", { value: name }, label)));
    sort.addEventListener("change", () => this.sort(sort.value, SORTS[sort.value].down));
    $("turn").addEventListener("click", () => this.sort(this.state.sort, !this.state.down));
    $("text").addEventListener("input", () => { this.state.text = $("text").value; this.changed(); });
    $("clear").addEventListener("click", () => { this.state = { ...empty(), picks: this.state.picks }; this.changed(); $("text").focus(); });
    for (const head of document.querySelectorAll("#rows thead [data-sort]")) {
      const name = head.dataset.sort;
      head.addEventListener("click", () => this.sort(name, this.state.sort === name ? !this.state.down : SORTS[name].down));
    }
    document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); $("results").focus(); });
    $("dialog").addEventListener("close", () => this.closed());
    $("close").addEventListener("click", () => $("dialog").close());
  }

  sort(name, down) { Object.assign(this.state, { sort: name, down }); this.changed(); }

  read() {
    const [state, unknown] = read(this.rows, location.hash);
    Object.assign(this, { state, unknown, at: location.hash });
    this.draw();
  }

  changed() {
    this.unknown = [];
    this.draw();
    clearTimeout(this.later); // browsers refuse an address that changes with every letter
    this.later = setTimeout(() => this.address(), 100);
  }

  address() {
    this.later = 0;
    if (location.hash !== this.at) return; // a link was followed meanwhile; it is read next
    history.replaceState(null, "", written(this.state));
    this.at = location.hash;
  }

  draw() {
    const { rows, state } = this, { shown, counts } = filtered(rows, state);
    this.facets.show(state, counts);
    this.table.show(shown, state.picks);
    this.tell(shown);
    this.heads();
    this.bar();
    this.dialog();
  }

  tell(shown) {
    const { state, unknown } = this, way = state.down ? "descending" : "ascending";
    const within = state.sort === "energy" || state.sort === "performance" ? ", within each unit of work" : "";
    $("count").textContent = `${count(shown.length)} of ${count(this.rows.count)} results`;
    $("said").textContent = `sorted by ${SORTS[state.sort].label.toLowerCase()}, ${way}${within}`;
    const lost = unknown.length ? [`The address asks for what this record does not have: ${unknown.slice(0, 3).join(", ").slice(0, 200)}`] : [];
    const said = [...lost, ...warnings(this.rows, shown, state)];
    if (!shown.length) said.push("No result is all of this: choose less, or clear the filters.");
    $("notes").replaceChildren(...said.map((text) => make("li", {}, text)));
    $("notes").hidden = !said.length;
    if ($("text").value !== state.text) $("text").value = state.text;
    $("sort").value = state.sort;
    $("turn").textContent = state.down ? "↓" : "↑";
    $("turn").setAttribute("aria-label", `${way}; turn round`);
    $("clear").disabled = !state.text && !Object.values(state.chosen).some((words) => words.size);
  }

  heads() {
    for (const head of document.querySelectorAll("#rows thead th")) head.removeAttribute("aria-sort");
    const by = document.querySelector(`#rows thead [data-sort="${this.state.sort}"]`);
    for (const each of document.querySelectorAll("#rows thead [data-sort]")) each.classList.toggle("by", each === by);
    by?.closest("th").setAttribute("aria-sort", this.state.down ? "descending" : "ascending");
  }

  // Returns whether the row is picked now.
  pick(key) {
    const { picks } = this.state, had = picks.includes(key);
    if (!had && picks.length === MOST) {
      $("told").textContent = `${MOST} results are picked already; remove one first`;
      return false;
    }
    this.state.picks = had ? picks.filter((each) => each !== key) : [...picks, key];
    this.changed();
    return !had;
  }

  bar() {
    const { picks } = this.state, bar = $("bar");
    bar.hidden = !picks.length;
    $("told").textContent = picks.length ? `${picks.length} picked${picks.length < 2 ? "; pick another to compare" : ""}` : "";
    $("compare").disabled = picks.length < 2;
    $("compare").onclick = () => this.open("compare");
    $("drop").onclick = () => { this.state.picks = []; this.changed(); this.table.focus(this.table.active); };
  }

  open(show) { location.hash = written({ ...this.state, show }); }

  dialog() {
    const { show, picks } = this.state, dialog = $("dialog");
    if (!show || (show === "compare" && !picks.length)) { if (dialog.open) dialog.close(); return; }
    const link = (key) => written({ ...this.state, show: key });
    if (show === "compare") {
      $("title").textContent = "Side by side";
      const first = (key) => { this.state.picks = [key, ...picks.filter((each) => each !== key)]; this.changed(); };
      showCompare(this.rows, picks, $("inside"), { link, first, drop: (key) => this.pick(key) });
    } else {
      const row = this.rows.place.get(show);
      $("title").textContent = this.rows.word("name", row) || "A result";
      showDetail(this.rows, show, $("inside"), link);
      const text = picks.includes(show) ? "Do not compare" : "Compare";
      $("inside").prepend(button(text, () => this.pick(show), { class: "pick" }));
    }
    document.title = `${$("title").textContent} · ${document.body.dataset.title}`;
    if (!dialog.open) dialog.showModal();
  }

  closed() {
    document.title = document.body.dataset.title;
    if (this.state.show) { this.state.show = ""; this.changed(); }
    if (document.activeElement === document.body) this.table.focus(this.table.active);
  }
}

window.joulemark = {
  rows(text) {
    $("wait").remove();
    for (const element of document.querySelectorAll(".js")) element.hidden = false;
    window.site = new Site(new Rows(JSON.parse(text)));
    requestAnimationFrame(() => setTimeout(() => performance.mark("first-view"))); // painted by then
  },
  details: take,
};

$("wait").hidden = false;
load(`data/rows.js?${document.body.dataset.build}`).catch((error) => { $("wait").textContent = `${error.message}: copy the whole folder.`; });
