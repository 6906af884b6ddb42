#!/usr/bin/env python3
"""sp-tutorial(7): its commands, typed one after another into bash and zsh on a
terminal, print what the page shows."""

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.abspath(os.environ.get("SP_BUILD", TOP + "/build"))
PAGE = TOP + "/man/sp-tutorial.7"
CLIENT = "0123456789abcdef0123456789abcdef"
PROMPT = "<prompt>"
SHELLS = {
    "bash": ["bash", "--norc", "--noediting", "-i"],
    "zsh": ["zsh", "-f", "-i", "+Z", "+o", "promptsp", "+o", "promptcr"],
}


def steps(page):
    """The commands of the page, each with the output that is shown below it."""
    found, shown = [], False
    for line in page.splitlines():
        if line.startswith(".Bd"):
            shown = True
        elif line.startswith(".Ed"):
            shown = False
        elif shown:
            line = line.replace("\\e", "\\").replace("\\&", "")
            if line.startswith("$ "):
                found.append([line[2:], ""])
            elif line.startswith("> "):
                found[-1][0] += "\n" + line[2:]
            else:
                found[-1][1] += line + "\n"
    return found


def matches(shown, printed):
    """Whether output is as shown; three dots stand for any text, and in a line
    by themselves for any lines."""
    pattern = "".join(
        r"(?:.*\n)*" if line == "..."
        else re.escape(line).replace(r"\.\.\.", ".*") + r"\n"
        for line in shown.splitlines())
    return re.fullmatch(pattern, printed)


class Shell:
    """An interactive shell on a terminal of 80 columns."""

    def __init__(self, name, home):
        env = dict(os.environ, HOME=home, PS1=PROMPT, PS2="", TERM="dumb", TZ="UTC",
                   LC_ALL="C.UTF-8", PATH=BUILD + ":" + os.environ["PATH"],
                   BROWSER="curl -sSLo page.html", COLUMNS="80")
        for name_of in [v for v in env if v.startswith("SP_")]:
            del env[name_of]
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(home)
            os.execvpe(SHELLS[name][0], SHELLS[name], env)
        self.rest = ""  # what came after the last prompt
        self.read(lambda text: PROMPT in text)
        self.type("stty -echo cols 80")

    def type(self, command):
        """What a command prints until the next prompt."""
        os.write(self.fd, command.encode() + b"\n")
        text = self.read(lambda text: PROMPT in text)
        printed, self.rest = text.split(PROMPT, 1)
        return printed

    def read(self, enough):
        """What is printed next, as it remains on the screen."""
        rest, self.rest, text = self.rest, "", b""
        while True:
            lines = text.decode(errors="replace").replace("\r\n", "\n")
            lines = rest + re.sub(r".*\r|\x1b\[K", "", lines)
            if enough(lines):
                return lines
            text += os.read(self.fd, 65536)

    def in_order(self, shown, printed):
        """What a command in the background prints, in the order of the page: the
        shell prints its number before or after that."""
        def sort(text):
            return "".join(sorted(text.splitlines(keepends=True)))
        if not matches(sort(shown), sort(printed)):
            printed += self.read(lambda text: matches(sort(shown), sort(printed + text)))
        return sort(printed) if sort(shown) == shown else printed

    def close(self):
        os.close(self.fd)
        os.kill(self.pid, signal.SIGHUP)
        os.waitpid(self.pid, 0)


def mock(home):
    """The API of the reader's own account; the commands that lead to it."""
    server = subprocess.Popen(
        [BUILD + "/sp-rehearse", "--seed", "9", "--token-file", home + "/own.json"],
        stdout=subprocess.PIPE, text=True)
    url = server.stdout.readline().strip()
    with open(home + "/own.json") as file:
        client = re.search(r'"client_id": ?"(\w+)"', file.read()).group(1)
    return server, client, (
        f"export SP_API={url} SP_AUTH_URL={url}/authorize"
        f" SP_TOKEN_URL={url}/api/token")


def export_zip(home):
    folder = home + "/export"
    subprocess.run([BUILD + "/sp-rehearse", "--seed", "9", "--plays-per-day", "3",
                    "--export", folder], check=True)
    shutil.make_archive(home + "/sp-practice/my_spotify_data", "zip", folder)


def type_all(name, page):
    """Yields each command, what the page shows, and what it prints."""
    home = tempfile.mkdtemp()
    server, client, to_server = mock(home)
    shell = Shell(name, home)
    try:
        for command, shown in steps(page):
            if command.startswith("sp-fetch login"):
                shell.type(to_server)
            if "my_spotify_data.zip" in command:
                export_zip(home)
            printed = shell.type(command.replace(CLIENT, client))
            if command.endswith("&"):
                printed = shell.in_order(shown, printed)
            yield command, shown, printed
    finally:
        shell.close()
        server.terminate()
        server.wait()
        server.stdout.close()
        shutil.rmtree(home)


def too_long(*_):
    """Ends the test, but not before the shell and the server are stopped."""
    raise TimeoutError("a command did not come to a prompt")


def main():
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(240)
    with open(PAGE) as file:
        page = file.read()
    count = failures = 0
    for name in SHELLS:
        if not shutil.which(name):
            count += 1
            print(f"ok {count} - {name}: the tutorial # SKIP no {name}")
            continue
        for command, shown, printed in type_all(name, page):
            count += 1
            good = matches(shown, printed)
            failures += not good
            words = command.split("\n")[0]
            print(f"{'ok' if good else 'not ok'} {count} - {name}: {words}")
            if not good:
                print(f"# {name}: {command}\n# shown:\n{shown}# printed:\n{printed}",
                      file=sys.stderr)
    print(f"1..{count}")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
