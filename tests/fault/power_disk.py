"""What a power cut may leave of files, worked out from a log of power.c.

The model is the worst that POSIX, and SQLite's own assumptions, allow:

- What was written to a file before it was synced is there, as it was then.
- Of what was written to it since, each sector has got some part: nothing of
  it, all of it, or what had been written up to some instant. The sectors of
  a page may differ in this (a torn write), or only pages may; 512 and 4096
  bytes. So writes reach the disk in any order, and any of them.
- The file's length is any that it had since. Where it has grown, and what was
  written there has not arrived, there are zeros, or anything at all.
- Bytes which nobody wrote do not change, not even those beside a write. This
  is what SQLite calls powersafe overwrite, and assumes.
- A folder's entries are its content: what was made, removed or renamed in it
  since it was synced may be so or not, each by itself. To sync a file does
  not sync its name. A rename is one step: a name is never without a file in
  between. A folder that is lost takes all below it along.
- What is in memory only, SQLite's -shm, is gone.
"""
import os
import struct

NOTE = struct.Struct("=IIIIQQ")
SECTOR, PAGE = 512, 4096


class Note:
    """A line of the log."""

    __slots__ = ("kind", "pid", "inode", "at", "data")

    def __init__(self, kind, pid, inode, at, data):
        self.kind, self.pid, self.inode = chr(kind), pid, inode
        self.at, self.data = at, data

    def __repr__(self):
        return f"{self.kind} {self.pid} {self.inode} {self.at} " + (
            repr(self.data) if self.kind in "cmur" else str(len(self.data)))

    def paths(self):
        return [os.fsdecode(p) for p in self.data.split(b"\0")]


def read_log(path):
    with open(path, "rb") as f:
        text = f.read()
    notes, at = [], 0
    while at < len(text):
        kind, pid, length, _, inode, where = NOTE.unpack_from(text, at)
        at += NOTE.size
        notes.append(Note(kind, pid, inode, where, text[at:at + length]))
        at += length
    return notes


class File:
    """Bytes that are synced, and what has been done to them since."""

    def __init__(self, content=b""):
        self.synced = bytearray(content)
        self.length = len(content)
        self.since = []  # (offset, data), or (length, None)

    def write(self, at, data):
        self.since.append((at, data))
        self.length = max(self.length, at + len(data))

    def cut(self, length):
        self.since.append((length, None))
        self.length = length

    def now(self):
        content = bytearray(self.synced)
        for at, data in self.since:
            apply(content, at, data)
        return content

    def sync(self):
        self.synced, self.since = self.now(), []

    def lengths(self):
        """All that it had since it was synced."""
        length, all_of_them = len(self.synced), [len(self.synced)]
        for at, data in self.since:
            length = at if data is None else max(length, at + len(data))
            all_of_them.append(length)
        return all_of_them


def apply(content, at, data):
    if data is None:
        del content[at:]
        content.extend(bytes(at - len(content)))
    else:
        if len(content) < at:
            content.extend(bytes(at - len(content)))
        content[at:at + len(data)] = data


class Folder:
    """Names that are synced, and what has been done to them since."""

    def __init__(self):
        self.synced = {}
        self.since = []  # {name: node or None}, each in one step

    def now(self, keep=lambda: True):
        names = dict(self.synced)
        for step in self.since:
            if keep():
                names.update(step)
        return {n: node for n, node in names.items() if node}

    def sync(self):
        self.synced, self.since = self.now(), []


