// Where events lie on an axis of time: an honest order, room for crowded years, cuts where nothing happened.

/**
 * An event as it is laid out. `start` and `end` are years with their fraction: what is only known to the year is a
 * span as long as the year. `width` is that of its label in pixels, the dot not counted.
 * @typedef {{ id: string, lane: string, start: number, end: number, width: number }} Item
 */

/**
 * One stretch of the axis: from the beginning of a year to that of another, over pixels. Inside, time runs evenly.
 * @typedef {{ from: number, to: number, left: number, right: number, cut: boolean }} Stretch
 */

/**
 * Where an event stands: its dot at `x`, its box from `left` to `right` in a row of its lane, its label on one side.
 * @typedef {{ id: string, lane: string, row: number, x: number, left: number, right: number,
 *   side: "right" | "left" | "none" }} Place
 */

/** A stretch of so many years without an event is cut out of the axis. */
export const CUT = 4;

/**
 * A day, month or year as a span of years: "2016" is 2016 to 2017, "2016-07-02" about 2016.5.
 * @param {string} date ISO, of any precision
 * @returns {[start: number, end: number]}
 */
export function span(date) {
  const [year = 0, month, day] = date.split("-").map(Number);
  const first = Date.UTC(year, 0, 1);
  const length = Date.UTC(year + 1, 0, 1) - first;
  const at = (/** @type {number} */ m, /** @type {number} */ d) => year + (Date.UTC(year, m, d) - first) / length;
  if (month === undefined) return [year, year + 1];
  return day === undefined ? [at(month - 1, 1), at(month, 1)] : [at(month - 1, day), at(month - 1, day + 1)];
}

/**
 * The axis from the year `from` to the end of the year `to`: the more events a year has, the wider it is.
 * @param {readonly number[]} starts of the events, in years; those outside do not count
 * @param {number} from
 * @param {number} to
 * @param {number} width in pixels
 * @returns {Stretch[]} without holes, from 0 to `width`
 */
export function axis(starts, from, to, width) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const start of starts) counts.set(Math.floor(start), (counts.get(Math.floor(start)) ?? 0) + 1);
  /** @type {{ from: number, to: number, cut: boolean, share: number }[]} */
  const parts = [];
  for (let year = from; year <= to; ) {
    let next = year;
    while (next <= to && !counts.has(next)) next++;
    const cut = next - year >= CUT && next - year < to - from + 1;
    if (cut) parts.push({ from: year, to: next, cut, share: 1 });
    else next = year + 1;
    if (!cut) parts.push({ from: year, to: next, cut, share: 0.5 + (counts.get(year) ?? 0) });
    year = next;
  }
  const whole = parts.reduce((sum, part) => sum + part.share, 0);
  let sum = 0;
  return parts.map(({ share, ...part }) => {
    const left = (sum / whole) * width;
    sum += share;
    return { ...part, left, right: (sum / whole) * width };
  });
}

/**
 * Where a moment lies on the axis; what is outside lies at its end.
 * @param {readonly Stretch[]} stretches
 * @param {number} time in years
 */
export function position(stretches, time) {
  const found = stretches.find(({ to }) => time < to) ?? stretches.at(-1);
  if (!found) return 0;
  const { from, to, left, right } = found;
  return left + (right - left) * Math.min(1, Math.max(0, (time - from) / (to - from)));
}

/**
 * The years that are named on the axis: as many as have room, the widest first.
 * @param {readonly Stretch[]} stretches
 * @param {number} room for one label, in pixels
 * @returns {{ year: number, x: number }[]} in order, at least `room` apart and half of it from the ends
 */
export function ticks(stretches, room) {
  const width = stretches.at(-1)?.right ?? 0;
  /** @type {{ year: number, x: number }[]} */
  const taken = [];
  const years = stretches.filter(({ cut }) => !cut);
  years.sort((a, b) => b.right - b.left - (a.right - a.left) || a.from - b.from);
  for (const { from, left, right } of years) {
    const x = Math.min(Math.max((left + right) / 2, room / 2), width - room / 2);
    if (x >= room / 2 && taken.every((tick) => Math.abs(tick.x - x) >= room)) taken.push({ year: from, x });
  }
  return taken.sort((a, b) => a.x - b.x);
}

