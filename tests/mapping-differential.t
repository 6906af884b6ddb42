#!/usr/bin/env python3
"""The built-in mappings in both engines, on captures that are made odd.

Captures of all endpoints, from tests/data, are changed at random: members are
dropped, renamed, doubled and moved, values become others of any kind. Rows,
their order, error records and messages must be the same, byte for byte.

SP_SEED=N draws others, SP_COUNT=N sets how many captures are tried, and
SP_SECONDS=N goes on with new ones so long.
"""
import glob
import gzip
import json
import os
import random
import subprocess
import sys
import time

BUILD = os.environ.get("SP_BUILD", "build")
SEED = int(os.environ.get("SP_SEED") or 1)
COUNT = int(os.environ.get("SP_COUNT") or 1000)
SECONDS = float(os.environ.get("SP_SECONDS") or 0)
BATCH = 1500  # captures of one run of the programs
DATA = "tests/data"
COMMON = {"type": "capture", "run": "R1", "endpoint": "", "user": "kim",
          "status": 200, "fetched_at": "2026-11-22T12:00:00.000Z"}
rnd = random.Random(SEED)


# Good captures.

def from_cases():
    """Those of the cases of each mapping, as filters.t has them."""
    decoder = json.JSONDecoder()
    for path in sorted(glob.glob(f"{DATA}/filters/*.json")):
        with open(path, encoding="utf-8") as f:
            text = f.read().strip().replace('"AT"', json.dumps(
                COMMON["fetched_at"]))
        while text:
            case, end = decoder.raw_decode(text)
            text = text[end:].lstrip()
            for name in ("case", "rows", "refused"):
                case.pop(name, None)
            if case.get("url"):
                case["url"] = "https://api.spotify.com" + case["url"]
            endpoint = os.path.basename(path)[:-len(".json")]
            yield {**COMMON, "endpoint": endpoint, **case}


def from_streams():
    """Captures that were recorded, a few of each endpoint of a stream."""
    for path in sorted(glob.glob(f"{DATA}/golden/in/*.gz")):
        seen = {}
        with gzip.open(path, "rt", encoding="utf-8") as f:
            for line in f:
                record = json.loads(line)
                endpoint = record.get("endpoint")
                seen[endpoint] = seen.get(endpoint, 0) + 1
                if record["type"] == "capture" and seen[endpoint] <= 3:
                    yield record


def shortened(value, most=4):
    """The same with shorter lists, so that a change meets what matters."""
    if isinstance(value, list):
        return [shortened(v, most) for v in value[:most]]
    if isinstance(value, dict):
        return {k: shortened(v, most) for k, v in value.items()}
    return value


def page():
    with open(f"{DATA}/transform/recently-played.json",
              encoding="utf-8") as f:
        return {**COMMON, "endpoint": "recently-played",
                "request": "0" * 26, "body": json.load(f)}


# Changes.

TEXTS = ["", " ", "x", "0", "null", "2026-11-22T06:40:00Z",
         "2026-11-22T06:40:00.123Z", "2026-11-22T06:40:00.1234567Z",
         "2026-02-29T00:00:00Z", "2024-02-29T23:59:59.999Z", "0000-00-00",
         "2026-13-01T00:00:00Z", "2026-11-22 06:40", "2999-01-01T00:00:00Z",
         "1969-12-31T23:59:59Z", "2026", "2026-11", "1582-10-10T00:00:00Z",
         "spotify:track:t9", "spotify:track:", "spotify:episode:e1",
         "spotify:local:a:b:c:1", "spotify:playlist:p1", "spotify:artist:a1",
         "spotify:user:kim:playlist:p2", "spotify:user:kim", "spotify:show:s",
         "spotify:playlist:p%C3%A9", "https://api.spotify.com/v1/me",
         "/v1/playlists/p1/items?offset=100&limit=50", "/v1/albums/a%2Fb",
         "?ids=a,b,,c", "a,b", "\u00e9\U0001d11e", "\0", "\x1f\n\t",
         "\"quoted\\\"", "\ufffd", "\u2028", "x" * 300, "track", "episode",
         "album", "true", "day", "<&>'"]
NUMBERS = [0, 1, -1, 2, 3.5, -0.5, 0.1, 1e-7, 100, 1e3, 2 ** 31, 2 ** 53,
           2 ** 53 + 1, 2 ** 63, 1e17, 123456789012345678901234567890, 1e300,
           -1e300, 5e-324, 1.7976931348623157e308, 199, 300, 404]


