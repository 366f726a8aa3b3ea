// Drives the pages of two runs, of the samples and of hostile articles, in a headless Chromium.
// The folders of the runs come by SAMPLES and HOSTILE, the browser by CHROMIUM; `cargo test` sets them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const { SAMPLES, HOSTILE, CHROMIUM } = process.env;

let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: SWITCHES });
});
after(() => browser?.close());

/** A page of a run at an address, and everything that it should not have done. */
async function open(out, hash = "#/", options = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, acceptDownloads: true, ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => message.type() === "error" && faults.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => { faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  const file = pathToFileURL(join(out, "report.html")).href;
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(file) && !url.startsWith("blob:")) faults.push(`request: ${url}`);
  });
  await page.addInitScript(() => {
    window.hacked = (what) => console.error(`a script of an article ran: ${what}`);
    document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective}`));
  });
  await page.goto(file + hash);
  await page.locator("h1:visible").waitFor();
  return { page, faults, to: (next) => goTo(page, next) };
}

/** Does what leads to another view or another list, and waits for it: its title comes with it. */
async function shows(page, act) {
  await page.evaluate(() => { document.title = ""; });
  await act();
  await page.waitForFunction(() => document.title);
}

async function goTo(page, hash) {
  if (new URL(page.url()).hash === hash) return;
  await shows(page, () => page.evaluate((next) => { location.hash = next; }, hash));
}

/** What a button of that name puts on the clipboard, once the page says so. */
async function copied(page, name) {
  await page.getByRole("button", { name: `Copy ${name}` }).click();
  await page.waitForFunction((said) => document.getElementById("said").textContent.toLowerCase() === said, `${name.toLowerCase()} copied`);
  return page.evaluate(() => navigator.clipboard.readText());
}

/** The data that the page begins with. */
const indexOf = (page) => page.evaluate(() => JSON.parse(document.getElementById("index").textContent));

const field = (page, name) => page.locator(`.filters [name="${name}"]`);

const title = (page) => page.locator("h1:visible").textContent();

/** One address of every view, and the views that differ. */
async function everyView(page) {
  const { families, articles, names, categories } = await indexOf(page);
  return [
    "#/", "#/outlets", "#/outlets?order=alike", `#/outlet?name=${encodeURIComponent(names[0])}`, "#/passages",
    ...families.rows.slice(0, 5).map((family) => `#/passage/${family.id}`),
    "#/removed", ...categories.slice(0, 3).map((category) => `#/removed?category=${category.name}`),
    "#/articles", ...articles.rows.slice(0, 5).map((_, n) => `#/article/${n}`),
    "#/rejects", "#/duplicates", "#/methods", "#/no-such-view",
  ];
}

