// Bar charts as SVG with their numbers as a table.
import { element } from "./dom.js";

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...(Node | string)} children
 */
export function svg(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

const WIDTH = 340, HEIGHT = 120;

/**
 * @typedef {object} Bar
 * @property {string} name in the table
 * @property {string} label under the bar; may be empty
 * @property {number} value
 * @property {string} text the value in words
 * @property {number} [mark] a line across the bar
 * @property {string} [more] a last column of the table
 */

/**
 * A figure: the chart, what it says in a sentence, the table.
 * @param {{ title: string, says: string, head: string[], bars: readonly Bar[], most: number }} chart
 */
export function barChart({ title, says, head, bars, most }) {
  const step = WIDTH / bars.length, width = Math.min(28, step * 0.72);
  const art = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT + 18}`, role: "img", "aria-label": title },
    svg("line", { class: "study-grid", x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT }),
    ...bars.flatMap(({ value, label, mark }, place) => {
      const middle = step * (place + 0.5), height = (HEIGHT - 6) * value / (most || 1);
      const parts = [svg("rect", { class: "study-bar", x: middle - width / 2, y: HEIGHT - height, width, height })];
      if (mark !== undefined) {
        const y = HEIGHT - (HEIGHT - 6) * mark / (most || 1);
        parts.push(svg("line", { class: "study-guide", x1: middle - step * 0.45, x2: middle + step * 0.45, y1: y, y2: y }));
      }
      if (label) parts.push(svg("text", { x: middle - width / 2, y: HEIGHT + 14 }, label));
      return parts;
    }));
  const table = element("table", { class: "data-table" },
    element("thead", {}, element("tr", {}, ...head.map((name) => element("th", { scope: "col" }, name)))),
    element("tbody", {}, ...bars.map(({ name, text, more }) => element("tr", {},
      element("th", { scope: "row" }, name), element("td", {}, text), ...(more === undefined ? [] : [element("td", {}, more)])))));
  return element("figure", { class: "study-chart" }, element("figcaption", {}, element("strong", {}, title), ` ${says}`), art,
    element("details", { class: "twin" }, element("summary", {}, "The numbers as a table"),
      element("div", { class: "table-scroll", tabindex: 0, role: "group", "aria-label": `${title}, numbers` }, table)));
}
