// <data-table> around a table: sort, filter, choose columns, compare, take away; all of it in the address.
// What opens on demand is fetched on demand.
import { accepts, filtered, fromState, nextSort, nothing, sorted, toState } from "../core/table.js";
import { keepState, onAddress, stateOf } from "./address.js";
import { button, element, must, style } from "./dom.js";
import { readColumns, readRows } from "./table-read.js";

/** A table with fewer rows is seen at a glance: its tools wait behind one button. */
const FEW = 8;
/** From here on rows out of sight are not laid out. */
const TALL = 100;
/** Of more rows than `MANY` only the first are shown, until all are asked for. */
const MANY = 2000;
const FIRST = 500;

class DataTable extends HTMLElement {
  /** @type {Keys} */
  static keys = {
    of: "Tables",
    keys: [
      ["Enter", "on a column\u2019s name: sort by it; again: downwards; again: as in the page"],
      ["Shift Enter", "sort by this column, too"],
      ["Space", "tick a filter, a column, or a row to compare"],
      ["Esc", "close what is open"],
    ],
  };

  #leave = new AbortController();
  #picking = false;
  #order = { by: "", rows: /** @type {Row[]} */ ([]) };
  #opened = /** @type {{ opener: HTMLButtonElement, box: HTMLElement, panel?: Panel, make: () => Promise<Panel> }[]} */ ([]);
  #compare = /** @type {{ show: (picking: boolean) => void } | null} */ (null);
  #tall = /** @type {Tall | null} */ (null);
  #hidden = "";
  #view = /** @type {View | null} */ (null);
  #made = /** @type {ReturnType<DataTable["build"]> | null} */ (null);

  connectedCallback() {
    this.#leave = new AbortController();
    const { signal } = this.#leave;
    try {
      this.#view ??= this.read();
      this.#made ??= this.build();
    } catch (error) {
      this.dataset.error = ""; // the table stays as it is
      console.error(this, error);
      return;
    }
    this.takeAddress();
    onAddress(() => this.takeAddress(), signal);
    addEventListener("hashchange", () => this.reveal(), { signal });
    addEventListener("beforeprint", () => this.cite(true), { signal });
    addEventListener("afterprint", () => this.cite(false), { signal });
    this.addEventListener("keydown", (event) => event.key === "Escape" && this.close(event), { signal });
    this.dataset.ready = "";
    if (this.view.rows.length < TALL) return;
    this.load("./table-tall.js", ({ tall }) => {
      if (!signal.aborted) this.#tall = tall(this.view, this.made.scroller, signal);
    });
  }

  disconnectedCallback() {
    this.#leave.abort();
    this.#tall = null;
  }

