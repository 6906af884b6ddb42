#!/usr/bin/env python3
"""The JSON reader against python3's and jq's, on made-up and broken texts.

SP_SEED=N draws others, SP_COUNT=N sets how many texts are tried. What the
others take and RFC 8259 does not is listed here, and nothing else differs.
"""
import json
import os
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "lib"))
import tap
from tap import ok

BUILD = os.environ.get("SP_BUILD", "build")
SEED = int(os.environ.get("SP_SEED") or 1)
COUNT = int(os.environ.get("SP_COUNT") or 30000)
DEPTH_MAX = 512     # json.h
JQ_DEPTH_MAX = 256  # of jq 1.6; later ones take more
sys.setrecursionlimit(20000)
rnd = random.Random(SEED)
tap.seed = SEED


# Texts.

def space():
    return rnd.choice(["", "", "", "", " ", "\t", "\r", "  \t"])


def number():
    return rnd.choice([
        lambda: str(rnd.randrange(100)),
        lambda: str(-rnd.getrandbits(rnd.choice([8, 53, 64, 200]))),
        lambda: repr(rnd.uniform(-1e6, 1e6)),
        lambda: f"{rnd.randrange(10)}.{rnd.randrange(1000):03}"
                f"{rnd.choice('eE')}{rnd.choice(['', '+', '-'])}"
                f"{rnd.randrange(330):02}",
        lambda: rnd.choice(["0", "-0", "0e0", "-0.0", "1E400", "1e-400"]),
    ])()


def string():
    out = []
    for _ in range(rnd.choice([0, 1, 2, 5, 9, 30])):
        out.append(rnd.choice([
            lambda: rnd.choice("abc xyz/{}[],:0"),
            lambda: "\\" + rnd.choice('"\\/bfnrt'),
            lambda: f"\\u{rnd.randrange(0xd800):04x}",
            lambda: f"\\u{rnd.randrange(0xe000, 0x10000):04X}",
            lambda: f"\\ud{rnd.randrange(0x800, 0xc00):03x}"
                    f"\\ud{rnd.randrange(0xc00, 0x1000):03x}",
            lambda: f"\\u{rnd.randrange(0x10000):04x}",
            lambda: chr(rnd.choice([0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000,
                                    0xfffd, 0xffff, 0x10000, 0x10ffff])),
            lambda: chr(rnd.randrange(0xa1, 0xd800)),
            lambda: chr(rnd.randrange(0x10000, 0x110000)),
        ])())
    return '"' + "".join(out) + '"'


def value(depth):
    kind = rnd.randrange(8 if depth else 5)
    if kind == 0:
        return rnd.choice(["null", "true", "false"])
    if kind < 3:
        return number()
    if kind < 5:
        return string()
    n = rnd.randrange(5)
    if kind < 6:
        inner = [space() + value(depth - 1) + space() for _ in range(n)]
        return "[" + (",".join(inner) or space()) + "]"
    inner = [space() + rnd.choice(['"a"', '"a"', string()]) + space() + ":" +
             space() + value(depth - 1) + space() for _ in range(n)]
    return "{" + (",".join(inner) or space()) + "}"


def text():
    if rnd.random() < 0.01:
        n = rnd.randrange(500, 525)
        return ("[" * n + "]" * n).encode()
    return (space() + value(rnd.randrange(6)) + space()).encode()


BITS = [b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"0", b"-", b".",
        b"e", b"+", b" ", b"\t", b"\0", b"\x0c", b"\x1f", b"\x7f", b"\x80",
        b"\xc0", b"\xe2", b"\xed\xa0\x80", b"\xf0", b"\xf4\x90", b"\xff",
        b"\\u", b"\\ud800", b"\\udc00", b"\\x", b"true", b"nul", b"NaN",
        b"Infinity", b"//", b"/**/", b"'", b"\xef\xbb\xbf", b"01", b"\\u00"]


def mutate(t):
    for _ in range(rnd.choice([1, 1, 1, 2, 5])):
        i = rnd.randrange(len(t) + 1)
        j = min(len(t), i + rnd.choice([1, 1, 2, 8]))
        t = rnd.choice([
            lambda: t[:i] + t[j:],
            lambda: t[:i] + rnd.choice(BITS) + t[i:],
            lambda: t[:i] + rnd.choice(BITS) + t[j:],
            lambda: t[:i] + bytes([rnd.randrange(256)]) + t[j:],
            lambda: t[:i] + t[i:j] * 2 + t[j:],
            lambda: t[:i],
        ])()
    return t


