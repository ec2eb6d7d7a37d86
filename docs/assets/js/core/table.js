// A comparison table as values: which rows a state of its controls shows, and in which order.

import { fold } from "./text.js";

/** Rows that can be read side by side. */
export const MOST_COMPARED = 4;

/** @returns {Chosen} */
export const nothing = () => ({ text: "", sort: [], options: {}, ranges: {}, hidden: [], compare: [], side: false, only: false, all: false });

/**
 * A key that sorts numbers within text by their size: "Llama 7B" before "Llama 13B".
 * @param {string} text
 */
export const natural = (text) => fold(text).replace(/\d+/g, (run) => run.replace(/^0+(?=\d)/, "").padStart(15, "0"));

const SCALES = { thousand: 1e3, million: 1e6, billion: 1e9, trillion: 1e12, k: 1e3, m: 1e6, b: 1e9, g: 1e9, t: 1e12 };
const QUANTITY = new RegExp(`^(\\d{1,3}(?:,\\d{3})+|\\d*)(\\.\\d+)?(e[+-]?\\d{1,3})?\\s*(${Object.keys(SCALES).join("|")})?$`, "i");

/**
 * A number as people write it: "10 B", "32k", "8,192", "1.5e9", "10 billion". 32k is 32,000.
 * @param {string} text
 * @returns {number | null} null for what is no number
 */
export function quantity(text) {
  const [, whole = "", part = "", power = "", word = ""] = QUANTITY.exec(text.trim()) ?? [];
  if (!whole && !part) return null;
  const scale = SCALES[/** @type {keyof typeof SCALES} */ (word.toLowerCase())] ?? 1;
  const number = Number(whole.replaceAll(",", "") + part + power) * scale;
  return Number.isFinite(number) ? number : null;
}

const DAY = /^\d{4}(-\d{2}(-\d{2})?)?$/;

/**
 * Whether a bound of a range can be understood; an empty one is no bound.
 * @param {Column} column
 * @param {string} text
 */
export const isBound = (column, text) =>
  text === "" || (column.type === "date" ? DAY.test(text) : quantity(text) !== null);

/**
 * Whether one bound lies before another, both understood.
 * @param {Column} column
 * @param {string} a
 * @param {string} b
 */
export const isBefore = ({ type }, a, b) =>
  type === "date" ? a.slice(0, b.length) < b.slice(0, a.length) : Number(quantity(a)) < Number(quantity(b));

/**
 * A predicate on the cells of a column. Both ends belong to the range; "2020" as an end, or in a cell, is all of 2020.
 * @param {Column} column
 * @param {[from: string, to: string]} range
 * @returns {(cell: Cell) => boolean}
 */
function within(column, [from, to]) {
  if (column.type === "date") {
    return ({ value }) =>
      typeof value === "string" && value.slice(0, from.length) >= from.slice(0, value.length) && (!to || value.slice(0, to.length) <= to);
  }
  const [least, most] = [quantity(from) ?? -Infinity, quantity(to) ?? Infinity];
  return ({ value }) => typeof value === "number" && value >= least && value <= most;
}

/**
 * One predicate on rows for each thing chosen, by the column that it is about ("" for the text, whose words may be
 * anywhere in a row, unless quotation marks hold them together).
 * @param {Column[]} columns
 * @param {Chosen} chosen
 */
