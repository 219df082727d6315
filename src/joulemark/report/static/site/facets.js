// The filters: each a list of words to tick, with how many results each would show.
import { button, make } from "./dom.js";
import { FACETS } from "./filters.js";
import { count } from "./numbers.js";

const MANY = 12; // a longer list can be searched

export class Facets {
  // change(name, words) is told what was ticked.
  constructor(root, rows, change) {
    Object.assign(this, { root, rows, change, parts: {} });
    for (const name of Object.keys(FACETS)) if (rows.words[name].length > 1) this.add(name);
    root.addEventListener("keydown", (event) => { if (event.key === "Escape") this.close(true); });
    document.addEventListener("click", (event) => { if (!root.contains(event.target)) this.close(); });
  }

  close(focus = false) {
    for (const details of this.root.querySelectorAll("details[open]")) {
      details.open = false;
      if (focus) details.firstChild.focus();
    }
  }

  add(name) {
    const said = make("span", { class: "said" }), list = make("div", { class: "choices", role: "group", "aria-label": FACETS[name] });
    const items = this.rows.words[name].map((word) => this.item(name, word));
    list.append(...items.map((item) => item.label));
    const details = make("details", { class: "facet", name: "facet", "data-facet": name },
      make("summary", {}, `${FACETS[name]}: `, said),
      make("div", { class: "panel-of" }, items.length > MANY ? this.search(name, items) : null, list,
        button("Any", () => this.change(name, new Set()), { class: "any" })));
    this.root.append(details);
    this.parts[name] = { said, items };
  }

  item(name, word) {
    const box = make("input", { type: "checkbox" }), tally = make("span", { class: "tally" });
    const label = make("label", {}, box, make("span", { class: "word" }, word || "not said"), tally);
    box.addEventListener("change", () => this.change(name, this.ticked(name)));
    return { word, box, tally, label };
  }

  search(name, items) {
    const field = make("input", { type: "search", placeholder: "Find …", "aria-label": `Find in ${FACETS[name]}`, autocomplete: "off" });
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      for (const item of items) item.label.hidden = !item.word.toLowerCase().includes(wanted);
    });
    return field;
  }

  ticked(name) {
    return new Set(this.parts[name].items.filter((item) => item.box.checked).map((item) => item.word));
  }

  show(state, counts) {
    for (const [name, { said, items }] of Object.entries(this.parts)) {
      const chosen = state.chosen[name] || new Set(), words = [...chosen].map((word) => word || "not said");
      const text = words.length > 2 ? `${words.length} chosen` : words.join(", ") || "any";
      if (said.textContent !== text) said.textContent = text;
      said.closest("details").classList.toggle("on", chosen.size > 0);
      items.forEach((item, code) => this.tell(item, chosen.has(item.word), counts[name][code]));
    }
  }

  // Nothing is touched that stays as it is: hundreds of choices are told in a millisecond.
  tell(item, ticked, number) {
    if (item.box.checked !== ticked) item.box.checked = ticked;
    if (item.number === number) return;
    item.number = number;
    item.tally.textContent = count(number);
    item.label.classList.toggle("none", number === 0);
  }
}
