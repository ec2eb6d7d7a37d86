// A tall table: rows as grids of the same widths, in groups that the browser can skip while they are out of sight.
// As a plain table, a thousand rows take half a second to lay out, at every change.
import { element } from "./dom.js";

/** Rows in a group: more are laid out for nothing, fewer are more groups to watch. */
const TOGETHER = 50;

/** @param {HTMLTableElement} table */
function giveRoles(table) {
  table.setAttribute("role", "table"); // what is displayed as a grid is a table still
  for (const part of [table.tHead, ...table.tBodies]) part?.setAttribute("role", "rowgroup");
  for (const row of table.rows) {
    row.setAttribute("role", "row");
    for (const cell of row.cells) {
      const head = row.parentNode === table.tHead ? "columnheader" : "rowheader";
      cell.setAttribute("role", cell.localName === "td" ? "cell" : head);
    }
  }
}

/**
 * Lay the table out once it is seen, and again when what is around it changes its width.
 * @param {View} view
 * @param {HTMLElement} around
 * @param {AbortSignal} signal
 * @returns {Tall}
 */
export function tall({ table, columns, nodes, chosen }, around, signal) {
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

  /**
   * Put all rows into new groups of so many that are shown; new ones, as the browser keeps the heights of old ones.
   * @param {HTMLTableRowElement[]} rows in their order, the hidden ones, too
   */
  function place(rows) {
    const groups = /** @type {HTMLTableRowElement[][]} */ ([[]]);
    let count = 0;
    for (const row of rows) {
      if (!row.hidden && count++ && count % TOGETHER === 1) groups.push([]);
      groups[groups.length - 1].push(row);
    }
    const bodies = groups.map((group, at) => {
      const body = element("tbody", { role: "rowgroup", style: `--rows: ${Math.min(TOGETHER, count - at * TOGETHER)}` });
      body.append(...group);
      return body;
    });
    for (const body of [...table.tBodies]) body.remove();
    table.append(...bodies);
  }

  giveRoles(table);
  place([...table.querySelectorAll("tbody > tr")].filter((row) => row instanceof HTMLTableRowElement));
  const watch = new ResizeObserver(([{ contentRect }]) => {
    const now = Math.round(contentRect.width);
    if (!now || now === known || matchMedia("print").matches) return;
    known = now;
    measure();
  });
  watch.observe(around);
  signal.addEventListener("abort", () => watch.disconnect());
  return { fit, place };
}
