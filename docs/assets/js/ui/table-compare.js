// A few rows side by side: what is a row in the table is a column here.
import { verdict } from "../core/table.js";
import { element } from "./dom.js";

/** @import { Column, Row } from "../core/table.js" */

const SAYS = {
  same: "same",
  differs: "differs",
  undisclosed: "undisclosed for all",
  "not-reported": "not reported for all",
  "not-applicable": "not applicable for all",
  none: "no entry for all",
};

/**
 * The content of a cell, without ids, which may stand only once in a page.
 * @param {HTMLTableCellElement | undefined} cell
 */
function copy(cell) {
  const nodes = document.createDocumentFragment();
  for (const child of cell?.childNodes ?? []) {
    if (!(child instanceof Element && child.matches("[data-tick]"))) nodes.append(child.cloneNode(true));
  }
  nodes.querySelectorAll("[id]").forEach((node) => node.removeAttribute("id"));
  return nodes;
}

/**
 * @param {string} title
 * @param {Column[]} columns
 * @param {Row[]} rows two to four
 * @param {HTMLTableRowElement[]} nodes where the rows stand in the page
 */
export function comparison(title, columns, rows, nodes) {
  const head = element("tr", {}, element("td"), ...nodes.map((node) => {
    const cell = element("th", { scope: "col" });
    cell.append(copy(node.cells[0]));
    return cell;
  }));
  const lines = columns.slice(1).map(({ label }, i) => {
    const says = /** @type {keyof typeof SAYS} */ (verdict(rows, i + 1));
    const name = element("th", { scope: "row" }, label, element("span", { class: "verdict-mark" }, SAYS[says]));
    const cells = nodes.map((node) => {
      const from = node.cells[i + 1];
      const cell = element("td", { class: from?.className ?? "" });
      cell.append(copy(from));
      return cell;
    });
    return element("tr", { class: says === "differs" ? "differs" : "alike" }, name, ...cells);
  });
  const caption = `${title}: ${rows.length} side by side`;
  return element("div", { class: "table-scroll", role: "group", tabindex: 0, "aria-label": caption },
    element("table", { class: "data-table data-table--compare" },
      element("caption", {}, caption), element("thead", {}, head), element("tbody", {}, ...lines)));
}
