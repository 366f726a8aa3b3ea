"""Checks that every dependency may be used under a licence that deny.toml allows.

    cargo metadata --format-version 1 | python3 tests/tools/licences.py deny.toml
"""

import json
import re
import sys
import tomllib


def allowed(expression, allow):
    """Whether an SPDX expression of AND, OR, WITH and brackets is satisfied; `/` is an old OR."""
    words = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))

    def either():
        value = both()
        while words and words[0] == "OR":
            words.pop(0)
            value = both() or value
        return value

    def both():
        value = one()
        while words and words[0] == "AND":
            words.pop(0)
            value = one() and value
        return value

    def one():
        word = words.pop(0)
        if word == "(":
            value = either()
            words.pop(0)
            return value
        if words and words[0] == "WITH":
            words.pop(0)
            word += " WITH " + words.pop(0)
        return word in allow

    return either() and not words


with open(sys.argv[1], "rb") as file:
    allow = set(tomllib.load(file)["licenses"]["allow"])
packages = json.load(sys.stdin)["packages"]
bad = [f"{p['name']}: {p['license']}" for p in packages if not allowed(p["license"] or "none", allow)]
if bad:
    sys.exit("not allowed by deny.toml:\n" + "\n".join(bad))
print(f"{len(packages)} packages, all under allowed licences")
