// ── Lists: narrowed by what the address says, shown a page at a time ──

const PAGE = 25;

/** Lower case and no accents, so that a search for `uber` finds `Über`. */
const plain = (text) => text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();

/** Whether all words of a query are in a text. */
function matcher(query) {
  const words = plain(query ?? "").split(/\s+/).filter(Boolean);
  return (text) => words.length === 0 || words.every((word) => plain(text).includes(word));
}

/** Inputs of a filter; a change goes into the address, and the address makes the view. */
function filters(path, values, fields) {
  const form = el("form", { class: "filters", "aria-label": "Narrow the list" });
  const apply = (event) => {
    event?.preventDefault();
    const next = Object.fromEntries([...new FormData(form)].map(([k, v]) => [k, v.trim()]));
    go(address(path, next), "keep");
  };
  form.append(
    ...fields.map((field) => el("label", {}, el("span", {}, field.label), input(field, values[field.name] ?? ""))),
    el("button", { type: "submit" }, "Apply"),
    el("a", { href: address(path), class: "quiet" }, "Clear"),
  );
  form.addEventListener("submit", apply);
  form.addEventListener("change", apply);
  return form;
}

function input({ name, type, options, placeholder }, value) {
  if (options) {
    return el("select", { name }, el("option", { value: "" }, placeholder ?? "any"),
      options.map(([v, label]) => el("option", { value: v, selected: v === value }, label)));
  }
  const list = type === "outlet" ? "outlet-names" : undefined;
  return el("input", { name, type: list ? "text" : type, value, placeholder, list, min: type === "number" ? 0 : undefined, size: type === "number" ? 5 : undefined });
}

/** The names of outlets, for the fields that ask for one. */
function outletNames() {
  const id = "outlet-names";
  if (document.getElementById(id)) return;
  const names = data.names.slice(0, 2000).toSorted((a, b) => a.localeCompare(b));
  document.body.append(el("datalist", { id }, names.map((value) => el("option", { value }))));
}

/** The page of a list that the address names, with links to the other pages. */
function paged(path, values, rows, draw, what) {
  const pages = Math.max(1, Math.ceil(rows.length / PAGE));
  const page = Math.min(Math.max(1, Number.parseInt(values.page, 10) || 1), pages);
  const first = (page - 1) * PAGE;
  const to = (n, label) => n >= 1 && n <= pages && n !== page
    ? el("a", { href: address(path, { ...values, page: n === 1 ? "" : n }), "aria-label": `${label} page` }, label)
    : el("span", { class: "off" }, label);
  const turn = pages > 1 && el("nav", { class: "turn", "aria-label": `Pages of ${what}` },
    to(1, "First"), to(page - 1, "Previous"), el("span", {}, `page ${number(page)} of ${number(pages)}`),
    to(page + 1, "Next"), to(pages, "Last"));
  return [draw(rows.slice(first, first + PAGE)), turn];
}

/** What is not in the page, and where it is. */
function leftOut(top, what, file) {
  const shown = top.rows.length;
  if (top.all <= shown) return null;
  return el("p", { class: "note" }, `The page has ${number(shown)} of ${counted(top.all, ...what)}; `, el("code", {}, file), " has them all.");
}

/** A table with plain cells. */
function table(caption, heads, rows) {
  const drawn = el("table", { class: "plain" }, el("caption", { class: "unseen" }, caption),
    el("thead", {}, el("tr", {}, heads.map(([head, kind]) => el("th", { scope: "col", class: kind }, head)))),
    el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((cell, i) => el("td", { class: heads[i][1] }, cell))))));
  return el("div", { class: "wide", role: "region", "aria-label": caption, tabindex: "0" }, drawn);
}

const outletAnchor = (n) => el("a", { href: outletLink(nameOf(n)) }, nameOf(n));
