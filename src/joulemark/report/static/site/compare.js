// Two to six results side by side, with ratios to the first.
import { button, make } from "./dom.js";
import { energy, evidence, joined, perJoule, rate, latency, watts } from "./figures.js";
import { ratio, unlike } from "./meaning.js";
import { plain } from "./numbers.js";

const line = (name, cells, kind = null) => make("tr", { class: kind },
  make("th", { scope: "row" }, name), ...cells.map((value) => make("td", {}, ...[value].flat())));

const RELATIVE = ["energy", "power"]; // these have an interval

const ratioOf = (rows, name, first, row) => {
  if (name !== "power" && unlike(rows, first, row).some((each) => each.bars)) return make("small", {}, "not of one thing");
  const shares = [first, row].map((each) => (RELATIVE.includes(name) ? rows.number("u95", each) : 0));
  const found = ratio(rows.number(name, first), rows.number(name, row), ...shares);
  if (!found) return "–";
  const figure = `× ${plain(found.value, found.half * found.value)}`;
  return RELATIVE.includes(name) ? [figure, make("small", {}, found.verdict)] : figure;
};

const ratios = (rows, name, picked) => picked.map((row, at) => (at ? ratioOf(rows, name, picked[0], row) : "1"));

const reasons = (rows, picked) => picked.map((row, at) => {
  if (!at) return make("small", {}, "the others are held against this one");
  const found = unlike(rows, picked[0], row);
  return found.length ? make("ul", { class: "warn" }, ...found.map(({ text }) => make("li", {}, text))) : "of one thing";
});

// A figure and its ratios; nothing where no result has it.
const figure = (rows, picked, label, of, name) => {
  const values = picked.map((row) => of(rows, row));
  if (!values.some(Boolean)) return [];
  return [line(label, values.map((value) => value || "–"), "figure"), line("against the first", ratios(rows, name, picked), "ratio")];
};

const head = (rows, row, at, on) => {
  const key = rows.keys[row];
  return make("th", { scope: "col" },
    make("a", { href: on.link(key) }, rows.word("name", row) || key),
    make("small", {}, joined(rows.word("submitter", row), rows.word("round", row), rows.word("division", row))),
    make("span", { class: "acts" },
      at ? button("first", () => on.first(key), { "aria-label": `hold the others against ${rows.word("name", row)}` }) : "",
      button("remove", () => on.drop(key), { "aria-label": `remove ${rows.word("name", row)}` })));
};

export const showCompare = (rows, keys, root, on) => {
  const picked = keys.map((key) => rows.place.get(key));
  const each = (of) => picked.map((row) => of(rows, row) || "–");
  const word = (...names) => picked.map((row) => joined(...names.map((name) => rows.word(name, row))) || "–");
  const table = make("table", { class: "compared" },
    make("thead", {}, make("tr", {}, make("td", {}), ...picked.map((row, at) => head(rows, row, at, on)))),
    make("tbody", {},
      line("Benchmark", word("benchmark", "scenario")), line("Scale", word("scale")),
      line("May be compared", reasons(rows, picked)),
      ...figure(rows, picked, "Energy", energy, "energy"), line("Work per joule", each(perJoule)),
      ...figure(rows, picked, "Power", watts, "power"), ...figure(rows, picked, "Throughput", rate, "performance"),
      ...figure(rows, picked, "Latency or time", latency, "latency"),
      line("Evidence", picked.map((row) => evidence(rows, row)[0])), line("Doubts", word("doubt")),
      line("Processor", word("processor")), line("Accelerator", word("accelerator", "accelerators")), line("Software", word("software"))));
  root.replaceChildren(
    make("p", { class: "hint" }, "Intervals (95 %) are taken as independent: two results are told apart where their ratio differs from one by more than both together leave open. Throughput and latency are stated without an interval."),
    make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "results side by side" }, table));
};
