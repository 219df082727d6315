// Sliders for the targets. The pages show what was asked for without this script.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const by = (id) => document.getElementById(id);
  const place = by("frontier") || by("frontiers");
  if (!place) return;
  all(".js", place).forEach((element) => { element.hidden = false; });

  // ---- numbers
  const prefixes = [["T", 1e12], ["G", 1e9], ["M", 1e6], ["k", 1e3], ["", 1], ["m", 1e-3], ["µ", 1e-6], ["n", 1e-9]];
  const si = (value, unit, digits) => {
    if (!["s", "J", "W", "Hz"].includes(unit)) return `${Number(value.toPrecision(digits))} ${unit}`.trim();
    const [prefix, factor] = prefixes.find((row) => Math.abs(value) >= row[1] * 0.99999) || ["", 1];
    const shown = Number((value / factor).toPrecision(digits));
    return `${shown.toFixed(Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(shown) || 1))))} ${prefix}${unit}`;
  };
  const change = (part, whole) => {
    const percent = 100 * (part / whole - 1);
    if (!(Math.abs(percent) >= 0.05)) return Number.isFinite(percent) ? "0 %" : "–";
    const text = Math.abs(percent) >= 9.95 ? Math.abs(percent).toFixed(0) : Math.abs(percent).toFixed(1);
    return `${percent < 0 ? "−" : "+"}${text} %`;
  };

  // ---- sliders: logarithmic, their open end is no target
  const slider = (input) => {
    const low = Number(input.dataset.low), high = Number(input.dataset.high), more = input.dataset.more === "1";
    const logs = low > 0, open = more ? 0 : 1000, out = by(`${input.id}-out`);
    const from = logs ? Math.log(low) : low, to = logs ? Math.log(high) : high;
    const one = {
      input, more, bound: null,
      share(value) {
        const at = logs ? Math.log(value) : value;
        return to > from ? (at - from) / (to - from) : 0;
      },
      set(value) {
        one.bound = value;
        input.value = value === null ? open : Math.min(Math.max(Math.round(1000 * one.share(value)), 0), 1000);
        out.textContent = value === null ? "any" : si(value, input.dataset.unit, 3);
        input.setAttribute("aria-valuetext", out.textContent);
      },
      meets(value) { return one.bound === null || (more ? value >= one.bound : value <= one.bound); },
    };
    input.addEventListener("input", () => {
      const at = Number(input.value), share = at / 1000;
      const value = logs ? Math.exp(from + share * (to - from)) : from + share * (to - from);
      // Three digits are shown, three digits hold; rounded to the open side, so that the ends can be met.
      const step = 10 ** (Math.floor(Math.log10(Math.abs(value) || 1)) - 2);
      const round = more ? Math.floor(value / step + 1e-6) : Math.ceil(value / step - 1e-6);
      one.set(at === open ? null : Number((round * step).toPrecision(3)));
    });
    return one;
  };
  const sliders = all(".slider input", place).map(slider);

  // ---- the same choice as on the command line
  const least = (rows, first, second) => rows.reduce((best, row) => {
    if (!best) return row;
    for (const key of [first, second]) if (row[key] !== best[key]) return row[key] < best[key] ? row : best;
    return row.name < best.name ? row : best;
  }, null);
  const choose = (rows, time, energy) => {
    const meeting = rows.filter((row) => time.meets(row.xb) && energy.meets(row.yb));
    const budget = energy.bound !== null && time.bound === null;
    return { meeting, best: budget ? least(meeting, "t", "e") : least(meeting, "e", "t"), fastest: least(rows, "t", "e") };
  };

  // ---- the targets in the link
  const state = () => sliders.filter((one) => one.bound !== null).map((one) => `${one.input.id}=${one.bound}`).join("&");
  const read = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const one of sliders) {
      const text = asked.get(one.input.id), given = text === null ? NaN : Number(text);
      one.set(Number.isFinite(given) && (given > 0 || !(Number(one.input.dataset.low) > 0)) ? given : null);
    }
  };
  const keep = () => history.replaceState(null, "", state() ? `#${state()}` : location.pathname + location.search);
  const start = (show) => {
    if (location.hash.length > 1 && sliders.some((one) => new URLSearchParams(location.hash.slice(1)).has(one.input.id))) read();
    else for (const one of sliders) one.set(one.input.dataset.bound === "" ? null : Number(one.input.dataset.bound));
    for (const one of sliders) one.input.addEventListener("input", () => { keep(); show(); });
    by("reset").addEventListener("click", () => { for (const one of sliders) one.set(null); keep(); show(); });
    addEventListener("hashchange", () => { if (location.hash.includes("=")) { read(); show(); } });
    show();
  };
  const none = { bound: null, meets: () => true };

  if (place.id === "frontiers") {
    const lines = all("tr[data-points]", place).map((row) => {
      const signs = [row.dataset.tmore, row.dataset.emore].map((more) => (more === "1" ? -1 : 1));
      const points = JSON.parse(row.dataset.points).map(([x, xb, y, yb, name, gpu]) => ({ x, xb, y, yb, name, gpu, t: signs[0] * x, e: signs[1] * y }));
      return { row, points, defaults: JSON.parse(row.dataset.defaults), link: row.querySelector("a"), page: row.querySelector("a").getAttribute("href") };
    });
    start(() => {
      for (const { row, points, defaults, link, page } of lines) {
        const time = sliders.find((one) => one.input.dataset.kind === row.dataset.kind) || none;
        const { best, fastest } = choose(points, time, none);
        const cell = (name, text) => { row.querySelector(`.${name}`).textContent = text; };
        const usual = best && points.find((point) => point.name === (defaults[best.gpu] || defaults[""]));
        row.classList.toggle("none", !best);
        cell("name", best ? best.name : "none meets the target");
        cell("time", best ? si(best.x, row.dataset.tunit, 3) : "–");
        cell("energy", best ? si(best.y, row.dataset.eunit, 3) : "–");
        cell("fastest", best ? change(best.y, fastest.y) : "–");
        cell("default", usual ? change(best.y, usual.y) + (time.meets(usual.xb) ? "" : " *") : "–");
        link.setAttribute("href", time.bound === null ? page : `${page}#time=${time.bound}`);
      }
    });
    return;
  }

  // ---- one group
  const [time, energy] = sliders;
  const rows = all(".candidates tbody tr", place).map((row, number) => ({
    row, number, name: row.cells[0].textContent, gpu: row.dataset.gpu,
    x: Number(row.dataset.x), xb: Number(row.dataset.xb), y: Number(row.dataset.y), yb: Number(row.dataset.yb),
    t: (time.more ? -1 : 1) * row.dataset.x, e: (energy.more ? -1 : 1) * row.dataset.y,
    shown: [row.cells[1].textContent, row.cells[2].textContent],
  }));
  const planes = all("svg.plane", place).map((svg) => {
    const scale = Object.fromEntries(["left", "right", "top", "bottom", "x0", "x1", "y0", "y1"].map((key) => [key, Number(svg.dataset[key])]));
    return { svg, scale, spots: new Map(all("circle[data-row]", svg).map((spot) => [Number(spot.dataset.row), spot])) };
  });
  const readout = place.querySelector(".readout");
  const say = (number) => {
    rows.forEach((one) => one.row.classList.toggle("seen", one.number === number));
    if (readout) readout.textContent = number === null ? "\u00a0" : `${rows[number].name}: ${rows[number].shown.join(", ")}`;
  };
  for (const { svg } of planes) {
    svg.addEventListener("pointerover", (event) => { if (event.target.dataset.row) say(Number(event.target.dataset.row)); });
    svg.addEventListener("click", (event) => { if (event.target.dataset.row) say(Number(event.target.dataset.row)); });
  }
  const limits = ({ svg, scale }) => {
    const put = (name, attributes) => { const element = svg.querySelector(name); for (const key of Object.keys(attributes)) element.setAttribute(key, attributes[key]); };
    const along = (bound, low, high, from, to) => from + Math.min(Math.max((Math.log10(bound) - low) / (high - low), 0), 1) * (to - from);
    const x = time.bound === null ? null : along(time.bound, scale.x0, scale.x1, scale.left, scale.right);
    const y = energy.bound === null ? null : along(energy.bound, scale.y0, scale.y1, scale.bottom, scale.top);
    put(".limit-x", x === null ? { visibility: "hidden" } : { visibility: "visible", x1: x, x2: x });
    put(".limit-y", y === null ? { visibility: "hidden" } : { visibility: "visible", y1: y, y2: y });
    put(".shut-x", x === null ? { width: 0 } : time.more ? { x: scale.left, width: x - scale.left } : { x, width: scale.right - x });
    put(".shut-y", y === null ? { height: 0 } : energy.more ? { y, height: scale.bottom - y } : { y: scale.top, height: y - scale.top });
  };
  start(() => {
    const { meeting, best, fastest } = choose(rows, time, energy);
    const good = new Set(meeting);
    const usual = best && rows.find((one) => one.row.dataset.default === "1" && (one.gpu === best.gpu || !rows.some((two) => two.gpu === best.gpu && two.row.dataset.default === "1")));
    for (const one of rows) {
      one.row.classList.toggle("out", !good.has(one));
      one.row.classList.toggle("chosen", one === best);
    }
    for (const plane of planes) {
      plane.spots.forEach((spot, number) => spot.classList.toggle("out", !good.has(rows[number])));
      const ring = plane.svg.querySelector(".ring"), spot = best && plane.spots.get(best.number);
      ring.setAttribute("visibility", spot ? "visible" : "hidden");
      if (spot) { ring.setAttribute("cx", spot.getAttribute("cx")); ring.setAttribute("cy", spot.getAttribute("cy")); }
      limits(plane);
    }
    by("best-name").textContent = best ? best.name : "none";
    by("best-numbers").textContent = best ? best.shown.join(" · ") : "No configuration meets the target.";
    by("best-why").textContent = best && (time.bound !== null || energy.bound !== null) ? `${meeting.length} of ${rows.length} meet the target` : "";
    by("vs-fastest").textContent = best ? change(best.y, fastest.y) : "–";
    by("fastest-name").textContent = fastest ? fastest.name : "–";
    by("vs-default").textContent = usual ? change(best.y, usual.y) : "–";
    by("default-name").textContent = usual ? usual.name + (good.has(usual) ? "" : ": misses the target") : "–";
    const command = best ? JSON.parse(best.row.dataset.commands).join("\n") : "", confidence = by("confidence");
    by("command").textContent = command;
    by("command").hidden = !command;
    if (confidence) confidence.hidden = true;
  });
})();
