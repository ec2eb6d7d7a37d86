// Which cards the site has: the build lists them. What stands on those of the chapters is read from the chapters.
import { button, element } from "./dom.js";
import { SITE } from "./memory.js";

/** @import { Store } from "./store.js" */
/**
 * @typedef {object} Listed
 * @property {string} id
 * @property {"question" | "quiz"} kind
 * @property {string} chapter the address of the page where it stands; drills are a group of their own
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

const DRILLS = "Drills from the data";

/** @type {Map<string, Promise<any>>} */
const fetched = new Map();

/**
 * @template T
 * @param {string} address
 * @param {(answer: Response) => Promise<T>} read
 * @returns {Promise<T>} from the first time on the same
 */
function once(address, read) {
  const known = fetched.get(address) ?? fetch(address).then((answer) => {
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return read(answer);
  });
  fetched.set(address, known);
  // The next call tries again.
  known.catch(() => fetched.delete(address));
  return known;
}

/** @param {string} name of a file beside the study pages */
const fetchFile = (name) => once(new URL(`study/${name}`, SITE).href, (answer) => answer.json());

/** @param {string} address @returns {Promise<Document>} */
export const fetchPage = (address) =>
  once(address, async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html"));

/** All cards that stand in chapters, in the order of the course. @returns {Promise<Listed[]>} */
export async function courseCards() {
  /** @type {{ chapters: { address: string, title: string, part: string, cards: Listed[] }[] }} */
  const { chapters } = await fetchFile("chapters.json");
  return chapters.flatMap(({ address, title, part, cards }) =>
    cards.map(({ id, kind }) => ({ id, kind, title, part, chapter: new URL(address, SITE).href })));
}

/** The cards that the build makes from rows of the data. @returns {Promise<Listed[]>} */
async function drillCards() {
  /** @type {{ drills: Drill[] }} */
  const { drills } = await fetchFile("drills.json");
  return drills.map((drill) => ({ id: drill.id, kind: drill.kind, chapter: DRILLS, title: DRILLS, part: DRILLS, hash: drill.hash, drill }));
}

/** All cards of the site. */
export const allCards = async () => (await Promise.all([courseCards(), drillCards()])).flat();

/** All cards that may be due: those of the data only where one of them was answered. @param {Store} store */
export const dueCards = (store) =>
  [...store.state.cards.keys()].some((id) => id.startsWith("drill-")) ? allCards() : courseCards();

/** Where a card stands. @param {Listed} card */
export const placeOf = ({ chapter, id, drill }) => (drill ? new URL(drill.at, SITE).href : `${chapter}#${id}`);

/**
 * A copy of a card for another page, with addresses that work there; not in a page yet.
 * @param {string} address of the card: its page and `#id`
 */
export async function copyOf(address) {
  const [page, id] = address.split("#"), found = (await fetchPage(page)).getElementById(id);
  const whole = found?.closest("study-question, study-quiz");
  if (!whole) throw new Error(`${id}: no such card in ${page}`);
  const node = document.importNode(whole, true);
  for (const [selector, name] of [["a[href]", "href"], ["img[src]", "src"]]) {
    for (const one of node.querySelectorAll(selector)) one.setAttribute(name, new URL(one.getAttribute(name) ?? "", page).href);
  }
  return node;
}

/**
 * Say that something did not come, and let the reader try again.
 * @param {Element} place @param {unknown} error @param {() => void} again @param {string} [what]
 */
export function notFetched(place, error, again, what = "The list of questions") {
  console.warn(error);
  place.replaceChildren(element("p", { role: "alert" }, `${what} could not be fetched. Is there a connection? `),
    button("Try again", again));
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
