// Compare a few rows: tick them, see them side by side. What is a row in the table is a column here.
import { MOST_COMPARED } from "../core/table.js";
import { button, element } from "./dom.js";

const SAYS = {
  same: "same",
  differs: "differs",
  undisclosed: "undisclosed for all",
  "not-reported": "not reported for all",
  "not-applicable": "not applicable for all",
  none: "no entry for all",
};

/**
 * What several rows have in a column: the same, different things, or nobody says.
 * @param {Cell[]} cells
 * @returns {keyof typeof SAYS}
 */
function verdict(cells) {
  const [{ missing, text }] = cells;
  if (missing && cells.every((cell) => cell.missing === missing)) return /** @type {keyof typeof SAYS} */ (missing);
  return cells.every((cell) => cell.text === text) ? "same" : "differs";
}

/**
 * The content of a cell, without ids, which may stand only once in a page.
 * @param {HTMLTableCellElement} cell
 */
function copy(cell) {
  const nodes = document.createDocumentFragment();
  nodes.append(...[...cell.childNodes].map((child) => child.cloneNode(true)));
  nodes.querySelectorAll("[data-tick]").forEach((tick) => tick.remove());
  nodes.querySelectorAll("[id]").forEach((node) => node.removeAttribute("id"));
  return nodes;
}

/**
 * @param {View} view
 * @param {Row[]} rows two to four
 */
function sideBySide({ title, columns, nodes, chosen }, rows) {
  const cells = rows.map((row) => [.../** @type {HTMLTableRowElement} */ (nodes.get(row)).cells]);
  const head = element("tr", {}, element("td"), ...cells.map(([name]) => element("th", { scope: "col" }, copy(name))));
  const lines = columns.flatMap(({ name: column, label }, at) => {
    if (!at || chosen.hidden.includes(column)) return [];
    const read = rows.map((row) => row.cells[at]), says = verdict(read);
    const name = element("th", { scope: "row" }, label, element("span", { class: "verdict-mark" }, SAYS[says]));
    const values = cells.map((row) => element("td", { class: row[at].className }, copy(row[at])));
    const alike = read.every(({ text }) => text === read[0].text); // of what nobody published, estimates may differ
    return element("tr", { class: says === "differs" ? says : alike ? "alike" : "" }, name, ...values);
  });
  const caption = `${title}: ${rows.length} side by side`;
  const table = element("table", { class: "data-table data-table--compare" },
    element("caption", {}, caption), element("thead", {}, head), element("tbody", {}, ...lines));
  return element("div", { class: "table-scroll", role: "group", tabindex: 0, "aria-label": caption }, table);
}

/**
 * @param {View} view
 * @param {HTMLElement} bar where it says what is ticked
 * @param {HTMLElement} side where the rows are shown side by side
 */
export function comparing(view, bar, side) {
  const { rows, nodes, chosen, update } = view;
  const words = element("span", { role: "status" });
  const go = button("Show side by side", () => {
    update((now) => (now.side = !now.side));
    go.focus();
  });
  bar.replaceChildren(words, " ", go);

  /** @param {Row} row */
  function tickOf(row) {
    const tick = element("input", { type: "checkbox", "data-tick": true, "aria-label": `Compare ${row.cells[0].text}` });
    tick.addEventListener("change", () => update((now) => {
      now.compare = tick.checked ? [...now.compare, row.id] : now.compare.filter((id) => id !== row.id);
    }));
    return tick;
  }
  /** Made when their rows are shown: of 10,000 most never are. @type {Map<Row, HTMLInputElement>} */
  const ticks = new Map();

  return {
    /** @param {boolean} picking */
    show(picking) {
      if (!picking) for (const tick of ticks.values()) tick.remove();
      else for (const row of view.shown) if (!ticks.has(row)) ticks.set(row, tickOf(row));
      if (picking) for (const [row, tick] of ticks) {
        if (!tick.isConnected) nodes.get(row)?.cells[0].prepend(tick);
        tick.checked = chosen.compare.includes(row.id);
        tick.disabled = !tick.checked && chosen.compare.length >= MOST_COMPARED;
      }
      const ticked = chosen.compare.map((id) => /** @type {Row} */ (rows.find((row) => row.id === id)));
      const names = ticked.map(({ cells }) => cells[0].text).join(", ");
      words.textContent = names ? `${ticked.length} ticked: ${names}.` : `Tick two to ${MOST_COMPARED} rows.`;
      go.textContent = chosen.side ? "Back to the table" : "Show side by side";
      go.disabled = ticked.length < 2;
      side.replaceChildren();
      if (!chosen.side) return;
      const seen = sideBySide(view, ticked);
      seen.toggleAttribute("data-only-differences", chosen.only);
      const only = element("input", { type: "checkbox" });
      only.checked = chosen.only;
      only.addEventListener("change", () => {
        update((now) => (now.only = only.checked));
        side.querySelector("input")?.focus(); // it was made anew
      });
      side.append(element("label", { class: "table-only" }, only, " only what differs"), seen);
    },
  };
}
