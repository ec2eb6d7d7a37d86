// Text as it is compared, in every field that filters.

/** Letters that Unicode does not take apart. */
const PLAIN = new Map(Object.entries({ ß: "ss", ø: "o", ł: "l", đ: "d", æ: "ae", œ: "oe", ı: "i", ς: "σ" }));

/**
 * Text without case, diacritics and the differences between dashes and spaces.
 * @param {string} text
 */
export function fold(text) {
  const bare = text.normalize("NFKD").replace(/\p{M}/gu, "").replace(/\p{Pd}/gu, "-").toLowerCase();
  return bare.replace(/[ßøłđæœıς]/g, (letter) => PLAIN.get(letter) ?? letter).replace(/\s+/g, " ").trim();
}
