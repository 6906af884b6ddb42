#!/usr/bin/env python3
"""picture.py FOLDER: report.png and report-dark.png, the first screens of a
made-up listener's page."""
import sys
import tempfile

import check
import example
from browser import Browser

WIDTH, HEIGHT = 1080, 1120


def main():
    folder = sys.argv[1]
    browser = Browser()
    with tempfile.TemporaryDirectory() as tmp:
        page = tmp + "/page.html"
        with open(page, "w", encoding="utf-8") as file:
            file.write(check.render(example.KINDS["years"]()))
        for name, dark in (("report", False), ("report-dark", True)):
            browser.window(WIDTH, HEIGHT, dark=dark, scale=1.5)
            browser.open(page)
            end = browser.run("document.querySelectorAll('.months')[1]"
                              ".getBoundingClientRect().bottom")
            browser.picture(f"{folder}/{name}.png", 0, end + 10)
    browser.close()


if __name__ == "__main__":
    main()
