// The record as columns: words are codes into sorted lists, numbers are typed arrays.

const typed = (text, Type) => {
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
  return new Type(bytes.buffer);
};

export class Rows {
  constructor(data) {
    this.count = data.count;
    this.keys = data.keys;
    this.place = new Map(this.keys.map((key, row) => [key, row]));
    this.words = {};
    this.codes = {};
    for (const [name, column] of Object.entries(data.words)) {
      this.words[name] = column.words;
      this.codes[name] = typed(column.codes, column.bytes === 1 ? Uint8Array : Uint16Array);
    }
    this.numbers = Object.fromEntries(
      Object.entries(data.numbers).map(([name, text]) => [name, typed(text, Float32Array)]));
    this.changes = data.changes;
    this.orders = new Map();
    this.lower = {};
  }

  word(name, row) { return this.words[name][this.codes[name][row]]; }

  number(name, row) {
    const value = this.numbers[name][row];
    return Number.isNaN(value) ? null : value;
  }

  // The words of a column in small letters, for free text.
  small(name) { return (this.lower[name] ||= this.words[name].map((word) => word.toLowerCase())); }
}

// A star marks the columns that turn round when the order does; unknown values come last in any case.
export const SORTS = {
  round: { label: "Round", by: ["*date", "*round", "benchmark", "scenario", "work", "energy"], down: true },
  energy: { label: "Energy of a unit of work", by: ["work", "*energy"], down: false },
  power: { label: "Power", by: ["*power"], down: false },
  performance: { label: "Throughput", by: ["work", "*performance"], down: true },
  latency: { label: "Latency or time", by: ["*latency"], down: false },
  name: { label: "System", by: ["*name", "benchmark", "scenario"], down: false },
  submitter: { label: "Submitter", by: ["*submitter", "name", "benchmark"], down: false },
  benchmark: { label: "Benchmark", by: ["*benchmark", "scenario", "work", "energy"], down: false },
  evidence: { label: "Evidence", by: ["*evidence", "*rules"], down: false },
};

// Values of a column, which way they go, and the one that stands for nothing.
const compared = (rows, name, down) => SORTS[name].by.map((column) => {
  const own = column.replace("*", ""), sign = down && own !== column ? -1 : 1;
  if (rows.numbers[own]) return [rows.numbers[own], sign, NaN];
  return [rows.codes[own], sign, rows.words[own].indexOf("")];
});

const before = (columns) => (a, b) => {
  for (const [values, sign, nothing] of columns) {
    const x = values[a], y = values[b];
    if (Object.is(x, y)) continue;
    if (Object.is(x, nothing) || Object.is(y, nothing)) return Object.is(x, nothing) ? 1 : -1;
    return x < y ? -sign : sign;
  }
  return a - b;
};

// All rows in an order; made once and kept.
export const ordered = (rows, name, down) => {
  const key = `${name}${down}`;
  if (!rows.orders.has(key)) {
    const all = Uint32Array.from({ length: rows.count }, (_, row) => row);
    rows.orders.set(key, all.sort(before(compared(rows, name, down))));
  }
  return rows.orders.get(key);
};
