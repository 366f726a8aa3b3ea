// ── The data of the page: an index that is read at once, and packs that are unpacked when needed ──

const data = JSON.parse(document.getElementById("index").textContent);
const families = data.families.rows;
const articles = data.articles.rows;
/** The run took nothing out and only said what it would. */
const ONLY_TAGGED = Object.keys(data.all.tagged ?? {}).length > 0;
const nameOf = (n) => data.names[n];
families.forEach((family, n) => (family.n = n));
articles.forEach((article, n) => (article.n = n));

const recordKey = (file, record) => `${record}\n${file}`;
const articleAt = new Map(articles.map((article) => [recordKey(article.file, article.record), article]));
const familyBy = new Map(families.map((family) => [family.id, family]));
const labelOf = new Map(data.categories.map((category) => [category.name, category.label]));

/** The outlets that a filter names: the one of that name, or else all whose names contain it. */
function outletsNamed(name) {
  if (!name) return null;
  const exact = data.names.indexOf(name);
  if (exact >= 0) return new Set([exact]);
  const part = name.toLowerCase();
  return new Set(data.names.flatMap((other, n) => (other.toLowerCase().includes(part) ? [n] : [])));
}

const unpacked = new Map();

/** The list in a pack. */
function unpack(id) {
  if (!unpacked.has(id)) {
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    unpacked.set(id, new Response(stream).json());
  }
  return unpacked.get(id);
}

const familyInFull = async (family) => (await unpack(`families-${family.at[0]}`))[family.at[1]];
const articleInFull = async (article) => (await unpack(`articles-${article.at[0]}`))[article.at[1]];

// ── Groups of categories: as many as there are colours that can be told apart ──

const GROUPS = {
  navigation: ["accessibility_nav", "breadcrumb", "link_ui", "nav_menu", "section_label"],
  promotion: [
    "app_promo", "author_bio_promo", "contact_appeal", "donation_appeal", "follow_social", "newsletter_signup",
    "paywall_prompt", "share_bar",
  ],
  advertising: ["ad_slot", "affiliate_disclosure", "sponsor_slot", "vendor_powered_by"],
  teasers: ["gallery_ui", "inline_teaser", "related_headlines"],
  notices: [
    "archive_notice", "browser_notice", "comment_policy", "cookie_consent", "copyright_legal", "js_notice",
    "machine_notice", "syndication_notice",
  ],
  controls: [
    "comment_ui", "counter_line", "html_residue", "media_player_ui", "poll_widget", "social_embed_residue",
    "svg_icon_residue", "widget",
  ],
  repetition: ["duplicate_line", "template"],
};
const groups = new Map(Object.entries(GROUPS).flatMap(([group, names]) => names.map((name) => [name, group])));
const metadata = new Set(data.categories.filter((c) => c.metadata).map((c) => c.name));
const groupOf = (category) => (metadata.has(category) ? "metadata" : groups.get(category) ?? "other");

// ── Addresses: a view and what it is narrowed to, kept behind the # ──

/** An address of this page; values that say nothing are left out. */
function address(path, values = {}) {
  const set = Object.entries(values).filter(([, v]) => v !== undefined && v !== null && v !== "");
  const query = new URLSearchParams(set.map(([k, v]) => [k, String(v)])).toString();
  return `#/${path}${query && `?${query}`}`;
}

/** A part of an address, or as it stands where somebody mistyped it. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function place() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const parts = path.split("/").map(decoded);
  return { view: parts[0], id: parts.slice(1).join("/"), values: Object.fromEntries(new URLSearchParams(query ?? "")) };
}

const passageLink = (family) => address(`passage/${encodeURIComponent(family.id)}`);
const articleName = ({ title, opening, doc }) => title || opening || doc;
const articleLink = (article, values) => address(`article/${article.n}`, values);
const outletLink = (name) => address("outlet", { name });