function tests(columns, { text, options, ranges }) {
  const all = /** @type {Map<string, (row: Row) => boolean>} */ (new Map());
  const words = (fold(text).match(/"[^"]+"|\S+/g) ?? []).map((word) => word.replaceAll('"', "").trim()).filter(Boolean);
  if (words.length) all.set("", (row) => words.every((word) => row.folded.includes(word)));
  columns.forEach((column, at) => {
    const wanted = options[column.name];
    const range = ranges[column.name];
    if (wanted?.length) all.set(column.name, (row) => row.cells[at].options.some((option) => wanted.includes(option)));
    if (range && (range[0] || range[1])) {
      const inside = within(column, range);
      all.set(column.name, (row) => inside(row.cells[at]));
    }
  });
  return all;
}

/**
 * The rows that have all that is chosen.
 * @param {Row[]} rows
 * @param {Column[]} columns
 * @param {Chosen} chosen
 */
export function filtered(rows, columns, chosen) {
  const predicates = [...tests(columns, chosen).values()];
  return rows.filter((row) => predicates.every((holds) => holds(row)));
}

/**
 * All rows, sorted. Equal ones keep their order; unknown values come last, up or down.
 * @param {Row[]} rows
 * @param {Column[]} columns
 * @param {Order[]} sort
 */
export function sorted(rows, columns, sort) {
  const keys = sort.map(({ column, down }) => ({
    at: columns.findIndex(({ name }) => name === column),
    sign: down ? -1 : 1,
  }));
  return rows.toSorted((a, b) => {
    for (const { at, sign } of keys) {
      const [x, y] = [a.cells[at].value, b.cells[at].value];
      if (x === y) continue;
      if (x === null) return 1;
      if (y === null) return -1;
      return x < y ? -sign : sign;
    }
    return 0;
  });
}

/**
 * How many rows each option of a column would show beside all that is chosen in the other columns.
 * @param {Row[]} rows
 * @param {Column[]} columns
 * @param {Chosen} chosen
 * @param {string} name of the column
 * @returns {Map<string, number>}
 */
export function counts(rows, columns, chosen, name) {
  const at = columns.findIndex((column) => column.name === name);
  const others = tests(columns, chosen);
  others.delete(name);
  const predicates = [...others.values()];
  const found = /** @type {Map<string, number>} */ (new Map());
  for (const row of rows) {
    const leads = predicates.every((holds) => holds(row)) ? 1 : 0;
    for (const option of row.cells[at].options) found.set(option, (found.get(option) ?? 0) + leads);
  }
  return found;
}

/**
 * The order after a click on a header: up, down, as in the page. `add` keeps the other columns.
 * @param {Order[]} sort
 * @param {string} column
 * @param {boolean} add
 * @returns {Order[]}
 */
export function nextSort(sort, column, add) {
  const old = sort.find((order) => order.column === column);
  const next = !old ? [{ column, down: false }] : old.down ? [] : [{ column, down: true }];
  if (!add) return next;
  return old ? sort.flatMap((order) => (order === old ? next : [order])) : [...sort, ...next];
}

/**
 * Decides on each value of an address whether it says something about this table.
 * @param {Column[]} columns
 * @param {Row[]} rows
 * @returns {(key: string, value: string) => boolean}
 */
export function accepts(columns, rows) {
  const named = new Map(columns.map((column, at) => [column.name, { column, at }]));
  const ids = new Set(rows.map(({ id }) => id));
  /** @param {string} list @param {(name: string) => boolean} known */
  const all = (list, known) => list.split(",").every(known);
  return (key, value) => {
    if (key === "q") return value.length <= 200;
    if (key === "sort") return all(value, (name) => named.has(name.replace(/^-/, "")));
    if (key === "hide") return all(value, (name) => (named.get(name)?.at ?? 0) > 0);
    if (key === "only") return value === "differences";
    if (key === "all") return value === "rows";
    if (key === "compare" || key === "ticked") return value.split(",").length <= MOST_COMPARED && all(value, (id) => ids.has(id));
    const { column, at } = named.get(key) ?? {};
    if (!column || at === undefined || !column.facet) return false;
    if (column.facet === "options") return rows.some((row) => row.cells[at].options.includes(value));
    const bounds = value.split("..");
    return bounds.length === 2 && bounds.every((bound) => isBound(column, bound));
  };
}

/**
 * @param {Column[]} columns
 * @param {State} state values that `accepts` let through
 * @returns {Chosen}
 */
export function fromState(columns, state) {
  const list = (/** @type {string} */ key) => [...new Set(state[key]?.[0]?.split(",") ?? [])];
  const chosen = nothing();
  chosen.text = state.q?.[0] ?? "";
  chosen.hidden = list("hide");
  chosen.compare = list(state.compare ? "compare" : "ticked");
  chosen.side = Boolean(state.compare) && chosen.compare.length > 1;
  chosen.only = Boolean(state.only);
  chosen.all = Boolean(state.all);
  for (const name of list("sort")) {
    const column = name.replace(/^-/, "");
    if (!chosen.sort.some((order) => order.column === column)) chosen.sort.push({ column, down: name !== column });
  }
  for (const { name, facet } of columns) {
    const values = state[name];
    if (values && facet === "options") chosen.options[name] = values;
    if (values && facet === "range") chosen.ranges[name] = /** @type {[string, string]} */ (values[0].split(".."));
  }
  return chosen;
}

/**
 * @param {Chosen} chosen
 * @returns {State} only what is not as in the page
 */
export function toState({ text, sort, options, ranges, hidden, compare, side, only, all }) {
  const state = /** @type {State} */ ({});
  if (text) state.q = [text];
  if (sort.length) state.sort = [sort.map(({ column, down }) => (down ? "-" : "") + column).join(",")];
  if (hidden.length) state.hide = [hidden.join(",")];
  if (compare.length) state[side ? "compare" : "ticked"] = [compare.join(",")];
  if (side && only) state.only = ["differences"];
  if (all) state.all = ["rows"];
  for (const [name, values] of Object.entries(options)) if (values.length) state[name] = values;
  for (const [name, [from, to]] of Object.entries(ranges)) if (from || to) state[name] = [`${from}..${to}`];
  return state;
}
