/**
 * What the pages need to know of cards: whether a text changed, in which order options stand, what each rating
 * would do, and how an interval is said.
 */

import { DAY, newCard, scheduler } from "./fsrs.js";

/** @import { Known, State } from "./replay.js" */
/** @import { Entry } from "./queue.js" */

export const RATINGS = Object.freeze(["Again", "Hard", "Good", "Easy"]);
const MINUTE = 60_000;

/**
 * A number between 0 and 2³² from a text: FNV-1a, with a last stir, as similar texts must give distant numbers.
 * @param {string} text
 */
function hashed(text) {
  let hash = 0x811c9dc5;
  for (const sign of text) hash = Math.imul(hash ^ (sign.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/**
 * A text's fingerprint; space between words does not count.
 * @param {string} text
 */
export function fingerprint(text) {
  const words = text.replace(/\s+/g, " ").trim();
  return hashed(words).toString(36) + hashed(`${words}.`).toString(36);
}

/**
 * The items in an order that only the seed decides.
 * @template T
 * @param {readonly T[]} items @param {string} seed
 * @returns {T[]}
 */
export function shuffled(items, seed) {
  const order = items.map((item, place) => ({ item, key: hashed(`${seed} ${place}`) }));
  return order.sort((a, b) => a.key - b.key).map(({ item }) => item);
}

/**
 * How long each rating would put a card off, in milliseconds.
 * @param {Known | undefined} known @param {number} retention @param {number} now instant
 */
export function outlook(known, retention, now) {
  const { review } = scheduler({ retention }), card = known?.memory ?? newCard(now);
  return RATINGS.map((_, place) => review(card, place + 1, now).due - now);
}

/**
 * A span of time in short words: "10 min", "3 h", "11 d", "1.5 months", "2 years".
 * @param {number} span milliseconds
 */
export function spoken(span) {
  const days = span / DAY;
  if (span < 60 * MINUTE) return `${Math.max(1, Math.round(span / MINUTE))} min`;
  if (days < 1) return `${Math.round(span / MINUTE / 60)} h`;
  if (days < 60) return `${Math.round(days)} d`;
  return days < 365 ? `${round(days / 30.4)} months` : `${round(days / 365.25)} years`;
}

/** @param {number} value */
const round = (value) => (value < 10 ? Math.round(value * 10) / 10 : Math.round(value));

/**
 * A card as the queue sees it. Only a drill comes with a hash; all drills are one chapter.
 * @param {State} state @param {{ id: string, chapter: string, hash?: string }} card
 * @returns {Entry}
 */
export function entry({ cards }, { id, chapter, hash }) {
  const known = cards.get(id), memory = known?.memory ?? null;
  return {
    id, chapter: hash ? "drills" : chapter,
    due: memory?.due ?? null,
    first: known?.first ?? null,
    steps: memory !== null && memory.state !== "review",
    suspended: known?.suspended ?? false,
    changed: Boolean(memory && hash && known?.hash && known.hash !== hash),
  };
}
