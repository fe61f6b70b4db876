"""What a page must not have: barriers, and anything wider than the screen."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_AXE = Axe().axe_script
# Text in the very colour of its background is something that axe only calls "incomplete".
_RUN = """axe.run(document, {resultTypes: ["violations", "incomplete"]}).then(found => [
  ...found.violations.flatMap(rule => rule.nodes.map(node => [rule.id, node.html])),
  ...found.incomplete.flatMap(rule => rule.nodes
    .filter(node => node.any.some(check => check.data?.messageKey === "equalRatio"))
    .map(node => ["text in the colour of its background", node.html])),
])"""
_WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"


def violations(page: Page) -> list[str]:
    """Return what the rules of axe find, one line for each element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)
    return [f"{page.url}: {rule}: {html[:200]}" for rule, html in page.evaluate(_RUN)]


def overflow(page: Page) -> list[str]:
    """Return a line where the page has to be scrolled sideways."""
    needed, there = page.evaluate(_WIDTHS)
    return [f"{page.url} is {needed} px wide on {there} px"] if needed > there else []
