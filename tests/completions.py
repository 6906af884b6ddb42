#!/usr/bin/env python3
# Types lines into an interactive shell, each followed by Tab, and prints for each
# the words that the shell lists, or what it has made of the line if it lists none:
#
#	completions.py bash|zsh FOLDER LINE...
import os
import pty
import re
import signal
import sys

shell, folder, lines = sys.argv[1], sys.argv[2], sys.argv[3:]
start = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}[shell]
setup = {
    "bash": f"""PS1='ready> '; bind 'set show-all-if-ambiguous on'
bind 'set completion-query-items 0'; bind 'set page-completions off'
bind 'set enable-bracketed-paste off'; for f in '{folder}'/bash/*; do . "$f"; done""",
    "zsh": f"""PS1='ready> '; unsetopt promptsp listambiguous; unset zle_bracketed_paste; LISTMAX=10000
fpath=('{folder}/zsh' $fpath); autoload -U compinit; compinit -D -u; bindkey -e""",
}[shell]

pid, tty = pty.fork()
if pid == 0:
    # LeakSanitizer stops the program that it looks at, and waits for that. zsh
    # sends SIGCONT to the processes of a pipeline, which cancels the stop.
    leaks = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    os.environ.update(TERM="dumb" if shell == "bash" else "linux", COLUMNS="100",
                      LINES="200", ASAN_OPTIONS=leaks)
    os.execvp(start[0], start)
marks = 0
# A shell that hangs is ended.
signal.alarm(300)


def plain(seen):
    """The lines on a screen, without what moves the cursor on a line."""
    text = re.sub(r"\x1b\[\d*A", "\n", seen.decode(errors="replace"))
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\0\7\x0f\r]|\x1b[=>]", "", text)
    while "\b" in text:
        text = re.sub(r"[^\x08]\x08|^\x08", "", text)
    return text


def send(text):
    """Types text, and returns the screen once the shell waits for more."""
    global marks
    marks += 1
    mark = f"mark {marks} is here"
    os.write(tty, text.encode() + f"\x15echo 'mark' {marks} 'is here'\n".encode())
    seen = b""
    while not re.search(rf"\n{mark}\n(.* )?ready> $", plain(seen)):
        got = os.read(tty, 65536)
        if not got:
            sys.exit(f"{shell} ended: {seen!r}")
        seen += got
    return plain(seen).split("echo 'mark'")[0]


send(f"stty cols 100 rows 200; {setup}\n".replace("\n", "; ", setup.count("\n")))
for line in lines:
    first, *others = send(line + "\t").split("\n")
    words = []
    for listed in others[:-1]:
        if listed.startswith(line.rstrip()):
            continue
        described = re.match(r"(\S+) +-- ", listed)
        words += [described[1]] if described else listed.split()
    print(" ".join(words) if words else first.split("ready>")[0].strip(), flush=True)
os.write(tty, b"exit\n")
