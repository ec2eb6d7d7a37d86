// Which cards the site has: the build lists them. What stands on those of the chapters is read from the chapters.
import { SITE } from "./memory.js";

/**
 * @typedef {object} Listed
 * @property {string} id
 * @property {"question" | "quiz"} kind
 * @property {string} chapter the address of the page where it stands, or of a drill's fact
 * @property {string} title the page's title
 * @property {string} part
 * @property {string} [hash] of a drill: another one stands for another fact
 * @property {Drill} [drill]
 */
/**
 * @typedef {object} Drill what `study/drills.json` says of one
 * @property {string} id
 * @property {"question" | "quiz"} kind
 * @property {string} hash
 * @property {string} at where the fact stands, below the site
 * @property {string} fact
 * @property {string} question
 * @property {string} answer
 * @property {{ right: boolean, text: string, reason: string }[]} options
 * @property {{ title: string, url: string }[]} sources
 */

export const DRILLS = "Drills from the data";

/** @type {Map<string, Promise<any>>} */
const files = new Map();
/** @type {Map<string, Promise<Document>>} */
const pages = new Map();

/** @param {string} name of a file beside the study pages @returns {Promise<any>} */
function fetchFile(name) {
  const known = files.get(name) ?? fetch(new URL(`study/${name}`, SITE)).then((answer) => {
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    return answer.json();
  });
  files.set(name, known);
  known.catch(() => files.delete(name)); // the next call tries again
  return known;
}

/** All cards that stand in chapters, in the order of the course. @returns {Promise<Listed[]>} */
export async function courseCards() {
  /** @type {{ chapters: { address: string, title: string, part: string, cards: Listed[] }[] }} */
  const { chapters } = await fetchFile("chapters.json");
  return chapters.flatMap(({ address, title, part, cards }) =>
    cards.map(({ id, kind }) => ({ id, kind, title, part, chapter: new URL(address, SITE).href })));
}

/** The cards that the build makes from rows of the data. @returns {Promise<Listed[]>} */
export async function drillCards() {
  /** @type {{ drills: Drill[] }} */
  const { drills } = await fetchFile("drills.json");
  return drills.map((drill) => ({
    id: drill.id, kind: drill.kind, chapter: new URL(drill.at, SITE).href, title: DRILLS, part: DRILLS, hash: drill.hash, drill,
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

/** Where a card stands. @param {Listed} card */
export const placeOf = ({ chapter, id, drill }) => (drill ? chapter : `${chapter}#${id}`);

/** A card to be put into a page. @param {Listed} card @param {Record<string, string>} [attributes] for its element */
export async function nodeOf(card, attributes = {}) {
  if (!card.drill) return cardNode(placeOf(card), attributes);
  await import(`./study-${card.kind}.js`);
  return (await import("./study-drill.js")).drillNode(card.drill, attributes);
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
