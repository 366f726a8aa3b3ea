// ── Articles: the list, and one of them with what was removed in its place ──

function chosenArticles(values) {
  const matches = matcher(values.q);
  const named = outletsNamed(values.outlet);
  return articles.filter((article) =>
    (named === null || named.has(article.outlet)) &&
    (!values.category || article.categories.includes(values.category)) &&
    (!values.from || (article.date ?? "") >= values.from) &&
    (!values.to || (article.date ?? "~").slice(0, values.to.length) <= values.to) &&
    (!values.min || article.characters >= Number(values.min)) &&
    (!values.shared || article.families > 0) &&
    matches(`${articleName(article)} ${article.doc} ${nameOf(article.outlet)}`));
}

function articlesView({ values }) {
  const list = chosenArticles(values);
  const form = filters("articles", values, [
    { name: "q", label: "Title", type: "search" },
    { name: "outlet", label: "Outlet", type: "outlet" },
    { name: "category", label: "Removed", options: data.categories.map((c) => [c.name, c.label]) },
    { name: "shared", label: "Passages", options: [["yes", "with shared passages"]] },
    { name: "min", label: "Characters from", type: "number" },
    { name: "from", label: "Dates from", type: "date" },
    { name: "to", label: "to", type: "date" },
  ]);
  const draw = (rows) => table("Articles", [["Article", "text"], ["Outlet"], ["Date", "date"], ["Characters", "n"], ["Removed", "n"], ["Passages", "n"]],
    rows.map((a) => [el("a", { href: articleLink(a) }, articleName(a)), outletAnchor(a.outlet), (a.date ?? "").slice(0, 10), number(a.characters),
      percent(a.removed, a.characters), number(a.families)]));
  return {
    title: "Articles",
    body: [
      form,
      el("p", { class: "lead", role: "status" }, counted(list.length, "article")),
      data.articles.all > articles.length && el("p", { class: "note" }, `The page has ${number(articles.length)} of ${counted(data.articles.all, "document")}: of those in which something was changed or is shared, `,
        "the ones that the most interesting passages lead to, and some of each outlet; ", el("code", {}, "clean/"), " and ", el("code", {}, "changes/"), " have them all."),
      figure("List", null, list.length > 0 ? paged("articles", values, list, draw, "articles") : el("p", {}, "None in this page."),
        ["document", "file", "record", "outlet", "date", "title", "characters", "removed", "passages"],
        list.map((a) => [a.doc, a.file, a.record, nameOf(a.outlet), a.date ?? "", a.title ?? "", a.characters, a.removed, a.families])),
    ],
  };
}

// ── One article ──

let keptOnly = false;

async function articleView({ id, values }) {
  const head = articles[Number(id)];
  if (!head) return missing("article", "clean/");
  const body = await articleInFull(head);
  const text = el("div", { class: `article${keptOnly ? " kept-only" : ""}`, id: "article", lang: body.lang }, articleText(body));
  const toggle = button(keptOnly ? "Show what was removed" : "Kept text only", () => toggleKept(), { id: "kept", "aria-pressed": String(keptOnly), "aria-keyshortcuts": "k" });
  const shared = [...new Set(body.pieces.flatMap((piece) => piece[2]))].sort((a, b) => a - b);
  const marked = families.findIndex((family) => family.id === values.passage);
  return {
    title: articleName(head),
    focus: marked >= 0 ? () => text.querySelector(`[data-family~="${marked}"]`) : undefined,
    body: [
      el("p", { class: "lead" }, el("a", { href: outletLink(nameOf(head.outlet)) }, nameOf(head.outlet)), head.date && [" · ", time(head.date)],
        body.url && [" · ", outward(body.url, "original ↗")]),
      el("p", { class: "note" }, `${head.doc === head.file ? "" : `${head.doc} · `}${head.file}, record ${head.record} · ${counted(head.characters, "character")}, `,
        `${percent(head.removed, head.characters)} removed · ${counted(shared.length, "shared passage")}`),
      el("p", { class: "actions" }, toggle, button("Copy kept text", (event) => copy(keptText(body), "Kept text", event.currentTarget))),
      head.categories.length > 0 && legend(head.categories),
      text,
      shared.length > 0 && [el("h2", {}, "Shared passages in it"), passageList(shared.slice(0, 20).map((n) => families[n]))],
      neighbours(articles, head.n, articleLink, "article"),
    ],
  };
}

