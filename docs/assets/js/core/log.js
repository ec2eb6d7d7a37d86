/**
 * The log of everything that a reader did: events are only ever added. This module says what an event is, and joins
 * logs. `log-file.js` writes and reads the file in which a log travels, `replay.js` makes the schedule out of it.
 *
 * An event is an object with these fields:
 *   v        1, the version of this form
 *   id       unique: 8 to 64 letters, digits, - or _
 *   kind     "review", "undo", "suspend", "resume" or "setting"
 *   at       instant: whole milliseconds since 1970 in UTC
 *   zone     minutes by which the reader's clock was ahead of UTC
 *   card     the card's id (not for "setting")
 *   rating   of a review: 1 again, 2 hard, 3 good, 4 easy
 *   hash     of a review, may be missing: fingerprint of the card's text as it was shown
 *   answer   of a review, may be missing: the answer as it was shown, so that a change can be told
 *   of       of an undo: the id of the event of this card that is to count no more
 *   name     of a setting: "retention" (0.7 to 0.97) or "newADay" (0 to 200)
 *   value    of a setting: its number
 */

export const VERSION = 1;
const EARLIEST = Date.UTC(2020, 0), LATEST = Date.UTC(2200, 0);

/** @type {Readonly<Record<string, readonly [least: number, most: number, whole: boolean]>>} */
const SETTINGS = Object.freeze({ retention: [0.7, 0.97, false], newADay: [0, 200, true] });

/**
 * @typedef {object} LogEvent
 * @property {number} v
 * @property {string} id
 * @property {"review" | "undo" | "suspend" | "resume" | "setting"} kind
 * @property {number} at
 * @property {number} zone
 * @property {string} [card]
 * @property {number} [rating]
 * @property {string} [hash]
 * @property {string} [answer]
 * @property {string} [of]
 * @property {string} [name]
 * @property {number} [value]
 */

/** @typedef {{ reason: string, record: unknown }} Damaged a record that cannot be read, kept as it came */

/** @param {unknown} value @param {number} least @param {number} most @returns {value is number} */
export const isBetween = (value, least, most) => typeof value === "number" && value >= least && value <= most;

/** @param {RegExp} pattern @returns {(value: unknown) => boolean} */
const isLike = (pattern) => (value) => typeof value === "string" && pattern.test(value);

/** @param {number} least @param {number} most @returns {(value: unknown) => boolean} */
const isWhole = (least, most) => (value) => isBetween(value, least, most) && Number.isInteger(value);

const isId = isLike(/^[\w-]{8,64}$/);
const isCard = isLike(/^[a-z0-9]+(-[a-z0-9]+)*$/);

/** For each field: who has it, whether it may be missing, what it must be, in words for the reader. */
const FIELDS = /** @type {const} */ ([
  ["id", "", true, isId, "8 to 64 letters, digits, - or _"],
  ["at", "", true, isWhole(EARLIEST, LATEST), "an instant from 2020 on"],
  ["zone", "", true, isWhole(-1440, 1440), "minutes ahead of UTC"],
  ["card", "review undo suspend resume", true, isCard, "the id of a card"],
  ["rating", "review", true, isWhole(1, 4), "1 to 4"],
  ["hash", "review", false, isLike(/^[\w-]{1,64}$/), "a fingerprint"],
  ["answer", "review", false, isLike(/^[^]{0,400}$/), "at most 400 characters"],
  ["of", "undo", true, isId, "the id of an event"],
  ["name", "setting", true, isLike(/^(retention|newADay)$/), "a known setting"],
]);
const KINDS = ["review", "undo", "suspend", "resume", "setting"];

/**
 * An event with the known fields of a record and nothing else, or the reason why it is none.
 * @param {unknown} record anything at all
 * @returns {{ event: LogEvent } | Damaged}
 */
export function read(record) {
  /** @param {string} reason */
  const damaged = (reason) => ({ reason, record });
  if (typeof record !== "object" || record === null || Array.isArray(record)) return damaged("no record");
  const raw = /** @type {Record<string, unknown>} */ (record);
  if (raw.v !== VERSION) {
    const newer = isBetween(raw.v, VERSION + 1, Infinity);
    return damaged(newer ? `version ${raw.v} is newer than this page: reload it` : "v is no known version");
  }
  const kind = KINDS.find((known) => known === raw.kind);
  if (!kind) return damaged("kind is none of the known ones");
  /** @type {Record<string, unknown>} */
  const event = { v: VERSION, kind };
  for (const [name, kinds, required, isRight, told] of FIELDS) {
    if (kinds && !kinds.split(" ").includes(kind)) continue;
    if (!required && raw[name] === undefined) continue;
    if (!isRight(raw[name])) return damaged(`${name} is not ${told}`);
    event[name] = raw[name];
  }
  if (kind === "setting") {
    const [least, most, whole] = SETTINGS[String(raw.name)];
    if (!isBetween(raw.value, least, most) || (whole && !Number.isInteger(raw.value))) {
      return damaged(`value is not from ${least} to ${most}`);
    }
    event.value = raw.value;
  }
  return { event: /** @type {LogEvent} */ (/** @type {unknown} */ (event)) };
}

/**
 * The order of the log: by instant, then by id.
 * @param {LogEvent} a @param {LogEvent} b
 */
export const inOrder = (a, b) => a.at - b.at || (a.id < b.id ? -1 : Number(a.id > b.id));

/**
 * The union of two logs by id, in order. Of two different events with one id, which no honest log has, the one
 * whose text comes first stays, so that the result does not hang on which log is named first.
 * @param {Iterable<LogEvent>} first @param {Iterable<LogEvent>} second
 * @returns {LogEvent[]}
 */
export function merge(first, second) {
  /** @type {Map<string, LogEvent>} */
  const all = new Map();
  for (const log of [first, second]) {
    for (const event of log) {
      const other = all.get(event.id);
      if (!other || (other !== event && text(event) < text(other))) all.set(event.id, event);
    }
  }
  return [...all.values()].sort(inOrder);
}

/** The same for the same event, whatever the order of its fields. @param {LogEvent} event */
export const text = (event) => JSON.stringify(Object.entries(event).sort(([a], [b]) => (a < b ? -1 : 1)));
