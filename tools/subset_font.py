"""Cut the mathematics font down to what the site's formulas can use.

    python tools/subset_font.py stix-two-math.woff2 docs/assets/fonts/stix-two-math.woff2

The source is STIX Two Math under the SIL Open Font License (docs/assets/fonts/STIXTwoMath-OFL.txt), which
reserves no font name, so a subset may keep it. The MATH table stays: it makes brackets and roots stretch.
"""

from __future__ import annotations

import sys

from fontTools import subset

RANGES = (
    (0x20, 0x7E),  # Latin
    (0xA0, 0xFF),
    (0x300, 0x338),  # accents over symbols
    (0x391, 0x3F6),  # Greek
    (0x2010, 0x2057),  # dashes, dots, primes
    (0x20D0, 0x20DC),
    (0x2100, 0x214F),  # letter-like: ℝ, ℒ, ℓ
    (0x2190, 0x21D5),  # arrows
    (0x2200, 0x22FF),  # operators
    (0x2308, 0x230B),  # floor, ceiling
    (0x2329, 0x232A),
    (0x239B, 0x23B3),  # pieces of tall brackets
    (0x27E6, 0x27EF),
    (0x2A00, 0x2A0C),
    (0x2A7D, 0x2A7E),
    (0x1D400, 0x1D537),  # bold, italic, script letters
    (0x1D538, 0x1D56B),  # double-struck letters
    (0x1D6A4, 0x1D7FF),  # Greek in bold and italic, bold digits
)


def main(source: str, target: str) -> None:
    """Write the subset of `source` to `target` as WOFF2."""
    options = subset.Options(flavor="woff2", layout_features=["ssty", "rtlm", "dtls"], hinting=False)
    options.notdef_outline = True
    font = subset.load_font(source, options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)])
    cutter.subset(font)
    subset.save_font(font, target, options)


if __name__ == "__main__":
    main(*sys.argv[1:3])