describe("the report of the samples", () => {
  test("opens with figures that lead to what they count", async () => {
    const { page, faults } = await open(SAMPLES);
    assert.match(await page.locator(".facts").innerText(), /55\s+documents/);
    await shows(page, () => page.getByRole("link", { name: /documents/ }).first().click());
    assert.equal(await title(page), "Articles");
    assert.match(await page.locator(".lead").innerText(), /^55 articles/);
    assert.deepEqual(faults, []);
  });

  test("a passage is found by filters, which the address keeps", async () => {
    const { page, faults } = await open(SAMPLES, "#/passages");
    const all = await page.locator(".cards li").count();
    await shows(page, () => field(page, "kind").selectOption("quotation"));
    const quotations = await page.locator(".cards li").count();
    await field(page, "min").fill("40");
    await shows(page, () => field(page, "min").press("Enter"));
    const long = await page.locator(".cards li").count();
    assert.ok(all > quotations && quotations > long && long > 0, `${all}, ${quotations}, ${long}`);
    assert.match(page.url(), /kind=quotation/);
    assert.match(page.url(), /min=40/);
    const shown = await page.locator(".cards").innerText();
    assert.match(shown, /quotation/);
    assert.doesNotMatch(shown, /syndicated/);
    await page.reload();
    await page.locator(".cards").waitFor();
    assert.equal(await page.locator(".cards").innerText(), shown);
    assert.equal(await field(page, "kind").inputValue(), "quotation");
    assert.deepEqual(faults, []);
  });

  test("dates and outlets narrow the list", async () => {
    const { page, to } = await open(SAMPLES, "#/passages?from=2032-01-01");
    assert.equal(await page.locator(".cards li").count(), 0);
    await to("#/passages?outlet=switchboard");
    const cards = await page.locator(".cards li").count();
    assert.ok(cards > 0 && cards < (await indexOf(page)).families.all);
  });

  test("a passage leads to its articles, an underlined passage back", async () => {
    const { page, faults } = await open(SAMPLES);
    await shows(page, () => page.locator(".cards a").first().click());
    const text = await page.locator("blockquote.passage").innerText();
    assert.ok(await page.locator(".occurrences li").count() > 1);
    assert.ok(await page.locator("svg[aria-label='When each outlet had it'] .span").count() > 1);
    const address = page.url();
    await shows(page, () => page.locator(".occurrences .where a").nth(1).click());
    const underlined = page.locator("#article a.shared").first();
    assert.ok(text.includes((await underlined.innerText()).trim().slice(0, 30)));
    await shows(page, () => underlined.click());
    assert.equal(page.url(), address);
    assert.deepEqual(faults, []);
  });

  test("an occurrence that reads differently shows which words differ", async () => {
    const { page, to } = await open(SAMPLES);
    for (const { id } of (await indexOf(page)).families.rows) {
      await to(`#/passage/${id}`);
      for (const item of await page.locator(".occurrences li").all()) {
        const alike = /% alike: (\d+) words? of the exemplar not here, (\d+) new/.exec(await item.innerText());
        if (!alike) continue;
        assert.equal((await item.locator("del").count()) > 0, alike[1] !== "0");
        assert.equal((await item.locator("ins").count()) > 0, alike[2] !== "0");
      }
    }
  });

  test("an article shows what went with its reason, and the kept text alone", async () => {
    const { page, faults, to } = await open(SAMPLES);
    const { articles } = await indexOf(page);
    const n = articles.rows.findIndex((article) => article.doc === "tollhithe-post/lost-parrot.txt");
    await to(`#/article/${n}`);
    const removed = page.locator("#article del.removed").first();
    await removed.hover();
    assert.match(await page.locator("#tip").innerText(), /\+ /);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#tip").isVisible(), false);
    await removed.focus();
    assert.match(await page.locator("#tip").innerText(), /score/);
    assert.ok(await page.locator("#article span.group-metadata").count() > 0);
    assert.equal(await copied(page, "kept text"), readFileSync(join(SAMPLES, "clean/tollhithe-post/lost-parrot.txt"), "utf8"));
    await page.locator("main h1").focus();
    await page.keyboard.press("k");
    assert.equal(await removed.isVisible(), false);
    await page.keyboard.press("k");
    assert.equal(await removed.isVisible(), true);
    assert.deepEqual(faults, []);
  });

  test("every article shows the text it was made from", async () => {
    const { page, to } = await open(SAMPLES);
    const { articles } = await indexOf(page);
    for (const [n, article] of articles.rows.entries()) {
      await to(`#/article/${n}`);
      const length = await page.evaluate(async (at) => {
        const { pieces } = await articleInFull(articles[at]);
        return [...pieces.map((piece) => piece[0]).join("")].length;
      }, n);
      assert.equal(length, article.characters, article.doc);
    }
  });

  test("text, JSON and citation are copied, figures are saved as CSV", async () => {
    const { page, to } = await open(SAMPLES);
    const { families, version } = await indexOf(page);
    await to(`#/passage/${families.rows[0].id}`);
    assert.ok((await copied(page, "text")).startsWith(families.rows[0].opening.slice(0, 40)));
    assert.equal(JSON.parse(await copied(page, "JSON")).id, families.rows[0].id);
    assert.ok((await copied(page, "citation")).includes(`unchaff ${version}`));
    await to("#/outlets");
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "Outlets as CSV" }).click();
    const rows = readFileSync(await (await saving).path(), "utf8").trim().split("\r\n");
    assert.equal(rows.length, 1 + (await indexOf(page)).outlets.all);
  });

  test("search finds passages, outlets and articles", async () => {
    const { page } = await open(SAMPLES);
    await page.keyboard.press("/");
    await page.keyboard.type("switchboard");
    await shows(page, () => page.keyboard.press("Enter"));
    assert.match(await page.locator(".also").innerText(), /Outlets: Switchboard/);
    assert.ok(await page.locator(".cards li").count() > 0);
  });

  test("the keyboard is enough", async () => {
    const { page, faults } = await open(SAMPLES);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
    await page.keyboard.press("?");
    assert.ok(await page.getByRole("dialog").isVisible());
    await page.keyboard.press("Escape");
    assert.equal(await page.getByRole("dialog").isVisible(), false);

    await page.locator("[data-at][tabindex='0']").focus();
    const before = await page.evaluate(() => document.activeElement.dataset.at);
    await page.keyboard.press("ArrowRight");
    assert.notEqual(await page.evaluate(() => document.activeElement.dataset.at), before);
    await shows(page, () => page.keyboard.press("Enter"));
    assert.equal(await title(page), "Passages");
    assert.match(page.url(), /outlet=.+&with=.+/);
    assert.ok(await page.locator(".cards li").count() > 0);

    await page.locator(".cards a").first().focus();
    await shows(page, () => page.keyboard.press("Enter"));
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
    const first = await title(page);
    await shows(page, () => page.keyboard.press("n"));
    assert.notEqual(await title(page), first);
    await shows(page, () => page.keyboard.press("p"));
    assert.equal(await title(page), first);
    assert.deepEqual(faults, []);
  });

  test("every view is accessible, in light and in dark", async () => {
    for (const colorScheme of ["light", "dark"]) {
      const { page, faults, to } = await open(SAMPLES, "#/", { colorScheme, bypassCSP: true });
      await page.addScriptTag({ path: AXE });
      const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(Number(/\d+/.exec(ground)[0]) < 128, colorScheme === "dark", ground);
      for (const view of await everyView(page)) {
        await to(view);
        const { violations } = await page.evaluate(() => axe.run());
        const grave = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
        assert.deepEqual(grave.map(({ id, nodes }) => `${view} ${id}: ${nodes[0].html}`), []);
      }
      assert.deepEqual(faults, []);
    }
  });

  test("a narrow window needs no scrolling sideways", async () => {
    for (const width of [360, 700]) {
      const { page, to } = await open(SAMPLES, "#/", { viewport: { width, height: 800 } });
      for (const view of await everyView(page)) {
        await to(view);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${view} is ${over} pixels too wide for ${width}`);
      }
    }
  });

  test("it prints without its controls", async () => {
    const { page } = await open(SAMPLES, "#/article/0");
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator(".top").isVisible(), false);
    assert.equal(await page.locator("#article").isVisible(), true);
  });
});

describe("the report of hostile articles", () => {
  test("runs no script of theirs, fetches nothing, and shows what they say as text", async () => {
    const { page, faults, to } = await open(HOSTILE);
    for (const view of await everyView(page)) {
      await to(view);
      const strangers = await page.evaluate(() => [...document.querySelectorAll("img, iframe, object, embed, base, style ~ style, [onerror], [onload], [onclick], main script")].map((e) => e.outerHTML));
      assert.deepEqual(strangers, [], view);
      const links = await page.evaluate(() => [...document.querySelectorAll("a[href]")].map((a) => a.getAttribute("href")));
      assert.deepEqual(links.filter((href) => !/^(#|https?:)/.test(href)), [], view);
    }
    await to("#/article/0");
    const shown = await page.locator("#article").innerText();
    assert.ok(shown.includes("<script>hacked('shared')</script>"), shown);
    for (const mark of await page.locator("#article [data-tip]").all()) await mark.hover();
    assert.deepEqual(faults, []);
  });

  test("what is saved holds no formula of theirs", async () => {
    const { page } = await open(HOSTILE, "#/articles");
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "List as CSV" }).click();
    const saved = readFileSync(await (await saving).path(), "utf8");
    assert.ok(saved.includes(`"'=HYPERLINK`), saved);
  });

  test("markup cannot be parsed from strings at all", async () => {
    const { page } = await open(HOSTILE);
    const refused = await page.evaluate(() => {
      try {
        document.body.innerHTML = "<b>parsed</b>";
        return false;
      } catch {
        return true;
      }
    });
    assert.ok(refused);
  });
});
