// What a few rows have in common.

/**
 * What several rows have in a column: the same, different things, or nobody says.
 * @param {Row[]} rows
 * @param {number} at
 * @returns {string} "same", "differs", or the word for what is missing in all of them
 */
export function verdict(rows, at) {
  const cells = rows.map((row) => row.cells[at]);
  const [first] = cells;
  if (first.missing && cells.every(({ missing }) => missing === first.missing)) return first.missing;
  return cells.every(({ text }) => text === first.text) ? "same" : "differs";
}
