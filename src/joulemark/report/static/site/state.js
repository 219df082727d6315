// What is shown, as the part of the address after #, so that every view has a link of its own.
import { FACETS } from "./filters.js";
import { SORTS } from "./rows.js";

export const MOST = 6;

const FIRST = "round";

export const empty = () => ({ chosen: {}, text: "", sort: FIRST, down: Boolean(SORTS[FIRST].down), picks: [], show: "" });

// Words that the record does not have are left out and returned as unknown.
export const read = (rows, hash) => {
  const state = empty(), unknown = [];
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  for (const name of Object.keys(FACETS)) {
    const asked = given.getAll(name), known = asked.filter((word) => rows.words[name].includes(word));
    if (known.length) state.chosen[name] = new Set(known);
    unknown.push(...asked.filter((word) => !known.includes(word)));
  }
  const sort = given.get("sort") || "", name = sort.replace("-", "");
  if (Object.hasOwn(SORTS, name)) Object.assign(state, { sort: name, down: sort.startsWith("-") });
  state.text = (given.get("q") || "").slice(0, 200);
  const picks = given.getAll("pick"), show = given.get("show") || "";
  state.picks = [...new Set(picks.filter((key) => rows.place.has(key)))].slice(0, MOST);
  state.show = show === "compare" || rows.place.has(show) ? show : "";
  unknown.push(...picks.filter((key) => !rows.place.has(key)), ...(show === state.show ? [] : [show]));
  return [state, unknown];
};

export const written = (state) => {
  const out = new URLSearchParams();
  for (const name of Object.keys(FACETS)) for (const word of state.chosen[name] || []) out.append(name, word);
  if (state.text) out.append("q", state.text);
  if (state.sort !== FIRST || state.down !== Boolean(SORTS[FIRST].down)) out.append("sort", (state.down ? "-" : "") + state.sort);
  for (const key of state.picks) out.append("pick", key);
  if (state.show) out.append("show", state.show);
  return `#${out}`;
};
