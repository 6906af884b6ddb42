#!/usr/bin/env python3
"""Opens pages of sp-report in Chromium and Firefox, and looks at them: in TAP.

usage: check.py [KIND]...      the kinds of example.py, and `program`

The data comes from example.py; that of `program` from sp-report, of a history
that sp-rehearse made up and the other programs loaded. What the page must show
is worked out here once more, from the data alone.
"""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
from datetime import date, timedelta

import example
from browser import Browser, Firefox

REPORT = os.path.join(os.path.dirname(__file__), "..", "..", "lib", "report")
WIDTHS = (320, 360, 768, 1280)
BUILD = os.environ.get("SP_BUILD", "build")
KINDS = ("years", "year", "weeks", "day", "broken", "empty", "odd",
         "large", "program")

# Functions in JavaScript that look at a page; each lists what is wrong.
LOOKS = r"""
const shown = e => e.checkVisibility() && e.getClientRects().length > 0;
const own = e => [...e.childNodes].filter(n => n.nodeType === 3)
    .map(n => n.data).join('').trim();
const brief = e => (e.tagName + '.' + (e.getAttribute('class') || '') + ' '
    + e.textContent.trim().slice(0, 40));

function clipped(e) {
    for (e = e.parentElement; e !== document.body; e = e.parentElement)
        if (getComputedStyle(e).overflowX !== 'visible') return true;
    return false;
}

// What reaches out of the window, but where it is cut or can be scrolled.
function overflow() {
    const wide = document.documentElement.scrollWidth > innerWidth
        ? ['the page is ' + document.documentElement.scrollWidth] : [];
    return wide.concat([...document.querySelectorAll('body *')].filter(e =>
        shown(e) && !e.closest('svg *') && !clipped(e)
        && (e.getBoundingClientRect().right > innerWidth + 0.5
            || e.getBoundingClientRect().left < -0.5)).map(brief));
}

// The corners of a text of a chart, which may be turned.
function corners(text) {
    const b = text.getBBox(), m = text.getScreenCTM();
    return [[b.x, b.y], [b.x + b.width, b.y],
        [b.x + b.width, b.y + b.height], [b.x, b.y + b.height]]
        .map(([x, y]) => [m.a * x + m.c * y + m.e, m.b * x + m.d * y + m.f]);
}

// Whether two convex shapes share more than an edge: no line separates them.
function meet(a, b) {
    for (const shape of [a, b])
        for (let i = 0; i < shape.length; i++) {
            const [p, q] = [shape[i], shape[(i + 1) % shape.length]];
            const along = ([x, y]) => (q[1] - p[1]) * x - (q[0] - p[0]) * y;
            const u = a.map(along), v = b.map(along);
            const size = Math.hypot(q[0] - p[0], q[1] - p[1]);
            if (Math.max(...u) < Math.min(...v) + size
                || Math.max(...v) < Math.min(...u) + size) return false;
        }
    return true;
}

function overlaps() {
    const found = [];
    for (const svg of document.querySelectorAll('svg')) {
        const texts = [...svg.querySelectorAll('text')].filter(shown)
            .map(t => [t, corners(t)]);
        texts.forEach(([t, a], i) => texts.slice(i + 1).forEach(([u, b]) => {
            if (meet(a, b)) found.push(brief(t) + ' and ' + brief(u));
        }));
    }
    return found;
}

// Texts of a chart that its edge cuts off.
function cut() {
    return [...document.querySelectorAll('svg')].flatMap(svg => {
        const s = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text')].filter(shown).filter(t => {
            const r = t.getBoundingClientRect();
            return r.left < Math.max(0, s.left - 12)
                || r.right > Math.min(innerWidth, s.right + 12);
        }).map(brief);
    });
}

// Names that the style sheet cuts, without the whole in a tooltip.
function untitled() {
    return [...document.querySelectorAll('bdi')].filter(shown).filter(e =>
        e.parentElement.scrollWidth > e.parentElement.clientWidth
        && e.title !== e.textContent).map(brief);
}

function channel(c) {
    c /= 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}
const numbers = color => color.match(/[\d.]+/g).map(Number);
function luminance(color) {
    const [r, g, b] = numbers(color).map(channel);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function ratio(a, b) {
    const [x, y] = [luminance(a), luminance(b)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}
function ground(e) {
    for (; e; e = e.parentElement) {
        const color = getComputedStyle(e).backgroundColor;
        if (numbers(color)[3] !== 0) return color;
    }
    return 'rgb(255, 255, 255)';
}

// The lowest contrast of texts with what they are on.
function text_contrast() {
    let least = [99, ''];
    for (const e of document.querySelectorAll('body *')) {
        if (!own(e) || !shown(e) || e.tagName === 'title') continue;
        const s = getComputedStyle(e), is_svg = e.closest('svg');
        const on = e.matches('.circle .center')
            ? getComputedStyle(document.querySelector('.circle .me')).fill
            : ground(is_svg ? is_svg.parentElement : e);
        const r = ratio(is_svg ? s.fill : s.color, on);
        if (r < least[0]) least = [r, brief(e)];
    }
    return least;
}

// The lowest contrast of bars and nodes with the page.
function mark_contrast() {
    let least = [99, ''];
    for (const e of document.querySelectorAll(
        '.mark, .bar rect, .node, .q5')) {
        const r = ratio(getComputedStyle(e).fill, ground(e.closest('svg')));
        if (r < least[0]) least = [r, brief(e)];
    }
    return least;
}

// How the shades of the heat maps go: always darker, or always lighter.
function shades() {
    const l = [0, 1, 2, 3, 4, 5].map(i => luminance(getComputedStyle(
        document.querySelector('.legend .q' + i)).fill));
    const steps = l.slice(1).map((x, i) =>
        (Math.max(x, l[i]) + 0.05) / (Math.min(x, l[i]) + 0.05));
    const order = l.slice(1).map((x, i) => Math.sign(x - l[i]));
    return [new Set(order).size, Math.min(...steps)];
}

// Elements and attributes that could do something, or load something.
function active() {
    const found = [...document.querySelectorAll(
        'script, img, image, iframe, object, embed, link, base, form, a, use, '
        + 'audio, video, animate, set, foreignObject, [style], [src], [href]')]
        .map(brief);
    for (const e of document.querySelectorAll('*'))
        for (const a of e.attributes)
            if (/^on/.test(a.name)) found.push(a.name);
    return found;
}

const texts = selector =>
    [...document.querySelectorAll(selector)].map(e => e.textContent);

// The rows of all tables, by the section that they are in.
function tables() {
    const found = {};
    for (const table of document.querySelectorAll('table'))
        (found[table.closest('section, footer').id] ??= []).push(
            [...table.tBodies[0].rows].map(row =>
                [...row.cells].map(cell => cell.textContent)));
    return found;
}

// How many elements are shown, of how many.
function count_shown(selector) {
    const all = [...document.querySelectorAll(selector)];
    return [all.filter(e => e.getBoundingClientRect().height > 0
        && e.checkVisibility()).length, all.length];
}

// What a section has on paper: its heading, and its texts that are not cut.
function printed() {
    return [...document.querySelectorAll('section:not(#calendar), footer')]
        .map(section => [section.querySelector('h2').textContent,
            [...section.querySelectorAll('*')].filter(e => own(e) && shown(e)
                && e.scrollWidth <= e.clientWidth + 1 && !clipped(e)
                && !e.closest('svg, .data')).flatMap(e => [...e.childNodes]
                .filter(n => n.nodeType === 3).map(n => n.data))]);
}

const open_all = () => document.querySelectorAll('details')
    .forEach(d => d.open = true);
"""


