"""A headless Chromium, what it sees of the console, and axe-core's word on it."""

import hashlib
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from tests.support.pages import ROOT
from tests.support.waiting import eventually

PROGRAMS: Final = ("chromium", "chromedriver")
AXE: Final = "axe-core@4.11.0"
AXE_SHA256: Final = "e9e5863c33a874f09bc01acd9234b7e3c871479f5eef8802fa582544465e6d01"
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
SHOTS: Final = ROOT / "build/console"
NARROW, WIDE = 400, 1600
HIGHEST: Final = 4000
PAGE_SECONDS: Final = 60
NAMED: Final = "return [...document.querySelectorAll('a, button')].find(one => one.innerText.trim() === arguments[0])"


@dataclass(frozen=True)
class Browser:
    """One window of it."""

    driver: Chrome
    base: str
    """Where the console answers."""
    axe: str
    """Source of axe-core."""

    def go(self, path: str) -> None:
        """Open a page of the console."""
        self.driver.get(self.base + path)

    @property
    def text(self) -> str:
        """What stands on the page."""
        return str(self.driver.execute_script("return document.body.innerText"))

    def until(self, words: str, *, timeout: float = PAGE_SECONDS) -> None:
        """Wait until the page says something, by itself."""

        def says() -> bool:
            text = self.text
            assert words in text, text
            return True

        eventually(says, timeout=timeout)

    def until_offered(self, words: str, *, timeout: float = PAGE_SECONDS) -> None:
        """Wait until the page has a link or button with these words, by itself."""
        eventually(lambda: self.has(words), timeout=timeout)

    def click(self, words: str) -> None:
        """Press the link or button with these words, even if the page puts a new one in its place meanwhile."""

        def pressed() -> bool:
            found: WebElement | None = self.driver.execute_script(NAMED, words)
            assert found is not None, f"no link or button {words!r} in {self.text}"
            try:
                found.click()
            except StaleElementReferenceException as error:
                raise AssertionError(str(error)) from error
            return True

        eventually(pressed, timeout=PAGE_SECONDS)

    def has(self, words: str) -> bool:
        """Whether there is a link or button with these words."""
        return self.driver.execute_script(NAMED, words) is not None

    def fill(self, identity: str, value: str) -> None:
        """Type into the field of that id, in place of what is there."""
        field = self.driver.find_element(By.ID, identity)
        field.clear()
        field.send_keys(value)

    def faults(self) -> list[str]:
        """What axe-core finds wrong with the page."""
        self.driver.execute_script(self.axe)
        options = {"runOnly": {"type": "tag", "values": list(RULES)}}
        found: Any = self.driver.execute_async_script(
            "const done = arguments[1]; axe.run(document, arguments[0]).then(r => done(r.violations))",
            options,
        )
        return [json.dumps({"rule": one["id"], "nodes": [n["html"] for n in one["nodes"]][:3]}) for one in found]

    def console_errors(self) -> list[str]:
        """What the browser has refused or failed at, such as what the policy of contents forbids."""
        return [str(one["message"]) for one in _log(self.driver, "browser") if one["level"] == "SEVERE"]

    def look(self, name: str) -> list[str]:
        """Pictures of the page, narrow and wide, light and dark, into build/console; what is wrong with it."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        found = []
        for width in (NARROW, WIDE):
            for scheme in ("light", "dark"):
                self.resize(width, scheme)
                height = int(self.driver.execute_script("return document.documentElement.scrollHeight"))
                self.resize(width, scheme, min(height, HIGHEST))
                self.driver.save_screenshot(str(SHOTS / f"{name}-{width}-{scheme}.png"))
                overflow = self.driver.execute_script(
                    "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
                )
                found += [f"{name} {width} {scheme}: {fault}" for fault in self.faults()]
                if overflow > 0:
                    found.append(f"{name} {width}: {overflow} pixels are beyond the window")
        self.resize(WIDE, "light")
        return found

    def resize(self, width: int, scheme: str, height: int = 900) -> None:
        """Another window, and another wish for light or dark."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


@contextmanager
def chromium(profile: Path, axe: str) -> Iterator[Callable[[str], Browser]]:
    """A browser of its own; give it the console's address. Skips where there is none."""
    if missing := [name for name in PROGRAMS if shutil.which(name) is None]:
        pytest.skip(f"{' and '.join(missing)} not in PATH: apt-get install chromium chromium-driver")
    options = Options()
    options.binary_location = str(shutil.which("chromium"))
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=en"):
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={profile}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(str(shutil.which("chromedriver"))))
    try:
        driver.set_script_timeout(60)
        yield lambda base: Browser(driver, base, axe)
    finally:
        driver.quit()


def hosts_asked(driver: Chrome) -> set[str]:
    """The hosts and ports that the browser has sent requests to since the last look."""
    messages = (json.loads(one["message"])["message"] for one in _log(driver, "performance"))
    urls = [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
    return {url.split("/")[2] for url in urls if url.startswith("http")}


def _log(driver: Any, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = driver.get_log(kind)
    return found


def axe_source(cache: Path) -> str:
    """axe-core, fetched once as a package and held to its digest. Skips without npm."""
    kept = cache / "axe.min.js"
    if not kept.exists():
        if shutil.which("npm") is None:
            pytest.skip("npm is not in PATH: apt-get install npm")
        cache.mkdir(parents=True, exist_ok=True)
        packed = ["npm", "pack", AXE, "--silent", "--pack-destination", str(cache)]
        name = subprocess.run(packed, check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1]
        with tarfile.open(cache / name) as archive:
            member = archive.extractfile("package/axe.min.js")
            assert member is not None
            kept.write_bytes(member.read())
    content = kept.read_bytes()
    assert hashlib.sha256(content).hexdigest() == AXE_SHA256, f"{kept} is not the axe-core that is expected"
    return content.decode()
