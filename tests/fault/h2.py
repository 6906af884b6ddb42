"""An HTTP/2 server that misbehaves, frame by frame (RFC 9113).

h2.py CERTIFICATE KEY FOLDER: listens on 127.0.0.1, and writes its port to
FOLDER/port. Each request is answered as the next line of FOLDER/do says, and
the last one again and again; a line `HEADERS` is added to FOLDER/log for each.

    ok                 200 with a user as its body
    rst CODE           RST_STREAM with that error code
    goaway CODE        GOAWAY that takes no stream, then the connection closes
    late-goaway CODE   the same after the head of the response
    cut                the connection closes
    header SIZE        one header field of so many bytes
    headers N SIZE     so many of them
    status CODE NAME VALUE   a status with a header field, and no body
"""
import pathlib
import socket
import ssl
import struct
import sys
import threading

CERTIFICATE, KEY, FOLDER = sys.argv[1:]
folder = pathlib.Path(FOLDER)
lock = threading.Lock()
DATA, HEADERS, RST, SETTINGS, PING, GOAWAY, CONTINUATION = 0, 1, 3, 4, 6, 7, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4
FRAME = 16384
BODY = b'{"id":"kim","display_name":"Kim"}'


def frame(kind, flags, stream, payload=b""):
    return (struct.pack(">I", len(payload))[1:] + bytes([kind, flags])
            + struct.pack(">I", stream) + payload)


def number(n, bits):
    most = (1 << bits) - 1
    if n < most:
        return bytes([n])
    out, n = [most], n - most
    while n >= 128:
        out.append(n % 128 + 128)
        n //= 128
    return bytes(out + [n])


def field(name, value):
    """A literal field that is not indexed, without Huffman coding."""
    return (b"\0" + number(len(name), 7) + name.encode()
            + number(len(value), 7) + value.encode())


def head(stream, fields, end=0):
    block = b"".join(field(*f) for f in fields)
    parts = [block[i:i + FRAME] for i in range(0, len(block), FRAME)]
    out = b""
    for i, part in enumerate(parts):
        flags = END_HEADERS if i + 1 == len(parts) else 0
        out += frame(CONTINUATION if i else HEADERS,
                     flags | (end if not i else 0), stream, part)
    return out


def answer(stream, what):
    """The frames of an answer, and whether the connection goes on."""
    kind, *args = what.split()
    if kind == "rst":
        return frame(RST, 0, stream, struct.pack(">I", int(args[0]))), True
    if kind in ("goaway", "late-goaway"):
        late = kind == "late-goaway"
        out = head(stream, [(":status", "200")]) if late else b""
        return out + frame(GOAWAY, 0, 0, struct.pack(
            ">II", stream if late else 0, int(args[0]))), False
    if kind == "cut":
        return b"", False
    if kind == "status":
        return head(stream, [(":status", args[0]), (args[1], args[2])],
                    END_STREAM), True
    fields = [(":status", "200"), ("content-type", "application/json")]
    if kind == "header":
        fields.append(("x-more", "x" * int(args[0])))
    if kind == "headers":
        fields += [(f"x-{i}", "x" * int(args[1])) for i in range(int(args[0]))]
    return head(stream, fields) + frame(DATA, END_STREAM, stream, BODY), True


def next_word():
    with lock:
        with open(folder / "log", "a", encoding="ascii") as log:
            log.write("HEADERS\n")
        words = (folder / "do").read_text("ascii").splitlines()
        if len(words) > 1:
            (folder / "do").write_text("\n".join(words[1:]) + "\n", "ascii")
        return words[0]


def read(c, n):
    got = b""
    while len(got) < n:
        more = c.recv(n - len(got))
        if not more:
            raise EOFError
        got += more
    return got


def serve(c):
    read(c, 24)  # the preface
    c.sendall(frame(SETTINGS, 0, 0))
    while True:
        first = read(c, 9)
        size = int.from_bytes(first[:3], "big")
        kind, flags = first[3], first[4]
        stream = int.from_bytes(first[5:], "big") & 0x7fffffff
        payload = read(c, size)
        if kind == SETTINGS and not flags & ACK:
            c.sendall(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            c.sendall(frame(PING, ACK, 0, payload))
        elif kind == GOAWAY:
            return
        elif kind == HEADERS:
            out, more = answer(stream, next_word())
            c.sendall(out)
            if not more:
                return


def connection(raw, context):
    try:
        with context.wrap_socket(raw, server_side=True) as c:
            serve(c)
            c.unwrap()
    except (OSError, EOFError):
        pass


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    context.set_alpn_protocols(["h2"])
    server = socket.create_server(("127.0.0.1", 0), backlog=64)
    (folder / "new").write_text(str(server.getsockname()[1]), "ascii")
    (folder / "new").rename(folder / "port")
    while True:
        raw, _ = server.accept()
        threading.Thread(target=connection, args=(raw, context),
                         daemon=True).start()


main()