class Tap:
    """Counts checks, and prints them."""

    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, name, why=""):
        self.count += 1
        self.failed += not good
        print(f"{'' if good else 'not '}ok {self.count} - {name}")
        if not good:
            for line in str(why)[:2000].splitlines():
                print("# " + line)
        sys.stdout.flush()

    def none(self, found, name):
        self.ok(not found, name, "\n".join(map(str, found or ())))

    def equal(self, got, want, name):
        self.ok(got == want, name, f"got:  {got}\nwant: {want}")

    def finish(self):
        print(f"1..{self.count}")
        sys.exit(self.failed > 0)


def render(data, arguments=()):
    """The page of some data."""
    return subprocess.run(
        ["jq", "-r", "--rawfile", "css", REPORT + "/report.css", *arguments,
         "-f", REPORT + "/report.jq"], input=json.dumps(data).encode(),
        stdout=subprocess.PIPE, check=True).stdout.decode()


def css_hash():
    with open(REPORT + "/report.css", "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


# --- What a page must say ---------------------------------------------------

def number(n):
    return f"{n:,}"


def duration(ms):
    minutes = ms / 60000
    if 0 < minutes < 1:
        return "under 1 min"
    if int(minutes + 0.5) < 60:
        return f"{int(minutes + 0.5)} min"
    if minutes < 597:
        tenths = int(minutes / 6 + 0.5)
        return f"{tenths / 10:g} h"
    return f"{int(minutes / 60 + 0.5):,} h"


def day(text, weekday=False):
    d = date.fromisoformat(text)
    return d.strftime("%a " if weekday else "") + f"{d.day} " + d.strftime(
        "%b %Y")


def shown_name(text):
    """A name as the page has it: at most 200 characters, harmless."""
    text = "" if text is None else str(text)
    if len(text) > 200:
        text = text[:199] + "…"
    text = "".join(
        "" if c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        else " " if c < " " or "\x7f" <= c < "\xa0"
        else "\ufffd" if c in "\ufffe\uffff" else c for c in text)
    text = re.sub("([\u0300-\u036f]{2})[\u0300-\u036f]+", r"\1", text)
    return text if text.strip() else "no name"


def heard(row):
    return [number(row["listens"]), duration(row["ms"])]


def over_time(data):
    """What the first chart shows: (name, sums) of months, weeks or days. One
    day has no such chart."""
    begin, end = (date.fromisoformat(data["period"][k]) for k in
                  ("from", "to"))
    if begin == end:
        return []
    if (end - begin).days >= 400:
        return [(date.fromisoformat(m["month"] + "-01").strftime("%B %Y"), m)
                for m in data["months"]]
    step = 7 if (end - begin).days >= 42 else 1
    if step == 7:
        begin -= timedelta(begin.weekday())
    rows = []
    while begin <= end:
        days = [d for d in data["days"]
                if 0 <= (date.fromisoformat(d["day"]) - begin).days < step]
        rows.append((("week of " if step == 7 else "") + day(str(begin)),
                     {k: sum(d[k] for d in days) for k in ("listens", "ms")}))
        begin += timedelta(step)
    return rows


def expected_tables(data):
    """All tables of a page, by section, without their heads."""
    tables = {"time": [[[name, *heard(sums)]
                        for name, sums in over_time(data)]],
              "calendar": [[[day(d["day"], True), *heard(d)]
                            for d in data["days"]]]}
    weekdays = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
                "Saturday", "Sunday")
    tables["week"] = [[[weekdays[h["weekday"] - 1], f"{h['hour']}:00",
                        *heard(h)] for h in data["hours"]]]
    tables["top"] = [
        [[str(i + 1), *cells(row), *heard(row)]
         for i, row in enumerate(data[name])] for name, cells in (
            ("top_artists", lambda r: [shown_name(r["artist"]),
                                       number(r["tracks"])]),
            ("top_tracks", lambda r: [shown_name(r[k]) for k in (
                "track", "artists", "album")]),
            ("top_albums", lambda r: [shown_name(r[k]) for k in (
                "album", "artists")]))]
    tables["loved"] = [[
        [shown_name(r["artist"]), day(r["first_day"]), day(r["last_day"]),
         number(r["months"]), number(r["listens"])] for r in data["loved"]
        if data["loved"][0]["months"] > 2]]
    if data["skips"]:
        tables["endings"] = [
            [[None, shown_name(r["reason"]), number(r["streams"])]
             for r in data["endings"]],
            [[shown_name(r["track"]), shown_name(r["artists"]),
              number(r["streams"]), number(r["skipped"])]
             for r in data["skips"]["tracks"] if r["skipped"]]]
    tables["playlists"] = [[
        [shown_name(r["name"]), shown_name(r["owner"]), number(r["tracks"]),
         number(r["listens"]), day(r["updated"])]
        for r in data["playlists"]]]
    tables["playlists"].append([
        [day(r["day"]), shown_name(r["playlist"]), r["change"],
         shown_name(r["track"]),
         shown_name(r["artists"]).replace("no name", "")]
        for r in data["playlist_changes"]])
    names = {n["id"]: n["name"] for n in data["graph"]["nodes"]}
    tables["graph"] = [[
        [shown_name(names[e["from"]]), e["kind"].replace("-", " "),
         shown_name(names[e["to"]]), number(e["weight"])]
        for e in data["graph"]["edges"]
        if e["from"] in names and e["to"] in names]]
    if data["files"]:
        tables["about"] = [[
            [shown_name(r["file"]), r["form"], number(r["rows"]),
             r["first_day"], r["last_day"]] for r in data["files"]]]
    return tables


