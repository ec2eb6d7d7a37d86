// A tall table: rows as grids of the same widths, so that the browser can skip those out of sight.
// As a plain table, a thousand rows take half a second to lay out, at every change.

/** @param {HTMLTableElement} table */
function giveRoles(table) {
  table.setAttribute("role", "table"); // what is displayed as a grid is a table still
  for (const part of [table.tHead, table.tBodies[0]]) part?.setAttribute("role", "rowgroup");
  for (const row of table.rows) {
    row.setAttribute("role", "row");
    for (const cell of row.cells) {
      cell.setAttribute("role", cell.localName === "td" ? "cell" : cell.scope === "col" ? "columnheader" : "rowheader");
    }
  }
}

/**
 * Lay the table out, and again when its place changes its width.
 * @param {View} view
 * @param {HTMLElement} place
 * @param {AbortSignal} signal
 * @returns {() => void} to be called when other columns are shown
 */
export function tall({ table, columns, nodes, chosen }, place, signal) {
  let widths = /** @type {number[]} */ ([]); // in units of the text's size
  let known = 0;

  function fit() {
    const shown = widths.filter((_, at) => !chosen.hidden.includes(columns[at].name));
    table.style.setProperty("--columns", shown.map((w) => `minmax(${w.toFixed(2)}em, ${w.toFixed(2)}fr)`).join(" "));
    table.style.setProperty("--width", `${shown.reduce((sum, w) => sum + w, 0).toFixed(2)}em`);
  }

  /** Ask the browser how wide it makes the columns of a plain table. */
  function measure() {
    table.classList.remove("data-table--tall");
    const size = parseFloat(getComputedStyle(table).fontSize);
    const found = [...(table.tHead?.rows[0].cells ?? [])].map((cell) => cell.getBoundingClientRect().width / size);
    widths = found.map((now, at) => now || (widths[at] ?? 8)); // a hidden one keeps what it had
    const rows = [...nodes.values()].filter((node) => !node.hidden);
    const height = rows.reduce((sum, node) => sum + node.offsetHeight, 0) / (rows.length || 1) / size;
    table.style.setProperty("--row", `${Math.max(2, height).toFixed(1)}em`);
    fit();
    table.classList.add("data-table--tall");
  }

  giveRoles(table);
  const watch = new ResizeObserver(([{ contentRect }]) => {
    const now = Math.round(contentRect.width);
    if (!now || now === known || matchMedia("print").matches) return;
    known = now;
    measure();
  });
  watch.observe(place);
  signal.addEventListener("abort", () => watch.disconnect());
  return fit;
}
