// The page works without this script: it adds reading of values, zoom, hiding of lines, and a theme button.
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (name, attributes, text = "") => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  };

  // ---- theme
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme || (prefersDark.matches ? "dark" : "light")) === "dark";
  const name = () => { button.textContent = isDark() ? "Light" : "Dark"; button.setAttribute("aria-label", `${button.textContent} theme`); };
  button.hidden = false;
  button.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; name(); });
  prefersDark.addEventListener("change", name);
  name();

  const chart = document.getElementById("chart");
  if (!chart) return;
  all(".js", chart).forEach((element) => { element.hidden = false; });
  const span = Number(chart.dataset.span);
  const plots = all(".plot", chart);
  const axis = chart.querySelector(".xaxis");
  const readout = chart.querySelector(".readout");
  const labels = all(".bandlabel", chart);
  const view = { from: 0, to: 1 };
  let cursor = null;

  // ---- lines: their points are read back from the paths
  const lines = all(".legend li[data-line]", chart).map((item) => {
    const path = document.getElementById(item.dataset.line);
    const { low, high, top, unit } = path.closest(".plot").dataset;
    const height = path.closest(".plot").height.baseVal.value;
    const x = [], y = [], breaks = new Set();
    for (const piece of path.getAttribute("d").split("M").slice(1)) {
      breaks.add(x.length);
      const numbers = piece.match(/-?[\d.]+/g).map(Number);
      for (let i = 0; i + 1 < numbers.length; i += 2) { x.push(numbers[i]); y.push(numbers[i + 1]); }
    }
    const value = (place) => Number(low) + (place - (height - 1)) / (Number(top) - (height - 1)) * (high - low);
    const digits = Math.max(0, 4 - Math.floor(Math.log10(Math.max(Math.abs(low), Math.abs(high)) || 1)) - 1);
    return { item, path, x, y, breaks, value, digits, unit };
  });

  for (const line of lines) {
    const toggle = make("button", { type: "button", "aria-pressed": "true" });
    toggle.append(...line.item.childNodes);
    line.item.append(toggle);
    line.output = toggle.querySelector("output");
    toggle.addEventListener("click", () => {
      const shown = line.path.classList.toggle("off") === false;
      toggle.setAttribute("aria-pressed", String(shown));
    });
  }

  const at = (line, x) => {
    let low = 0, high = line.x.length - 1;
    if (high < 0 || x < line.x[0] || x > line.x[high]) return null;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (line.x[middle] <= x) low = middle; else high = middle;
    }
    if (line.breaks.has(high) && x > line.x[low] && x < line.x[high]) return null;
    return line.value(line.y[x - line.x[low] <= line.x[high] - x ? low : high]);
  };

  const clock = (seconds) => {
    if (seconds < 60) return `${seconds.toFixed(span < 10 ? 3 : 1)} s`;
    const whole = Math.floor(seconds / 60), rest = seconds - 60 * whole;
    if (whole < 60) return `${whole} min ${rest.toFixed(1)} s`;
    return `${Math.floor(whole / 60)} h ${whole % 60} min ${rest.toFixed(0)} s`;
  };

  // ---- cursor and read-out
  const cursors = plots.map((plot) => {
    const mark = document.createElementNS(SVG, "line");
    mark.setAttribute("class", "cursor");
    mark.setAttribute("y1", "0");
    mark.setAttribute("y2", "100%");
    mark.setAttribute("visibility", "hidden");
    plot.append(mark);
    return mark;
  });

  const read = (share) => {
    cursor = share;
    const place = share === null ? 0 : (share - view.from) / (view.to - view.from);
    const visible = share !== null && place >= 0 && place <= 1;
    for (const mark of cursors) {
      mark.setAttribute("visibility", visible ? "visible" : "hidden");
      mark.setAttribute("x1", `${100 * place}%`);
      mark.setAttribute("x2", `${100 * place}%`);
    }
    for (const line of lines) {
      const value = visible ? at(line, 1000 * share) : null;
      line.output.textContent = !visible ? "" : value === null ? "–" : `${value.toFixed(line.digits)} ${line.unit}`;
    }
    if (!visible) { readout.textContent = "\u00a0"; return; }
    const inside = labels.filter((label) => 100 * share >= Number(label.dataset.left) && 100 * share <= Number(label.dataset.left) + Number(label.dataset.width));
    readout.textContent = [`at ${clock(share * span)}`, ...inside.map((label) => label.dataset.label)].join(" · ");
  };
  readout.hidden = false;
  readout.textContent = "\u00a0";

  // ---- zoom
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
  const tickText = (t, step) => {
    if (step < 1) return `${Number(t.toFixed(6))} s`;
    if (step >= 3600 && t >= 3600) return `${Math.round(t / 3600)} h`;
    if (t < 60) return `${Math.round(t)} s`;
    const minutes = Math.floor(t / 60), rest = Math.round(t % 60);
    if (step >= 60) return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")} h`;
    return `${minutes}:${String(rest).padStart(2, "0")}`;
  };
  const original = axis.innerHTML;
  const drawAxis = () => {
    if (view.from === 0 && view.to === 1) { axis.innerHTML = original; return; }
    const from = view.from * span, length = (view.to - view.from) * span;
    const count = Math.max(2, Math.min(8, Math.floor(axis.clientWidth / 80)));
    const power = 10 ** Math.floor(Math.log10(length / count));
    const step = steps.find((s) => length >= 1 && s * count >= length) || [1, 2, 5, 10].map((m) => m * power).find((s) => s * count >= length);
    axis.textContent = "";
    for (let i = Math.ceil(from / step); i * step <= from + length; i += 1) {
      const place = (i * step - from) / length;
      const text = document.createElementNS(SVG, "text");
      text.setAttribute("x", `${100 * place}%`);
      text.setAttribute("y", "15");
      text.setAttribute("class", place < 0.04 ? "first" : place > 0.96 ? "last" : "");
      text.textContent = tickText(i * step, step);
      axis.append(text);
    }
  };
  const drawBands = () => {
    const whole = view.from === 0 && view.to === 1, length = view.to - view.from;
    for (const label of labels) {
      const left = (label.dataset.left / 100 - view.from) / length, right = left + label.dataset.width / 100 / length;
      const start = Math.max(left, 0), stop = Math.min(right, 1);
      label.setAttribute("visibility", stop > start ? "visible" : "hidden");
      label.setAttribute("x", `${100 * start}%`);
      label.setAttribute("width", `${100 * Math.max(stop - start, 0)}%`);
      const text = label.querySelector("text");
      if (text.dataset.usual === undefined) text.dataset.usual = text.getAttribute("class") || "";
      const fits = (stop - start) * axis.clientWidth > label.dataset.label.length * 6.6 + 8;
      text.setAttribute("class", whole ? text.dataset.usual : fits ? "" : "never");
    }
  };
  const show = (from, to) => {
    const length = Math.min(Math.max(to - from, 1e-3), 1);
    view.from = Math.min(Math.max(from, 0), 1 - length);
    view.to = view.from + length;
    for (const box of all(".view", chart)) {
      box.setAttribute("viewBox", `${1000 * view.from} 0 ${1000 * length} ${box.height.baseVal.value}`);
    }
    drawAxis();
    drawBands();
    read(cursor);
    for (const choice of zoom.children) {
      const near = Math.abs(choice.dataset.from - view.from) + Math.abs(choice.dataset.to - view.to) < 1e-6;
      choice.setAttribute("aria-pressed", String(near));
    }
  };
  const zoom = chart.querySelector(".zoom");
  const choose = (text, from, to) => {
    const choice = make("button", { type: "button", "aria-pressed": "false", "data-from": from, "data-to": to }, text);
    choice.addEventListener("click", () => show(from, to));
    zoom.append(choice);
  };
  choose("whole run", 0, 1);
  const most = 12, measured = labels.filter((label) => label.querySelector(".measure"));
  for (const label of (labels.length > most && measured.length ? measured : labels).slice(0, most)) {
    const left = label.dataset.left / 100, width = label.dataset.width / 100;
    const from = Math.max(0, left - 0.05 * width), to = Math.min(1, left + 1.05 * width);
    if (to - from >= 1e-3) choose(label.dataset.label, from, to);
  }
  zoom.hidden = false;
  zoom.firstChild.setAttribute("aria-pressed", "true");

  // ---- pointer
  const shareOf = (event, plot) => {
    const box = plot.getBoundingClientRect();
    const place = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    return view.from + place * (view.to - view.from);
  };
  let drag = null;
  for (const plot of plots) {
    plot.addEventListener("pointermove", (event) => {
      read(shareOf(event, plot));
      if (drag) drag.stretch(cursor);
    });
    plot.addEventListener("pointerleave", () => { if (!drag) read(null); });
    plot.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const start = shareOf(event, plot), box = document.createElementNS(SVG, "rect");
      box.setAttribute("class", "brush");
      box.setAttribute("height", "100%");
      plot.append(box);
      plot.setPointerCapture(event.pointerId);
      drag = {
        stretch(share) {
          const place = (s) => 100 * (s - view.from) / (view.to - view.from);
          box.setAttribute("x", `${place(Math.min(start, share))}%`);
          box.setAttribute("width", `${Math.abs(place(share) - place(start))}%`);
        },
        end(share) {
          box.remove();
          drag = null;
          if (share !== null && Math.abs(share - start) > 0.01 * (view.to - view.from)) show(Math.min(start, share), Math.max(start, share));
        },
      };
    });
    plot.addEventListener("pointerup", (event) => { if (drag) drag.end(shareOf(event, plot)); });
    plot.addEventListener("pointercancel", () => { if (drag) drag.end(null); });
    plot.addEventListener("dblclick", () => show(0, 1));
  }

  // ---- keyboard
  chart.tabIndex = 0;
  chart.addEventListener("keydown", (event) => {
    if (event.target !== chart || event.ctrlKey || event.metaKey || event.altKey) return;
    const length = view.to - view.from, middle = cursor === null ? (view.from + view.to) / 2 : cursor;
    const step = length * (event.shiftKey ? 0.1 : 0.01);
    const moves = {
      ArrowLeft: () => read(Math.max(middle - step, view.from)),
      ArrowRight: () => read(Math.min(middle + step, view.to)),
      Home: () => read(view.from),
      End: () => read(view.to),
      "+": () => show(middle - length / 4, middle + length / 4),
      "=": () => show(middle - length / 4, middle + length / 4),
      "-": () => show(middle - length, middle + length),
      Escape: () => { show(0, 1); read(null); },
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    moves[event.key]();
  });
})();
