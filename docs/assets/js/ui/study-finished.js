// What the review says when nothing is left, fetched then.
import { entry } from "../core/cards.js";
import { dateOf, offsetIn, studyDay } from "../core/queue.js";
import { button, element } from "./dom.js";
import { dueOf, SITE, today } from "./memory.js";
import { reminder } from "./study-reminder.js";

/** @import { Store } from "./store.js" */
/** @import { Listed } from "./study-cards.js" */

/**
 * @param {Store} store @param {Listed[]} all @param {Listed[]} chosen those of them that are asked
 * @param {number} answered how many just now
 */
export async function finished(store, all, chosen, answered) {
  const inside = new Set(chosen), { reviews: elsewhere } = dueOf(store, all.filter((card) => !inside.has(card)));
  const cards = all.map((card) => entry(store.state, card)), known = cards.filter(({ due }) => due !== null).length;
  const title = elsewhere ? "Done here" : known ? "Done for today" : "Nothing to review";
  const begun = known ? `${known} of ${cards.length} questions are in your memory.` :
    "Nothing is in your review yet: answer a question in a chapter, or allow new cards in the settings below.";
  const told = [answered && `${answered} answered just now.`, begun,
    elsewhere && `${elsewhere} more ${elsewhere === 1 ? "is" : "are"} due outside of your choice, or ${elsewhere === 1 ? "was" : "were"} left for now.`,
    next(cards)];
  const safe = await reminder(store);
  return [element("div", { class: "review-done" },
    element("h2", { class: "review-title" }, title), element("p", {}, told.filter(Boolean).join(" ")),
    ...(safe ? [element("p", { class: "study-reminder" }, safe, " ", link("progress", "To the export"), ".")] : []),
    element("p", {}, "What is not due now is remembered well enough: leave it, or ",
      link("progress", "look at your progress"), ", or ", link("exam", "take an exam"), "."))];
}

/** @param {() => void} again */
export const crammed = (again) =>
  [element("p", {}, "You have been through all of them."), button("Once more", again, { class: "main" })];

/** On which later day cards come, and how many. @param {import("../core/queue.js").Entry[]} cards */
function next(cards) {
  const offset = offsetIn(), now = today();
  const days = cards.flatMap(({ due, suspended }) => (due === null || suspended ? [] : studyDay(due, offset))).filter((day) => day > now);
  if (!days.length) return "";
  const first = days.reduce((least, day) => Math.min(least, day)), count = days.filter((day) => day === first).length;
  return `The next ${count === 1 ? "card comes" : `${count} cards come`} on ${dateOf(first)}.`;
}

/** @param {string} name @param {string} text */
const link = (name, text) => element("a", { href: new URL(`study/${name}/`, SITE).href }, text);
