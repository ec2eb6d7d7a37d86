// What opens under the tools of a table: filters made from its columns, the choice of columns, files.
import { counts, isBefore, isBound, nothing } from "../core/table.js";
import { button, element } from "./dom.js";

let hints = 0;

/**
 * @param {string} label
 * @param {(checked: boolean) => void} change
 */
function checkbox(label, change) {
  const input = element("input", { type: "checkbox" });
  input.addEventListener("change", () => change(input.checked));
  const count = element("span", { class: "count" });
  return { input, count, node: element("label", {}, input, " ", label, " ", count) };
}

/**
 * Options of a column, each with the number of rows that it leads to; one that leads nowhere is not offered.
 * @param {Row[]} rows
 * @param {Column[]} columns
 * @param {number} at
 * @param {(values: string[]) => void} choose
 * @returns {Panel}
 */
function optionsOf(rows, columns, at, choose) {
  const column = columns[at];
  const labels = /** @type {Map<string, string>} */ (new Map());
  for (const { cells } of rows) {
    for (const option of cells[at].options) {
      labels.set(option, column.type === "list" ? option : option === "none" ? "no entry" : cells[at].text);
    }
  }
  const all = counts(rows, columns, nothing(), column.name);
  const ordered = [...labels].sort(([a], [b]) => (all.get(b) ?? 0) - (all.get(a) ?? 0));
  /** @type {string[]} */
  let wanted = [];
  const boxes = ordered.map(([option, label]) => ({
    option,
    ...checkbox(label, (on) => choose(on ? [...wanted, option] : wanted.filter((other) => other !== option))),
  }));
  const list = element("div", { class: "options" }, ...boxes.map(({ node }) => node));
  return {
    node: element("fieldset", {}, element("legend", {}, column.label), list),
    show(chosen) {
      wanted = chosen.options[column.name] ?? [];
      const leads = counts(rows, columns, chosen, column.name);
      const none = ![...leads.values()].some(Boolean); // all are in vain, then: show them, not an empty list
      for (const { option, input, count, node } of boxes) {
        input.checked = wanted.includes(option);
        count.textContent = `(${leads.get(option) ?? 0})`;
        node.hidden = !none && !leads.get(option) && !input.checked;
      }
    },
  };
}

/**
 * From … to, in a column of numbers or dates.
 * @param {Column} column
 * @param {(range: [from: string, to: string]) => void} choose
 * @returns {Panel}
 */
function rangeOf(column, choose) {
  const hint = column.type === "date" ? "year or month, such as 2020 or 2023-06" : "number, such as 10 B or 32k";
  const says = element("p", { class: "hint", id: `hint-${hints += 1}`, "aria-live": "polite" });
  const fields = ["from", "to"].map((end) => element("input", {
    type: "text", autocomplete: "off", size: 8, "aria-label": `${column.label} ${end}`, placeholder: end, "aria-describedby": says.id,
  }));
  const texts = () => fields.map(({ value }) => value.trim());

  /** Tell what is wrong with the two ends. */
  function judge() {
    const [from, to] = texts(), bad = [from, to].map((text) => !isBound(column, text));
    const turned = Boolean(!bad.includes(true) && from && to && isBefore(column, to, from));
    fields.forEach((field, at) => field.setAttribute("aria-invalid", String(bad[at] || turned)));
    says.textContent = turned ? `from ${from} to ${to}: nothing is in between` :
      bad.includes(true) ? `“${(bad[0] ? from : to).slice(0, 20)}” is not a ${hint}` : hint;
  }
  for (const field of fields) {
    field.addEventListener("input", () =>
      choose(/** @type {[string, string]} */ (texts().map((text) => (isBound(column, text) ? text : "")))));
  }
  return {
    node: element("fieldset", {}, element("legend", {}, column.label), ...fields, says),
    show(chosen) {
      const range = chosen.ranges[column.name] ?? ["", ""];
      fields.forEach((field, at) => {
        if (field !== document.activeElement) field.value = range[at];
      });
      judge();
    },
  };
}

/**
 * All filters of a table.
 * @param {View} view
 * @returns {Panel}
 */
export function filters({ rows, columns, update }) {
  const parts = columns.flatMap((column, at) => {
    if (column.facet === "options") {
      return [optionsOf(rows, columns, at, (values) => update((chosen) => (chosen.options[column.name] = values)))];
    }
    if (column.facet === "range") {
      return [rangeOf(column, (range) => update((chosen) => (chosen.ranges[column.name] = range)))];
    }
    return [];
  });
  return {
    node: element("div", { class: "table-filters" }, ...parts.map(({ node }) => node)),
    show: (chosen) => parts.forEach(({ show }) => show(chosen)),
  };
}

/**
 * The choice of columns; the first always stays.
 * @param {View} view
 * @returns {Panel}
 */
export function columnChoice({ columns, update }) {
  const boxes = columns.slice(1).map(({ name, label }) => ({
    name,
    ...checkbox(label, (on) => update((chosen) => {
      const others = chosen.hidden.filter((other) => other !== name);
      chosen.hidden = on ? others : [...others, name];
    })),
  }));
  return {
    node: element("fieldset", {}, element("legend", {}, "Columns"), ...boxes.map(({ node }) => node)),
    show: ({ hidden }) => boxes.forEach(({ name, input }) => (input.checked = !hidden.includes(name))),
  };
}

/**
 * What can be taken away.
 * @param {(kind: "md" | "csv" | "json") => void} save
 * @returns {Panel}
 */
export function fileChoice(save) {
  const buttons = [
    button("Copy as Markdown", () => save("md")),
    button("Download CSV", () => save("csv")),
    button("Download JSON", () => save("json")),
  ];
  return { node: element("div", { class: "table-files" }, ...buttons), show: () => {} };
}
