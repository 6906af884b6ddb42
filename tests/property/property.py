#!/usr/bin/env python3
"""Loading is a merge: random histories, delivered in any order, any number of
times, in any number of runs and processes, one after another or at once, and
delivered again in part from staging_raw, give the same tables, whose values come from
the same captures.

What fails is shrunk to as few rows of as few columns as still fail, and
printed with the seed.

    property.py [--seed N] [--only I] [--rounds N | --seconds S]
                [--load PROGRAM] [--keep DIR]

--only I tries history I of the seed alone. --load names another program to
run as sp-load, such as one that is broken on purpose. What failed is left in
--keep.
"""
import argparse
import collections
import contextlib
import hashlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
from provenance import provenance  # noqa: E402
from histories import ENDPOINTS, OWN_SCHEMA, RUNS, Story, line  # noqa: E402

BUILD = os.path.abspath(os.environ.get("SP_BUILD", "build"))
MARK = "~property"
TIMEOUT = 300  # seconds, of any program
SHRINK_SECONDS = 120  # at most
TOGETHER = 30  # histories that are mapped in one go
STATUSES = (0, 1, 65, 69)  # 65 and on: of runs that are to end badly


UNUSABLE = "a record that cannot be used"


class Wrong(Exception):
    """A property that does not hold, and a script that shows it."""

    def __init__(self, what, script=None):
        super().__init__(what)
        self.script = script


class Programs:
    """The programs at work in a folder, each database from an empty one."""

    def __init__(self, folder, load):
        self.folder, self.count = folder, 0
        self.load = load or os.path.join(BUILD, "sp-load")
        self.empty = os.path.join(folder, "empty.db")
        self.run([self.load, "--db", self.empty], b"", (65,))
        with contextlib.closing(sqlite3.connect(self.empty)) as db:
            db.executescript("pragma journal_mode = delete;" + OWN_SCHEMA)

    def fresh(self):
        self.count += 1
        path = os.path.join(self.folder, f"{self.count}.db")
        shutil.copyfile(self.empty, path)
        return path

    def drop(self, path):
        for end in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path + end)

    def run(self, command, text, statuses=STATUSES):
        done = subprocess.run(command, input=text, capture_output=True,
                              timeout=TIMEOUT)
        if done.returncode not in statuses:
            raise Wrong(f"{' '.join(command)}: status {done.returncode}: "
                        + done.stderr.decode(errors="replace")[-500:])
        return done.stdout

    def digest(self, path):
        """All of the tables, and which capture each value comes from."""
        text = self.run([self.load, "--digest", "--db", path], b"", (0,))
        tables = {r["table"]: (r["rows"], r["digest"])
                  for r in map(json.loads, text.splitlines())}
        return tables | {"sources of " + t: rows
                         for t, rows in provenance(path).items()}

    def shell(self, text, statuses=STATUSES):
        """A pipeline of the programs, to be fed and waited for."""
        return Pipe(["sh", "-c", text], statuses, {
            **os.environ, "PATH": BUILD + ":" + os.environ["PATH"],
            "LOAD": self.load})

    def start(self, path, command, options, statuses):
        if command == LOAD:
            return Pipe([self.load, "--db", path] + options.split(), statuses)
        return self.shell(f"{command} --db '{path}' {options}", statuses)