  get view() {
    return /** @type {View} */ (this.#view);
  }

  get made() {
    return /** @type {ReturnType<DataTable["build"]>} */ (this.#made);
  }

  /**
   * Fetch a part, then use it.
   * @param {string} part
   * @param {(module: any) => void} use
   */
  load(part, use) {
    return import(part).then(use, (error) => {
      console.error(part, error);
      this.view.say("This part could not be fetched. Is there a connection?");
    });
  }

  /** @returns {View} */
  read() {
    const table = must(this, "table", HTMLTableElement);
    const columns = readColumns(table);
    const rows = readRows(table, columns);
    return {
      table, columns, rows,
      title: table.caption?.textContent?.trim() ?? "Table",
      nodes: new Map(rows.map((row, at) => [row, table.tBodies[0].rows[at]])),
      shown: rows,
      chosen: nothing(),
      update: (change) => this.update(change),
      say: (text) => (this.made.notice.textContent = text),
    };
  }

  build() {
    const { view } = this, { columns, rows, title } = view;
    const scroller = must(this, ".table-scroll", HTMLElement);
    const field = element("input", {
      type: "search", class: "table-text", placeholder: "Filter rows", "aria-label": `Filter rows of: ${title}`, maxlength: 200,
    });
    field.addEventListener("input", () => this.update((chosen) => (chosen.text = field.value)));
    const boxes = element("div", { class: "table-panels" });
    /** @param {string} label @param {() => Promise<Panel>} make */
    const opener = (label, make) => {
      const opens = button(label, () => this.toggle(opens), { "aria-expanded": "false" });
      const box = element("div", { class: "table-panel", hidden: true, role: "group", "aria-label": `${label}: ${title}` });
      boxes.append(box);
      this.#opened.push({ opener: opens, box, make });
      return opens;
    };
    const panels = () => import("./table-panels.js");
    const filters = opener("Filters", async () => (await panels()).filters(view));
    filters.hidden = !columns.some(({ facet }) => facet);
    const choice = columns.length > 2 ? opener("Columns", async () => (await panels()).columnChoice(view)) : "";
    const save = opener("Save", async () => (await panels()).fileChoice((kind) =>
      this.load("./table-save.js", (part) => part.save(view, kind))));
    const pick = button("Compare", () => this.pick(), { "aria-expanded": "false" });
    const clear = button("Clear", () => this.clear());
    const count = element("output", { class: "table-count" });
    const tools = element("div", { class: "table-tools", role: "group", "aria-label": `Tools for: ${title}` },
      field, filters, choice, rows.length > 1 ? pick : "", save, clear, count);
    const picked = element("p", { class: "table-picked", hidden: true });
    const bar = element("div", { class: "table-bar", hidden: rows.length < FEW }, tools, boxes, picked);
    const notice = element("p", { class: "table-notice", role: "status" });
    const empty = element("p", { class: "table-empty", hidden: true },
      "No row has all of this. Take a word or a filter away, or ", button("clear all", () => this.clear()), ".");
    const rest = element("span");
    const more = element("p", { class: "table-more", hidden: true }, rest, " ", button("Show all", () => {
      this.update((chosen) => (chosen.all = true));
      scroller.focus(); // the button is gone
    }));
    const side = element("div", { class: "table-side", hidden: true });
    if (bar.hidden) {
      const opens = button("Table tools", () => this.unfold(), { class: "table-opener", "aria-expanded": "false", "aria-label": `Table tools: ${title}` });
      scroller.before(opens);
    }
    scroller.before(bar, notice);
    scroller.after(empty, more, side);
    this.makeSortable();
    return { scroller, field, filters, pick, clear, count, picked, bar, notice, empty, rest, more, side };
  }

  makeSortable() {
    const { table, columns } = this.view;
    [...(table.tHead?.rows[0].cells ?? [])].forEach((head, at) => {
      const sort = element("button", { type: "button", class: "sort" }, ...head.childNodes,
        element("span", { class: "arrow", "aria-hidden": "true" }));
      sort.addEventListener("click", ({ shiftKey }) =>
        this.update((chosen) => (chosen.sort = nextSort(chosen.sort, columns[at].name, shiftKey))));
      head.replaceChildren(sort);
    });
  }

  /** Fold the tools of a small table out or in. */
  unfold(open = this.made.bar.hidden) {
    this.made.bar.hidden = !open;
    this.querySelector(".table-opener")?.setAttribute("aria-expanded", String(open));
  }

  /** Take over what the address says, also what it no longer says. */
  takeAddress() {
    const { columns, rows, table, chosen, say } = this.view;
    const { state, ignored } = stateOf(table.id, accepts(columns, rows));
    if (this.dataset.ready === "" && JSON.stringify(toState(fromState(columns, state))) === JSON.stringify(toState(chosen))) {
      return this.reveal(); // a link within the page
    }
    Object.assign(chosen, fromState(columns, state));
    this.made.field.value = chosen.text;
    this.#picking = chosen.compare.length > 0;
    if (Object.keys(state).length) this.unfold(true);
    say(ignored.length ? `The address asks this table for what it does not have; that is left out: ${ignored.join(", ")}.` : "");
    this.show();
    this.reveal();
  }

  /** @param {(chosen: Chosen) => void} change */
  update(change) {
    const { chosen, say, table } = this.view;
    change(chosen);
    if (chosen.compare.length < 2) chosen.side = false;
    say("");
    this.show();
    keepState(table.id, toState(chosen));
  }

  clear() {
    this.#picking = false;
    this.made.field.value = "";
    this.update((chosen) => Object.assign(chosen, nothing()));
    this.made.field.focus();
  }

  /** Bring the page in line with the state. */
  show() {
    const { columns, rows, chosen } = this.view;
    const { clear, count, empty, filters, more, pick, picked, rest, scroller, side } = this.made;
    const by = toState({ ...nothing(), sort: chosen.sort }).sort?.[0] ?? "";
    if (!this.#order.rows.length || this.#order.by !== by) this.#order = { by, rows: sorted(rows, columns, chosen.sort) };
    const fitting = filtered(this.#order.rows, columns, chosen);
    const shown = chosen.all || fitting.length <= MANY ? fitting : fitting.slice(0, FIRST);
    this.view.shown = shown;
    this.place();
    this.showColumns();
    this.showSort();
    const numbers = [shown, rows, fitting].map(({ length }) => length.toLocaleString("en"));
    const words = chosen.side ? `${chosen.compare.length} of ${numbers[1]} side by side` :
      shown.length < rows.length ? `${numbers[0]} of ${numbers[1]} shown` : `${numbers[1]} ${rows.length === 1 ? "row" : "rows"}`;
    if (count.textContent !== words) count.textContent = words; // written again, it would be read out again
    clear.hidden = !Object.keys(toState(chosen)).length && !this.#picking;
    const active = [...Object.values(chosen.options).flat(), ...Object.values(chosen.ranges).filter(([from, to]) => from || to)].length;
    filters.textContent = active ? `Filters (${active})` : "Filters";
    for (const { panel, box } of this.#opened) if (!box.hidden) panel?.show(chosen);
    empty.hidden = shown.length > 0 || !rows.length || chosen.side;
    more.hidden = shown.length === fitting.length || chosen.side;
    rest.textContent = `These are the first ${numbers[0]} of ${numbers[2]} rows.`;
    scroller.hidden = chosen.side ? this.#compare !== null : !empty.hidden;
    side.hidden = !chosen.side;
    picked.hidden = !this.#picking;
    pick.setAttribute("aria-expanded", String(this.#picking));
    if (this.#compare) this.#compare.show(this.#picking);
    else if (this.#picking) this.load("./table-compare.js", ({ comparing }) => {
      this.#compare ??= comparing(this.view, picked, side);
      this.show();
    });
  }

  /** Put the rows in order where they are not, and hide those that are not shown. */
  place() {
    const { nodes, shown, table } = this.view;
    const wanted = this.#order.rows.map((row) => /** @type {HTMLTableRowElement} */ (nodes.get(row)));
    const now = [...table.querySelectorAll("tbody > tr")];
    const moved = wanted.some((node, at) => node !== now[at]);
    const visible = new Set(shown);
    let others = false;
    for (const [row, node] of nodes) {
      if (node.hidden !== visible.has(row)) continue;
      node.hidden = !node.hidden;
      others = true;
    }
    if (this.#tall) (moved || others) && this.#tall.place(wanted);
    else if (moved) table.tBodies[0].replaceChildren(...wanted);
  }

  showSort() {
    const { columns, chosen: { sort }, table } = this.view;
    [...(table.tHead?.rows[0].cells ?? [])].forEach((head, i) => {
      const at = sort.findIndex(({ column }) => column === columns[i].name);
      const down = sort[at]?.down;
      if (at < 0) head.removeAttribute("aria-sort");
      else head.setAttribute("aria-sort", down ? "descending" : "ascending");
      must(head, ".arrow", HTMLElement).textContent = at < 0 ? "" : (down ? "▼" : "▲") + (sort.length > 1 ? at + 1 : "");
    });
  }

  showColumns() {
    const { columns, chosen, table } = this.view;
    if (this.#hidden === chosen.hidden.join()) return;
    this.#hidden = chosen.hidden.join();
    const hidden = columns.map(({ name }) => chosen.hidden.includes(name));
    for (const row of table.rows) [...row.cells].forEach((cell, at) => (cell.hidden = hidden[at]));
    this.#tall?.fit();
  }

  /**
   * Open a panel and close the others, or close it.
   * @param {HTMLButtonElement} chosen
   */
  async toggle(chosen) {
    for (const item of this.#opened) {
      item.box.hidden = item.opener !== chosen || !item.box.hidden;
      item.opener.setAttribute("aria-expanded", String(!item.box.hidden));
      if (item.box.hidden) continue;
      try {
        item.panel ??= await item.make();
        if (!item.box.firstChild) item.box.append(item.panel.node);
        item.panel.show(this.view.chosen);
      } catch (error) {
        console.error(error);
        item.box.hidden = true;
        item.opener.setAttribute("aria-expanded", "false");
        this.view.say("This part could not be fetched. Is there a connection?");
      }
    }
  }

  /** Begin to choose rows to compare, or end it. */
  pick() {
    this.#picking = !this.#picking;
    this.update((chosen) => (chosen.compare = []));
  }

  /** @param {Event} event */
  close(event) {
    const open = this.#opened.find(({ box }) => !box.hidden);
    const { chosen } = this.view;
    if (!open && !chosen.side && !this.#picking) return;
    event.preventDefault(); // otherwise the search field would be emptied, too
    if (open) {
      this.toggle(open.opener);
      open.opener.focus();
    } else if (chosen.side) {
      this.update(() => (chosen.side = false));
      this.made.picked.querySelector("button")?.focus();
    } else {
      this.pick();
      this.made.pick.focus();
    }
  }

  /** The row that the address names is shown, whatever the filters say. */
  reveal() {
    const row = document.getElementById(location.hash.slice(1));
    const { scroller, empty, notice } = this.made;
    if (!(row instanceof HTMLTableRowElement) || !this.contains(row) || !row.hidden && !scroller.hidden) return;
    if (this.view.chosen.side) this.update((chosen) => (chosen.side = false));
    row.hidden = scroller.hidden = false;
    empty.hidden = true;
    row.scrollIntoView({ block: "center" });
    this.view.say(`${notice.textContent} One row more is shown than the filters let through, because a link leads to it.`.trim());
  }

  /** On paper only the sources of what is shown. @param {boolean} printing */
  cite(printing) {
    const seen = new Set(this.made.side.hidden ? this.view.shown.map((row) => this.view.nodes.get(row)) : [this.made.side]);
    const cited = new Set([...seen].flatMap((node) => [...node?.querySelectorAll("sup a") ?? []].map((mark) => mark.getAttribute("href")?.split("#")[1])));
    this.parentElement?.querySelectorAll(".table-sources li").forEach((source, at) => {
      source.setAttribute("value", String(at + 1)); // its number, whatever is hidden before it
      source.toggleAttribute("hidden", printing && !cited.has(source.id));
    });
  }
}

await style("data-table.css").catch((error) => console.error("data-table.css:", error));
if (!customElements.get("data-table")) customElements.define("data-table", DataTable);
