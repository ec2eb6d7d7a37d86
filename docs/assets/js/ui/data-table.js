// <data-table> around a table: sort, filter, choose columns, compare, take away; all of it in the address.
import { MOST_COMPARED, accepts, arrange, fold, fromState, nextSort, nothing, toState } from "../core/table.js";
import { keepState, onAddress, stateOf } from "./address.js";
import { button, download, element, must, style } from "./dom.js";
import { comparison } from "./table-compare.js";
import { columnChoice, fileChoice, filters } from "./table-panels.js";
import { readColumns, readFully, readRows } from "./table-read.js";

/** @import { Chosen, Column, Row } from "../core/table.js" */
/** @import { Panel } from "./table-panels.js" */
/** @import { Keys } from "./keys.js" */

/** A table with fewer rows is seen at a glance: its tools wait behind one button. */
const FEW = 8;
/** From here on rows out of sight are not laid out: a browser needs half a second for a thousand otherwise. */
const TALL = 100;
/** Rows that are shown at first. */
const FIRST = 500;

class DataTable extends HTMLElement {
  /** @type {Keys} */
  static keys = {
    of: "Tables",
    keys: [
      ["Enter", "on a column's name: sort by it; again: downwards; again: as in the page"],
      ["Shift Enter", "add the column to those sorted by"],
      ["Space", "tick a filter, a column or a row to compare"],
      ["Esc", "close what is open"],
    ],
  };

  #columns = /** @type {Column[]} */ ([]);
  #rows = /** @type {Row[]} */ ([]);
  #nodes = /** @type {Map<Row, HTMLTableRowElement>} */ (new Map());
  #shown = /** @type {Row[]} */ ([]);
  #chosen = nothing();
  #all = false;
  #side = false;
  #leave = new AbortController();
  #panels = /** @type {{ opener: HTMLButtonElement, panel: Panel, box: HTMLElement }[]} */ ([]);
  #made = /** @type {ReturnType<DataTable["build"]> | null} */ (null);

