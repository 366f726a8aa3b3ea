// ── Charts, drawn for the width of the window ──

function room() {
  const view = document.getElementById("view");
  const { paddingLeft, paddingRight } = getComputedStyle(view);
  return Math.max(280, view.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight));
}

/** A table whose rows have a bar. Rows: `{label, href, cells, share, group}`, share of the longest bar. */
function bars(caption, heads, rows) {
  const row = ({ label, href, cells, share, group }) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, href ? el("a", { href }, label) : label),
      cells.map((cell) => el("td", { class: "n" }, cell)),
      el("td", { class: "bar", "aria-hidden": "true" },
        el("span", { class: `fill group-${group ?? "none"}`, style: { width: `${Math.max(100 * share, 0.4)}%` } })),
    );
  return el(
    "table",
    { class: "bars" },
    el("caption", { class: "unseen" }, caption),
    el("thead", {}, el("tr", {},
      heads.map((head, i) => el("th", { scope: "col", class: i > 0 && "n" }, head)), el("td", { class: "bar" }))),
    el("tbody", {}, rows.map(row)),
  );
}

/** Upright bars. Bars: `{label, tip, href, value}`. */
function histogram(title, list) {
  const width = Math.min(room(), 720);
  const height = 180;
  const [foot, head] = [34, 16];
  const most = Math.max(...list.map((bar) => bar.value), 1);
  const step = width / list.length;
  const every = Math.ceil(36 / step);
  const bar = ({ label, tip, href, value }, i) => {
    const tall = ((height - foot - head) * value) / most;
    const top = height - foot - tall;
    return [
      svg("a", { href, "aria-label": tip }, svg("title", {}, tip),
        svg("rect", { class: "hit", x: i * step, y: 0, width: step, height: height - foot }),
        svg("rect", { class: "column", x: i * step + 2, y: value ? Math.min(top, height - foot - 1.5) : top, width: step - 4,
          height: value ? Math.max(tall, 1.5) : 0 })),
      step > 30 && value > 0 && svg("text", { x: (i + 0.5) * step, y: top - 4, "text-anchor": "middle", class: "soft", "aria-hidden": "true" }, number(value)),
      i % every === 0 && svg("text", { x: i * step + 2, y: height - foot + 16, "aria-hidden": "true" }, label),
    ];
  };
  return svg("svg", { class: "chart", width, height, role: "group", "aria-label": title },
    list.map(bar),
    svg("line", { class: "axis", x1: 0, x2: width, y1: height - foot + 0.5, y2: height - foot + 0.5 }));
}

/** Steps of the colour scale of the matrix. */
const SHADES = 5;

/** Where each shade begins, evenly by the logarithm between the least and the most. */
function shadesOf(values) {
  const least = Math.min(...values);
  const ratio = Math.max(...values) / least;
  return Array.from({ length: SHADES }, (_, i) => Math.ceil(least * ratio ** (i / SHADES)));
}

const shade = (value, from) => from.findLastIndex((begin) => value >= begin) + 1;

/**
 * A square of cells, the same on both sides of its diagonal. Names by row; `cell(i, j)` gives
 * `{value, tip, href}` or nothing; `from` is where shades begin. The whole is one stop of the Tab
 * key; arrows move inside.
 */
function matrix(title, names, cell, from) {
  const size = names.length;
  const labels = room() < 700 ? 120 : 170;
  const slant = 120;
  const side = Math.max(11, Math.min(34, Math.floor((room() - labels - slant / 2) / size)));
  // Digits and capitals are wide.
  const letters = Math.floor((labels - 6) / 8);
  const left = (i) => labels + i * side;
  const top = (i) => slant + i * side;
  const cells = [];
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const found = cell(i, j);
      const at = { x: left(j), y: top(i), width: side - 1, height: side - 1 };
      if (!found) {
        cells.push(svg("rect", { class: i === j ? "self" : "none", ...at }));
        continue;
      }
      cells.push(svg("a", { href: found.href, tabindex: "-1", "aria-label": found.tip, "data-at": `${i} ${j}` },
        svg("title", {}, found.tip), svg("rect", { class: `shade-${shade(found.value, from)}`, ...at })));
    }
  }
  const name = (i) => clip(names[i], letters);
  const drawing = svg("svg", {
    class: `chart matrix${side < 14 ? " small" : ""}`, role: "group", "aria-label": title,
    width: left(size) + slant / 2, height: top(size) + 4,
  },
  names.map((_, i) => svg("text", { x: labels - 6, y: top(i) + side / 2 + 4, "text-anchor": "end" }, name(i))),
  names.map((_, i) => svg("text", { transform: `translate(${left(i) + side / 2 + 3} ${slant - 5}) rotate(-60)` },
    clip(names[i], Math.floor(slant / 7.2)))),
  cells);
  return roving(drawing);
}