class Mood:
    """How a power cut takes what is not synced."""

    # Nothing of it arrives; all does; each file's by itself; and by chance.
    NAMES = ["lost", "kept", "by file", "in order", "mixed", "torn"]

    def __init__(self, name, rng):
        self.name, self.rng = name, rng
        self.sector = SECTOR if name == "torn" else rng.choice([SECTOR, PAGE])
        self.odds = rng.choice([0.1, 0.5, 0.9])
        self.garbage = name in ("mixed", "torn") and rng.random() < 0.5

    def keeps(self):
        """Whether a step in a folder has arrived."""
        if self.name in ("lost", "kept"):
            return self.name == "kept"
        return self.rng.random() < self.odds

    def content(self, f):
        if self.name == "lost":
            return bytes(f.synced)
        if self.name == "kept":
            return bytes(f.now())
        if self.name == "by file":
            return bytes(f.now() if self.rng.random() < 0.5 else f.synced)
        if self.name == "in order":
            content = bytearray(f.synced)
            for at, data in f.since[:self.rng.randint(0, len(f.since))]:
                apply(content, at, data)
            return bytes(content)
        return self.mixture(f)

    def reach(self, count):
        """Of so many steps, how many a sector has seen."""
        if self.rng.random() < 0.2:
            return self.rng.randint(0, count)
        return count if self.rng.random() < self.odds else 0

    def mixture(self, f):
        """Each sector as it was at an instant of its own."""
        if not f.since:
            return bytes(f.synced)
        lengths = f.lengths()
        room = max(lengths)
        content = bytearray(f.synced) + bytes(room - len(f.synced))
        if self.garbage:
            content[len(f.synced):] = self.rng.randbytes(
                room - len(f.synced))
        size, reach = self.sector, {}
        for i, (at, data) in enumerate(f.since):
            end = room if data is None else at + len(data)
            for sector in range(at // size, (end + size - 1) // size):
                if sector not in reach:
                    reach[sector] = self.reach(len(f.since))
                if i >= reach[sector]:
                    continue
                a, b = max(at, sector * size), min(end, (sector + 1) * size)
                content[a:b] = (bytes(b - a) if data is None
                                else data[a - at:b - at])
        length = self.rng.choice([lengths[0], lengths[-1],
                                  self.rng.choice(lengths)])
        return bytes(content[:length])


class Disk:
    """A folder's files, as they were, and as the notes go on."""

    def __init__(self, root):
        self.root = os.path.abspath(root)
        self.top = Folder()
        self.nodes = {os.stat(root).st_ino: self.top}
        self.read(self.root, self.top)

    def read(self, path, folder):
        for name in os.listdir(path):
            below = os.path.join(path, name)
            if name.endswith("-shm"):
                continue
            if os.path.isdir(below):
                node = Folder()
                self.read(below, node)
            else:
                with open(below, "rb") as f:
                    node = File(f.read())
            folder.synced[name] = node
            self.nodes[os.stat(below).st_ino] = node

    def find(self, path):
        """The folder of a path, and the path's last part."""
        parts = os.path.relpath(path, self.root).split("/")
        folder = self.top
        for part in parts[:-1]:
            folder = folder.now()[part]
        return folder, parts[-1]

    def play(self, note):
        """Apply a recorded call."""
        if note.kind in "cm":
            node = File() if note.kind == "c" else Folder()
            folder, name = self.find(note.paths()[0])
            folder.since.append({name: node})
            self.nodes[note.inode] = node
        elif note.kind == "u":
            folder, name = self.find(note.paths()[0])
            folder.since.append({name: None})
        elif note.kind == "r":
            (folder, old), (to, new) = map(self.find, note.paths())
            assert folder is to, "a rename across folders"
            folder.since.append({new: folder.now()[old], old: None})
        elif note.kind == "w":
            self.nodes[note.inode].write(note.at, note.data)
        elif note.kind == "t":
            self.nodes[note.inode].cut(note.at)
        elif note.kind == "s" and note.inode in self.nodes:
            self.nodes[note.inode].sync()

    def image(self, mood, path):
        """Write what the power cut leaves to a folder."""
        self.put(self.top, mood, path)

    def put(self, folder, mood, path):
        os.makedirs(path)
        for name, node in sorted(folder.now(mood.keeps).items()):
            below = os.path.join(path, name)
            if isinstance(node, Folder):
                self.put(node, mood, below)
            else:
                with open(below, "wb") as f:
                    f.write(mood.content(node))
