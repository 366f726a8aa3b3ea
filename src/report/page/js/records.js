// ── Records: those that could not be read, and those that are there more than once ──

function rejects() {
  return {
    title: "Rejected records",
    body: [
      el("p", { class: "note" }, "What could not be read. Everything else was done."),
      figure("Rejects", null, [table("Rejects", [["File"], ["Record", "n"], ["Byte", "n"], ["Reason", "text"]],
        data.rejects.rows.map((r) => [r.file, number(r.record), number(r.offset), r.reason])), leftOut(data.rejects, ["record"], "rejects.jsonl")],
        ["file", "record", "byte", "reason"], data.rejects.rows.map((r) => [r.file, r.record, r.offset, r.reason])),
    ],
  };
}

function duplicatesView() {
  const clusters = data.duplicates.rows;
  const members = clusters.flatMap((cluster) => cluster.members.map((member) => [
    cluster.id, cluster.kept.doc, cluster.why, member.doc, member.outlet, member.date ?? "", member.kind, member.overlap,
  ]));
  return {
    title: "Duplicates",
    body: [
      el("p", { class: "note" }, "Documents that are one another’s duplicates: the one that would stay and why, and the share of each other’s words that it has."),
      figure("Clusters", null, [el("ol", { class: "cards" }, clusters.map(clusterCard)), leftOut(data.duplicates, ["cluster"], "duplicates.jsonl")],
        ["cluster", "kept", "why", "document", "outlet", "date", "kind", "overlap"], members),
    ],
  };
}

function clusterCard({ kept, why, members }) {
  return el("li", {},
    el("p", {}, recordLink(kept), el("span", { class: "soft" }, ` stays: ${why}`)),
    el("ul", {}, members.slice(0, 20).map((member) => el("li", {}, recordLink(member),
      el("span", { class: "soft" }, ` ${spaced(member.kind)}, ${(100 * member.overlap).toFixed(1)} %`)))),
    members.length > 20 && el("p", { class: "note" }, `and ${number(members.length - 20)} more`));
}

/** A document by its outlet, date and title, leading to its article where the page has it. */
function recordLink({ doc, file, record, outlet, date }) {
  const article = articleAt.get(recordKey(file, record));
  const name = article ? articleName(article) : doc;
  return [el("a", { href: outletLink(outlet) }, outlet), date && [" · ", time(date)], " · ", article ? el("a", { href: articleLink(article) }, name) : name];
}
