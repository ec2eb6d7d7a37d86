// A table as text to take away, with its sources: Markdown, CSV, JSON.

/** @param {string} text */
const inMarkdown = (text) => text.replace(/[\\|<>\x60*_[\]]/g, "\\$&").replace(/\s+/g, " ");

/**
 * @param {Column[]} columns
 * @param {FullRow[]} rows
 */
export function toMarkdown(columns, rows) {
  const numbers = /** @type {Map<string, number>} */ (new Map());
  const marks = (/** @type {FullCell} */ { sources }) => sources.map(({ url }) => {
    if (!numbers.has(url)) numbers.set(url, numbers.size + 1);
    return ` [${numbers.get(url)}](${url.replaceAll("(", "%28").replaceAll(")", "%29").replaceAll("|", "%7C")})`;
  }).join("");
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(" | ")} |`;
  return [
    line(columns.map(({ label }) => inMarkdown(label))),
    line(columns.map(({ type }) => (type === "number" ? "---:" : "---"))),
    ...rows.map(({ cells }) => line(cells.map((cell) => inMarkdown(cell.text) + marks(cell)))),
    "",
  ].join("\n");
}

/**
 * A field of a CSV file. A text that a spreadsheet would take for a formula gets an apostrophe in front.
 * @param {string | number | null} value
 */
function field(value) {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * CSV by RFC 4180, with the mark by which spreadsheets know UTF-8. A column of numbers holds numbers only: how they
 * are meant stands in `…_form`, what a third party guessed in `…_estimate`, and where a cell says more than that,
 * all of it in `…_text`; `…_source` has the addresses of sources.
 * @param {Column[]} columns
 * @param {FullRow[]} rows
 */
export function toCsv(columns, rows) {
  const parts = columns.flatMap(({ name, type }, at) => {
    const read = (/** @type {FullRow} */ row) => row.cells[at];
    const number = type === "number", some = (/** @type {(cell: FullCell) => unknown} */ has) => rows.some((row) => has(read(row)));
    const all = [{ name, of: (/** @type {FullRow} */ row) => (number || type === "date" ? read(row).value : read(row).text) }];
    if (number && some(({ form }) => form)) all.push({ name: `${name}_form`, of: (row) => read(row).form });
    if (number && some(({ estimate }) => estimate !== null)) all.push({ name: `${name}_estimate`, of: (row) => read(row).estimate });
    if (number && some(({ text }) => text.includes(";"))) all.push({ name: `${name}_text`, of: (row) => read(row).text });
    if (some(({ sources }) => sources.length)) {
      all.push({ name: `${name}_source`, of: (row) => read(row).sources.map(({ url }) => url).join(" ") });
    }
    return all;
  });
  const lines = [["id", ...parts.map(({ name }) => name)], ...rows.map((row) => [row.id, ...parts.map(({ of }) => of(row))])];
  return `\ufeff${lines.map((line) => line.map(field).join(",")).join("\r\n")}\r\n`;
}

/**
 * JSON: a row is an object; a number keeps how it is meant, and every cell its sources.
 * @param {string} title
 * @param {string} address
 * @param {Column[]} columns
 * @param {FullRow[]} rows
 */
export function toJson(title, address, columns, rows) {
  const entry = (/** @type {FullCell} */ { text, value, form, estimate, sources }, /** @type {Column} */ { type }) => ({
    text,
    ...(type === "number" || type === "date" ? { value } : {}),
    ...(form ? { form } : {}),
    ...(estimate === null ? {} : { estimate }),
    ...(sources.length ? { sources } : {}),
  });
  const items = rows.map(({ id, cells }) => ({
    id,
    ...Object.fromEntries(columns.map((column, at) => [column.name, entry(cells[at], column)])),
  }));
  return `${JSON.stringify({ title, address, rows: items }, null, 1)}\n`;
}