  connectedCallback() {
    this.#leave = new AbortController();
    const { signal } = this.#leave;
    try {
      this.#made ??= this.build();
      this.dataset.ready = "";
    } catch (error) {
      this.dataset.error = ""; // the table stays as it is
      console.error(this, error);
      return;
    }
    this.readAddress();
    onAddress(() => this.readAddress(), signal);
    addEventListener("hashchange", () => this.reveal(), { signal });
    addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest("a[href*='#']")) setTimeout(() => this.reveal());
    }, { signal });
    this.addEventListener("keydown", (event) => event.key === "Escape" && this.close(event), { signal });
    this.layOut(signal);
  }

  disconnectedCallback() {
    this.#leave.abort();
  }

  get table() {
    return must(this, "table", HTMLTableElement);
  }

  build() {
    const table = this.table;
    const scroller = must(this, ".table-scroll", HTMLElement);
    this.#columns = readColumns(table);
    this.#rows = readRows(table, this.#columns);
    const lines = [...(table.tBodies[0]?.rows ?? [])];
    this.#rows.forEach((row, at) => this.#nodes.set(row, /** @type {HTMLTableRowElement} */ (lines[at])));
    const title = table.caption?.textContent?.trim() ?? "Table";

    const field = element("input", {
      type: "search", class: "table-text", placeholder: "Filter rows", "aria-label": `Filter rows of: ${title}`, maxlength: 200,
    });
    field.addEventListener("input", () => this.update((chosen) => (chosen.text = field.value)));
    const count = element("output", { class: "table-count" });
    const clear = button("Clear", () => this.clear());
    const notice = element("p", { class: "table-notice", role: "status" });
    const pick = button("Compare", () => this.pick(), { "aria-expanded": "false" });
    const panels = element("div", { class: "table-panels" });
    const tools = element("div", { class: "table-tools", role: "group", "aria-label": `Tools for: ${title}` });
    const update = this.update.bind(this);
    /** @param {string} label @param {Panel} panel */
    const opener = (label, panel) => {
      const open = button(label, () => this.toggle(open), { "aria-expanded": "false" });
      const box = element("div", { class: "table-panel", hidden: true, role: "group", "aria-label": `${label}: ${title}` }, panel.node);
      panels.append(box);
      this.#panels.push({ opener: open, panel, box });
      return open;
    };
    const files = {
      "Copy as Markdown": () => this.save("md"),
      "Download CSV": () => this.save("csv"),
      "Download JSON": () => this.save("json"),
    };
    tools.append(
      field,
      ...(this.#columns.some(({ facet }) => facet) ? [opener("Filters", filters(this.#rows, this.#columns, update))] : []),
      ...(this.#columns.length > 2 ? [opener("Columns", columnChoice(this.#columns, update))] : []),
      pick,
      opener("Save", fileChoice(files)),
      clear,
      count,
    );
    const picked = element("p", { class: "table-picked", hidden: true });
    const empty = element("p", { class: "table-empty", hidden: true });
    const more = element("p", { class: "table-more", hidden: true });
    const side = element("div", { class: "table-side", hidden: true });
    const few = this.#rows.length < FEW;
    const bar = element("div", { class: "table-bar", hidden: few }, tools, panels, picked);
    if (few) {
      const open = button("Table tools", () => {
        bar.hidden = !bar.hidden;
        open.setAttribute("aria-expanded", String(!bar.hidden));
      }, { class: "table-opener", "aria-expanded": "false", "aria-label": `Table tools: ${title}` });
      scroller.before(open);
    }
    scroller.before(bar, notice);
    scroller.after(empty, more, side);
    this.makeSortable(table);
    return { title, scroller, field, count, clear, notice, pick, picked, empty, more, side, bar };
  }

  get made() {
    if (!this.#made) throw new Error("not built yet");
    return this.#made;
  }

  /** @param {HTMLTableElement} table */
  makeSortable(table) {
    [...(table.tHead?.rows[0]?.cells ?? [])].forEach((head, at) => {
      const { name } = /** @type {Column} */ (this.#columns[at]);
      const sort = element("button", { type: "button", class: "sort" }, ...head.childNodes, element("span", { class: "arrow", "aria-hidden": "true" }));
      sort.addEventListener("click", ({ shiftKey }) => this.update((chosen) => (chosen.sort = nextSort(chosen.sort, name, shiftKey))));
      head.replaceChildren(sort);
    });
  }

  /** Take over what the address says, also what it no longer says. */
  readAddress() {
    const { state, ignored } = stateOf(this.table.id, accepts(this.#columns, this.#rows));
    this.#chosen = fromState(this.#columns, state);
    this.#side = this.#chosen.compare.length > 1;
    const { bar, field, notice, picked, pick } = this.made;
    if (Object.keys(state).length) bar.hidden = false;
    field.value = this.#chosen.text;
    picked.hidden = !this.#chosen.compare.length;
    pick.setAttribute("aria-expanded", String(!picked.hidden));
    this.showTicks();
    notice.textContent = ignored.length ? `The address asks this table for something that it does not know, which is left out: ${ignored.join(", ")}.` : "";
    this.show();
    this.reveal();
  }

  /** @param {(chosen: Chosen) => void} change */
  update(change) {
    change(this.#chosen);
    this.made.notice.textContent = "";
    this.show();
    keepState(this.table.id, toState(this.#side ? this.#chosen : { ...this.#chosen, compare: [] }));
  }

  clear() {
    this.made.field.value = "";
    this.#side = false;
    this.#all = false;
    this.made.picked.hidden = true;
    this.made.pick.setAttribute("aria-expanded", "false");
    this.update((chosen) => Object.assign(chosen, nothing()));
    this.showTicks();
    this.made.field.focus();
  }

  /** Bring the page in line with the state. */
  show() {
    const { count, clear, empty, more, side, scroller } = this.made;
    this.#shown = arrange(this.#rows, this.#columns, this.#chosen);
    const cut = this.#all ? this.#shown : this.#shown.slice(0, FIRST);
    this.place(cut);
    this.showColumns();
    this.showSort();
    const total = this.#rows.length.toLocaleString("en");
    count.textContent = cut.length === this.#rows.length ? `${total} rows` : `${cut.length.toLocaleString("en")} of ${total} shown`;
    clear.hidden = !Object.keys(toState(this.#chosen)).length;
    const active = Object.values(this.#chosen.options).flat().length + Object.values(this.#chosen.ranges).filter(([a, b]) => a || b).length;
    for (const { opener, panel, box } of this.#panels) {
      if (opener.textContent?.startsWith("Filters")) opener.textContent = active ? `Filters (${active})` : "Filters";
      if (!box.hidden) panel.show(this.#chosen);
    }
    empty.hidden = cut.length > 0 || !this.#rows.length;
    if (!empty.hidden) empty.replaceChildren("No row has all of this. Take a word or a filter away, or ", button("clear all", () => this.clear()), ".");
    more.hidden = cut.length === this.#shown.length;
    if (!more.hidden) {
      more.replaceChildren(`The first ${FIRST} of ${this.#shown.length.toLocaleString("en")} rows. `, button("Show all", () => {
        this.#all = true;
        this.show();
      }));
    }
    scroller.hidden = this.#side || !cut.length;
    side.hidden = !this.#side;
    this.showPicked();
    if (this.#side) this.showSide();
    else side.replaceChildren();
  }

  /**
   * Put the rows in order, moving none that is right already, and hide the others.
   * @param {Row[]} cut
   */
  place(cut) {
    const visible = new Set(cut);
    const order = this.#chosen.sort.length ? [...cut, ...this.#rows.filter((row) => !visible.has(row))] : this.#rows;
    const wanted = order.map((row) => /** @type {HTMLTableRowElement} */ (this.#nodes.get(row)));
    const body = this.table.tBodies[0];
    if (body && wanted.some((node, at) => body.rows[at] !== node)) body.replaceChildren(...wanted);
    for (const [row, node] of this.#nodes) {
      if (node.hidden === visible.has(row)) node.hidden = !visible.has(row);
    }
  }

  showSort() {
    [...(this.table.tHead?.rows[0]?.cells ?? [])].forEach((head, i) => {
      const at = this.#chosen.sort.findIndex(({ column }) => column === this.#columns[i]?.name);
      const order = this.#chosen.sort[at];
      if (order) head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
      must(head, ".arrow", HTMLElement).textContent = order ? (order.down ? "▼" : "▲") + (this.#chosen.sort.length > 1 ? at + 1 : "") : "";
    });
  }

  showColumns() {
    const hidden = this.#columns.map(({ name }) => this.#chosen.hidden.includes(name));
    const before = this.dataset.hidden ?? "";
    const after = this.#chosen.hidden.toSorted().join(" ");
    if (before === after) return;
    this.dataset.hidden = after;
    for (const row of this.table.rows) for (const [at, cell] of [...row.cells].entries()) cell.hidden = hidden[at] ?? false;
    this.setWidths();
  }

  // Panels: one at a time.

  /** @param {HTMLButtonElement} chosen */
  toggle(chosen) {
    for (const { opener, panel, box } of this.#panels) {
      box.hidden = opener !== chosen || !box.hidden;
      opener.setAttribute("aria-expanded", String(!box.hidden));
      if (!box.hidden) panel.show(this.#chosen);
    }
  }

  /** @param {Event} event */
  close(event) {
    const open = this.#panels.find(({ box }) => !box.hidden);
    const { pick, picked } = this.made;
    if (open) {
      this.toggle(open.opener);
      open.opener.focus();
    } else if (this.#side) {
      this.back();
    } else if (!picked.hidden) {
      this.pick();
      pick.focus();
    } else return;
    event.preventDefault();
  }

  // Comparing.

  /** Begin to choose rows, or end it. */
  pick() {
    const { picked, pick } = this.made;
    picked.hidden = !picked.hidden;
    pick.setAttribute("aria-expanded", String(!picked.hidden));
    if (picked.hidden) this.#side = false;
    this.update((chosen) => (chosen.compare = []));
    this.showTicks();
  }

  showTicks() {
    const picking = !this.made.picked.hidden;
    this.toggleAttribute("data-picking", picking);
    for (const [row, node] of this.#nodes) {
      const old = node.querySelector("[data-tick]");
      if (!picking) old?.remove();
      if (!picking || old) continue;
      const tick = element("input", { type: "checkbox", "data-tick": true, "aria-label": `Compare ${row.cells[0]?.text ?? row.id}` });
      tick.addEventListener("change", () => this.update((chosen) => {
        chosen.compare = tick.checked ? [...chosen.compare, row.id] : chosen.compare.filter((id) => id !== row.id);
      }));
      node.cells[0]?.prepend(tick);
    }
    this.showPicked();
  }

  showPicked() {
    const { picked } = this.made;
    if (picked.hidden) return;
    const ids = this.#chosen.compare;
    for (const [row, node] of this.#nodes) {
      const tick = node.querySelector("[data-tick]");
      if (!(tick instanceof HTMLInputElement)) continue;
      tick.checked = ids.includes(row.id);
      tick.disabled = !tick.checked && ids.length >= MOST_COMPARED;
    }
    const names = ids.map((id) => this.#rows.find((row) => row.id === id)?.cells[0]?.text ?? id).join(", ");
    const words = ids.length ? `${ids.length} of ${MOST_COMPARED} ticked: ${names}. ` : `Tick two to ${MOST_COMPARED} rows. `;
    const go = this.#side ? button("Back to the table", () => this.back()) : button("Show side by side", () => this.sideBySide());
    if (!this.#side) go.disabled = ids.length < 2;
    const focused = picked.contains(document.activeElement);
    picked.replaceChildren(element("span", { role: "status" }, words), go);
    if (focused) go.focus();
  }

  sideBySide() {
    this.#side = true;
    this.update(() => {});
  }

  back() {
    this.#side = false;
    this.update(() => {});
    must(this.made.picked, "button", HTMLButtonElement).focus();
  }

  showSide() {
    const rows = this.#chosen.compare.map((id) => /** @type {Row} */ (this.#rows.find((row) => row.id === id)));
    const nodes = rows.map((row) => /** @type {HTMLTableRowElement} */ (this.#nodes.get(row)));
    const view = comparison(this.made.title, this.#columns, rows, nodes);
    const only = element("input", { type: "checkbox" });
    only.addEventListener("change", () => view.toggleAttribute("data-only-differences", only.checked));
    this.made.side.replaceChildren(element("label", { class: "table-only" }, only, " only what differs"), view);
  }

  // Taking away.

  /** @param {"md" | "csv" | "json"} kind */
  async save(kind) {
    const { toCsv, toJson, toMarkdown } = await import("../core/table-files.js");
    const { notice, title } = this.made;
    const places = this.#columns.flatMap(({ name }, at) => (this.#chosen.hidden.includes(name) ? [] : [at]));
    const columns = places.map((at) => /** @type {Column} */ (this.#columns[at]));
    const shown = this.#all ? this.#shown : this.#shown.slice(0, FIRST);
    const rows = shown.map((row) => {
      const cells = this.#nodes.get(row)?.cells;
      return { id: row.id, cells: places.map((at) => readFully(/** @type {HTMLTableCellElement} */ (cells?.[at]), /** @type {Row["cells"][0]} */ (row.cells[at]))) };
    });
    const name = fold(title).replace(/[^a-z0-9]+/g, "-").slice(0, 60);
    const size = `${rows.length} ${rows.length === 1 ? "row" : "rows"}`;
    if (kind === "csv") download(`${name}.csv`, "text/csv;charset=utf-8", toCsv(columns, rows));
    else if (kind === "json") download(`${name}.json`, "application/json", toJson(title, location.href, columns, rows));
    else {
      try {
        await navigator.clipboard.writeText(toMarkdown(columns, rows));
        notice.textContent = `Copied as Markdown: ${size}.`;
      } catch {
        download(`${name}.md`, "text/markdown;charset=utf-8", toMarkdown(columns, rows));
        notice.textContent = `The browser does not let this page copy; downloaded instead: ${size}.`;
      }
      return;
    }
    notice.textContent = `Downloaded: ${size}.`;
  }

  // The row that the address names is shown, whatever the filters say.

  reveal() {
    const id = decodeURIComponent(location.hash.slice(1));
    for (const [row, node] of this.#nodes) {
      if (!id || node.id !== id || !node.hidden) continue;
      node.hidden = false;
      node.scrollIntoView({ block: "center" });
      this.made.notice.textContent = `${row.cells[0]?.text ?? "The row"} is shown because a link leads to it, although the filters leave it out.`;
    }
  }

  // Tall tables: rows as grids of the same widths, so that the browser can skip those out of sight.

  /** @param {AbortSignal} signal */
  layOut(signal) {
    if (this.#rows.length < TALL) return;
    const table = this.table;
    const roles = /** @type {const} */ ([[table, "table"], [table.tHead, "rowgroup"], [table.tBodies[0], "rowgroup"]]);
    for (const [node, role] of roles) node?.setAttribute("role", role);
    for (const row of table.rows) {
      row.setAttribute("role", "row");
      for (const cell of row.cells) cell.setAttribute("role", cell.localName === "td" ? "cell" : cell.scope === "col" ? "columnheader" : "rowheader");
    }
    let width = -1;
    const watch = new ResizeObserver(([entry]) => {
      const now = Math.round(entry?.contentRect.width ?? 0);
      if (!now || now === width || matchMedia("print").matches) return;
      width = now;
      this.measure();
    });
    watch.observe(this);
    signal.addEventListener("abort", () => watch.disconnect());
    this.measure();
    width = Math.round(this.clientWidth);
  }

  #widths = /** @type {number[]} */ ([]);

  /** Ask the browser how wide it makes the columns of a table, in units of the text's size. */
  measure() {
    const table = this.table;
    table.classList.remove("data-table--tall");
    const size = parseFloat(getComputedStyle(table).fontSize);
    const cells = [...(table.tHead?.rows[0]?.cells ?? [])];
    const found = cells.map((cell) => cell.getBoundingClientRect().width / size);
    this.#widths = found.map((now, at) => now || (this.#widths[at] ?? 8)); // hidden ones keep what they had
    const height = (table.tBodies[0]?.getBoundingClientRect().height ?? 0) / size;
    const rows = [...this.#nodes.values()].filter((node) => !node.hidden).length || 1;
    table.style.setProperty("--row", `${Math.max(2, height / rows).toFixed(1)}em`);
    this.setWidths();
    table.classList.add("data-table--tall");
  }

  setWidths() {
    if (!this.#widths.length) return;
    const shown = this.#widths.filter((_, at) => !this.#chosen.hidden.includes(this.#columns[at]?.name ?? ""));
    const sum = shown.reduce((all, one) => all + one, 0);
    this.table.style.setProperty("--columns", shown.map((w) => `minmax(${w.toFixed(2)}em, ${w.toFixed(2)}fr)`).join(" "));
    this.table.style.setProperty("--width", `${sum.toFixed(2)}em`);
  }
}

await style("data-table.css").catch((error) => console.error("data-table.css:", error));
if (!customElements.get("data-table")) customElements.define("data-table", DataTable);
