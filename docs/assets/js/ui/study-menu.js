// What the menu, the start page and the head of a chapter say to a reader who has answered questions before: what is
// due, and which chapters are worked through. Loaded only where this browser has a log.
import { element } from "./dom.js";
import { dress, dueOf, memory } from "./memory.js";
import { courseCards, grouped } from "./study-cards.js";

/** @import { Store } from "./store.js" */
/** @import { Listed } from "./study-cards.js" */

let wake = 0;

/** @param {Store} store @param {Map<string, Listed[]>} chapters */
function show(store, chapters) {
  const all = [...chapters.values()].flat(), now = new Set(dueOf(store, all).now);
  for (const [address, cards] of chapters) {
    const due = cards.filter(({ id }) => now.has(id)).length;
    const open = cards.filter(({ id }) => !store.state.cards.get(id)?.memory).length;
    const told = due ? `${due} due` : open ? "" : "✓";
    const path = new URL(address).pathname;
    for (const link of document.querySelectorAll(".md-sidebar--primary a.md-nav__link, .concept-map li a")) {
      if (link instanceof HTMLAnchorElement && link.pathname === path) label(link, told, open ? "" : "worked through");
    }
    if (path === location.pathname) here(due, cards.find(({ id }) => now.has(id)));
  }
  for (const link of document.querySelectorAll("a.md-nav__link, a.md-tabs__link")) {
    if (link instanceof HTMLAnchorElement && link.pathname.endsWith("/study/review/") && link.closest(".md-sidebar--primary")) {
      label(link, now.size ? `${now.size} due` : "", "");
    }
  }
  rewake(store, all);
}

/** @param {HTMLAnchorElement} link @param {string} told @param {string} more */
function label(link, told, more) {
  const found = link.querySelector(".study-count");
  const text = [told, more && told === "✓" ? more : ""].filter(Boolean).join(" ");
  if ((found?.textContent ?? "") === text) return;
  found?.remove();
  if (!text) return;
  const count = element("span", { class: "study-count" }, told);
  if (told === "✓") count.append(element("span", { class: "study-hidden" }, ` ${more}`));
  link.append(" ", count);
}

/** The head of this chapter. @param {number} due @param {Listed | undefined} first */
function here(due, first) {
  const head = document.querySelector(".chapter-head"), found = head?.querySelector(".study-here");
  if (!head || !due || !first) {
    found?.remove();
    return;
  }
  const text = due === 1 ? "1 question is due here" : `${due} questions are due here`;
  if (found?.textContent === text) return;
  found?.remove();
  head.append(element("span", { class: "study-here" }, element("a", { href: `#${first.id}` }, text)));
}

/** Look again when the next learning step is over. @param {Store} store @param {Listed[]} cards */
function rewake(store, cards) {
  clearTimeout(wake);
  const [next] = dueOf(store, cards).soon, due = next && store.state.cards.get(next)?.memory?.due;
  if (due) wake = setTimeout(() => refresh(), Math.max(1000, due - Date.now()));
}

async function refresh() {
  const [store, cards] = await Promise.all([memory(), courseCards()]);
  show(store, grouped(cards, ({ chapter }) => chapter));
}

const ready = Promise.all([memory(), courseCards(), dress()]);
ready.then(([store]) => {
  store.addEventListener("change", refresh);
  new MutationObserver(refresh).observe(document.body, { childList: true }); // instant navigation
  return refresh();
}).catch((error) => console.warn("The menu stays as it is:", error));
