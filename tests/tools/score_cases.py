#!/usr/bin/env python3
"""Hold `unchaff clean` against single lines and spans whose context alone tells what they are.

usage: score_cases.py UNCHAFF CASES.jsonl [--strictness S] [--join BLANK] [--ids even|odd] [--show]
       [--max-lost N] [--min-dropped SHARE] [--min-cuts N]

A case is a line with its neighbours, {"id", "lang", "context_before", "line", "context_after", "label", "category"}, or a
text with what is to go out of it, {"id", "lang", "text", "remove": [{"char_start", "char_end", "replace_with"?}]}. Each is
cleaned as a document of its own outlet. A content line is lost where anything of it goes; a boilerplate line is dropped
where at least half of it goes. A cut is exact where the text that is left is the text without the spans, white space
aside; where words run together or break, it is not. Exits 1 where a bound is missed.
"""
import argparse, collections, json, os, subprocess, sys, tempfile

ap = argparse.ArgumentParser()
ap.add_argument("unchaff"); ap.add_argument("cases")
ap.add_argument("--strictness", default="balanced")
ap.add_argument("--join", type=int, default=0, metavar="BLANK", help="blank lines between lines")
ap.add_argument("--ids", choices=["even", "odd"], help="only cases whose number is so")
ap.add_argument("--show", action="store_true")
ap.add_argument("--max-lost", type=int); ap.add_argument("--min-dropped", type=float); ap.add_argument("--min-cuts", type=int)
a = ap.parse_args()

cases = [json.loads(row) for row in open(a.cases, encoding="utf-8")]
if a.ids:
    cases = [c for c in cases if int(c["id"].split("-")[-1]) % 2 == (a.ids == "odd")]


def document(case):
    between = "\n" * (1 + a.join)
    before = "".join(line + between for line in case.get("context_before", []))
    line = case["text"] if "text" in case else case["line"]
    after = "".join(between + line for line in case.get("context_after", []))
    return before, line, before + line + after


def cleaned():
    """The changes of each case's document: (start, end, new text)."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = os.path.join(folder, "in.jsonl"), os.path.join(folder, "out")
        with open(source, "w", encoding="utf-8") as f:
            for case in cases:
                row = {"id": case["id"], "outlet": case["id"], "lang": case["lang"], "text": document(case)[2]}
                f.write(json.dumps(row, ensure_ascii=False) + "\n")
        subprocess.run([a.unchaff, "clean", source, "-o", out, "-q", "--strictness", a.strictness], check=True)
        changes = collections.defaultdict(list)
        for folder, _, files in os.walk(os.path.join(out, "changes")):
            for file in files:
                for row in map(json.loads, open(os.path.join(folder, file), encoding="utf-8")):
                    changes[row["doc"]].append((row["start"], row["end"], row.get("with", ""), row["category"]))
        return changes


def edited(text, edits):
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return " ".join(text.split())


changes = cleaned()
seen, right = collections.Counter(), collections.Counter()
for case in cases:
    before, line, _ = document(case)
    start, end = len(before), len(before) + len(line)
    own = [c for c in changes[case["id"]] if c[0] < end and c[1] > start]
    removed = [c for c in own if c[3]]
    gone = sum(len(line[max(c[0] - start, 0):c[1] - start].strip()) for c in removed)
    if "text" in case:
        kind = "cut"
        wanted = edited(line, [(s["char_start"], s["char_end"], s.get("replace_with", "")) for s in case["remove"]])
        got = edited(line, [(s, min(e, end), new) for s, e, new, _ in own])
        good = wanted == got
        told = f"{got!r}"
    else:
        kind = case["label"]
        good = gone == 0 if kind == "content" else 2 * gone >= len(line)
        told = f"{case['category']}: {line[:90]!r} {'went as ' + removed[0][3] if removed else 'stayed'}"
    for key in (kind, f"{kind} {case['lang']}", f"{kind} of {case.get('category', 'spans')}"):
        seen[key] += 1
        right[key] += good
    if a.show and not good:
        print(f"{case['id']} {case['lang']} {kind} {told}")

for key in sorted(seen, key=lambda key: (key.count(" "), key)):
    what = {"content": "kept", "boilerplate": "dropped", "cut": "exact"}[key.split()[0]]
    if a.show or right[key] < seen[key] or " " not in key:
        print(f"{key}: {what} {right[key]} of {seen[key]}")
bad = (a.max_lost is not None and seen["content"] - right["content"] > a.max_lost
       or a.min_dropped is not None and right["boilerplate"] < a.min_dropped * seen["boilerplate"]
       or a.min_cuts is not None and right["cut"] < a.min_cuts)
sys.exit(1 if bad else 0)
