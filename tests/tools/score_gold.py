#!/usr/bin/env python3
"""Hold the changes of a run against labelled lines.

usage: score_gold.py OUT GOLD.jsonl [--show] [--max-lost N] [--min-removed N]
       [--min-metadata N] [--all-metadata]

OUT is the folder of a run. GOLD has a row a line: {"file" or "doc", "line_no", "label", "category", "n_chars",
"also_ok"?, "cut"?}, where label is content, boilerplate or metadata. A line counts as removed where at least half of
its characters were. Content is lost when it was removed; boilerplate counts when it was removed, whatever the category;
metadata counts when it was removed under a metadata category (or under any, where also_ok says boilerplate).
Exits 1 where a bound is missed.
"""
import argparse, collections, glob, json, os, sys

METADATA = set("byline dateline timestamp caption photo_credit source_credit page_title image_alt tag_list".split())

ap = argparse.ArgumentParser()
ap.add_argument("out"); ap.add_argument("gold")
ap.add_argument("--show", action="store_true", help="list what was decided otherwise than labelled")
ap.add_argument("--max-lost", type=int); ap.add_argument("--min-removed", type=int)
ap.add_argument("--all-metadata", action="store_true"); ap.add_argument("--min-metadata", type=int)
a = ap.parse_args()

removed = collections.defaultdict(list)
for path in sorted(glob.glob(os.path.join(a.out, "changes", "**", "*.jsonl"), recursive=True)):
    for row in map(json.loads, open(path, encoding="utf-8")):
        if row["action"] == "remove":
            removed[row["doc"], row["line"]].append(row)

count, seen = collections.Counter(), collections.Counter()
for gold in map(json.loads, open(a.gold, encoding="utf-8")):
    doc, label = gold.get("doc") or gold["file"], gold["label"]
    rows = removed.get((doc, gold["line_no"]), [])
    gone = sum(len(r["text"].strip()) for r in rows) * 2 >= gold["n_chars"] and bool(rows)
    seen[label] += 1
    if label == "metadata":
        good = gone and (rows[0]["category"] in METADATA or "boilerplate" in (gold.get("also_ok") or []))
    else:
        good = gone == (label == "boilerplate")
    if gold.get("cut"):
        seen["cut"] += 1
        count["cut"] += any(gold["cut"].strip() in r["text"] for r in rows)
    count[label] += good
    if a.show and not good:
        what = f"removed as {rows[0]['category']}: {rows[0]['text'].strip()[:90]!r}" if rows else "kept"
        print(f"{doc}:{gold['line_no']} {label} {gold['category']} {what}")

lost = seen["content"] - count["content"]
print(f"content lost {lost} of {seen['content']}, boilerplate removed {count['boilerplate']} of {seen['boilerplate']}, "
      f"metadata tagged {count['metadata']} of {seen['metadata']}, cuts made {count['cut']} of {seen['cut']}")
bad = (a.max_lost is not None and lost > a.max_lost or a.min_removed is not None and count["boilerplate"] < a.min_removed
       or a.min_metadata is not None and count["metadata"] < a.min_metadata
       or a.all_metadata and count["metadata"] < seen["metadata"])
sys.exit(1 if bad else 0)