def check_tables(tap, kind, data, tables):
    want = {section: [rows for rows in found if rows]
            for section, found in expected_tables(data).items() if any(found)}
    for row in tables.get("endings", [[]])[0]:
        row[0] = None       # the reason in words
    tap.equal(sorted(tables), sorted(want), f"{kind}: the charts have tables")
    for section, rows in want.items():
        tap.equal(tables.get(section), rows,
                  f"{kind}: the tables of '{section}' have the data")


def check_numbers(tap, kind, data, browser):
    """The numbers outside of tables."""
    def texts(selector):
        return browser.run(f"texts({json.dumps(selector)})")
    totals = data["totals"]
    tap.equal(texts(".totals b"),
              [number(int(int(totals["ms"] / 60000 + 0.5) / 60 + 0.5))] + [
                  number(totals[k]) for k in (
                      "listens", "artists", "tracks", "albums", "days")
                  if k in totals],
              f"{kind}: the big numbers are the totals")
    tap.equal(texts("#top .value"), [
        number(row["listens"])
        for name in ("top_artists", "top_tracks", "top_albums")
        for row in data[name][:10]],
        f"{kind}: beside the bars are the listens")
    tap.equal(len(texts("#calendar .months rect:not(.out)")),
              days_shown(data), f"{kind}: the calendar has every day")
    tap.equal(sorted(texts("#calendar rect:is(.q1,.q2,.q3,.q4,.q5) title")),
              sorted(f"{day(d['day'], True)}: {count(d['listens'])}, "
                     f"{duration(d['ms'])}" for d in data["days"]),
              f"{kind}: each day has its listens and its time in a tooltip")
    missing = {str(date.fromisoformat(gap["first_day"]) + timedelta(i))
               for gap in data["gaps"] for i in range(1 + (
                   date.fromisoformat(gap["last_day"])
                   - date.fromisoformat(gap["first_day"])).days)}
    tap.equal(sorted(texts("#calendar .gap title")), sorted(
        day(d, True) + ": no data"
        for d in missing - {d["day"] for d in data["days"]}
        if data["period"]["from"] <= d <= data["period"]["to"]),
        f"{kind}: days in a gap are marked")
    tap.equal(len(texts("#time .gap title")), len(data["gaps"]),
              f"{kind}: each gap is a gap")
    years = range(int(data["period"]["to"][:4]),
                  int(data["period"]["from"][:4]) - 1, -1)
    tap.equal([text[:4] for text in texts("#calendar h3")],
              [str(year) for year in years],
              f"{kind}: each year is in the calendar, a missing one too")
    if kind == "broken":
        tap.ok("2025 no data" in texts("#calendar h3"),
               "broken: a year without data says so")
        tap.equal(len(texts("#loved .gaps .gap")), len(data["loved"]),
                  "broken: the gap is in what was loved")


