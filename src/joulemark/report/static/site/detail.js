// All that is known of one result.
import { load, make } from "./dom.js";
import { energy, evidence, joined, latency, perJoule, rate, watts } from "./figures.js";
import { digits } from "./numbers.js";

const known = new Map();

export const take = (name, text) => known.set(name, JSON.parse(text));

const details = async (key) => {
  const name = /^[0-9a-z]{2}/.exec(key)?.[0] || "__";
  if (!known.has(name)) await load(`data/details/${name}.js?${document.body.dataset.build}`);
  return known.get(name)?.[key] || {};
};

const list = (items) => make("ul", {}, ...items.map((item) => make("li", {}, item)));

const facts = (pairs) => make("dl", {}, ...pairs.filter(([, value]) => value).flatMap(([name, value]) =>
  [make("dt", {}, name), make("dd", {}, value)]));

const interval = (share, evidence) => {
  if (!share) return "not known: nothing says how accurate the meter was";
  const from = evidence === "own run" ? "by the uncertainty budget of its run" : "from the accuracy class of the meter";
  return `95 % interval ${from}: ±${digits(100 * share, 2)} %`;
};

const basic = (rows, row) => {
  const word = (name) => rows.word(name, row), share = rows.number("u95", row), count = word("accelerators");
  return [
    ["Energy", energy(rows, row)], ["Work per joule", perJoule(rows, row)], ["Power", watts(rows, row)],
    ["Throughput", rate(rows, row)], [word("scale") === "training" ? "Time to train" : "Latency", latency(rows, row)],
    ["±", interval(share, word("evidence"))], ["Doubts", word("doubt") === "none" ? "" : word("doubt")],
    ["Evidence", evidence(rows, row)[0]], ["Default rules", word("rules")],
    ["Suite", joined(word("suite"), word("round"), word("date"))], ["Division", word("division")], ["Scale", word("scale")],
    ["Submitter", word("submitter")], ["Benchmark", joined(word("benchmark"), word("scenario"))],
    ["System", word("system")], ["MLCommons’ number", word("number")], ["Processor", word("processor")],
    ["Accelerator", joined(word("accelerator"), count && `${count} in all`)],
  ];
};

const runs = (found) => list(found.map(([name, page]) => (page
  ? make("a", { href: `runs/${encodeURIComponent(name)}.html` }, `Page of run ${name}`)
  : make("span", {}, "no page here; make one: ", make("code", {}, `joulemark report ${name}`)))));

const section = (title, body, kind = "") => [make("h3", { class: kind }, title), body];

const more = (rows, found, link) => {
  const copies = (found.copies || []).map((key) => (rows.place.has(key)
    ? make("a", { href: link(key) }, joined(...["name", "benchmark", "scenario", "round", "scale"].map((name) => rows.word(name, rows.place.get(key)))))
    : key));
  if (found.more_copies) copies.push(`and ${found.more_copies} more`);
  return [
    facts([["Nodes", found.nodes > 1 ? String(found.nodes) : ""], ["Software", found.software]]),
    ...(found.doubts ? section("Doubts", list(found.doubts), "warn") : []),
    ...(found.remarks ? section("Remarks", list(found.remarks)) : []),
    ...(copies.length ? section("Computed from the same log", list(copies)) : []),
    ...(found.runs ? section("Run", runs(found.runs)) : []),
    ...(found.sources ? section("Sources, the most trusted first", list(found.sources)) : []),
  ];
};

export const showDetail = async (rows, key, root, link) => {
  const row = rows.place.get(key), waiting = make("p", { class: "hint" }, "…");
  root.replaceChildren(facts(basic(rows, row)), waiting);
  let rest;
  try {
    rest = more(rows, await details(key), link);
  } catch (error) {
    rest = [make("p", { class: "notice bad" }, `Sources, doubts and copies: ${error.message}.`)];
  }
  if (waiting.isConnected) waiting.replaceWith(...rest);
};