function toggleKept() {
  const text = document.getElementById("article");
  if (!text) return;
  keptOnly = !keptOnly;
  text.classList.toggle("kept-only", keptOnly);
  const toggle = document.getElementById("kept");
  toggle.textContent = keptOnly ? "Show what was removed" : "Kept text only";
  toggle.setAttribute("aria-pressed", String(keptOnly));
  say(keptOnly ? "Kept text only" : "Removed text is shown");
}

const keptText = ({ pieces, changes }) => pieces.map(([text, change], i) => {
  const { action, with: instead } = changes[change] ?? { action: "tag" };
  if (action === "tag") return text;
  const begins = i === 0 || pieces[i - 1][1] !== change;
  return begins ? instead ?? "" : "";
}).join("");

/** The pieces of the original. Those of one change, or of the same passage, are one element. */
function articleText({ pieces, changes }) {
  const nodes = [];
  for (let i = 0; i < pieces.length;) {
    const [, change, [family]] = pieces[i];
    let end = i + 1;
    while (end < pieces.length && pieces[end][1] === change && (change !== null || pieces[end][2][0] === family)) end++;
    const run = pieces.slice(i, end);
    const text = run.map((piece) => piece[0]).join("");
    if (change !== null) nodes.push(changed(text, changes[change]));
    else if (family !== undefined) nodes.push(sharedText(text, [...new Set(run.flatMap((piece) => piece[2]))]));
    else nodes.push(text);
    i = end;
  }
  return nodes;
}

function sharedText(text, numbers) {
  const family = families[numbers[0]];
  const more = numbers.length > 1 ? `, and ${counted(numbers.length - 1, "other passage")}` : "";
  const tip = `${spaced(family.kind)}: ${counted(family.words, "word")} in ${counted(family.outlets.length, "outlet")}${more}`;
  return el("a", { class: "shared", href: passageLink(family), "data-family": numbers.join(" "), "data-tip": tip }, text);
}

/** A removal or a replacement. White space around what was removed stays outside of its mark. */
function changed(text, { action, category, with: instead, reason, line }) {
  const [, before, inside, after] = text.match(/^(\s*)([^]*?)(\s*)$/);
  if (!category) {
    const step = spaced((reason.rule ?? "normalised").replace("normalize.", ""));
    return el("span", { class: "replaced", "data-tip": `${step}: was “${clip(text, 60)}”` }, instead);
  }
  const group = groupOf(category);
  const label = labelOf.get(category) ?? spaced(category);
  const told = [
    `${label}, line ${line}`,
    [reason.rule && `rule ${reason.rule}`, `score ${reason.score.toFixed(2)}`].filter(Boolean).join(", "),
    ...reason.evidence.map((e) => `+ ${e}`),
    ...reason.vetoes.map((v) => `− ${v}`),
  ];
  const mark = group === "metadata" || action === "tag" ? "span" : "del";
  return [
    el("span", { class: "gap" }, before),
    el(mark, { class: `removed group-${group}`, tabindex: "0", "data-tip": told.join("\n"), "data-category": category },
      el("span", { class: "label" }, label), el("span", { class: "what" }, inside)),
    el("span", { class: "gap" }, after),
  ];
}

/** The reason, beside what has the pointer or the focus. */
function tips() {
  const tip = document.getElementById("tip");
  let owner = null;
  const hide = () => {
    tip.hidden = true;
    owner?.removeAttribute("aria-describedby");
    owner = null;
  };
  const show = (event) => {
    const over = event.target.closest?.("[data-tip]");
    if (over === owner) return;
    hide();
    if (!over) return;
    owner = over;
    owner.setAttribute("aria-describedby", "tip");
    tip.textContent = over.dataset.tip;
    tip.hidden = false;
    const at = over.getClientRects()[0] ?? over.getBoundingClientRect();
    const left = Math.max(8, Math.min(at.left, document.documentElement.clientWidth - tip.offsetWidth - 8));
    const above = at.top - tip.offsetHeight - 6;
    tip.style.left = `${left}px`;
    tip.style.top = `${above > 0 ? above : at.bottom + 6}px`;
  };
  document.addEventListener("mouseover", show);
  document.addEventListener("focusin", show);
  document.addEventListener("scroll", hide, { passive: true });
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
}