def texts():
    while True:
        t = text()
        for one in (t, mutate(t), mutate(t)):
            if b"\n" not in one:
                yield one


# What python makes of them.

class Refused(Exception):
    pass


class Number(str):
    pass


def refuse_constant(word):
    raise Refused(word)


def depth_of(t):
    depth = deepest = 0
    for c in re.sub(rb'"(?:[^"\\]|\\.)*"', b"", t):
        depth += (c in b"[{") - (c in b"]}")
        deepest = max(deepest, depth)
    return deepest


def write(v):
    """As --values writes it; refuses what python takes and we do not."""
    if isinstance(v, Number):
        return str(v)
    if isinstance(v, str):
        return json.dumps(re.sub("[\ud800-\udfff]", "\ufffd", v),
                          ensure_ascii=False)
    if isinstance(v, tuple):
        return "{" + ",".join(write(k) + ":" + write(x) for k, x in v) + "}"
    if isinstance(v, list):
        return "[" + ",".join(map(write, v)) + "]"
    return {None: "null", True: "true", False: "false"}[v]


def python_says(t):
    try:
        if depth_of(t) > DEPTH_MAX:
            raise Refused("nested too deep")
        return write(json.loads(
            t.decode("utf-8"), parse_int=Number, parse_float=Number,
            parse_constant=refuse_constant, object_pairs_hook=tuple))
    except (ValueError, Refused):
        return None


# The comparison.

def ours(mode, lines):
    run = subprocess.run(
        [f"{BUILD}/tests/json-check", *mode, "--lines"],
        input=b"".join(t + b"\n" for t in lines), stdout=subprocess.PIPE)
    out = run.stdout.split(b"\n")[:-1]
    if run.returncode not in (0, 1) or len(out) != len(lines):
        print(f"Bail out! json-check: status {run.returncode}, "
              f"{len(out)} answers to {len(lines)} texts")
        sys.exit(1)
    return out


def compare(name, lines, want, got):
    bad = [(t, w, g) for t, w, g in zip(lines, want, got) if w != g]
    detail = "\n".join(f"text {t!r}\nwant {w!r}\ngot  {g!r}"
                       for t, w, g in bad[:3])
    ok(not bad, f"{name}: {len(lines)} texts", detail)


def simple(v):
    """A value as jq 1.6 has it: numbers are doubles, and finite."""
    if isinstance(v, (int, float)) and not isinstance(v, bool):
        f = float(v) if abs(v) < 10 ** 308 else float("inf") * (v > 0 or -1)
        return max(-sys.float_info.max, min(sys.float_info.max, f)) + 0.0
    if isinstance(v, list):
        return [simple(x) for x in v]
    if isinstance(v, dict):
        return {k: simple(x) for k, x in v.items()}
    return v


def against_jq(lines):
    run = subprocess.run(["jq", "-c", "."], input=b"\n".join(lines) + b"\n",
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out = run.stdout.split(b"\n")[:-1]
    ok(run.returncode == 0 and len(out) == len(lines),
       "jq takes whatever we take", run.stderr.decode()[:300])
    compare("jq reads the same values", lines,
            [json.dumps(simple(json.loads(t)), sort_keys=True) for t in lines],
            [json.dumps(simple(json.loads(t)), sort_keys=True) for t in out])


def main():
    print(f"# SP_SEED={SEED} SP_COUNT={COUNT}")
    source = texts()
    lines = [next(source) for _ in range(COUNT)]
    said = [python_says(t) for t in lines]
    accepted = [v == b"ok" for v in ours([], lines)]
    compare("accepted and refused as python does, strictly", lines,
            [s is not None for s in said], accepted)

    good = [(t, s.encode()) for t, s in zip(lines, said) if s is not None]
    ok(COUNT * 0.3 < len(good) < COUNT * 0.7,
       f"{len(good)} of {COUNT} texts are JSON: a fair share")
    lines = [t for t, _ in good]
    compare("the values are python's", lines, [s for _, s in good],
            ours(["--values"], lines))
    compare("compacting takes away white space between tokens, only", lines,
            [re.sub(rb'("(?:[^"\\]|\\.)*")|[ \t\r]+', rb"\1", t)
             for t in lines], ours(["--compact"], lines))
    # An escape for half a pair is JSON, but jq 1.6 refuses it.
    against_jq([t for t in lines if depth_of(t) <= JQ_DEPTH_MAX and
                not re.search("[\ud800-\udfff]", json.dumps(json.loads(
                    t, object_pairs_hook=list), ensure_ascii=False))])
    return tap.finish()


sys.exit(main())
