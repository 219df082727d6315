// Numbers with SI prefixes and intervals, from µJ to MJ: as core/units.py prints them.

const PREFIXES = { "-12": "p", "-9": "n", "-6": "µ", "-3": "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T" };

export const power = (value) => Math.min(Math.max(3 * Math.floor(Math.log10(Math.abs(value)) / 3), -12), 12);

export const digits = (value, count = 4) => {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const rounded = Number(value.toPrecision(count));
  return rounded.toFixed(Math.max(count - 1 - Math.floor(Math.log10(Math.abs(rounded))), 0));
};

export const si = (value, unit, count = 4) => {
  if (value === 0) return `0 ${unit}`;
  const exponent = power(Number(value.toPrecision(count)));
  return `${digits(value / 10 ** exponent, count)} ${PREFIXES[exponent]}${unit}`;
};

// The half-width with two significant digits, the value with as many places.
export const withHalf = (value, half, unit) => {
  if (!(half > 0) || value + half === value) return si(value, unit);
  const two = Number(half.toPrecision(2));
  const last = Math.floor(Math.log10(two)) - 1;
  const exponent = power(Math.max(Math.abs(Number(value.toFixed(Math.min(Math.max(-last, 0), 20)))), two));
  const places = Math.max(exponent - last, 0), scale = 10 ** exponent;
  return `${(value / scale).toFixed(places)} ± ${(two / scale).toFixed(places)} ${PREFIXES[exponent]}${unit}`;
};

// A bare number with its half-width, without prefix.
export const plain = (value, half) => {
  if (!(half > 0)) return digits(value, 3);
  const places = Math.min(Math.max(1 - Math.floor(Math.log10(half)), 0), 20);
  return `${value.toFixed(places)} ± ${half.toFixed(places)}`;
};

export const relative = (value, share, unit) => withHalf(value, share * value, unit);

export const plural = (unit) => (/[^aeiou]y$/.test(unit) ? `${unit.slice(0, -1)}ies` : `${unit}s`);

export const seconds = (value) => {
  if (value < 100) return si(value, "s");
  return value < 6000 ? `${digits(value / 60)} min` : `${digits(value / 3600)} h`;
};

export const count = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
