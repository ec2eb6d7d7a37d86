// The result of an exam, fetched when it is handed in: right and missed by chapter, and the way of the missed ones into
// the review.
import { button, element } from "./dom.js";
import { memory, SITE } from "./memory.js";
import { grouped, placeOf } from "./study-cards.js";

/** @import { Asked } from "./study-exam.js" */

/** @param {Asked[]} asked @param {Asked[]} missed @param {HTMLElement} status @param {HTMLElement} another button */
export function result(asked, missed, status, another) {
  const rows = [...grouped(asked, ({ card }) => card.title)].map(([title, some]) => {
    const wrong = some.filter((one) => missed.includes(one));
    return element("tr", {}, element("th", { scope: "row" }, title), element("td", {}, `${some.length - wrong.length} of ${some.length}`),
      element("td", {}, element("ul", {}, ...wrong.map(({ card, quiz }) =>
        element("li", {}, element("a", { href: placeOf(card) }, quiz.querySelector(".quiz__stem")?.textContent ?? card.id))))));
  });
  const table = element("table", { class: "data-table" }, element("caption", {}, "Result by chapter"),
    element("thead", {}, element("tr", {}, ...["Chapter", "Right", "Missed"].map((name) => element("th", { scope: "col" }, name)))),
    element("tbody", {}, ...rows));
  const sent = button("Put what was missed into review", async () => {
    sent.disabled = true;
    const store = await memory();
    for (const { card, hash } of missed) await store.add({ kind: "review", card: card.id, rating: 1, hash });
    status.replaceChildren(`${missed.length} questions will be asked again. `, element("a", { href: new URL("study/review/", SITE).href }, "To the review"));
    status.focus({ preventScroll: true });
    // After the first answer it has something to say.
    import("./study-menu.js");
  });
  return element("div", { class: "exam-result" }, element("div", { class: "table-scroll", tabindex: 0, role: "group", "aria-label": "Result by chapter" }, table),
    element("div", { class: "study-row" }, ...(missed.length ? [sent] : []), another));
}
