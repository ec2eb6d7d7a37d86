// From the table in the page to values: what a macro wrote into `data-` attributes, and the text.
import { natural } from "../core/table.js";
import { fold } from "../core/text.js";

const MISSING = ["undisclosed", "not-reported", "not-applicable", "none"];

/**
 * @param {HTMLTableElement} table
 * @returns {Column[]}
 */
export function readColumns(table) {
  return [...(table.tHead?.rows[0]?.cells ?? [])].map((head, at) => ({
    name: head.dataset.column ?? `column_${at + 1}`,
    label: head.textContent?.trim() ?? "",
    type: /** @type {Column["type"]} */ (head.dataset.type ?? "text"),
    facet: /** @type {Column["facet"]} */ (head.dataset.facet ?? ""),
  }));
}

/**
 * The words of a cell, without the numbers of its sources.
 * @param {Node} node
 * @returns {string}
 */
function words(node) {
  let text = "";
  for (const child of node.childNodes) {
    if (child instanceof Text) text += child.data;
    else if (!(child instanceof Element) || child.localName === "sup") continue;
    else text += child.localName === "br" ? "; " : words(child);
  }
  return text;
}

/**
 * @param {HTMLTableCellElement} cell
 * @param {Column["type"]} type
 * @returns {Cell}
 */
function readCell(cell, type) {
  const text = words(cell).trim().replace(/([,;]);/, "$1");
  const missing = MISSING.find((word) => cell.classList.contains(word)) ?? "";
  const key = cell.dataset.value;
  /** @type {Cell["value"]} */
  let value = null;
  if (type === "number") value = key ? Number(key) : null;
  else if (type === "date") value = key ?? null;
  else if (!missing) value = natural(text);
  const options = type === "list" ? (key ?? "").split(" ").filter(Boolean) : [missing || (key ?? text)];
  return { text, value, missing, options };
}

/**
 * @param {HTMLTableElement} table
 * @param {Column[]} columns
 * @returns {Row[]}
 */
export function readRows(table, columns) {
  return [...(table.tBodies[0]?.rows ?? [])].map((row, at) => {
    const cells = [...row.cells].map((cell, i) => readCell(cell, columns[i].type));
    return { id: row.dataset.id ?? (row.id.replace(/^row-/, "") || String(at + 1)), cells, folded: fold(cells.map(({ text }) => text).join(" \n ")) };
  });
}
