// ── Overview: what went in, what was removed, what is shared ──

/** What was removed by category, or in a run that only tags: what would have been. */
const amountsOf = (tally) => (ONLY_TAGGED ? tally.tagged : tally.removed) ?? {};

function removedOf(tally) {
  const amounts = Object.values(amountsOf(tally));
  const sum = (key) => amounts.reduce((total, amount) => total + amount[key], 0);
  return { removals: sum("removals"), characters: sum("characters") };
}

/** A number that leads to what it counts. */
function fact(value, label, href) {
  const inside = [el("strong", {}, value), " ", label];
  return el("li", {}, href ? el("a", { href }, inside) : el("span", {}, inside));
}

function facts() {
  const removed = removedOf(data.all);
  return el("ul", { class: "facts" },
    fact(number(data.all.documents), data.all.documents === 1 ? "document" : "documents", address("articles")),
    fact(number(data.outlets.all), data.outlets.all === 1 ? "outlet" : "outlets", address("outlets")),
    fact(percent(removed.characters, data.all.characters_in), ONLY_TAGGED ? "of the characters tagged, none removed" : "of the characters removed", address("removed")),
    data.passages && fact(number(data.passages.families), "shared passages", address("passages")),
    data.duplicates.all > 0 && fact(number(data.duplicates.all), "clusters of duplicates", address("duplicates")),
    fact(number(data.rejects.all), "records rejected", data.rejects.all > 0 && address("rejects")));
}

function categoryBars(list, limit) {
  const shown = list.slice(0, limit);
  const most = Math.max(...list.map((c) => c.characters), 1);
  return bars("Removed by category", ["Category", "Removals", "Characters", "of all text"], shown.map((c) => ({
    label: c.label,
    href: address("removed", { category: c.name }),
    cells: [number(c.removals), number(c.characters), percent(c.characters, data.all.characters_in)],
    share: c.characters / most,
    group: groupOf(c.name),
  })));
}

const categoryFigure = (limit) => figure(
  "What was removed",
  "By category, in characters of the original text. Colours are groups of categories, as in the articles.",
  [categoryBars(data.categories, limit), legend(data.categories.map((c) => c.name)),
    data.categories.length > limit && el("p", {}, el("a", { href: address("removed") }, `All ${data.categories.length} categories`))],
  ["category", "label", "metadata", "removals", "characters", "share of original characters"],
  data.categories.map((c) => [c.name, c.label, String(c.metadata), c.removals, c.characters, c.characters / Math.max(data.all.characters_in, 1)]),
);

/** The groups of some categories and their colours. */
function legend(names) {
  const present = [...new Set(names.map(groupOf))].sort();
  return el("ul", { class: "legend", "aria-label": "Colours" },
    present.map((group) => el("li", {}, el("span", { class: `fill group-${group}`, "aria-hidden": "true" }), group)));
}

function outletFigure(limit) {
  const rows = data.outlets.rows.map((outlet) => ({ ...outlet, removed: removedOf(outlet.tally) }));
  const share = (o) => o.removed.characters / Math.max(o.tally.characters_in, 1);
  return figure("Outlets",
    "The outlets with the most documents; the bar is the share of their characters that was removed.",
    [bars("Outlets", ["Outlet", "Documents", "Removals", "of its text", "Passages"], rows.slice(0, limit).map((o) => ({
      label: nameOf(o.name),
      href: outletLink(nameOf(o.name)),
      cells: [number(o.tally.documents), number(o.removed.removals), percent(o.removed.characters, o.tally.characters_in), number(o.sharing.families)],
      share: share(o),
    }))), rows.length > limit && el("p", {}, el("a", { href: address("outlets") }, `${number(rows.length)} outlets`))],
    ["outlet", "documents", "characters in", "characters out", "removals", "characters removed", "passages shared", "words shared"],
    rows.map((o) => [nameOf(o.name), o.tally.documents, o.tally.characters_in, o.tally.characters_out, o.removed.removals,
      o.removed.characters, o.sharing.families, o.sharing.words]));
}

function topPassages(limit) {
  return figure("What outlets share",
    "The most interesting passages: rare words, some length, many outlets. “First seen” means earliest in this corpus.",
    [passageList(families.slice(0, limit)), families.length > limit && el("p", {}, el("a", { href: address("passages") }, "All passages, ranked"))],
    ...rankingCsv(families));
}

function overview() {
  return {
    title: "Overview",
    body: [
      facts(),
      data.passages && families.length > 0 && topPassages(5),
      data.categories.length > 0 && categoryFigure(12),
      data.matrix.outlets.length > 1 && matrixFigure({}),
      outletFigure(12),
      el("p", { class: "note" }, "How long it took stands in ", el("code", {}, "run.json"),
        ": this page is the same for the same input. Settings, checksums and definitions are under ",
        el("a", { href: address("methods") }, "Methods"), "."),
    ],
  };
}

/** What was removed, by category and line by line. */
function removed({ values }) {
  const chosen = data.categories.find((c) => c.name === values.category);
  if (!chosen) {
    return {
      title: "Removed",
      body: [categoryFigure(Infinity), ruleFigure()],
    };
  }
  const lines = chosen.lines;
  const where = (line) => {
    const article = articleAt.get(recordKey(line.file, line.record));
    return article ? el("a", { href: articleLink(article) }, "article") : `${line.file}, record ${line.record}`;
  };
  const draw = (rows) => table(`Lines removed as ${chosen.label}`, [["Line", "text"], ["Outlet"], ["Times", "n"], ["Rule"], ["First in", "n"]],
    rows.map((line) => [line.text, outletAnchor(line.outlet), number(line.times), line.rule ? el("code", {}, line.rule) : "evidence alone", where(line)]));
  return {
    title: `Removed: ${chosen.label}`,
    body: [
      el("p", { class: "lead" }, `${counted(chosen.removals, "removal")}, ${counted(chosen.characters, "character")}, `,
        `${percent(chosen.characters, data.all.characters_in)} of all text. `,
        el("a", { href: address("articles", { category: chosen.name }) }, "Articles it was removed from")),
      el("p", { class: "note" }, "The lines that were removed most often, each outlet's for itself; ", el("code", {}, "changes/"), " has every removal with its evidence."),
      figure("Lines", null, paged("removed", values, lines, draw, "lines"), ["category", "line", "outlet", "times", "rule", "file", "record"],
        lines.map((l) => [chosen.name, l.text, nameOf(l.outlet), l.times, l.rule ?? "", l.file, l.record])),
    ],
  };
}

function ruleFigure() {
  const { rows } = data.rules;
  if (rows.length === 0) return null;
  return figure("Rules", "The rule that spoke loudest, where one did. unchaff rules list says more of each.",
    [bars("Removals by rule", ["Rule", "Removals"], rows.slice(0, 40).map(([rule, n]) => ({ label: rule, cells: [number(n)], share: n / rows[0][1] }))),
      data.rules.all > 40 && el("p", { class: "note" }, `40 of ${counted(data.rules.all, "rule")}; `, el("code", {}, "summary.json"), " has them all.")],
    ["rule", "removals"], rows);
}
