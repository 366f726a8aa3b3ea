// ── Passages: the list, and one of them with everything known about it ──

const SORTS = {
  interest: ["most interesting", (a, b) => a.n - b.n],
  words: ["longest", (a, b) => b.words - a.words],
  outlets: ["most outlets", (a, b) => b.outlets.length - a.outlets.length],
  date: ["earliest", (a, b) => (a.span?.[0] ?? Infinity) - (b.span?.[0] ?? Infinity)],
};

/** The passages that the values of an address ask for. */
function chosenPassages(values) {
  const matches = matcher(values.q);
  const [one, other] = [outletsNamed(values.outlet), outletsNamed(values.with)];
  const [from, to] = [Date.parse(values.from) / 1000, (Date.parse(values.to) / 1000) + 86399];
  const has = (family, named) => named === null || family.outlets.some((of) => named.has(of));
  return families.filter((family) =>
    has(family, one) && has(family, other) &&
    (!values.kind || family.kind === values.kind) &&
    (!values.min || family.words >= Number(values.min)) &&
    (!values.max || family.words <= Number(values.max)) &&
    (Number.isNaN(from) || (family.span && family.span[1] >= from)) &&
    (Number.isNaN(to) || (family.span && family.span[0] <= to)) &&
    matches(`${family.opening} ${family.outlets.map(nameOf).join(" ")}`),
  ).toSorted((SORTS[values.sort] ?? SORTS.interest)[1]);
}

const firstSeen = ({ first }) => first && el("span", {}, "first seen ", time(first.date), " in ", nameOf(first.outlet),
  first.ties > 0 && ` (or as early: ${counted(first.ties, "other")})`);

const kindTag = (kind) => el("span", { class: "tag" }, spaced(kind));

function passageList(list) {
  return el("ol", { class: "cards" }, list.map((family) => el("li", {},
    el("a", { href: passageLink(family), class: "quote" }, `“${clip(family.opening, 280)}”`),
    el("p", { class: "soft" }, kindTag(family.kind), ` ${counted(family.words, "word")} in ${counted(family.outlets.length, "outlet")}, `,
      `${counted(family.documents, "document")}`, family.first && " · ", firstSeen(family)))));
}

const rankingCsv = (list) => [
  ["id", "kind", "words", "outlets", "documents", "interest", "first seen", "first outlet", "opening"],
  list.map((f) => [f.id, f.kind, f.words, f.outlets.length, f.documents, f.interest, f.first?.date ?? "", f.first ? nameOf(f.first.outlet) : "", f.opening]),
];

function lengthFigure() {
  const bins = data.lengths;
  const range = ([from, below]) => (below ? `${from}–${below - 1}` : `${from} and more`);
  return figure("Lengths", "How many passages are how long, in words; all passages of the run. A bar leads to its passages.",
    histogram("Passages by length in words", bins.map((bin) => ({
      label: number(bin[0]),
      tip: `${counted(bin[2], "passage")} of ${range(bin)} words`,
      href: address("passages", { min: bin[0], max: bin[1] ? bin[1] - 1 : "" }),
      value: bin[2],
    }))), ["words from", "words to", "passages"], bins.map(([from, below, n]) => [from, below ? below - 1 : "", n]));
}

function kindFigure() {
  const kinds = Object.entries(data.passages?.kinds ?? {}).toSorted((a, b) => b[1] - a[1]);
  return figure("Kinds", "A reading aid; each passage says what its kind rests on.",
    bars("Passages by kind", ["Kind", "Passages"], kinds.map(([kind, n]) => ({
      label: spaced(kind), href: address("passages", { kind }), cells: [number(n)], share: n / kinds[0][1],
    }))), ["kind", "passages"], kinds);
}

