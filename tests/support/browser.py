"""A real browser: Debian's Chromium, driven by its own driver; nothing is downloaded.

It keeps what it asked for, and what its console said, also of what a page's policy refused.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.waiting import wait_until

DRIVER = "/usr/bin/chromedriver"
#: Widths of a desk and of a phone.
WIDE, NARROW = 1280, 390


class Browser:
    """What a person does with a browser, and what can be seen of it.

    Args:
        driver: Selenium's driver.
    """

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self.size(WIDE)

    def open(self, address: str) -> None:
        """Go to an address, and wait until it is there."""
        self.driver.get(address)

    def size(self, width: int, *, dark: bool = False) -> None:
        """Become so wide, in the light or in the dark."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._call("Emulation.setEmulatedMedia", features=[scheme])

    def scripts(self, *, on: bool) -> None:
        """Let pages run scripts, or not."""
        self._call("Emulation.setScriptExecutionDisabled", value=not on)

    def look(self, *, hidden: bool) -> None:
        """Look away from the tab, or at it again; a tab of a driver is always seen, so say so."""
        self.run(
            "Object.defineProperty(document, 'hidden', {value: arguments[0], configurable: true});"
            "document.dispatchEvent(new Event('visibilitychange'));",
            hidden,
        )

    def run(self, script: str, *values: Any) -> Any:
        """Return what a script returns; a page's policy does not hold for it."""
        return self.driver.execute_script(script, *values)

    def text(self, css: str = "body") -> str:
        """Return what stands in an element, or nothing where there is none."""
        found = self.run("return document.querySelector(arguments[0])?.innerText || ''", css)
        return str(found)

    def until(self, css: str, words: str) -> None:
        """Wait until words stand in an element."""
        wait_until(f"{words!r} in {css}", lambda: words in self.text(css))

    def press(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def click(self, css: str) -> None:
        """Click an element."""
        self.driver.find_element("css selector", css).click()

    def write(self, css: str, words: str) -> None:
        """Write into a field."""
        self.driver.find_element("css selector", css).send_keys(words)

    def faults(self) -> list[str]:
        """Return what axe-core finds of WCAG 2.1 A and AA, one line for each."""
        import axe_core_python

        self.run(Path(axe_core_python.__file__).with_name("axe.min.js").read_text())
        found = self.driver.execute_async_script(
            "const done = arguments[0];"
            "axe.run(document, {resultTypes: ['violations'], runOnly: {type: 'tag', values:"
            " ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}}).then(done, done)"
        )
        return [
            f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
            for one in found["violations"]
            for node in one["nodes"]
        ]

    def said(self) -> list[str]:
        """Return what the console said since this was asked last."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def asked(self) -> set[str]:
        """Return which hosts and schemes were asked for since this was asked last."""
        found = set()
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                parts = urlsplit(message["params"]["request"]["url"])
                found.add(f"{parts.scheme}://{parts.netloc}")
        return found

    def _call(self, command: str, **parameters: Any) -> None:
        self.driver.execute_cdp_cmd(command, parameters)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run a browser for the block."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    binary = shutil.which("chromium")
    if binary is None or not Path(DRIVER).exists():
        raise FileNotFoundError(f"{DRIVER} is not there: install Debian's chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "INFO", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