/** One cell is a stop of the Tab key, the arrows go on from there. */
function roving(drawing) {
  const stops = new Map([...drawing.querySelectorAll("[data-at]")].map((cell) => [cell.dataset.at, cell]));
  stops.values().next().value?.setAttribute("tabindex", "0");
  const ways = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
  const last = Math.max(...[...stops.keys()].flatMap((at) => at.split(" ").map(Number)), 0);
  drawing.addEventListener("keydown", (event) => {
    const way = ways[event.key];
    const from = event.target.closest("[data-at]");
    if (!way || !from) return;
    let [i, j] = from.dataset.at.split(" ").map(Number);
    for (;;) {
      [i, j] = [i + way[0], j + way[1]];
      if (i < 0 || j < 0 || i > last || j > last) return;
      const next = stops.get(`${i} ${j}`);
      if (!next) continue;
      event.preventDefault();
      from.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus();
      return;
    }
  });
  return drawing;
}

/** Colours of the matrix and what they stand for. */
function scale(from, unit) {
  return el("p", { class: "scale" }, from.map((begin, i) => begin !== from[i + 1] && el("span", {},
    svg("svg", { width: 14, height: 14, "aria-hidden": "true" }, svg("rect", { class: `shade-${i + 1}`, width: 14, height: 14 })),
    ` from ${number(begin)}`)), ` ${unit}`);
}

/** Rows of outlets, and when each had the passage. Points: `{name, span, tip, href}`, by outlet. */
function timeline(title, rows) {
  const spans = rows.flatMap((row) => row.points.map((point) => point.span));
  const from = Math.min(...spans.map((span) => span[0]));
  const to = Math.max(...spans.map((span) => span[1]));
  const width = room();
  const [labels, line, foot, edge] = [width < 600 ? 110 : 190, 22, 26, 8];
  const at = (second) => labels + edge + ((width - labels - 2 * edge) * (second - from)) / Math.max(to - from, 1);
  const height = rows.length * line + foot;
  const row = ({ name, points }, i) => [
    svg("text", { x: labels - 6, y: i * line + 15, "text-anchor": "end" }, clip(name, Math.floor(labels / 7.2))),
    svg("line", { class: "rule", x1: labels, x2: width, y1: i * line + 11, y2: i * line + 11 }),
    points.map(({ span, tip, href }) => svg(href ? "a" : "g", { href, "aria-label": tip }, svg("title", {}, tip),
      svg("rect", { class: "span", x: at(span[0]) - 4, y: i * line + 7, rx: 4, height: 8, width: at(span[1]) - at(span[0]) + 8 }))),
  ];
  const tick = (second) => [
    svg("line", { class: "rule", x1: at(second), x2: at(second), y1: 0, y2: height - foot + 2 }),
    svg("text", { class: "soft", x: at(second), y: height - 8, "text-anchor": "middle" }, stamp(second, to - from)),
  ];
  return svg("svg", { class: "chart", width, height, role: "group", "aria-label": title },
    ticks(from, to, (width - labels) / 110).map(tick), rows.map(row));
}

const HOUR = 3600;
const STEPS = [1, 3, 6, 12, 24, 48, 7 * 24, 14 * 24, 30 * 24, 91 * 24, 365 * 24].map((hours) => hours * HOUR);

/** Moments at even distances, at most so many. */
function ticks(from, to, most) {
  const years = Math.ceil((to - from) / most / STEPS.at(-1)) * STEPS.at(-1);
  const step = STEPS.find((seconds) => (to - from) / seconds <= most) ?? years;
  const first = Math.ceil(from / step) * step;
  return Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, i) => first + i * step);
}

/** A moment, as finely as a span of time needs it. */
function stamp(second, span) {
  const text = new Date(second * 1000).toISOString();
  return span < 72 * HOUR ? text.slice(5, 16).replace("T", " ") : text.slice(0, 10);
}
