"""Draws the icons as PNG, for phones that take no SVG. Run by hand when an icon has changed."""

from pathlib import Path

from playwright.sync_api import sync_playwright

STATIC = Path(__file__).resolve().parent.parent / "static"
DRAWN = [
    ("icon.svg", "192", 192),
    ("icon.svg", "512", 512),
    ("icons/maskable.svg", "maskable", 512),
    ("icons/maskable.svg", "apple", 180),  # iOS cuts the corners itself
]

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(
        executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
    )
    for source, name, size in DRAWN:
        page = browser.new_page(viewport={"width": size, "height": size})
        picture = (STATIC / source).read_text().replace("<svg ", f'<svg width="{size}" ')
        page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{picture}")
        page.screenshot(path=STATIC / f"icons/{name}.png", omit_background=True)
