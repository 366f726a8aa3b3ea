// ── The page: which view the address names, and the keys ──

const VIEWS = {
  "": overview,
  outlets: outletsView,
  outlet: outletView,
  passages: passagesView,
  passage: passageView,
  removed,
  articles: articlesView,
  article: articleView,
  rejects,
  duplicates: duplicatesView,
};
/** What the navigation marks as here, where that is not the view itself. */
const PART = { outlet: "outlets", passage: "passages", article: "articles" };

const main = document.getElementById("view");
const methods = document.getElementById("methods");
/** Whether the next view leaves scroll position and focus where they are. */
let keepPlace = false;
/** Whether a view was shown before: the first one takes no focus from the browser. */
let opened = false;

/** Goes to an address of this page; "keep" leaves scroll position and focus where they are. */
function go(href, how) {
  keepPlace = how === "keep";
  location.hash = href;
}

async function show() {
  const at = place();
  const asked = location.hash;
  const kept = keepPlace;
  keepPlace = false;
  markPart(at.view);
  methods.hidden = at.view !== "methods";
  main.hidden = at.view === "methods";
  if (at.view === "methods") return arrive("Methods", document.getElementById("methods-title"), kept);
  const view = await (VIEWS[at.view] ?? (() => missing("view", "the folder")))(at);
  // Somebody went on while this one was unpacked.
  if (location.hash !== asked) return;
  const title = el("h1", { tabindex: "-1" }, view.title);
  const focused = document.activeElement?.name;
  main.replaceChildren(...[title, view.body].flat(Infinity).filter(Boolean));
  const refocus = kept && focused && main.querySelector(`[name="${focused}"]`);
  arrive(view.title, refocus || view.focus?.() || title, kept);
}

/** Gives the focus to the heading of the view, or to what the address asks for in it. */
function arrive(title, target, kept) {
  document.title = `${title} · unchaff report`;
  const isHeading = target.tagName === "H1";
  if (opened || !isHeading) target.focus({ preventScroll: kept });
  if (!kept && isHeading && opened) scrollTo(0, 0);
  if (!kept && !isHeading) target.scrollIntoView({ block: "center" });
  opened = true;
}

function markPart(view) {
  const part = PART[view] ?? view;
  for (const link of document.querySelectorAll("#nav a")) {
    if (link.getAttribute("href") === `#/${part}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

// ── Keys ──

const KEYS = [
  ["/", "search", () => document.getElementById("query").focus()],
  ["k", "in an article: kept text only", toggleKept],
  ["n", "next passage, article or page", () => document.querySelector('[data-turn="next"], .turn [aria-label="Next page"]')?.click()],
  ["p", "previous passage, article or page", () => document.querySelector('[data-turn="prev"], .turn [aria-label="Previous page"]')?.click()],
  ["o", "overview", () => go("#/")],
  ["?", "this help", help],
];

function help() {
  document.getElementById("help").showModal();
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, dialog")) return;
  const key = KEYS.find(([name]) => name === event.key);
  if (!key) return;
  event.preventDefault();
  key[2]();
}

function start() {
  const dialog = document.getElementById("help");
  dialog.append(el("h2", { id: "help-title" }, "Keys"),
    el("dl", {}, KEYS.map(([key, what]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, what)])),
    el("p", {}, "Tab and Enter do everything else; in the matrix the arrows move."),
    button("Close", () => dialog.close()));
  document.getElementById("keys").addEventListener("click", help);
  document.getElementById("search").addEventListener("submit", (event) => {
    event.preventDefault();
    go(address("passages", { q: document.getElementById("query").value.trim() }));
  });
  document.getElementById("methods-copy").addEventListener("click", (event) =>
    copy(document.getElementById("methods-text").innerText.replaceAll(/\s+/g, " ").trim(), "Methods", event.currentTarget));
  document.addEventListener("keydown", onKey);
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    (methods.hidden ? main : methods).querySelector("h1")?.focus();
  });
  let width = window.innerWidth;
  let timer;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    clearTimeout(timer);
    timer = setTimeout(() => {
      keepPlace = true;
      show();
    }, 150);
  });
  window.addEventListener("hashchange", show);
  outletNames();
  tips();
  show();
}

start();
