// <study-progress>: what falls due, what was remembered against what was predicted, and how well chapters are known.
import { entry } from "../core/cards.js";
import { forecast, offsetIn } from "../core/queue.js";
import { calibration, mastery } from "../core/statistics.js";
import { button, element } from "./dom.js";
import { dayOf, dress, memory } from "./memory.js";
import { courseCards, drillCards, grouped } from "./study-cards.js";
import { barChart } from "./study-chart.js";

/** @import { Store } from "./store.js" */
/** @import { Listed } from "./study-cards.js" */

const DAY = 86_400_000, AHEAD = 30;

class StudyProgress extends HTMLElement {
  #leave = new AbortController();

  async connectedCallback() {
    const { signal } = (this.#leave = new AbortController());
    try {
      const [store, course, drills] = await Promise.all([memory(), courseCards(), drillCards(), dress()]);
      if (signal.aborted) return;
      await this.show(store, [...course, ...drills]);
      this.dataset.ready = "";
    } catch (error) {
      console.warn(error);
      this.replaceChildren(element("p", { role: "alert" }, "The list of questions could not be fetched. Is there a connection? "),
        button("Try again", () => this.connectedCallback()));
    }
  }

  disconnectedCallback() {
    this.#leave.abort();
  }

  /** @param {Store} store @param {Listed[]} cards */
  async show(store, cards) {
    const events = await store.events();
    const parts = [this.forecast(store, cards), this.remembered(calibration(events)), this.chapters(store, cards)];
    const lost = [...store.state.cards.keys()].filter((id) => !cards.some((card) => card.id === id));
    if (lost.length) parts.push(element("p", {}, `${lost.length} questions that you answered are no longer on the site; their history stays in your data.`));
    const suspended = cards.filter(({ id }) => store.state.cards.get(id)?.suspended);
    if (suspended.length) parts.push(this.suspended(store, suspended));
    this.replaceChildren(...parts);
  }

  /** @param {Store} store @param {Listed[]} cards */
  forecast(store, cards) {
    const now = Date.now(), counts = forecast(cards.map((card) => entry(store.state, card)), now, offsetIn(), AHEAD);
    const sum = counts.reduce((all, count) => all + count, 0);
    if (!sum) return element("p", {}, "Nothing falls due in the next 30 days. What you answer from now on is forecast here.");
    return barChart({
      title: "Due in the next 30 days.", head: ["Day", "Cards"], most: Math.max(...counts),
      says: `${counts[0]} today, ${sum} in all; new cards are not in it.`,
      bars: counts.map((value, day) => ({
        name: dayOf(now + day * DAY), label: day ? (day % 7 ? "" : `+${day}`) : "today", value, text: String(value),
      })),
    });
  }

  /** @param {import("../core/statistics.js").Bin[]} bins */
  remembered(bins) {
    const count = bins.reduce((all, bin) => all + bin.count, 0);
    const share = bins.reduce((all, bin) => all + bin.remembered * bin.count, 0) / count;
    const predicted = bins.reduce((all, bin) => all + bin.predicted * bin.count, 0) / count;
    if (!count) return element("p", {}, "Nothing has been reviewed after a day or more yet: what you remembered is set beside what was predicted then.");
    return barChart({
      title: "Remembered, and predicted.", head: ["Predicted chance", "Remembered", "Predicted, reviews"], most: 1,
      says: `Of ${count} reviews after a day or more you remembered ${percent(share)}; ${percent(predicted)} were predicted (the lines).`,
      bars: bins.map(({ least, most, count: reviews, predicted: mark, remembered }) => ({
        name: `${percent(least)} to ${percent(most)}`, label: `to ${percent(most)}`, value: remembered, text: percent(remembered), mark,
        more: `${percent(mark)}, ${reviews}`,
      })),
    });
  }

  /** @param {Store} store @param {Listed[]} cards */
  chapters(store, cards) {
    const bars = [...grouped(cards.filter(({ drill }) => !drill), ({ chapter }) => chapter).values()].map((some) => {
      const { answered, all, share } = mastery(store.state, some.map(({ id }) => id), Date.now());
      return { name: some[0].title, label: "", part: some[0].part, value: share, text: percent(share), more: `${answered} of ${all}`, done: answered === all };
    });
    const done = bars.filter((bar) => bar.done).length;
    if (bars.every(({ value }) => !value)) return element("p", {}, `No question of the ${bars.length} pages has been answered yet: how well each is known is drawn here then.`);
    for (const [part, [first, ...others]] of grouped(bars, (bar) => bar.part)) if (others.length > 4) first.label = part;
    return barChart({
      title: "Known now, chapter by chapter.", head: ["Chapter", "Known now", "Questions answered"], most: 1,
      says: `In the order of the course. ${done} of ${bars.length} pages are worked through: each of their questions was answered.`, bars,
    });
  }

  /** @param {Store} store @param {Listed[]} cards */
  suspended(store, cards) {
    const list = element("ul", {}, ...cards.map(({ id, chapter, title }) => {
      const item = element("li", {}, element("a", { href: `${chapter}#${id}` }, `${title}: ${id.replaceAll("-", " ")}`), " ",
        button("Resume", async () => {
          await store.add({ kind: "resume", card: id });
          item.replaceChildren("Resumed.");
        }));
      return item;
    }));
    return element("details", { class: "twin" }, element("summary", {}, `${cards.length} suspended`), list);
  }
}

/** @param {number} share */
const percent = (share) => `${Math.round(share * 100)} %`;

customElements.define("study-progress", StudyProgress);
