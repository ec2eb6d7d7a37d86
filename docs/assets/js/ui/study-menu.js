// What the menu, the start page and the head of a chapter say to a reader who has answered questions before: what is
// due, and which chapters are worked through. Loaded only where this browser has a log.
import { element } from "./dom.js";
import { dress, dueOf, memory } from "./memory.js";
import { dueCards, grouped } from "./study-cards.js";

/** @import { Store } from "./store.js" */
/** @import { Listed } from "./study-cards.js" */

let wake = 0;

/** @param {Store} store @param {Listed[]} all */
function show(store, all) {
  const { now, soon } = dueOf(store, all), due = new Set(now);
  const links = /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll(".md-sidebar--primary a.md-nav__link, .concept-map li a"));
  for (const [address, cards] of grouped(all.filter(({ drill }) => !drill), ({ chapter }) => chapter)) {
    const mine = cards.filter(({ id }) => due.has(id)), { pathname } = new URL(address);
    const done = cards.every(({ id }) => store.state.cards.get(id)?.memory);
    for (const link of links) if (link.pathname === pathname) label(link, mine.length ? `${mine.length} due` : done ? "✓" : "");
    if (pathname === location.pathname) here(mine);
  }
  for (const link of links) if (link.pathname.endsWith("/study/review/")) label(link, now.length ? `${now.length} due` : "");
  // Look again when the next learning step is over.
  clearTimeout(wake);
  const next = store.state.cards.get(soon[0])?.memory?.due;
  if (next) wake = setTimeout(refresh, Math.max(1000, next - Date.now()));
}

/** @param {HTMLElement} link @param {string} told */
function label(link, told) {
  const found = link.querySelector(".study-count");
  // What is written anew is heard anew.
  if ((found?.firstChild?.textContent ?? "") === told) return;
  found?.remove();
  if (!told) return;
  const more = told === "✓" ? [element("span", { class: "study-hidden" }, " worked through")] : [];
  link.append(" ", element("span", { class: "study-count" }, told, ...more));
}

/** The head of this chapter. @param {Listed[]} due */
function here(due) {
  const text = due.length === 1 ? "1 question is due here" : `${due.length} questions are due here`;
  document.querySelector(".study-here")?.remove();
  if (!due.length) return;
  document.querySelector(".chapter-head")?.append(element("span", { class: "study-here" }, element("a", { href: `#${due[0].id}` }, text)));
}

async function refresh() {
  const store = await memory();
  show(store, await dueCards(store));
}

Promise.all([memory(), dress()]).then(([store]) => {
  const again = () => refresh().catch((error) => console.warn("The menu stays as it is:", error));
  store.addEventListener("change", again);
  // Instant navigation.
  new MutationObserver(again).observe(document.body, { childList: true });
  return again();
});
