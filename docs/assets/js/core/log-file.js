/** The file in which a log travels: it is written, and read with a preview of what it would add. */

import { DAY } from "./fsrs.js";
import { inOrder, isBetween, read, text, VERSION } from "./log.js";

/** @import { Damaged, LogEvent } from "./log.js" */

const FORMAT = "generative-ai-study-log";
/** A hundred thousand reviews are about 15 MB. */
const LARGEST_FILE = 32_000_000;

/**
 * The text of the file in which a log travels: the form's name, its version, the events in order, and what is
 * damaged, as it was found. One event a line, so that a reader can look into it.
 * @param {readonly LogEvent[]} events @param {readonly Damaged[]} damaged
 */
export function toFile(events, damaged) {
  /** @param {readonly unknown[]} some */
  const lines = (some) => (some.length ? `[\n${some.map((one) => JSON.stringify(one)).join(",\n")}\n]` : "[]");
  const head = `"format": ${JSON.stringify(FORMAT)},\n"version": ${VERSION}`;
  return `{\n${head},\n"events": ${lines([...events].sort(inOrder))},\n"damaged": ${lines(damaged)}\n}\n`;
}

/**
 * @typedef {object} Import what a file would add; nothing is changed by asking
 * @property {string} fault why the file cannot be taken at all, or nothing
 * @property {LogEvent[]} added events that the log does not have
 * @property {number} known events that it has already, and repetitions inside the file
 * @property {number} future how many of these lie more than a day after now, as a clock was wrong
 * @property {number} conflicting events whose id stands for another event here: the log's own stays
 * @property {Damaged[]} damaged records that are no events; they are kept apart, with the reason
 */

/**
 * What importing a file would do.
 * @param {string} content the text of the file
 * @param {readonly LogEvent[]} log
 * @param {number} now instant
 * @returns {Import}
 */
export function preview(content, log, now) {
  const found = parse(content);
  /** @type {Import} */
  const plan = { fault: "", added: [], known: 0, future: 0, conflicting: 0, damaged: [] };
  if (typeof found === "string") return { ...plan, fault: found };
  const own = new Map(log.map((event) => [event.id, event]));
  for (const record of found) {
    const result = read(record);
    if (!("event" in result)) {
      plan.damaged.push(result);
      continue;
    }
    const { event } = result, other = own.get(event.id);
    if (other) plan[text(event) === text(other) ? "known" : "conflicting"] += 1;
    else {
      own.set(event.id, event);
      plan.added.push(event);
      plan.future += Number(event.at > now + DAY); // no two clocks that are set right differ by more
    }
  }
  plan.added.sort(inOrder);
  return plan;
}

/**
 * The records of a file, or why there are none. What another page could not read may be readable here.
 * @param {string} content
 * @returns {unknown[] | string}
 */
function parse(content) {
  if (content.length > LARGEST_FILE) {
    return `The file has ${Math.round(content.length / 1e6)} million characters; no log of this site has over 32.`;
  }
  let data;
  try {
    data = JSON.parse(content);
  } catch {
    const ours = content.slice(0, 200).includes(FORMAT);
    return ours ? "The file ends too early or was changed by hand. Copy it whole, or export it again."
      : "This is no file that “Export” of this site wrote.";
  }
  if (typeof data !== "object" || data === null || data.format !== FORMAT) {
    return "This is no file that “Export” of this site wrote.";
  }
  if (data.version !== VERSION) {
    return isBetween(data.version, VERSION + 1, Infinity)
      ? "The file was written by a newer version of this site. Reload this page, then import it again."
      : "The file has no version that this page knows.";
  }
  if (!Array.isArray(data.events)) return "The file has no list of events.";
  /** @type {any[]} */
  const damaged = Array.isArray(data.damaged) ? data.damaged : [];
  return [...data.events, ...damaged.map((one) => one?.record ?? one)];
}