class Pipe:
    def __init__(self, command, statuses, env=None):
        self.statuses, self.command = statuses, command
        self.text = tempfile.TemporaryFile()
        self.said = tempfile.TemporaryFile()
        self.env = env

    def start(self, text):
        self.text.write(text)
        self.text.seek(0)
        self.process = subprocess.Popen(
            self.command, stdin=self.text, stdout=subprocess.DEVNULL,
            stderr=self.said, env=self.env)
        return self

    def end(self):
        try:
            status = self.process.wait(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.said.seek(0)
        said = self.said.read().decode(errors="replace")
        self.text.close()
        self.said.close()
        if status not in self.statuses:
            raise Wrong(f"{' '.join(self.command)}: status {status}: "
                        + said[-500:], UNUSABLE if status == 1 else None)


# --- scripts: what is loaded by whom -----------------------------------------
#
# A script is a list of groups. Those of a group work at once, and the groups
# one after another. Each is a list of lines, which one pipeline is fed.

def play(programs, path, script, command, options="", statuses=STATUSES):
    for group in script:
        pipes = [programs.start(path, command, options, statuses).start(
            "".join(l + "\n" for l in lines).encode()) for lines in group]
        for pipe in pipes:
            pipe.end()


LOAD = '"$LOAD"'
MAP = 'sp-transform | "$LOAD"'


def loaded(programs, script, command=LOAD, options="", statuses=STATUSES):
    """The digest of what comes of a script."""
    path = programs.fresh()
    try:
        play(programs, path, script, command, options, statuses)
        return programs.digest(path)
    finally:
        programs.drop(path)


def differing(a, b):
    return [t for t in sorted(set(a) | set(b)) if a.get(t) != b.get(t)]


def opened(run):
    return line({"type": "run", "run": run, "job": "property"})


def ended(run, status="complete"):
    return line({"type": "end", "run": run, "status": status})


def in_runs(r, lines, good=True):
    """Lines as a stream of a few runs, or without any. Not good: all of them
    in runs that are cut or end badly."""
    if good and r.randrange(4) == 0:
        return list(lines)
    stream, rest = [], list(lines)
    while rest or not stream:
        n = r.randint(1, max(1, len(rest)))
        run = "01PROPERTY" + str(r.randrange(1000))
        stream += [opened(run)] + rest[:n]
        rest = rest[n:]
        how = "complete" if good else r.choice(["cut", "deferred", "failed"])
        if how != "cut":
            stream.append(ended(run, how))
    return stream


def delivered(r, items):
    """All items in some order, some of them more than once."""
    items = list(items) + r.choices(items, k=r.randrange(len(items) + 1))
    r.shuffle(items)
    return items


def split(r, items, n):
    """All items among n, each item once or more often."""
    parts = [[] for _ in range(n)]
    for item in items:
        for part in r.sample(parts, r.choice((1, 1, 1, n))):
            part.append(item)
    return parts


# --- what may be done with a history -----------------------------------------

class History:
    """A story, and the rows that sp-transform makes of its records."""

    def __init__(self, seed):
        self.records = Story(seed).records
        self.lines = [line(r) for r in self.records]
        self.units = []

    @property
    def rows(self):
        return [l for unit in self.units for l in unit]


def histories(programs, seed, numbers):
    """Histories that are mapped together: what takes long is to compile the
    mappings."""
    mark = line({"type": "row", "table": MARK, "row": {}})
    drawn = {n: History(f"{seed}/{n}") for n in numbers}
    text = "".join(f"{mark}\n{l}\n" for h in drawn.values() for l in h.lines)
    program = os.path.join(BUILD, "sp-transform")
    out = programs.run([program], text.encode(), (0, 1)).decode()
    if out != programs.run([program, "--engine", "libjq"], text.encode(),
                           (0, 1)).decode():
        say("libjq gives other rows: seed", seed,
            "histories", min(numbers), "to", max(numbers))
        sys.exit(1)
    into = (h for h in drawn.values() for _ in h.lines)
    for l in out.splitlines():
        if f'"{MARK}"' in l:
            unit = []
            next(into).units.append(unit)
        elif l.startswith('{"type":"row"'):
            unit.append(l)
    return drawn


def units_shuffled(r, h):
    """One process; the captures in another order, some again."""
    rows = [l for unit in delivered(r, h.units) for l in unit]
    return [[in_runs(r, rows)]]


def rows_one_after_another(r, h):
    rows = delivered(r, h.rows)
    return [[in_runs(r, p)] for p in split(r, rows, r.randint(2, 4))]


def rows_at_once(r, h):
    rows = delivered(r, h.rows)
    return [[in_runs(r, p) for p in split(r, rows, r.randint(2, 3))]]


def after_bad_ends(r, h):
    """Part of it in runs that end badly, before or at the same time."""
    bad = in_runs(r, [l for l in h.rows if r.randrange(2)], good=False)
    good = in_runs(r, delivered(r, h.rows))
    return r.choice([[[bad], [good]], [[bad, good]]])


ON_ROWS = [units_shuffled, rows_one_after_another, rows_at_once,
           after_bad_ends]


def batches(r):
    return f"--batch-rows {r.choice((1, 2, 5, 200000))}"


def check_rows(programs, h, want, r, how):
    script, options = how(r, h), batches(r)
    try:
        got = loaded(programs, script, LOAD, options)
    except Wrong as wrong:
        wrong.script = (LOAD, options, script)
        raise
    if got != want:
        raise Wrong(f"{how.__name__}: other {', '.join(differing(got, want))}",
                    (LOAD, options, script))


def words(programs, lines):
    """What is said of the lists, and the status, when all is loaded."""
    path = programs.fresh()
    try:
        done = subprocess.run(
            [programs.load, "--db", path], capture_output=True,
            input="".join(l + "\n" for l in lines).encode(), timeout=TIMEOUT)
    finally:
        programs.drop(path)
    return done.returncode, sorted(
        l for l in done.stderr.decode().splitlines() if "track list" in l)


def check_words(programs, h, r):
    if words(programs, h.rows) != words(programs, delivered(r, h.rows)):
        raise Wrong("in another order, something else is said")


def choices(r, h):
    """Which captures a replay sends."""
    captures = [c for c in h.records if c["type"] == "capture"]
    how = ["--endpoint " + r.choice(captures)["endpoint"], "",
           "--since '" + r.choice(captures)["fetched_at"] + "'",
           "--until '" + r.choice(captures)["fetched_at"] + "'"]
    how += ["--run " + c["run"] for c in captures if c.get("run") in RUNS][:1]
    return r.choice(how)


def check_pipeline(programs, h, want, r):
    """The captures themselves, through all stages, and then from staging."""
    lines = delivered(r, h.lines)
    script = [[in_runs(r, p) for p in split(r, lines, r.choice((1, 1, 2)))]]
    command = 'sp-stage --db "$DB" | sp-transform | "$LOAD"'
    path, again = programs.fresh(), programs.fresh()
    replay = "sp-stage replay --db '{}' {} | sp-transform | \"$LOAD\" --db '{}'"
    try:
        play(programs, path, script, command.replace("$DB", path), batches(r))
        got = programs.digest(path)
        if got != want:
            raise Wrong("the whole pipeline: other "
                        + ", ".join(differing(got, want)), (MAP, "", script))
        if not any(c["type"] == "capture" for c in h.records):
            return
        some = choices(r, h)
        programs.shell(replay.format(path, some, path)).start(b"").end()
        got = programs.digest(path)
        if got != want:
            raise Wrong(f"replay {some}: other "
                        + ", ".join(differing(got, want)))
        rows = [l for l, c in zip(h.lines, h.records) if c["type"] == "row"]
        programs.shell(replay.format(path, "", again)).start(b"").end()
        play(programs, again, [[rows]] if rows else [], LOAD)
        got = programs.digest(again)
        if got != want:
            raise Wrong("made again from staging_raw: other "
                        + ", ".join(differing(got, want)))
    finally:
        programs.drop(path)
        programs.drop(again)


def state(path):
    """All that is known of a database's files from outside."""
    stats = {}
    for end in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            with open(path + end, "rb") as f:
                stats[end] = (os.stat(path + end).st_mtime_ns,
                             hashlib.sha256(f.read()).hexdigest())
    return stats


def check_dry(programs, h, want, r):
    """A dry run says what a true one does, and writes nothing; delivered again,
    nothing changes."""
    path = programs.fresh()
    part = [l for l in h.rows if r.randrange(2)]
    rest = in_runs(r, delivered(r, h.rows))
    text = "".join(l + "\n" for l in rest).encode()
    size = batches(r).split()
    try:
        if part:
            play(programs, path, [[part]], LOAD)
        before = state(path)
        said = programs.run([programs.load, "-n", "--db", path] + size, text)
        if state(path) != before:
            raise Wrong("a dry run touches the database")
        keys = final(said)
        was = contents(path, keys)
        play(programs, path, [[rest]], LOAD, " ".join(size))
        if programs.digest(path) != want:
            raise Wrong("a part, and then all of it: other "
                        + ", ".join(differing(programs.digest(path), want)),
                        (LOAD, " ".join(size),
                         ([[part]] if part else []) + [[rest]]))
        compare(said, was, contents(path, keys))
        again = programs.run([programs.load, "-n", "--db", path] + size, text)
        kinds = {json.loads(l)["change"] for l in again.splitlines()}
        if kinds - {"unchanged"}:
            raise Wrong("what is delivered again would change: " + next(
                l for l in again.decode().splitlines()
                if '"change":"unchanged"' not in l))
    finally:
        programs.drop(path)


def final(said):
    """The rows that the changes of a dry run are about."""
    keys = {}
    for c in map(json.loads, said.splitlines()):
        keys.setdefault((c["table"], line(c["key"])), c["key"])
    return keys


def plain(value):
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (list, dict)):
        return ("json", line(value))
    return value


