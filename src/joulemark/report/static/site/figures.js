// The figures of a row in words.
import { plural, relative, seconds, si } from "./numbers.js";

const u95 = (rows, row) => rows.number("u95", row) || 0;

const per = (rows, row) => { const work = rows.word("work", row); return work ? `J/${work}` : "J"; };
const many = (rows, row) => plural(rows.word("work", row) || "unit");

export const energy = (rows, row) => {
  const value = rows.number("energy", row);
  return value === null ? "" : relative(value, u95(rows, row), per(rows, row));
};

export const watts = (rows, row) => {
  const value = rows.number("power", row);
  return value === null ? "" : relative(value, u95(rows, row), "W");
};

export const rate = (rows, row) => {
  const value = rows.number("performance", row);
  return value === null ? "" : si(value, `${many(rows, row)}/s`);
};

export const latency = (rows, row) => {
  const value = rows.number("latency", row);
  return value === null ? "" : seconds(value);
};

// Figure and what it is of, as the two lines of a cell.
export const energyOf = (rows, row) => {
  const [figure, of] = energy(rows, row).split("/");
  return [figure || "–", of ? `per ${of}` : ""];
};

export const output = (rows, row) => {
  const value = rows.number("performance", row);
  if (value !== null) return [si(value, "").trim(), `${many(rows, row)}/s`];
  return [latency(rows, row) || "–", latency(rows, row) && (rows.word("scale", row) === "training" ? "to train" : "latency")];
};

export const perJoule = (rows, row) => {
  const value = rows.number("energy", row);
  return value ? relative(1 / value, u95(rows, row), `${many(rows, row)}/J`) : "";
};

// A badge that says how far a result can be followed back.
export const evidence = (rows, row) => {
  const word = rows.word("evidence", row), rules = rows.word("rules", row);
  const kind = word.startsWith("raw") || word.startsWith("own") ? "measured" : "";
  const said = rules === "passes" ? ", passes our rules" : rules === "breaks a rule" ? ", breaks a rule" : "";
  return [word + said, kind];
};

export const joined = (...parts) => parts.filter(Boolean).join(" · ");
