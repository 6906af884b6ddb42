"""plays.py PORT-FILE TOKEN-FILE PLAYS LOG: an API whose plays a test chooses.

PLAYS has a line `PLAYED_AT ID` for each play, read at each request; a first
line `hold N` or `page N` says how many plays the API knows, and how many of
them a page has at most, whatever is asked for. LOG gets each URL.
"""
import datetime
import http.server
import json
import os
import sys
import urllib.parse

port_file, token_file, plays_file, log_file = sys.argv[1:]
PATH = "/v1/me/player/recently-played"


def ms(text):
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(at.timestamp() * 1000)


def read_plays():
    limits, plays = {"hold": 50, "page": 50}, []
    with open(plays_file) as f:
        for a, b in (line.split() for line in f):
            if a in limits:
                limits[a] = int(b)
            else:
                plays.append((a, b))
    plays.sort(key=lambda p: ms(p[0]), reverse=True)
    return plays[:limits["hold"]], limits["page"]


def page(query):
    """A page as the API has it: of what comes after a time the oldest, and
    else the newest, newest first in any case."""
    asked = {k: int(v[0]) for k, v in urllib.parse.parse_qs(query).items()}
    plays, most = read_plays()
    count, way = min(asked.get("limit", 20), most), "before"
    if "after" in asked:
        plays = [p for p in plays if ms(p[0]) > asked["after"]]
        plays, way = plays[max(0, len(plays) - count):], "after"
    plays = [p for p in plays if ms(p[0]) < asked.get("before", 1 << 60)]
    plays = plays[:count]
    if not plays:
        return {"items": [], "next": None, "cursors": None}
    edge = ms(plays[0 if way == "after" else -1][0])
    return {"items": [{"track": {"id": i, "uri": "spotify:track:" + i},
                       "played_at": t} for t, i in plays],
            "next": f"{base}{PATH}?{way}={edge}&limit={count}"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with open(log_file, "a") as log:
            print(self.path, file=log)
        path, _, query = self.path.partition("?")
        body = json.dumps(page(query) if path == PATH else {"id": "kim"})
        self.send_response_only(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *args):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
base = f"http://127.0.0.1:{server.server_port}"
with open(token_file, "w") as token:
    json.dump({"client_id": "app", "access_token": "access",
               "refresh_token": "refresh", "user_id": "kim",
               "expires_at": "2999-01-01T00:00:00.000Z",
               "token_url": base + "/api/token", "api_url": base}, token)
os.chmod(token_file, 0o600)
with open(port_file, "w") as f:
    print(server.server_port, file=f)
server.serve_forever()