def contents(path, keys):
    """The rows of those keys, and what of them is not null; without what
    SQLite supplies of itself."""
    objects = {}
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        for (table, name), key in keys.items():
            where = " and ".join(f"{c} = ?" for c in key)
            row = db.execute(f"select * from {table} where {where}",
                             list(key.values())).fetchone()
            objects[table, name] = {
                c: v for c, v in dict(row).items()
                if v is not None and c not in ("play_id", "stream_id",
                                               "ended_at", "stars")
                and "_source" not in c
            } if row else None
    return objects


def compare(said, was, now):
    """What a dry run said, one change after the other, against the tables
    before and after."""
    rows = {k: dict(v) if v else None for k, v in was.items()}
    for c in map(json.loads, said.splitlines()):
        k = c["table"], line(c["key"])
        if c["change"] == "delete":
            rows[k] = None
        elif c["change"] != "unchanged":
            c["after"].pop("done_at", None)  # of what need not be queued
            if c["change"] == "insert" or rows[k]:
                rows[k] = {**(rows[k] or c["key"]), **c["after"]}
    for k, row in rows.items():
        got = now[k]
        if row is not None:
            row = {c: v for c, v in row.items()
                   if v is not None and c != "stars"}
        if (row is None) != (got is None) or got is not None and any(
                not same(row.get(c), got.get(c))
                for c in set(row) | set(got)):
            raise Wrong(f"a dry run said {k} {row}, and it is {got}")


