// A card made from the data, in the form in which the pages write theirs.
import { element } from "./dom.js";

/** @import { Drill } from "./study-cards.js" */

/**
 * What the build wrote as HTML, as nodes; the page's own rules keep scripts in it from running.
 * @param {string} html
 */
const nodes = (html) => [...document.importNode(new DOMParser().parseFromString(html, "text/html").body, true).childNodes];

/** @param {Drill} drill */
export function drillNode(drill) {
  const data = { "data-hash": drill.hash, "data-fact": drill.fact };
  const sources = element("p", { class: "cite" }, "Source: ", ...drill.sources.flatMap(({ title, url }, place) =>
    [place ? ", " : "", element("a", { href: url, rel: "external" }, title)]));
  const told = [...nodes(drill.answer), ...(drill.sources.length ? [sources] : [])];
  if (drill.kind === "question") {
    const details = element("details", { class: "question", id: drill.id }, element("summary", {}, ...nodes(drill.question)), ...told);
    return element("study-question", data, details);
  }
  const stem = `${drill.id}-stem`;
  return element("study-quiz", data, element("div", { class: "quiz", role: "group", "aria-labelledby": stem, id: drill.id },
    element("p", { class: "quiz__stem", id: stem }, ...nodes(drill.question)),
    element("ul", { class: "quiz__options" }, ...drill.options.map(({ text }) => element("li", {}, ...nodes(text)))),
    element("details", { class: "quiz__answer" }, element("summary", {}, "Answer"),
      element("ul", { class: "quiz__reasons" }, ...drill.options.map(({ right, text, reason }) => element("li", right ? { class: "right" } : {},
        element("strong", {}, right ? "Right:" : "Wrong:"), " ", element("span", { class: "quiz__option" }, ...nodes(text)),
        ...(reason ? [" — ", ...nodes(reason)] : [])))), ...told)));
}
