// Which cards the site has, and what stands on them: read from its own pages, which are there without any script.
import { SITE } from "./memory.js";

/**
 * @typedef {object} Listed
 * @property {string} id
 * @property {"question" | "quiz"} kind
 * @property {string} chapter the page's address
 * @property {string} title the page's title
 * @property {string} part
 */

/** @type {Promise<Listed[]> | null} */
let list = null;
/** @type {Map<string, Promise<Document>>} */
const pages = new Map();

/** All cards, in the order of the course. */
export const courseCards = () => (list ??= fetchPage(new URL("study/progress/", SITE).href).then(
  (page) => [...page.querySelectorAll("[data-cards]")].flatMap((item) => readItem(/** @type {HTMLElement} */ (item))),
  (error) => {
    list = null;
    throw error;
  },
));

/** @param {HTMLElement} item @returns {Listed[]} */
function readItem(item) {
  const link = item.querySelector("a"), address = link?.getAttribute("href") ?? "";
  const chapter = new URL(address, new URL("study/progress/", SITE)).href;
  return (item.dataset.cards ?? "").split(" ").map((name) => ({
    id: name.replace("?", ""), kind: name.endsWith("?") ? "quiz" : "question", chapter,
    title: link?.textContent ?? "", part: item.dataset.part ?? "",
  }));
}

/** @param {string} address @returns {Promise<Document>} */
export function fetchPage(address) {
  const known = pages.get(address) ?? fetch(address).then(async (answer) => {
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  });
  pages.set(address, known);
  known.catch(() => pages.delete(address)); // the next call tries again
  return known;
}

/**
 * A copy of a card for another page, with addresses that work there; not in a page yet.
 * @param {string} address of the card: its page and `#id`
 * @param {Record<string, string>} [attributes] for its element
 */
export async function cardNode(address, attributes = {}) {
  const [page, id] = address.split("#"), found = (await fetchPage(page)).getElementById(id);
  const whole = found?.closest("study-question, study-quiz");
  if (!whole) throw new Error(`${id}: no such card in ${page}`);
  const node = /** @type {HTMLElement} */ (document.importNode(whole, true));
  for (const link of node.querySelectorAll("a[href]")) {
    link.setAttribute("href", new URL(link.getAttribute("href") ?? "", page).href);
  }
  for (const image of node.querySelectorAll("img[src]")) {
    image.setAttribute("src", new URL(image.getAttribute("src") ?? "", page).href);
  }
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  await import(`./${node.localName}.js`);
  return node;
}

/**
 * @template T
 * @param {Iterable<T>} items @param {(item: T) => string} key
 * @returns {Map<string, T[]>} in the order in which the keys occur
 */
export function grouped(items, key) {
  /** @type {Map<string, T[]>} */
  const groups = new Map();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