def same(a, b):
    if isinstance(a, (list, dict)):
        return a == json.loads(b)
    return plain(a) == b


# --- shrinking ---------------------------------------------------------------

class Shrinker:
    """Makes a script that fails smaller, as long as it fails.

    What is loaded is the script's rows in the order of the history, and the
    script: rows are named by number, and the text of each is kept apart.
    """

    def __init__(self, programs, order, script, command, options):
        self.programs, self.command, self.options = programs, command, options
        self.tries, self.statuses = 0, STATUSES
        self.until = time.monotonic() + SHRINK_SECONDS
        numbers = {}
        for l in order:
            numbers.setdefault(l, len(numbers))
        self.text = {n: l for l, n in numbers.items()}
        self.order = [numbers[l] for l in order]
        # The lines that open and end runs are kept as they are.
        self.script = [[[numbers.get(l, l) for l in lines] for lines in group]
                       for group in script]

    def lines(self, process, text):
        return [text[n] if isinstance(n, int) else n for n in process]

    def fails(self, order, script, text):
        self.tries += 1
        if time.monotonic() > self.until:
            return False
        a = [[self.lines(order, text)]]
        b = [[self.lines(p, text) for p in g] for g in script]
        try:
            want = loaded(self.programs, a, self.command, "", self.statuses)
            # What needs to be at once fails now and then.
            return any(want != loaded(self.programs, b, self.command,
                                      self.options, STATUSES)
                       for _ in range(1 if all(len(g) == 1 for g in b) else 5))
        except Wrong as wrong:
            return wrong.script != UNUSABLE

    def kept(self, keep):
        """Order and script of some rows only."""
        script = [[p for p in ([n for n in p if not isinstance(n, int)
                                or n in keep] for p in g)
                   if any(isinstance(n, int) for n in p)]
                  for g in self.script]
        return ([n for n in self.order if n in keep],
                [g for g in script if g])

    def simplest_script(self):
        """Without runs, without anything at once, each row by itself."""
        flat = [n for g in self.script for p in g for n in p
                if isinstance(n, int)]
        bare = [[[n for n in p if isinstance(n, int)] for p in g]
                for g in self.script]
        last = list(dict.fromkeys(reversed(flat)))[::-1]
        for script in ([[last]], [[flat]], [[[n]] for n in last],
                       [[[n]] for n in flat],
                       [[p] for g in bare for p in g], bare,
                       [[p] for g in self.script for p in g]):
            if self.fails(self.order, script, self.text):
                self.script = script
                return True
        return any(self.fails(self.order, self.script, self.text)
                   for _ in range(5))

    def drop_rows(self):
        keep, size = list(self.text), max(1, len(self.text) // 2)
        while True:
            i = 0
            while i < len(keep):
                less = keep[:i] + keep[i + size:]
                if less and self.fails(*self.kept(set(less)), self.text):
                    keep = less
                else:
                    i += size
            if size == 1:
                break
            size //= 2
        self.order, self.script = self.kept(set(keep))
        self.order = list(dict.fromkeys(self.order))
        self.text = {n: self.text[n] for n in keep}

    def drop_repeats(self):
        """Send nothing twice, where once will do."""
        g = 0
        while g < len(self.script):
            for p in range(len(self.script[g])):
                n = 0
                while n < len(self.script[g][p]):
                    less = [[list(p) for p in g] for g in self.script]
                    row = less[g][p].pop(n)
                    if not any(row in p for g in less for p in g):
                        n += 1
                        continue
                    less[g] = [p for p in less[g] if p]
                    less = [g for g in less if g]
                    if less and self.fails(self.order, less, self.text):
                        self.script = less
                        return self.drop_repeats()
                    n += 1
            g += 1

    def simplify(self):
        """Leave columns out, and have plain values in the others; but no
        row is to be refused that was not before."""
        self.statuses = (0,)
        if not self.fails(self.order, self.script, self.text):
            self.statuses = STATUSES
        for n in self.text:
            again = True
            while again:
                again = False
                for simpler in simpler_records(json.loads(self.text[n])):
                    text = dict(self.text)
                    text[n] = line(simpler)
                    if self.fails(self.order, self.script, text):
                        self.text, again = text, True
                        break

    def simplest_options(self):
        for options in ("--batch-rows 1", ""):
            was, self.options = self.options, options
            if self.fails(self.order, self.script, self.text):
                break
            self.options = was

    def shrink(self):
        if not self.simplest_script():
            return False
        self.simplest_options()
        before = None
        while before != self.text:
            before = self.text
            self.drop_rows()
            self.simplest_script()
            self.drop_repeats()
            self.simplify()
        return True


def simpler_records(record):
    """Records with a little less in them."""
    for name in ("src", "run"):
        if name in record and record["type"] == "row":
            yield {k: v for k, v in record.items() if k != name}
    inner = "row" if record["type"] == "row" else "body"
    if record.get("op") == "page":  # a list by itself
        row = record["row"]
        if row["offset"] > 0 or row["total"] > len(row["items"]):
            yield {**record, "row": {**row, "offset": 0,
                                     "total": len(row["items"])}}
    for simpler in simpler_values(record.get(inner)):
        yield {**record, inner: simpler}


def simpler_values(value):
    if isinstance(value, dict):
        for k in value:
            yield {n: v for n, v in value.items() if n != k}
        for k, v in value.items():
            for simpler in simpler_values(v):
                yield {**value, k: simpler}
    elif isinstance(value, list):
        for i in range(len(value)):
            yield value[:i] + value[i + 1:]
        for i, v in enumerate(value):
            for simpler in simpler_values(v):
                yield value[:i] + [simpler] + value[i + 1:]
    elif isinstance(value, str):
        # Times and ids stay: others would be refused, or be other rows.
        if value and len(value) != 24 and len(value) > 1:
            yield value[0]
    elif isinstance(value, (int, float)) and value not in (0, 1, True, False):
        yield 1


# --- reports -----------------------------------------------------------------

def say(*words):
    print("#", *words, flush=True)


def keep_lines(folder, name, lines):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as f:
        f.writelines(l + "\n" for l in lines)
    return path


def report(options, programs, seed, number, wrong, h):
    say(f"not the same: {wrong}")
    say(f"seed {seed}, history {number}; once more:")
    say(f"    python3 tests/property/property.py --seed {seed} "
        f"--only {number}" + (f" --load {options.load}" if options.load
                              else ""))
    folder = os.path.join(options.keep, f"{seed}-{number}")
    os.makedirs(folder, exist_ok=True)
    keep_lines(folder, "history.ndjson", h.lines)
    say("the history:", os.path.join(folder, "history.ndjson"))
    if not wrong.script:
        return None
    command, flags, script = wrong.script
    began = time.monotonic()
    s = Shrinker(programs, h.rows if command == LOAD else h.lines, script,
                 command, flags)
    if command != LOAD:
        # Rows are smaller than captures: if they will do, they will.
        units = {l: u for l, u in zip(h.lines, h.units)}
        as_rows = [[[x for l in p for x in units.get(l, [l])] for p in g]
                   for g in script]
        rows = Shrinker(programs, h.rows, as_rows, LOAD, flags)
        s = rows if rows.simplest_script() else s
    if not s.shrink():
        say("it did not fail once more: something at once?")
        return None
    say(f"shrunk from {len(h.rows)} rows to {len(s.text)} in {s.tries} tries,"
        f" {time.monotonic() - began:.1f} s; in this order, and in the other:")
    stages = 'sp-load' if s.command == LOAD else 'sp-transform | sp-load'
    for side, script in (("a", [[s.order]]), ("b", s.script)):
        for g, group in enumerate(script):
            for p, process in enumerate(group):
                name = f"{side}{g + 1}" + ("" if len(group) == 1
                                           else "abcdef"[p])
                path = keep_lines(folder, name + ".ndjson",
                                  s.lines(process, s.text))
                print(f"# {stages} --db {side}.db {flags} <{path}")
                for l in s.lines(process, s.text):
                    print(l)
    say("sp-load --digest --db a.db; sp-load --digest --db b.db")
    sys.stdout.flush()
    return len(s.text)


# --- main --------------------------------------------------------------------

def try_history(programs, seed, number, h):
    r = random.Random(f"{seed}/{number}/plans")
    want = loaded(programs, [[h.rows]])
    for how in ON_ROWS:
        check_rows(programs, h, want, r, how)
    check_words(programs, h, r)
    if number % 8 == 0:
        check_pipeline(programs, h, want, r)
    if number % 4 == 1:
        check_dry(programs, h, want, r)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int)
    parser.add_argument("--only", type=int)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--load")
    parser.add_argument("--keep", default=os.path.join(BUILD, "property"))
    return parser.parse_args()


