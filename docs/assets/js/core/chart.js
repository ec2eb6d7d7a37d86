// Where the marks of a chart lie on a linear or logarithmic scale, and which of them get a label.

/** @typedef {"logarithmic" | "linear"} Scale */
/** @typedef {{ scale: Scale, ticks: number[] }} Axis from its first to its last tick */
/** @typedef {{ name: string, value: number, x: number, y: number }} Point in the units of the drawing */
/** @typedef {{ left: number, right: number, top: number, bottom: number }} Box */

/** How near a label may come to what, in units of the drawing: as in macros/charts.py. */
const [MARK, ABOVE, BELOW] = [8, 13, 4];

/**
 * An axis with round ticks around the values: powers of ten, or even steps from zero.
 * @param {readonly number[]} values above zero
 * @param {Scale} scale
 * @returns {Axis}
 */
export function axis(values, scale) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (scale === "logarithmic") {
    const low = Math.floor(Math.log10(least));
    const high = Math.max(Math.ceil(Math.log10(most)), low + 1);
    return { scale, ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)) };
  }
  const power = 10 ** Math.floor(Math.log10(most / 5));
  const step = [1, 2, 5, 10].map((nice) => nice * power).find((nice) => nice * 5 >= most * 0.999999) ?? 10 * power;
  return { scale, ticks: Array.from({ length: Math.ceil(most / step - 1e-6) + 1 }, (_, i) => i * step) };
}

/**
 * Where a value lies between `start` (the first tick) and `end` (the last).
 * @param {Axis} axis
 * @param {number} value
 * @param {number} start
 * @param {number} end
 */
export function position({ scale, ticks }, value, start, end) {
  const map = scale === "logarithmic" ? Math.log10 : Number;
  const [low, high] = [map(ticks[0] ?? 0), map(ticks.at(-1) ?? 1)];
  return start + ((end - start) * (map(value) - low)) / (high - low);
}

/**
 * A large number with its letter, as macros/text.py writes it: 175e9 is "175 B", 8192 is "8,192".
 * @param {number} value
 */
export function scaled(value) {
  for (const [limit, letter] of /** @type {const} */ ([[1e12, "T"], [1e9, "B"], [1e6, "M"]])) {
    if (value >= limit) return `${Number((value / limit).toPrecision(4))} ${letter}`;
  }
  return Number(value.toPrecision(10)).toLocaleString("en-US", { maximumFractionDigits: 10 });
}

/**
 * The width of a label of 15 units in the widest of the usual system fonts.
 * @param {string} text
 */
export function width(text) {
  let sum = 0;
  for (const letter of text) {
    if (/\p{Lu}/u.test(letter)) sum += 11;
    else if (/\d/.test(letter)) sum += 10;
    else sum += " .,-il".includes(letter) ? 5.2 : 9.5;
  }
  return sum;
}

/**
 * The order in which marks get labels: first the largest until then, later the lonely ones.
 * @param {readonly Point[]} points in the order of time
 * @param {readonly number[]} years of the points
 * @returns {number[]} places in `points`
 */
export function order(points, years) {
  let highest = 0;
  const records = points.map(({ value }) => value > highest && Boolean((highest = value)));
  const cells = points.map(({ value }, i) =>
    `${Math.floor((years[i] ?? 0) + 0.5)} ${Math.floor(2 * Math.log10(value) + 0.5)}`);
  const crowd = new Map();
  for (const cell of cells) crowd.set(cell, (crowd.get(cell) ?? 0) + 1);
  const lonely = (/** @type {number} */ i) => crowd.get(cells[i]);
  const value = (/** @type {number} */ i) => points[i]?.value ?? 0;
  return points.map((_, i) => i).sort((a, b) =>
    Number(records[b]) - Number(records[a]) || lonely(a) - lonely(b) || value(b) - value(a) || a - b);
}

/**
 * Place labels beside, above or below their marks, so that they lie on nothing and stay within the frame.
 * @param {readonly Point[]} points all marks; labels keep clear of every one
 * @param {readonly number[]} wanted places in `points` that ask for a label, the most important first
 * @param {Box} frame
 * @returns {Map<number, { left: number, base: number }>}
 */
export function labels(points, wanted, frame) {
  /** @type {Box[]} */
  const taken = points.map(({ x, y }) => ({ left: x - MARK, right: x + MARK, top: y - MARK, bottom: y + MARK }));
  const found = new Map();
  for (const i of wanted) {
    const point = points[i];
    if (!point) continue;
    const { x, y, name } = point;
    const size = width(name);
    const tries = /** @type {const} */ ([[x + 9, y + 5], [x - 9 - size, y + 5], [x - size / 2, y - 10], [x - size / 2, y + 21]]);
    for (const [left, base] of tries) {
      const box = { left, right: left + size, top: base - ABOVE, bottom: base + BELOW };
      const inside = left >= frame.left && box.right <= frame.right && box.top > frame.top && box.bottom < frame.bottom;
      const meets = (/** @type {Box} */ other) =>
        other.left < box.right && box.left < other.right && other.top < box.bottom && box.top < other.bottom;
      if (inside && !taken.some(meets)) {
        taken.push(box);
        found.set(i, { left, base });
        break;
      }
    }
  }
  return found;
}

/**
 * The mark that an arrow key leads to: left and right in the order of the page, up and down by height.
 * @param {readonly { x: number, y: number }[]} points
 * @param {number} here place in `points`
 * @param {string} key of the keyboard
 * @returns {number | undefined} nothing for another key, or at the end
 */
export function step(points, here, key) {
  const last = points.length - 1;
  const inside = (/** @type {number} */ i) => (i >= 0 && i <= last ? i : undefined);
  if (key === "Home" || key === "End") return inside(key === "Home" ? 0 : last);
  if (key === "ArrowLeft" || key === "ArrowRight") return inside(here + (key === "ArrowLeft" ? -1 : 1));
  if (key !== "ArrowUp" && key !== "ArrowDown") return undefined;
  const byHeight = points.map((_, i) => i).sort((a, b) => (points[b]?.y ?? 0) - (points[a]?.y ?? 0) || a - b);
  return byHeight[byHeight.indexOf(here) + (key === "ArrowUp" ? 1 : -1)];
}