def check_bars(tap, kind, data, browser):
    """Bars are as long as what they show."""
    rows = [sums["ms"] for _, sums in over_time(data) if sums["ms"] > 0]
    heights = browser.run("[...document.querySelectorAll('#time .mark')]"
                          ".map(e => e.height.baseVal.value)")
    tap.equal(len(heights), len(rows), f"{kind}: each time has its bar")
    tap.none([f"{h} for {ms} ms" for h, ms in zip(heights, rows)
              if abs(h / max(heights) - ms / max(rows)) > 0.01],
             f"{kind}: ... as high as the time is long")
    tap.equal(browser.run("[...document.querySelectorAll('#top .bar rect')]"
                          ".map(e => e.width.baseVal.valueInSpecifiedUnits)"
                          ".map(Math.round)"),
              [int(row["listens"] * 100 / data[name][0]["listens"] + 0.5)
               for name in ("top_artists", "top_tracks", "top_albums")
               for row in data[name][:10]],
              f"{kind}: bars are as long as the listens are many")


def count(listens):
    return f"{number(listens)} listen{'' if listens == 1 else 's'}"


def days_shown(data):
    begin, end = (date.fromisoformat(data["period"][k])
                  for k in ("from", "to"))
    return (end - begin).days + 1


# --- How it must look -------------------------------------------------------

