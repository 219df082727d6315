// Whether figures are of one thing: units of work, benchmarks, changes of meaning between rounds.

const order = (round) => {
  const match = /^v(\d{1,2})\.(\d{1,2})$/.exec(round);
  return match ? 100 * match[1] + Number(match[2]) : 9900;
};

const distinct = (rows, shown, name) => {
  const seen = new Uint8Array(rows.words[name].length), codes = rows.codes[name];
  for (const row of shown) seen[codes[row]] = 1;
  return rows.words[name].filter((_, code) => seen[code]);
};

const concerns = (change, rows, row) => change.suite === rows.word("suite", row)
  && (!change.benchmark || change.benchmark === rows.word("plain", row))
  && (!change.scenario || change.scenario === rows.word("scenario", row));

// Changes that have rows of one benchmark on both sides of them.
export const breaks = (rows, shown) => rows.changes.filter((change) => {
  const sides = new Map();
  for (const row of shown) {
    if (!concerns(change, rows, row)) continue;
    const of = rows.codes.benchmark[row];
    const side = (sides.get(of) || 0) | (order(rows.word("round", row)) < order(change.since) ? 1 : 2);
    if (side === 3) return true;
    sides.set(of, side);
  }
  return false;
});

const listed = (words, most = 6) => {
  const named = words.slice(0, most).map((word) => word || "not said").join(", ");
  return words.length > most ? `${named} and ${words.length - most} more` : named;
};

const toldOf = (change) => {
  const of = [change.benchmark, change.scenario].filter(Boolean).join(" ") || change.suite;
  const means = change.kind === "break" ? "figures before and after are not of one thing" : "a change of method";
  return `${of} since ${change.since}: ${change.what} (${means}).`;
};

// What a reader of these rows in this order has to know.
export const warnings = (rows, shown, state) => {
  const said = [];
  const units = distinct(rows, shown, "work"), benchmarks = distinct(rows, shown, "benchmark");
  const byUnit = state.sort === "energy" || state.sort === "performance";
  if (byUnit && units.length > 1) {
    said.push(`${units.length} units of work (${listed(units)}): sorted within each unit, one after the other; figures of two units cannot be compared.`);
  }
  if ((byUnit || state.sort === "latency") && benchmarks.length > 1) {
    said.push(`${benchmarks.length} benchmarks: each is other work; choose one to compare figures.`);
  }
  const changes = breaks(rows, shown);
  if (changes.length > 3) said.push(`${changes.length} changes of meaning lie between rounds of these results: see “How to read this”, or choose a benchmark.`);
  else said.push(...changes.map(toldOf));
  return said;
};

// Why two rows are not of one thing, and whether that bars a ratio of their figures.
export const unlike = (rows, a, b) => {
  const asked = [
    ["suite", "suites", true], ["plain", "benchmarks", true], ["benchmark", "accuracy variants", false],
    ["scenario", "scenarios", false], ["division", "divisions", false], ["work", "units of work", true],
  ];
  const found = [];
  for (const [name, what, bars] of asked) {
    const one = rows.word(name, a), other = rows.word(name, b);
    if (name === "benchmark" && rows.word("plain", a) !== rows.word("plain", b)) continue;
    if (one !== other) found.push({ text: `two ${what}: ${one || "none"} and ${other || "none"}`, bars });
  }
  for (const change of breaks(rows, [a, b])) found.push({ text: `since ${change.since} ${change.what}`, bars: change.kind === "break" });
  return found;
};

// Whether b can be told from a by their intervals, taken as independent.
export const ratio = (a, b, ua, ub) => {
  if (!(a > 0) || b === null) return null;
  const value = b / a, half = ua !== null && ub !== null ? Math.hypot(ua, ub) : null;
  if (half === null) return { value, half, verdict: "cannot be told: an interval is not known" };
  const apart = Math.abs(Math.log(value)) > half;
  return { value, half, verdict: apart ? `told apart: ${value < 1 ? "less" : "more"}` : "cannot be told apart" };
};
