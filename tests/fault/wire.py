#!/usr/bin/env python3
"""wire.py [--rounds N] [--seed N] [FAULT ...]

Puts a front before a mock API that spoils its answers on the wire, and
asks through it with sp-fetch: each FAULT (all, if none is named) in a run
with answers that are good, then N runs with any of them. In every run each
request must be answered or refused, once and in order; an answer must be the
true one, whole; status and end must agree, and report success only where all
was answered; it must be over in time; and no token may be shown.
"""
import argparse
import base64
import gzip
import http.client
import json
import os
import random
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib

from common import Api, Broken, check, folder, program

URLS = ([f"/v1/me?n={i}" for i in range(6)] +
        [f"/v1/me/player/recently-played?limit={n}" for n in (1, 20, 50)] +
        ["/v1/me/following?type=artist&limit=20",
         "/v1/me/playlists?limit=5&offset=5"])
TRY = 0.4  # seconds that one may take
TRIES = 4
# An answer that goes wrong takes so long at most: what follows is HANG's.
HANG = 3 * TRY


class Answer:
    """What the API said, to be spoiled."""

    def __init__(self, status, body, rng):
        self.status, self.body, self.rng = status, body, rng

    def head(self, *fields, status=None, version="HTTP/1.1"):
        lines = [f"{version} {status or self.status} X",
                 "Content-Type: application/json", *fields]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def whole(self, body=None, *fields, **more):
        body = self.body if body is None else body
        return self.head(f"Content-Length: {len(body)}", *fields,
                         **more) + body

    def coded(self, coding, body):
        return self.whole(body, f"Content-Encoding: {coding}")

    def chunked(self, body=None, size=100):
        body = self.body if body is None else body
        chunks = [body[i:i + size] for i in range(0, len(body), size)]
        return (self.head("Transfer-Encoding: chunked") +
                b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks) +
                b"0\r\n\r\n")

    def cut(self, data, least=1):
        return data[:self.rng.randrange(least, len(data))]