def messages(events):
    """What the page said on the console, or asked of the network."""
    found = []
    for event in events:
        method, params = event.get("method"), event.get("params", {})
        if method in ("Log.entryAdded", "Runtime.consoleAPICalled",
                      "Runtime.exceptionThrown"):
            found.append(json.dumps(params)[:300])
        elif method == "Network.requestWillBeSent":
            found.append(params["request"]["url"])
    return found


def check_window(tap, where, browser):
    """One page in one window."""
    for look, name in (("overflow", "nothing reaches out of the window"),
                       ("overlaps", "no text of a chart is on another"),
                       ("untitled", "what is cut is in a tooltip")):
        tap.none(browser.run(look + "()"), f"{where}: {name}")
    if not where.startswith("odd"):
        tap.none(browser.run("cut()"), f"{where}: no text of a chart is cut")
    least, what = browser.run("text_contrast()")
    tap.ok(least >= 4.5, f"{where}: texts have a contrast of 4.5",
           [least, what])


def check_paper(tap, kind, browser, path):
    """The page on paper: all years, and no table."""
    browser.paper()
    browser.open(path)
    browser.define(LOOKS)
    check_window(tap, f"{kind}, on paper", browser)
    shown, every = browser.run("count_shown('svg:not(.list, .patterns)')")
    tap.equal(shown, every, f"{kind}, on paper: every chart")
    shown, _ = browser.run("count_shown('table')")
    tap.equal(shown, 0, f"{kind}, on paper: no table")
    if kind == "years":
        check_print(tap, kind, browser, path)


def check_print(tap, where, browser, path):
    """The page in a printer's hands: no section goes on on a second page."""
    browser.pdf(path + ".pdf")
    text = subprocess.run(["pdftotext", "-raw", path + ".pdf", "-"], check=True,
                          stdout=subprocess.PIPE).stdout.decode()

    def squeezed(text):
        return "".join(unicodedata.normalize("NFKC", text).split())
    pages = [squeezed(page) for page in text.split("\f")]
    sections = browser.run("printed()")
    found = []
    for heading, texts in sections:
        page = next((p for p in pages if squeezed(heading) in p), "")
        found += [f"{heading}: {t}" for t in texts if squeezed(t) not in page]
    tap.none(found, f"{where}, printed: a section stays on one page")
    tap.ok(sum(len(texts) for _, texts in sections) > 100,
           f"{where}, printed: ... with what is in it")


def check_firefox(tap, kinds, folder):
    """The pages in another browser."""
    firefox = Firefox()
    try:
        for kind in kinds:
            path = f"{folder}/{kind}.html"
            for width in WIDTHS:
                firefox.open(path, width)
                firefox.define(LOOKS)
                check_window(tap, f"{kind}, {width} wide, in Firefox", firefox)
            if kind == "years":
                firefox.open(path)
                check_print(tap, f"{kind}, in Firefox", firefox, path)
    finally:
        firefox.close()


def check_colours(tap, where, browser):
    least, what = browser.run("mark_contrast()")
    tap.ok(least >= 3, f"{where}: bars have a contrast of 3", [least, what])
    order, step = browser.run("shades()")
    tap.ok(order == 1 and step > 1.2,
           f"{where}: each shade is darker than the one before, or lighter",
           [order, step])


