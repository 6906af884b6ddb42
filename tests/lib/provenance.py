#!/usr/bin/env python3
"""Which capture each value comes from: provenance.py DB prints it for each row
of each table, by name, so that databases can be compared that number captures
otherwise. provenance.py DB DB prints those in which two differ."""
import contextlib
import json
import sqlite3
import sys

KEYS = {"play_history": ("user_id", "played_at", "track_id"),
        "streaming_history": ("user_id", "ts", "item", "offline_timestamp",
                              "ms_played", "nth")}
UNKNOWN = -1


def provenance(path):
    """Of each table that keeps sources the rows, as sorted lines of JSON."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        name = {0: None, None: "unknown", UNKNOWN: "unknown"}
        for number, run, seq in db.execute(
                "select source_id, run_id, seq from sources"):
            name[number] = f"{run}/{seq}"
        tables = [t for t, in db.execute(
            "select m.name from sqlite_master m, pragma_table_info(m.name) c"
            " where m.type = 'table' and c.name = 'row_source'"
            " and m.name <> 'playlist_pages'")]
        return {t: sorted(rows(db, t, name)) for t in tables}


def rows(db, table, name):
    cursor = db.execute(f"select * from {table}")
    columns = [c[0] for c in cursor.description]
    keys = KEYS.get(table) or [c for c, in db.execute(
        f"select name from pragma_table_info('{table}') where pk order by pk")]
    for values in cursor:
        row = dict(zip(columns, values))
        sources = {"": name[row["row_source"]]}
        if "first_source" in row:
            first = row["first_source"]
            sources["first"] = sources[""] if first is None else name[first]
        sources.update((c, name[s]) for c, s in json.loads(
            row.get("column_sources") or "{}").items())
        sources.update((f"at {at}", name[s]) for at, s in json.loads(
            row.get("tracks_sources") or "[]"))
        yield json.dumps([[row[k] for k in keys], sources], sort_keys=True)


def compare(one, other):
    for mark, a, b in ("-", one, other), ("+", other, one):
        for table, lines in a.items():
            for line in sorted(set(lines) - set(b.get(table, ()))):
                print(mark, table, line)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        compare(*map(provenance, sys.argv[1:3]))
        sys.exit()
    for table, lines in provenance(sys.argv[1]).items():
        for line in lines:
            print(table, line)