# What goes over the wire, and what becomes of the connection then: it is
# kept, closed, reset, or nothing more comes of it. Where an answer is as good
# as any, its name begins with "ok".
FAULTS = {
    "nothing": lambda a: (b"", "close"),
    "reset": lambda a: (b"", "reset"),
    "silent": lambda a: (b"", "hang"),
    "status-cut": lambda a: (a.head()[:a.rng.randrange(1, 14)], "close"),
    "head-cut": lambda a: (a.cut(a.head()), "close"),
    "head-reset": lambda a: (a.cut(a.head()), "reset"),
    "head-unended": lambda a: (a.head()[:-2], "hang"),
    "body-cut": lambda a: (a.cut(a.whole(), 150), "close"),
    "body-reset": lambda a: (a.cut(a.whole(), 150), "reset"),
    "body-stops": lambda a: (a.whole()[:-3], "hang"),
    "body-drips": lambda a: (a.whole(), "drip"),
    "body-of-no-length-cut": lambda a: (a.head() + a.cut(a.body), "close"),
    "length-too-long": lambda a: (
        a.head(f"Content-Length: {len(a.body) + 9}") + a.body, "close"),
    "length-too-short": lambda a: (
        a.head(f"Content-Length: {len(a.body) - 9}") + a.body, "keep"),
    "length-negative": lambda a: (
        a.head("Content-Length: -5") + a.body, "close"),
    "chunk-cut": lambda a: (a.cut(a.chunked(), 150), "close"),
    "chunk-unended": lambda a: (a.chunked()[:-5], "close"),
    "chunks-end-early": lambda a: (a.chunked(a.cut(a.body)), "keep"),
    "chunk-twice": lambda a: (
        a.chunked(a.body[:100] + a.body[:100] + a.body[100:]), "keep"),
    "chunk-no-number": lambda a: (
        a.head("Transfer-Encoding: chunked") + b"zz\r\n" + a.body, "close"),
    "chunk-huge": lambda a: (
        a.head("Transfer-Encoding: chunked") + b"f" * 17 + b"\r\n" + a.body,
        "close"),
    "trailers-unended": lambda a: (
        a.chunked()[:-2] + b"X: y\r\n" * 60000, "close"),
    "gzip-cut": lambda a: (
        a.coded("gzip", a.cut(gzip.compress(a.body), 15)[:-8]), "keep"),
    "gzip-broken": lambda a: (
        a.coded("gzip", gzip.compress(a.body)[:-8] + b"\0" * 8), "keep"),
    "gzip-and-more": lambda a: (
        a.coded("gzip", gzip.compress(a.body) + b"more"), "keep"),
    "gzip-not": lambda a: (a.coded("gzip", a.body), "keep"),
    "gzip-unsaid": lambda a: (a.whole(gzip.compress(a.body)), "keep"),
    "coding-unknown": lambda a: (a.coded("x-unheard-of", a.body), "keep"),
    "head-too-long": lambda a: (
        a.whole(None, *[f"X-{i}: {'y' * 100}" for i in range(4000)]), "keep"),
    "field-too-long": lambda a: (a.whole(None, "X: " + "y" * 900000), "keep"),
    "field-nul": lambda a: (a.whole(None, "X: a\0b"), "keep"),
    "field-none": lambda a: (a.whole(None, "nonsense"), "keep"),
    "interim-only": lambda a: (a.head(status=100), "close"),
    "status-none": lambda a: (a.whole(status=1000), "close"),
    "version-none": lambda a: (a.whole(version="HTTP/9.9"), "close"),
    "no-http": lambda a: (a.body, "close"),
    "page-of-another": lambda a: (a.whole(b"<html>Log in</html>"), "keep"),
    "empty": lambda a: (a.whole(b"", status=202), "keep"),
    "part": lambda a: (a.whole(a.body[:10], status=206), "keep"),
    "no-utf8": lambda a: (
        a.whole(a.body.replace(b'"', b'"\xff', 1)), "keep"),
    "no-utf8-at-all": lambda a: (
        a.whole(a.body.decode().encode("utf-16")), "keep"),
    "too-deep": lambda a: (a.whole(b"[" * 99999 + b"]" * 99999), "keep"),
    "out-of-service": lambda a: (a.whole(b"no upstream", status=503), "keep"),
    "redirect": lambda a: (
        a.whole(b"", "Location: http://127.0.0.1:9/", status=302), "keep"),
    "ok-chunked": lambda a: (a.chunked(), "keep"),
    "ok-trailer": lambda a: (
        a.chunked()[:-2] + b"Retry-After: 9\r\nContent-Length: 3\r\n\r\n",
        "keep"),
    "ok-no-length": lambda a: (a.head() + a.body, "close"),
    "ok-gzip": lambda a: (a.coded("gzip", gzip.compress(a.body)), "keep"),
    "ok-deflate": lambda a: (a.coded("deflate", zlib.compress(a.body)), "keep"),
    "ok-interim": lambda a: (
        a.head(status=100) + a.head("Retry-After: 99999", status=103) +
        a.whole(), "keep"),
    "ok-closed": lambda a: (a.whole(), "close"),
    "ok-reset-after": lambda a: (a.whole(), "late reset"),
    "ok-more-after": lambda a: (a.whole() + b"more", "keep"),
    "ok-old": lambda a: (a.whole(version="HTTP/1.0"), "close"),
}


class Front:
    """The front: one fault or none for each request, by chance."""

    def __init__(self, api, names, share, rng):
        self.api, self.names, self.share, self.rng = api, names, share, rng
        self.lock = threading.Lock()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                visitor = self.socket.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(visitor,),
                             daemon=True).start()

    def serve(self, visitor):
        try:
            with visitor, visitor.makefile("rb") as asked:
                visitor.settimeout(10)
                while self.answer(visitor, asked):
                    pass
        except OSError:
            pass

    def answer(self, visitor, asked):
        line = asked.readline().decode("latin-1").split(" ")
        if len(line) != 3:
            return False
        fields = dict(f.decode("latin-1").rstrip().split(": ", 1)
                      for f in iter(asked.readline, b"\r\n"))
        status, body = truth(self.api, line[1], fields["Authorization"],
                             fields["Host"])
        with self.lock:
            answer = Answer(status, body, self.rng)
            name = self.rng.choice(self.names)
            if self.rng.random() >= self.share:
                data, then = answer.whole(), "keep"
            else:
                data, then = FAULTS[name](answer)
        return self.send(visitor, data, then)

    def send(self, visitor, data, then):
        if then == "drip":
            until = time.monotonic() + HANG
            while data and time.monotonic() < until:
                visitor.sendall(data[:1])
                data = data[1:]
                time.sleep(0.02)
            return False
        visitor.sendall(data)
        if then == "hang":
            time.sleep(HANG)
        if "reset" in then:
            time.sleep(0.02)
            visitor.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
        return then == "keep"