def from_program(folder):
    """What sp-report makes of a history of half a year: data, and page."""
    env = dict(os.environ, SP_DB=folder + "/sp.db", TZ="Europe/Berlin",
               PATH=os.path.abspath(BUILD) + os.pathsep + os.environ["PATH"])

    def sh(script):
        return subprocess.run(["sh", "-c", script], env=env, check=True,
                              cwd=folder, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout.decode()
    sh("sp-rehearse --user kim --export export --export-since 2026-03-01"
       " --clock 2026-09-15T12:00:00Z")
    sh("sp-stage import --user kim export/*Extended*/*.json |"
       " sp-transform | sp-load")
    return json.loads(sh("sp-report --json")), sh("sp-report")


def check_kind(tap, kind, browser, folder):
    path = f"{folder}/{kind}.html"
    if kind == "program":
        data, text = from_program(folder)
    else:
        data = example.KINDS[kind]()
        text = render(data, ("--arg", "css_sha256", css_hash()))
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    limit = {"large": 1300, "years": 600, "broken": 300}.get(kind, 250)
    tap.ok(len(text.encode()) < limit * 1024,
           f"{kind}: the page has less than {limit} KB", len(text.encode()))
    tidy = subprocess.run(["tidy", "-e", "-q", "-utf8", path],
                          stderr=subprocess.STDOUT, stdout=subprocess.PIPE)
    tap.none(tidy.stdout.decode().splitlines(), f"{kind}: tidy finds nothing")
    for width in WIDTHS:
        for dark in (False, True) if width in (360, 1280) else (False,):
            where = f"{kind}, {width} wide, {'dark' if dark else 'light'}"
            browser.window(width, dark=dark)
            browser.open(path)
            browser.define(LOOKS)
            check_window(tap, where, browser)
            if kind != "empty":
                check_colours(tap, where, browser)
            browser.run("open_all()")
            check_window(tap, where + ", all tables open", browser)
            tap.equal(messages(browser.events), ["file://" + path],
                      f"{where}: no message, and no request but for the page")
    check_paper(tap, kind, browser, path)
    tap.none(browser.run("active()"), f"{kind}: nothing in it can act or load")
    if kind != "empty":
        check_tables(tap, kind, data, browser.run("tables()"))
        check_numbers(tap, kind, data, browser)
        check_bars(tap, kind, data, browser)


def check_policy(tap, browser, path):
    """The page's policy refuses what is not of the page."""
    data = example.KINDS["weeks"]()
    text = render(data, ("--arg", "css_sha256", css_hash()))
    for what, inserted in (
            ("a script", "<script>document.title = 'bad'</script>"),
            ("another style", "<style>body { color: red }</style>"),
            ("a picture", "<img src=\"http://127.0.0.1:9/x.png\">"),
            ("an attribute that acts", "<p style=\"color: red\">x</p>")):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("<main>", "<main>" + inserted))
        found = "\n".join(messages(browser.open(path)))
        tap.ok("Content Security Policy" in found,
               f"the policy refuses {what}", found)
    tap.ok("'unsafe-inline'" in render(data) and "'unsafe-inline'" not in text,
           "without the digest of the style sheet, inline styles are allowed")


def check_parts(tap):
    """A page is made of data from which any part is missing."""
    data = example.KINDS["weeks"]()
    variants = [{}, json.loads(re.sub(r'"(ms|listens|streams|weight)": \d+',
                                      r'"\1": 0', json.dumps(data))),
                json.loads(re.sub(r'"ms": \d+', '"ms": 0', json.dumps(data)))]
    for name in data:
        variants.append({k: v for k, v in data.items() if k != name})
        variants.append(data | {name: None})
        variants.append(data | {name: type(data[name])()})
    text = subprocess.run(
        ["jq", "-r", "--rawfile", "css", REPORT + "/report.css",
         "-f", REPORT + "/report.jq"],
        input="\n".join(map(json.dumps, variants)).encode(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    tap.equal(text.stderr.decode(), "", "no part of the data has to be there")
    tap.equal(text.stdout.decode().count("</html>"), len(variants),
              "... and each time the page is whole")


def main():
    kinds = sys.argv[1:] or KINDS
    tap, folder = Tap(), tempfile.mkdtemp(prefix="sp-report-")
    browser = Browser()
    try:
        for kind in kinds:
            check_kind(tap, kind, browser, folder)
        check_firefox(tap, kinds, folder)
        check_parts(tap)
        check_policy(tap, browser, folder + "/policy.html")
    finally:
        browser.close()
        shutil.rmtree(folder)
    tap.finish()


if __name__ == "__main__":
    main()
