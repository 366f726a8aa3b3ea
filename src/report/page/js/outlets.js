// ── Outlets: who shares with whom ──

const ORDERS = [["words", "most shared first"], ["alike", "like beside like"], ["name", "by name"]];

/** The matrix as a table of pairs: `cells.get(a)?.get(b)` for places in the list of its outlets. */
function pairCells() {
  const cells = new Map();
  const put = (a, b, cell) => {
    if (!cells.has(a)) cells.set(a, new Map());
    cells.get(a).set(b, cell);
  };
  for (const [a, b, count, words] of data.matrix.cells) {
    put(a, b, { count, words });
    put(b, a, { count, words });
  }
  return cells;
}

function ordered(order, names, cells) {
  const all = names.map((_, i) => i);
  if (order === "name") return all.toSorted((a, b) => names[a].localeCompare(names[b]));
  if (order !== "alike") return all;
  // From the largest on, always the one that shares most with the one before.
  const left = new Set(all);
  const line = [];
  for (let at = 0; left.size > 0;) {
    line.push(at);
    left.delete(at);
    const words = (i) => cells.get(at)?.get(i)?.words ?? 0;
    at = [...left].reduce((best, i) => (best === undefined || words(i) > words(best) ? i : best), undefined);
  }
  return line;
}

function matrixFigure(values) {
  const { outlets, folded } = data.matrix;
  const others = `${counted(folded, "other outlet")}`;
  const names = outlets.map(nameOf).concat(folded ? [others] : []);
  const cells = pairCells();
  const order = ordered(values.order, names, cells);
  const from = shadesOf(data.matrix.cells.map((cell) => cell[3]));
  const cell = (i, j) => {
    const [a, b] = [order[i], order[j]];
    const found = cells.get(a)?.get(b);
    if (!found) return null;
    const known = [a, b].filter((place) => place < outlets.length).map((place) => names[place]);
    const tip = `${names[a]} and ${names[b]}: ${counted(found.words, "word")} in ${counted(found.count, "passage")}`;
    return { value: found.words, tip, href: address("passages", { outlet: known[0], with: known[1] }) };
  };
  const select = el("label", { class: "inline" }, "Order ", el("select", {
    name: "order",
    onchange: (event) => go(address("outlets", { ...values, order: event.target.value }), "keep"),
  }, ORDERS.map(([value, label]) => el("option", { value, selected: value === (values.order ?? "words") }, label))));
  const about = folded
    ? `The ${outlets.length} outlets that share most; ${counted(folded, "outlet")} that share less are one row. `
    : "";
  return figure("Who shares with whom",
    `${about}Words of the passages that two outlets both have. A cell leads to its passages; the arrow keys move between cells.`,
    [select, el("div", { class: "wide", role: "region", "aria-label": "Matrix of outlets", tabindex: "0" },
      matrix("Words shared by every two outlets", order.map((i) => names[i]), cell, from)), scale(from, "words")],
    ["outlet", "outlet", "passages", "words"],
    data.matrix.cells.map(([a, b, count, words]) => [names[a], names[b], count, words]));
}

function outletsView({ values }) {
  return {
    title: "Outlets",
    body: [
      data.matrix.outlets.length > 1 ? matrixFigure(values) : el("p", {}, "No two outlets share a passage."),
      outletFigure(Infinity),
      leftOut(data.outlets, ["outlet"], "summary.json"),
    ],
  };
}

function outletView({ values }) {
  const { name } = values;
  const outlet = data.outlets.rows.find((o) => nameOf(o.name) === name);
  const of = data.names.indexOf(name);
  const mine = families.filter((family) => family.outlets.includes(of));
  const removedHere = outlet ? removedOf(outlet.tally) : null;
  const most = outlet ? Math.max(...Object.values(amountsOf(outlet.tally)).map((a) => a.characters), 1) : 1;
  const byCategory = outlet ? Object.entries(amountsOf(outlet.tally)).toSorted((a, b) => b[1].characters - a[1].characters) : [];
  return {
    title: name ?? "No such outlet",
    body: [
      outlet && el("ul", { class: "facts" },
        fact(number(outlet.tally.documents), "documents", address("articles", { outlet: name })),
        fact(percent(removedHere.characters, outlet.tally.characters_in), "of its characters removed"),
        fact(number(outlet.sharing.families), "passages shared", address("passages", { outlet: name }))),
      partners(of, mine),
      byCategory.length > 0 && figure("What was removed here", null, bars("Removed by category", ["Category", "Removals", "Characters"],
        byCategory.map(([category, amount]) => ({
          label: labelOf.get(category) ?? spaced(category),
          href: address("articles", { outlet: name, category }),
          cells: [number(amount.removals), number(amount.characters)],
          share: amount.characters / most,
          group: groupOf(category),
        }))), ["category", "removals", "characters"], byCategory.map(([c, a]) => [c, a.removals, a.characters])),
      mine.length > 0 && figure("Its most interesting passages", null, passageList(mine.slice(0, 5)), ...rankingCsv(mine)),
    ],
  };
}

/** With whom an outlet shares most, as far as the passages of the page tell. */
function partners(of, mine) {
  const words = new Map();
  for (const family of mine) {
    for (const other of family.outlets) {
      if (other !== of) words.set(other, (words.get(other) ?? 0) + family.words);
    }
  }
  const rows = [...words].toSorted((a, b) => b[1] - a[1]).slice(0, 20);
  if (rows.length === 0) return null;
  return figure("Shares most with", "Words of the passages that both have, among those in this page.",
    bars("Shares most with", ["Outlet", "Words"], rows.map(([other, n]) => ({
      label: nameOf(other),
      href: address("passages", { outlet: nameOf(of), with: nameOf(other) }),
      cells: [number(n)],
      share: n / rows[0][1],
    }))), ["outlet", "words"], rows.map(([other, n]) => [nameOf(other), n]));
}
