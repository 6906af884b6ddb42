"""A headless Chromium, driven over a pipe by the DevTools protocol."""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import threading

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

    def close(self):
        try:
            self.session = None
            self.send("Browser.close")
        except (RuntimeError, OSError):
            pass
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)
