"""A headless Chromium, driven over a pipe by the DevTools protocol; and a headless
Firefox, over a socket by the one that it calls Marionette."""
import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
OPTIONS = ("--headless=new", "--disable-gpu", "--hide-scrollbars",
           "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync",
           "--disable-dev-shm-usage", "--force-color-profile=srgb",
           "--remote-debugging-pipe")
SECONDS = 60    # after which Chromium is ended


class Browser:
    """One tab. `events` has the messages that no command asked for."""

    def __init__(self):
        program = next(filter(None, map(shutil.which, NAMES)), None)
        if not program:
            raise SystemExit("no chromium: run `make deps check-report`")
        self.profile = tempfile.mkdtemp(prefix="sp-report-")
        self.events, self.last = [], 0
        read, its_write = os.pipe()
        its_read, write = os.pipe()
        # Chromium reads commands from 3 and writes answers to 4. Both are
        # copied to high numbers first, so that none is overwritten.
        high = [os.dup(its_read), os.dup(its_write)]
        command = [program, *OPTIONS, f"--user-data-dir={self.profile}"]
        if os.geteuid() == 0:
            command.append("--no-sandbox")
        shell = f'exec "$@" 3<&{high[0]} 4>&{high[1]} 2>/dev/null >/dev/null'
        self.process = subprocess.Popen(
            ["bash", "-c", shell, "chromium", *command], pass_fds=high)
        for fd in (its_read, its_write, *high):
            os.close(fd)
        self.input = os.fdopen(write, "wb")
        self.output = os.fdopen(read, "rb")
        self.session = None
        target = self.send("Target.createTarget", url="about:blank")
        self.session = self.send(
            "Target.attachToTarget", targetId=target["targetId"],
            flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(domain + ".enable")

    def read(self):
        """The next message."""
        message = bytearray()
        timer = threading.Timer(SECONDS, self.process.kill)
        timer.start()
        while byte := self.output.read(1):
            if byte == b"\0":
                timer.cancel()
                return json.loads(message)
            message += byte
        timer.cancel()
        raise RuntimeError("chromium has ended")

    def send(self, method, **params):
        """Sends a command, and returns its result."""
        self.last += 1
        command = {"id": self.last, "method": method, "params": params}
        if self.session:
            command["sessionId"] = self.session
        self.input.write(json.dumps(command).encode() + b"\0")
        self.input.flush()
        while (message := self.read()).get("id") != self.last:
            self.events.append(message)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        return message["result"]

    def paper(self):
        """Shows the page as it would be printed on A4."""
        self.window(720)
        self.send("Emulation.setEmulatedMedia", media="print")

    def window(self, width, height=800, dark=False, scale=1):
        self.send("Emulation.setDeviceMetricsOverride", width=width,
                  height=height, deviceScaleFactor=scale, mobile=width < 500)
        self.send("Emulation.setEmulatedMedia", media="", features=[
            {"name": "prefers-color-scheme",
             "value": "dark" if dark else "light"}])

    def open(self, path):
        """Opens a file, and returns the events until it was loaded."""
        self.events = []
        self.send("Page.navigate", url="file://" + os.path.abspath(path))
        while not any(e.get("method") == "Page.loadEventFired"
                      for e in self.events):
            self.events.append(self.read())
        return self.events

    def define(self, script):
        """Functions for `run`, until another page is opened."""
        self.run(script)

    def run(self, script):
        """The value of an expression in JavaScript."""
        answer = self.send("Runtime.evaluate", expression=script,
                           returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def picture(self, path, top=0, height=None):
        """Saves what is between two heights of the page as a PNG."""
        width, whole = self.run(
            "[innerWidth, document.documentElement.scrollHeight]")
        data = self.send(
            "Page.captureScreenshot", captureBeyondViewport=True, clip={
                "x": 0, "y": top, "width": width,
                "height": min(height or whole, whole - top), "scale": 1})
        with open(path, "wb") as file:
            file.write(base64.b64decode(data["data"]))

    def pdf(self, path):
        """Prints the page on A4."""
        data = self.send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)
        with open(path, "wb") as file:
            file.write(base64.b64decode(data["data"]))

    def close(self):
        try:
            self.session = None
            self.send("Browser.close")
        except (RuntimeError, OSError):
            pass
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


class Firefox:
    """One tab, with a page in a frame: windows of Firefox are never narrow."""

    def __init__(self):
        program = next(filter(None, map(shutil.which, (
            "firefox-esr", "firefox"))), None)
        if not program:
            raise SystemExit("no firefox: run `make deps check-report`")
        self.profile = tempfile.mkdtemp(prefix="sp-report-")
        with open(self.profile + "/user.js", "w", encoding="utf-8") as file:
            file.write('user_pref("marionette.port", 0);\n')
        self.process = subprocess.Popen(
            [program, "--headless", "--no-remote", "--marionette",
             "--profile", self.profile], env=os.environ | {
                 "HOME": self.profile, "MOZ_HEADLESS_WIDTH": "1400",
                 "MOZ_HEADLESS_HEIGHT": "900"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.socket = socket.create_connection(
            ("127.0.0.1", self.port()), timeout=SECONDS)
        self.input, self.last = self.socket.makefile("rb"), 0
        self.functions = ""
        self.read()
        self.send("WebDriver:NewSession")

    def port(self):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with open(self.profile + "/MarionetteActivePort",
                          encoding="ascii") as file:
                    if text := file.read():
                        return int(text)
            except FileNotFoundError:
                pass
            time.sleep(0.05)
        raise RuntimeError("firefox does not start")

    def read(self):
        """A message: its length, a colon, and JSON."""
        size = b""
        while (byte := self.input.read(1)) != b":":
            if not byte:
                raise RuntimeError("firefox has ended")
            size += byte
        return json.loads(self.input.read(int(size)))

    def send(self, method, **params):
        self.last += 1
        message = json.dumps([0, self.last, method, params]).encode()
        self.socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self.read()
        if error:
            raise RuntimeError(f"{method}: {error['message']}")
        return result

    def open(self, path, width=None):
        """Opens a file, in a window or in a frame of a width."""
        where = "file://" + os.path.abspath(path)
        if width:
            with open(self.profile + "/frame.html", "w",
                      encoding="utf-8") as file:
                file.write(f"<!DOCTYPE html><iframe style='border: 0' "
                           f"width={width} height=800 src='{where}'></iframe>")
            where = f"file://{self.profile}/frame.html"
        self.send("WebDriver:Navigate", url=where)
        if width:
            self.send("WebDriver:SwitchToFrame", id=0)

    def define(self, script):
        self.functions = script

    def run(self, expression):
        return self.send("WebDriver:ExecuteScript", args=[], sandbox=None,
                         script=f"{self.functions}\nreturn {expression}"
                         )["value"]

    def pdf(self, path):
        data = self.send("WebDriver:Print", page={
            "width": 21.0, "height": 29.7}, shrinkToFit=False)
        with open(path, "wb") as file:
            file.write(base64.b64decode(data["value"]))

    def picture(self, path):
        data = self.send("WebDriver:TakeScreenshot", full=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(data["value"]))

    def close(self):
        try:
            self.send("Marionette:Quit", flags=["eForceQuit"])
        except (RuntimeError, OSError):
            pass
        self.process.kill()
        self.process.wait()
        self.socket.close()
        shutil.rmtree(self.profile, ignore_errors=True)
