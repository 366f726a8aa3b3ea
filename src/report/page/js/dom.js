"use strict";

// ── Elements. What is given as a child becomes text: no markup of an article is ever parsed. ──

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An element of HTML. */
const el = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);

/** An element of SVG. */
const svg = (name, attributes = {}, ...children) => fill(document.createElementNS(SVG, name), attributes, children);

/** A link to another site, or plain text where the address is not one that may be followed. */
function outward(url, ...children) {
  if (!/^https?:\/\//i.test(url ?? "")) return children;
  return el("a", { href: url, rel: "noopener noreferrer", target: "_blank" }, ...children);
}

const button = (label, onclick, attributes = {}) => el("button", { type: "button", onclick, ...attributes }, label);

// ── Numbers and dates ──

const grouped = new Intl.NumberFormat("en");
const number = (n) => grouped.format(n);
const percent = (part, whole) => `${((100 * part) / Math.max(whole, 1)).toFixed(1)} %`;
const counted = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;
const spaced = (name) => name.replaceAll("_", " ");
/** A date as its record says it, less what is hard on the eye in `2031-10-14T20:30:00+01:00`. */
const time = (date) => el("time", { title: date }, date.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d).*$/, "$1 $2"));
const clip = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

// ── Taking things out of the page ──

/** Says something to those who cannot see it happen. */
function say(text) {
  document.getElementById("said").textContent = text;
}

function copy(text, what, source) {
  const done = () => {
    say(`${what} copied`);
    const label = source.textContent;
    source.textContent = "Copied";
    setTimeout(() => (source.textContent = label), 1200);
  };
  navigator.clipboard?.writeText(text).then(done, () => copyByHand(text, done)) ?? copyByHand(text, done);
}

/** Where the browser keeps the clipboard from pages opened as files. */
function copyByHand(text, done) {
  const area = el("textarea", { class: "unseen", "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  if (document.execCommand("copy")) done();
  area.remove();
}

function download(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** Text that a spreadsheet would take for a formula gets an apostrophe, as is the custom. */
function csvCell(value) {
  if (typeof value === "number") return String(value);
  const text = String(value ?? "");
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

const csv = (columns, rows) => [columns, ...rows].map((row) => row.map(csvCell).join(",")).join("\r\n") + "\r\n";

// ── Figures: a heading, what is drawn, what it means, and its numbers as CSV ──

function figure(title, note, drawn, columns, rows) {
  const file = `${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.csv`;
  const save = button("CSV", () => download(file, csv(columns, rows), "text/csv"), {
    class: "quiet",
    "aria-label": `${title} as CSV`,
  });
  return el(
    "section",
    { class: "figure" },
    el("div", { class: "figure-head" }, el("h2", {}, title), rows.length > 0 && save),
    note && el("p", { class: "note" }, note),
    drawn,
  );
}