def odd(depth=2):
    kind = rnd.randrange(8 if depth else 5)
    if kind == 0:
        return rnd.choice([None, True, False])
    if kind < 3:
        return rnd.choice(TEXTS)
    if kind < 5:
        return rnd.choice(NUMBERS)
    n = rnd.choice([0, 1, 1, 2, 3])
    if kind == 5:
        return [odd(depth - 1) for _ in range(n)]
    if kind == 6 and rnd.randrange(20) == 0:
        value = odd(0)
        for _ in range(rnd.choice([5, 50, 400])):
            value = rnd.choice([lambda v: [v], lambda v: {"a": v}])(value)
        return value
    return {rnd.choice(NAMES): odd(depth - 1) for _ in range(n)}


def places(value, found, path=()):
    """Every place in a value: its container and where it is there."""
    items = value.items() if isinstance(value, dict) else \
        enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found.append((value, key))
        places(inner, found, path + (key,))
    return found


def change(capture, values):
    container, key = rnd.choice(places(capture, []))
    how = rnd.randrange(12)
    if how < 5:
        container[key] = odd()
    elif how < 7:
        container[key] = json.loads(rnd.choice(values))
    elif how == 7:
        del container[key]
    elif isinstance(container, list):
        if how == 8:
            container.insert(key, json.loads(json.dumps(container[key])))
        elif how == 9:
            container.reverse()
        else:
            container.insert(key, odd())
    elif how == 8:
        container[rnd.choice(NAMES)] = container.pop(key)
    elif how == 9:
        items = list(container.items())
        rnd.shuffle(items)
        container.clear()
        container.update(items)
    else:
        container[rnd.choice(NAMES)] = odd()


def mutants(good, values):
    texts = [json.dumps(c) for c in good]
    while True:
        capture = json.loads(rnd.choice(texts))
        for _ in range(rnd.choice([1, 1, 1, 2, 3, 6])):
            change(capture, values)
        capture["type"] = "capture"
        if not isinstance(capture.get("endpoint"), str):
            capture["endpoint"] = rnd.choice(good)["endpoint"]
        yield capture


def line(capture):
    """As JSON, some of it with escapes and blanks."""
    text = json.dumps(capture, ensure_ascii=rnd.random() < 0.3,
                      separators=rnd.choice([(",", ":"), (", ", ": ")]))
    if rnd.random() < 0.05 and text[-1] == "}":
        # A member twice: the last one counts.
        name = rnd.choice(list(capture))
        text = text[:-1] + f", {json.dumps(name)}: {json.dumps(odd())}}}"
    return text


# The comparison.

def run(engine, lines):
    with subprocess.Popen(
            [f"{BUILD}/sp-transform", "--engine", engine, "--timeout", "20s"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE) as p:
        out, err = p.communicate(
            "".join(text + "\n" for text in lines).encode())
    return p.returncode, out, err


def of_one(engine, text):
    return run(engine, [text])


def has_del(text):
    return "\\u007f" in text or "\x7f" in text


def compare(lines):
    """How many of the captures differ; the first few are printed."""
    own, libjq = run("own", lines), run("libjq", lines)
    if own == libjq and own[0] in (0, 1):
        return 0, own[1].count(b'"type":"row"')
    bad = [t for t in lines if of_one("own", t) != of_one("libjq", t)]
    for text in bad[:3]:
        print("#", text[:2000])
        for engine in "own", "libjq":
            status, out, err = of_one(engine, text)
            print(f"# {engine}: {status}", out.decode()[:1500]
                  .replace("\n", "\n#   "), err.decode()[:500])
    if not bad:
        print(f"# each alone is the same: {own[0]} {libjq[0]}")
    return max(1, len(bad)), 0


def main():
    global NAMES
    good = [shortened(c) for c in (*from_cases(), *from_streams(), page())]
    found = [p for c in good for p in places(c, [])]
    NAMES = sorted({k for _, k in found if isinstance(k, str)})
    values = sorted({json.dumps(c[k]) for c, k in found
                     if not isinstance(c[k], (dict, list)) or c[k]})
    # The engines write DEL differently in JSON, as lib/jq/README.md says.
    values = [v for v in values if len(v) < 2000 and not has_del(v)]
    endpoints = {c["endpoint"] for c in good}
    print(f"# SP_SEED={SEED} SP_COUNT={COUNT}: {len(good)} good captures of "
          f"{len(endpoints)} endpoints")
    source, began = mutants(good, values), time.time()
    tried = bad = rows = 0
    while tried < COUNT or time.time() - began < SECONDS:
        n = min(BATCH, COUNT - tried) if tried < COUNT else BATCH
        lines = [line({**next(source), "seq": i}) for i in range(n)]
        different, made = compare(lines)
        tried, bad, rows = tried + n, bad + different, rows + made
    print("1..2")
    print(f"{'not ' if bad else ''}ok 1 - {tried} captures: {rows} rows, "
          f"{bad} different")
    good = rows >= tried or bad
    print(f"{'' if good else 'not '}ok 2 - they have many rows")
    return bad > 0 or not good


sys.exit(main())