def main():
    options = arguments()
    seed = options.seed
    if seed is None:
        seed = int(os.environ.get("SEED") or random.randrange(1 << 32))
    say(f"SEED={seed}")
    until = time.monotonic() + (options.seconds or 1e9)
    where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    numbers = range(options.rounds)
    if options.only is not None:
        numbers = [options.only]
    done, seen = 0, collections.Counter()
    with tempfile.TemporaryDirectory(prefix="sp-property-", dir=where) as tmp:
        programs = Programs(tmp, options.load and os.path.abspath(options.load))
        while numbers and time.monotonic() < until:
            drawn = histories(programs, seed, numbers[:TOGETHER])
            numbers = numbers[TOGETHER:]
            for number, h in drawn.items():
                if time.monotonic() > until:
                    break
                try:
                    if h.rows:
                        try_history(programs, seed, number, h)
                except Wrong as wrong:
                    left = report(options, programs, seed, number, wrong, h)
                    print(f"not the same: seed {seed}, history {number}, "
                          f"{left if left else 'many'} records")
                    return 1
                done += 1
                seen.update(c.get("endpoint") or c["table"]
                            for c in h.records)
    say(f"{sum(seen.values())} records: " + ", ".join(
        f"{n} {k}" for k, n in seen.most_common()))
    missed = [e for e in ENDPOINTS if e not in seen]
    if missed and done > 100:
        say("never drawn:", *missed)
        return 1
    print(f"{done} histories are the same in any order")
    return 0


if __name__ == "__main__":
    sys.exit(main())