function passagesView({ values }) {
  if (!data.passages) return { title: "Passages", body: el("p", {}, "Shared passages were not looked for in this run.") };
  const list = chosenPassages(values);
  const narrowed = Object.keys(values).some((key) => !["sort", "page"].includes(key));
  const form = filters("passages", values, [
    { name: "q", label: "Words", type: "search" },
    { name: "outlet", label: "Outlet", type: "outlet" },
    { name: "with", label: "and outlet", type: "outlet" },
    { name: "kind", label: "Kind", options: Object.keys(data.passages.kinds).map((kind) => [kind, spaced(kind)]) },
    { name: "min", label: "Words from", type: "number" },
    { name: "max", label: "to", type: "number" },
    { name: "from", label: "Dates from", type: "date" },
    { name: "to", label: "to", type: "date" },
    { name: "sort", label: "Order", options: Object.entries(SORTS).slice(1).map(([key, [label]]) => [key, label]), placeholder: "most interesting" },
  ]);
  return {
    title: "Passages",
    body: [
      form,
      values.q && alsoFound(values.q),
      el("p", { class: "lead", role: "status" }, narrowed ? `${counted(list.length, "passage")} of ${number(families.length)}` : counted(list.length, "passage")),
      leftOut(data.families, ["passage"], "passages.jsonl"),
      el("section", { class: "figure" }, el("div", { class: "figure-head" }, el("h2", {}, "Ranking"),
        list.length > 0 && button("CSV", () => download("passages.csv", csv(...rankingCsv(list)), "text/csv"), { class: "quiet", "aria-label": "These passages as CSV" })),
        list.length > 0 ? paged("passages", values, list, passageList, "passages") : el("p", {}, "None in this page.")),
      !narrowed && data.lengths.length > 0 && [lengthFigure(), kindFigure()],
    ],
  };
}

/** Outlets and articles that a search finds. */
function alsoFound(query) {
  const matches = matcher(query);
  const outlets = data.names.filter(matches).slice(0, 12);
  const titles = articles.filter((a) => matches(`${articleName(a)} ${a.doc}`)).length;
  return el("p", { class: "also" },
    outlets.length > 0 && ["Outlets: ", outlets.map((name, i) => [i > 0 && ", ", el("a", { href: outletLink(name) }, name)]), ". "],
    titles > 0 && el("a", { href: address("articles", { q: query }) }, `${counted(titles, "article")} by title`));
}

// ── One passage ──

async function passageView({ id }) {
  const head = familyBy.get(id);
  if (!head) return missing("passage", "passages.jsonl");
  const { family, when, left_out: left } = await familyInFull(head);
  return {
    title: `“${clip(head.opening, 60)}”`,
    body: [
      el("p", { class: "lead" }, kindTag(family.kind), ` ${counted(family.words, "word")} in ${counted(family.outlets, "outlet")}, ${counted(family.documents, "document")}`),
      el("blockquote", { class: "passage", tabindex: "0" }, paragraphs(family.exemplar.text)),
      copies(family),
      el("dl", { class: "about" },
        el("dt", {}, "First seen"), el("dd", {}, firstSentence(family.first_seen)),
        el("dt", {}, "Kind"), el("dd", {}, spaced(family.kind), family.evidence.length > 0 ? `: ${family.evidence.join("; ")}` : ": nothing speaks for a narrower one"),
        el("dt", {}, "Interest"), el("dd", {}, `${family.interest} (number ${head.n + 1} of ${number(data.families.all)})`)),
      spread(family, when),
      el("h2", {}, left > 0 ? `The ${family.occurrences.length} earliest occurrences` : "Occurrences"),
      left > 0 && el("p", { class: "note" }, `${number(left)} more stand in `, el("code", {}, "passages.jsonl"), "."),
      el("ol", { class: "occurrences" }, family.occurrences.map((o) => occurrence(o, family))),
      neighbours(families, head.n, passageLink, "passage"),
    ],
  };
}

const paragraphs = (text) => text.split(/\n\s*\n|\n/).filter((line) => line.trim()).map((line) => el("p", {}, line));

function firstSentence(first) {
  if (!first) return "No occurrence has a date that can be read.";
  const ties = first.ties.length > 0
    ? ` Its date leaves open that ${first.ties.join(", ")} ${first.ties.length === 1 ? "was" : "were"} as early.`
    : "";
  return [time(first.date), ", ", el("a", { href: outletLink(first.outlet) }, first.outlet), ` (${first.doc}), the earliest in this corpus.${ties}`];
}

function citation(family) {
  const source = family.occurrences.find((o) => o.doc === family.exemplar.doc) ?? family.occurrences[0];
  const parts = [source.outlet, source.title && `“${source.title}”`, source.date, source.url].filter(Boolean).join(", ");
  const text = clip(family.exemplar.text.replaceAll(/\s+/g, " "), 200);
  return `“${text}” (${parts}). Passage ${family.id}, ${counted(family.words, "word")} in ${counted(family.outlets, "outlet")}; ` +
    `found with unchaff ${data.version}, rules ${data.rules_hash}.`;
}

