"""Cut the mathematics font down to what the site's formulas can use.

    python tools/subset_font.py stix-two-math.woff2 docs/assets/fonts/stix-two-math.woff2

The source is STIX Two Math under the SIL Open Font License (docs/assets/fonts/STIXTwoMath-OFL.txt), which
reserves no font name, so a subset may keep it. The MATH table stays: it makes brackets and roots stretch.
"""

from __future__ import annotations

import sys

from fontTools import subset

# Latin, accents, Greek, dashes and primes, letter-like signs (ℝ, ℓ), arrows, operators, floors and ceilings,
# pieces of tall brackets, large operators, and the bold, italic, script and double-struck letters.
RANGES = (
    "20-7E A0-FF 300-338 391-3F6 2010-2057 20D0-20DC 2100-214F 2190-21D5 2200-22FF 2308-230B 2329-232A "
    "239B-23B3 27E6-27EF 2A00-2A0C 2A7D-2A7E 1D400-1D56B 1D6A4-1D7FF"
)


def main(source: str, target: str) -> None:
    """Write the subset of `source` to `target` as WOFF2."""
    options = subset.Options(flavor="woff2", layout_features=["ssty", "rtlm", "dtls"], hinting=False)
    options.notdef_outline = True
    font = subset.load_font(source, options)
    cutter = subset.Subsetter(options)
    ends = [[int(end, 16) for end in part.split("-")] for part in RANGES.split()]
    cutter.populate(unicodes=[code for first, last in ends for code in range(first, last + 1)])
    cutter.subset(font)
    subset.save_font(font, target, options)


if __name__ == "__main__":
    main(*sys.argv[1:3])
