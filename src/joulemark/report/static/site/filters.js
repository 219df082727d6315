// Which rows are shown, and how many there would be of each choice.
import { ordered } from "./rows.js";

export const FACETS = {
  suite: "Suite", scale: "Scale", benchmark: "Benchmark", scenario: "Scenario", round: "Round", submitter: "Submitter",
  evidence: "Evidence", rules: "Default rules", division: "Division", work: "Unit of work",
  doubt: "Doubts", copy: "Copies",
};
const SEARCHED = ["submitter", "name", "system", "benchmark", "processor", "accelerator", "software", "number", "round"];

// One column of a filter: allowed[code] is 1; null where nothing was chosen.
const allowed = (rows, name, chosen) => {
  if (!chosen || !chosen.size) return null;
  return Uint8Array.from(rows.words[name], (word) => (chosen.has(word) ? 1 : 0));
};

// Every word of the text must be in some searched column of a row.
const tests = (rows, text) => text.toLowerCase().split(/\s+/).filter(Boolean).slice(0, 12).map((wanted) =>
  SEARCHED.map((name) => [rows.codes[name], Uint8Array.from(rows.small(name), (word) => (word.includes(wanted) ? 1 : 0))])
    .filter(([, hits]) => hits.includes(1)));

const matches = (words, row) => words.every((columns) => columns.some(([codes, hits]) => hits[codes[row]]));

// One pass: a row that one filter alone bars counts among the choices of that filter.
export const filtered = (rows, state) => {
  const names = Object.keys(FACETS);
  const codes = names.map((name) => rows.codes[name]);
  const masks = names.map((name) => allowed(rows, name, state.chosen[name]));
  const tallies = names.map((name) => new Uint32Array(rows.words[name].length));
  const words = tests(rows, state.text), shown = new Uint32Array(rows.count);
  let length = 0;
  for (const row of ordered(rows, state.sort, state.down)) {
    if (words.length && !matches(words, row)) continue;
    let bars = 0, by = -1;
    for (let i = 0; i < masks.length && bars < 2; i += 1) {
      if (masks[i] && !masks[i][codes[i][row]]) { bars += 1; by = i; }
    }
    if (bars === 0) {
      shown[length++] = row;
      for (let i = 0; i < codes.length; i += 1) tallies[i][codes[i][row]] += 1;
    } else if (bars === 1) tallies[by][codes[by][row]] += 1;
  }
  return { shown: shown.subarray(0, length), counts: Object.fromEntries(names.map((name, i) => [name, tallies[i]])) };
};