function copies(family) {
  const one = (label, what, text) => button(label, (event) => copy(text(), what, event.currentTarget));
  return el("p", { class: "actions" },
    one("Copy text", "Text", () => family.exemplar.text),
    one("Copy JSON", "JSON", () => JSON.stringify(family, null, 1)),
    one("Copy citation", "Citation", () => citation(family)));
}

/** When which outlet had it. */
function spread(family, when) {
  const rows = new Map();
  family.occurrences.forEach((o, i) => {
    if (!when[i]) return;
    if (!rows.has(o.outlet)) rows.set(o.outlet, []);
    const article = articleAt.get(recordKey(o.file, o.record));
    rows.get(o.outlet).push({ span: when[i], tip: `${o.outlet}, ${o.date}`, href: article && articleLink(article, { passage: family.id }) });
  });
  if (rows.size === 0 || family.occurrences.length < 2) return null;
  const shown = [...rows].slice(0, 30).map(([name, points]) => ({ name, points }));
  const note = `Each bar is as long as its date is vague.${rows.size > 30 ? ` The 30 earliest of ${rows.size} outlets.` : ""}`;
  return figure("How it spread", note, timeline("When each outlet had it", shown), ["outlet", "document", "date", "earliest", "latest"],
    family.occurrences.map((o, i) => [o.outlet, o.doc, o.date ?? "", when[i] ? new Date(when[i][0] * 1000).toISOString() : "", when[i] ? new Date(when[i][1] * 1000).toISOString() : ""]));
}

function occurrence(o, family) {
  const article = articleAt.get(recordKey(o.file, o.record));
  const title = o.title ?? (article ? articleName(article) : o.doc);
  return el("li", {},
    el("p", { class: "where" }, el("a", { href: outletLink(o.outlet) }, o.outlet), o.date && [" · ", time(o.date)], " · ",
      article ? el("a", { href: articleLink(article, { passage: family.id }) }, title) : title,
      o.url && [" ", outward(o.url, el("span", { class: "soft" }, "original ↗"))]),
    el("p", { class: "context" }, el("span", { class: "soft" }, o.before && `… ${o.before}${/["“„«(\[]$/.test(o.before) ? "" : " "}`),
      o.diff ? difference(o.diff) : folded("span", family.exemplar.text, "same"),
      el("span", { class: "soft" }, o.after && `${/^[\p{P}]/u.test(o.after) ? "" : " "}${o.after} …`)),
    el("p", { class: "soft" }, o.diff ? `${(100 * o.similarity).toFixed(1)} % alike: ${changedWords(o.diff)}` : "word for word",
      o.holes.length > 0 && ` · ${counted(o.holes.length, "removed line")} inside`));
}

function changedWords(diff) {
  const count = (text) => text.split(/\s+/).filter(Boolean).length;
  const gone = diff.filter(([op]) => op === "delete" || op === "replace").reduce((n, [, there]) => n + count(there), 0);
  const come = diff.filter(([op]) => op === "insert" || op === "replace").reduce((n, [, , here]) => n + count(here), 0);
  return `${counted(gone, "word")} of the exemplar not here, ${number(come)} new`;
}

/** The words of an occurrence with what differs from the exemplar marked. */
function difference(diff) {
  return diff.map(([op, there, here], i) => [
    i > 0 && " ",
    op === "equal" && folded("span", here, "same"),
    (op === "delete" || op === "replace") && folded("del", there),
    op === "replace" && " ",
    (op === "insert" || op === "replace") && folded("ins", here),
  ]);
}

/** A stretch of text of which the middle is shown on request. */
function folded(name, text, kind) {
  const flat = text.replaceAll(/\s+/g, " ");
  if (flat.length <= 180) return el(name, { class: kind }, flat);
  const whole = el(name, { class: kind }, `${flat.slice(0, 60)} `,
    button("…", () => whole.replaceChildren(flat), { class: "fold", "aria-label": "Show all words" }), ` ${flat.slice(-60)}`);
  return whole;
}

/** Links to the one before and the one behind. */
function neighbours(list, n, link, what) {
  const to = (item, label, rel) => item && el("a", { href: link(item), rel, "data-turn": rel }, label);
  return el("nav", { class: "turn", "aria-label": `Other ${what}s` },
    to(list[n - 1], `Previous ${what}`, "prev"), to(list[n + 1], `Next ${what}`, "next"));
}

const missing = (what, file) => ({
  title: `This ${what} is not in the page`,
  body: el("p", {}, "The page holds the top of long lists; ", el("code", {}, file), " has everything."),
});
