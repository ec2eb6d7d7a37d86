// Take away the rows that are shown, with their sources.
import { fold } from "../core/text.js";
import { toCsv, toJson, toMarkdown } from "../core/table-files.js";
import { element } from "./dom.js";

/**
 * All that a cell says, to take away.
 * @param {HTMLTableCellElement} cell
 * @param {Cell} read
 * @returns {FullCell}
 */
export function readFully(cell, { text, value, missing }) {
  const guess = cell.classList.contains("estimate") ? value : cell.dataset.estimate;
  const sources = [...cell.querySelectorAll("sup a")].flatMap((mark) => {
    const entry = document.getElementById(mark.getAttribute("href")?.split("#")[1] ?? "");
    const link = entry?.querySelector("a");
    return entry && link ? [{ text: entry.textContent?.trim() ?? "", url: link.href }] : [];
  });
  return {
    text: missing === "none" ? "" : text,
    value: cell.classList.contains("estimate") ? null : typeof value === "number" ? value : (cell.dataset.value ?? null),
    form: missing === "none" ? "" : missing || (cell.dataset.form ?? ""),
    estimate: guess === undefined || guess === null ? null : Number(guess),
    sources,
  };
}

/**
 * Save text as a file of the reader's.
 * @param {string} name
 * @param {string} type
 * @param {string} text
 */
function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // some browsers read it later than the click
}

/**
 * @param {View} view
 * @param {"md" | "csv" | "json"} kind
 */
export async function save({ title, columns, rows: all, nodes, shown, chosen, say }, kind) {
  const places = columns.flatMap(({ name }, at) => (chosen.hidden.includes(name) ? [] : [at]));
  const wanted = places.map((at) => columns[at]);
  const taken = chosen.side ? all.filter(({ id }) => chosen.compare.includes(id)) : shown;
  const rows = taken.map((row) => {
    const { cells } = /** @type {HTMLTableRowElement} */ (nodes.get(row));
    return { id: row.id, cells: places.map((at) => readFully(cells[at], row.cells[at])) };
  });
  const name = fold(title).replace(/[^a-z0-9]+/g, "-").slice(0, 60);
  const size = `${rows.length} ${rows.length === 1 ? "row" : "rows"}`;
  if (kind === "md") {
    const text = toMarkdown(wanted, rows);
    try {
      await navigator.clipboard.writeText(text);
      return say(`Copied as Markdown: ${size}.`);
    } catch {
      download(`${name}.md`, "text/markdown;charset=utf-8", text);
      return say(`The browser does not let this page copy; downloaded instead: ${size}.`);
    }
  }
  if (kind === "csv") download(`${name}.csv`, "text/csv;charset=utf-8", toCsv(wanted, rows));
  else download(`${name}.json`, "application/json", toJson(title, location.href, wanted, rows));
  say(`Downloaded: ${size}.`);
}
