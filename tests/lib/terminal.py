#!/usr/bin/env python3
"""terminal.py COLUMNS NAME COMMAND

Runs a command of the shell in a terminal so wide. NAME.screen gets what is left
on its screen, NAME.drawn each state of a line before it was erased or redrawn,
and NAME.raw the bytes as they came, with escape sequences visible. Knows the
sequences that sp uses: carriage return, and erasing a line to its end.
"""
import fcntl
import os
import pty
import struct
import sys
import termios
import unicodedata


def record(columns, command):
    pid, fd = pty.fork()
    if pid == 0:
        size = struct.pack("HHHH", 24, columns, 0, 0)
        fcntl.ioctl(0, termios.TIOCSWINSZ, size)
        os.execv("/bin/sh", ["sh", "-c", command])
    data = b""
    try:
        while part := os.read(fd, 65536):
            data += part
    except OSError:
        pass
    os.waitpid(pid, 0)
    return data.decode(errors="replace")


def width(char):
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def show(text, columns):
    """The lines of the screen, and the states of lines that were redrawn."""
    lines, drawn, line, at = [], [], "", 0
    text = text.replace("\033[K", "\0")
    for char in text:
        if char == "\r":
            if line.strip():
                drawn.append(line)
            at = 0
        elif char == "\n":
            lines.append(line)
            line, at = "", 0
        elif char == "\0":
            line = line[:at]
        else:
            line = line[:at] + char + line[at + 1:]
            at += 1
            if sum(map(width, line)) > columns:
                lines.append(line[:-1] + "<wrapped>")
                drawn.append(lines[-1])
                line, at = char, 1
    return lines + [line] if line else lines, drawn


def main():
    columns, name, command = sys.argv[1:]
    text = record(int(columns), command)
    screen, drawn = show(text, int(columns))
    raw = (text.replace("\033", "^[").replace("\r\n", "\n")
           .replace("\r", "^M"))
    for suffix, lines in ("screen", screen), ("drawn", drawn), ("raw", [raw]):
        with open(f"{name}.{suffix}", "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines if line)


main()