/**
 * Give every event a row of its lane, so that nothing lies on anything else: its label to the right of its dot if
 * there is room, else to the left, else the dot alone. Rows are tried from the first on, up to `limit` for labels;
 * dots go on below.
 * @param {readonly Item[]} items in the order of time
 * @param {readonly Stretch[]} stretches
 * @param {{ dot: number, gap: number, limit: number, reserved: (lane: string) => number }} sizes `dot`: its width;
 *   `gap`: between boxes; `reserved`: what the lane's own name takes at the left of its first row, all in pixels
 * @returns {Place[]} in the order of the items
 */
export function place(items, stretches, { dot, gap, limit, reserved }) {
  const width = stretches.at(-1)?.right ?? 0;
  /** @type {Map<string, [left: number, right: number][][]>} */
  const lanes = new Map();
  return items.map(({ id, lane, start, end, width: label }) => {
    const rows = lanes.get(lane) ?? [[[0, reserved(lane)]]];
    lanes.set(lane, rows);
    const x = Math.min(Math.max(position(stretches, (start + end) / 2), dot / 2), Math.max(dot / 2, width - dot / 2));
    const [least, most] = [x - dot / 2, x + dot / 2];
    const free = (/** @type {number} */ row, /** @type {number} */ left, /** @type {number} */ right) =>
      (rows[row] ?? []).every(([a, b]) => right + gap <= a || b + gap <= left);
    const put = (/** @type {number} */ row, /** @type {Place["side"]} */ side) => {
      const left = side === "left" ? least - label : least;
      const right = side === "right" ? most + label : most;
      if (side !== "none" && (left < 0 || right > width)) return null;
      if (!free(row, left, right)) return null;
      while (rows.length <= row) rows.push([]);
      rows[row]?.push([left, right]);
      return { id, lane, row, x, left, right, side };
    };
    for (let row = 0; row < limit; row++) {
      const found = put(row, "right") ?? put(row, "left");
      if (found) return found;
    }
    for (let row = 0; ; row++) {
      const found = put(row, "none");
      if (found) return found;
    }
  });
}

/**
 * The event that an arrow key leads to.
 * @template {{ id: string, lane: string, x: number }} Stop
 * @param {readonly Stop[]} stops in the order of time
 * @param {string} id where the reader is
 * @param {string} key of the keyboard
 * @param {readonly string[]} lanes from top to bottom
 * @returns {Stop | undefined} nothing for another key, or at the end
 */
export function step(stops, id, key, lanes) {
  const here = stops.findIndex((stop) => stop.id === id);
  const from = stops[here];
  if (!from) return undefined;
  if (key === "ArrowRight") return stops[here + 1];
  if (key === "ArrowLeft") return stops[here - 1];
  if (key === "Home") return stops[0];
  if (key === "End") return stops.at(-1);
  const way = { ArrowUp: -1, ArrowDown: 1 }[key];
  if (!way) return undefined;
  for (let lane = lanes.indexOf(from.lane) + way; lane >= 0 && lane < lanes.length; lane += way) {
    const there = stops.filter((stop) => stop.lane === lanes[lane]);
    there.sort((a, b) => Math.abs(a.x - from.x) - Math.abs(b.x - from.x)); // stable: the earlier of two
    if (there[0]) return there[0];
  }
  return undefined;
}

/**
 * Whether an event is one of those that the reader asked for.
 * @param {{ lane: string, year: number, text: string }} event `text` is folded
 * @param {{ from: number, to: number, lanes: ReadonlySet<string>, words: readonly string[] }} wanted no lanes: all;
 *   `words` are folded, and all of them have to occur
 */
export const wanted = (event, { from, to, lanes, words }) =>
  event.year >= from &&
  event.year <= to &&
  (lanes.size === 0 || lanes.has(event.lane)) &&
  words.every((word) => event.text.includes(word));