def truth(api, url, authorization, host):
    connection = http.client.HTTPConnection(api.url.split("/")[2], timeout=20)
    try:
        connection.request("GET", url, headers={
            "Authorization": authorization, "Host": host})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def plan(urls):
    records = [{"type": "run", "run": "R1", "job": "test",
                "started_at": "2026-11-22T06:40:00.123Z"}]
    records += [{"type": "request", "run": "R1", "seq": i, "endpoint": "me",
                 "url": url} for i, url in enumerate(urls, 1)]
    records += [{"type": "end", "run": "R1", "status": "complete",
                 "ledger": []}]
    return "".join(json.dumps(r) + "\n" for r in records)


def plain(body):
    """What of a body is the same each time."""
    for item in body.get("items") or []:
        (item or {}).pop("snapshot_id", None)
    return body


def body_of(record):
    """A capture's body that is JSON but for a byte that is no UTF-8, or None."""
    if "body_base64" not in record:
        return record.get("body")
    body = base64.b64decode(record["body_base64"])
    try:
        return json.loads(body.replace(b"\xff", b"", 1))
    except ValueError:
        return None


def check_result(urls, done, took, true, secrets, fine):
    """That what came of a run is as it must be."""
    records = [json.loads(line) for line in done.stdout.splitlines()]
    check(not any(s in done.stdout + done.stderr for s in secrets),
          "a token is shown")
    check(records and records[-1]["type"] == "end", "there is no end")
    end, ended = records[-1], []
    for r in records[1:-1]:
        seq = r.get("request") or int(r["src"].split("/")[1])
        body = body_of(r)
        good = r["type"] == "capture" and r["status"] == 200 and body
        check(not good or plain(body) == true[urls[seq - 1]],
              "an answer that is not true:", r)
        if not (r["type"] == "error" and ended and ended[-1][0] == seq):
            ended.append((seq, bool(good)))
    check([seq for seq, _ in ended] == list(range(1, len(urls) + 1)),
          "lost, doubled or out of order:", [seq for seq, _ in ended])
    success = all(good for _, good in ended)
    check(done.returncode in ({0} if success else {69, 75}),
          "status", done.returncode, "where all went well:", success)
    check((end["status"] == "complete") == success and
          end.get("exit", 0) == done.returncode, "the end record has:", end)
    check(success or not fine, "good answers were not taken")
    most = len(urls) * TRIES * (TRY + 0.1) + 20
    check(took < most, "took", took, "s, and may take", most)


def one(api, names, share, rng, env, true, count, fine=False):
    urls = [rng.choice(URLS) for _ in range(count)]
    with open(api.token) as f:
        token = json.load(f)
    front = Front(api, names, share, rng)
    # What is good comes at once, unless the machine is slow.
    most = 20 * TRY if fine else TRY
    began = time.monotonic()
    done = subprocess.run(
        [program("sp-fetch"), "--api", front.url, "--backoff", "5ms",
         "--retries", str(TRIES - 1), "--timeout", f"{int(most * 1000)}ms",
         "--parallel", str(rng.choice([1, 4, 16]))],
        input=plan(urls), capture_output=True, text=True, env=env,
        timeout=300)
    front.socket.close()
    check_result(urls, done, time.monotonic() - began, true,
          [token["access_token"], token["refresh_token"]], fine)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=0)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("fault", nargs="*", default=list(FAULTS))
    o = options.parse_args()
    failed = 0
    with folder() as path:
        api = Api(path, "--user", "kim", "--seed", "7")
        env = {k: v for k, v in os.environ.items() if k[-5:].lower() != "proxy"}
        env["SP_TOKEN_FILE"] = api.token
        subprocess.run([program("sp-fetch"), "/me"], env=env, check=True,
                       stdout=subprocess.DEVNULL)
        true = bodies(api)
        rounds = [(name, [name], 1, 1) for name in o.fault]
        rounds += [(name, [name], 0.3, 8) for name in o.fault]
        rounds += [(f"any, seed {o.seed + i}", list(FAULTS), 0.25, 40)
                   for i in range(o.rounds)]
        for i, (name, names, share, count) in enumerate(rounds):
            rng = random.Random(f"{o.seed} {i}")
            try:
                one(api, names, share, rng, env, true, count,
                    name.startswith("ok"))
            except (Broken, ValueError, subprocess.TimeoutExpired) as e:
                failed += 1
                print(f"# {name}, {share}: {str(e)[:600]}")
        api.close()
    print(f"# wire: {len(rounds)} runs, {failed} went wrong")
    return 1 if failed else 0


def bodies(api):
    with open(api.token) as f:
        token = json.load(f)["access_token"]
    host = api.url.split("/")[2]
    return {url: plain(json.loads(truth(api, url, f"Bearer {token}", host)[1]))
            for url in URLS}


sys.exit(main())
