#!/usr/bin/env python3
"""Kill a run again and again at random moments, let it end, and compare with an undisturbed one.

    python3 tests/tools/soak.py PROGRAM INPUT [--kills 30] [--seed 1] [--dir DIR] [-- run|clean|dedup … options]

PROGRAM is the binary, INPUT what it reads. Both runs write below DIR (a temporary folder by default),
which needs room for three times the input. Ends with 0 if all files but run.json are the same.
"""
import argparse
import filecmp
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time


def files(folder):
    found = set()
    for base, _, names in os.walk(folder):
        found |= {os.path.relpath(os.path.join(base, name), folder) for name in names}
    return found - {"run.json"}


def main():
    ours, rest = sys.argv[1:], ["run"]
    if "--" in ours:
        at = ours.index("--")
        ours, rest = ours[:at], ours[at + 1:]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("input")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dir")
    args = parser.parse_args(ours)
    base = args.dir or tempfile.mkdtemp(prefix="unchaff-soak-")
    whole, out = os.path.join(base, "whole"), os.path.join(base, "out")
    for folder in (whole, out):
        shutil.rmtree(folder, ignore_errors=True)

    def command(folder):
        return [args.program, *rest, args.input, "-o", folder, "--quiet"]

    begun = time.time()
    subprocess.run(command(whole), check=True)
    length = time.time() - begun
    print(f"undisturbed: {length:.1f} s", flush=True)

    chance = random.Random(args.seed)
    killed, worked = 0, 0.0
    while killed < args.kills:
        begun = time.time()
        run = subprocess.Popen(command(out))
        try:
            run.wait(chance.uniform(0.02, 2.0) * length / args.kills + 1)
            print(f"it ended before it could be killed {args.kills} times; beginning again", flush=True)
            if not same(whole, out):
                return 1
            shutil.rmtree(out)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
            run.wait()
            killed += 1
        worked += time.time() - begun
    begun = time.time()
    subprocess.run(command(out), check=True)
    worked += time.time() - begun
    print(f"killed {killed} times: {worked:.1f} s of work in all", flush=True)
    return 0 if same(whole, out) else 1


def same(whole, out):
    names = files(whole)
    if names != files(out):
        print("different files:", sorted(names ^ files(out))[:10])
        return False
    _, different, unread = filecmp.cmpfiles(whole, out, names, shallow=False)
    print(f"{len(names)} files compared, {len(different) + len(unread)} differ", different[:10], flush=True)
    return not different and not unread


if __name__ == "__main__":
    sys.exit(main())
