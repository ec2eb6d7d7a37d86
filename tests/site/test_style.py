"""What the style guide promises about colors and code is computed from the files."""

from __future__ import annotations

import re

import pytest

from macros.catalogue import ROOT

SHEET = (ROOT / "docs" / "assets" / "css" / "site.css").read_text("utf-8")
BLOCKS = {
    "light": SHEET.index(":root, [data-md"),
    "dark": SHEET.index('[data-md-color-scheme="slate"] {'),
    "print": SHEET.index(":root", SHEET.index("@media print")),
}


def colors(scheme: str) -> dict[str, str]:
    block = SHEET[BLOCKS[scheme] : SHEET.index("}", BLOCKS[scheme])]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})\b", block))


def luminance(color: str) -> float:
    """WCAG 2.2, relative luminance, of #rgb or #rrggbb."""
    digits = color[1:] if len(color) == 7 else "".join(c * 2 for c in color[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", BLOCKS)
@pytest.mark.parametrize("ground", ["paper", "shade"])
def test_text_and_figure_colors_are_readable_in_every_scheme(scheme: str, ground: str) -> None:
    """4.5 to 1 for text, 3 to 1 for marks in figures."""
    palette = colors(scheme)
    for name in ("ink", "quiet", "accent", "good", "bad"):
        assert contrast(palette[name], palette[ground]) >= 4.5, name
    for name in (f"hue-{n}" for n in range(1, 7)):
        assert contrast(palette[name], palette[ground]) >= 3, name
    for name in (name for name in palette if name.startswith("md-code-hl")):
        assert contrast(palette[name], palette["shade"]) >= 4.5, name


def test_the_style_guide_lists_the_colors_of_the_sheet() -> None:
    guide = (ROOT / "docs" / "contributing" / "style.md").read_text("utf-8")
    for name in ("paper", "shade", "ink", "quiet", "rule", "accent"):
        assert f"| `--{name}` | `{colors('light')[name]}` | `{colors('dark')[name]}` |" in guide


def test_no_macro_swallows_errors_it_does_not_know() -> None:
    for file in (ROOT / "macros").glob("*.py"):
        assert not re.search(r"except( Base)?( Exception)?:", file.read_text("utf-8")), file.name


def test_figures_carry_no_script_style_or_size() -> None:
    for file in (ROOT / "docs" / "assets" / "figures").glob("*.svg"):
        text = file.read_text("utf-8")
        assert not re.search(r"<script|<style|<image|href=|<svg[^>]* (width|height)=|\son\w+=", text), (
            file.name
        )
        width = re.search(r'viewBox="0 0 (\d+)', text)
        assert width and int(width[1]) <= 640, file.name
