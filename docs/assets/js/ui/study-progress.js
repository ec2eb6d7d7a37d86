// <study-progress>: what falls due, what was remembered against what was predicted, and how well chapters are known.
import { entry } from "../core/cards.js";
import { dateOf, forecast, offsetIn } from "../core/queue.js";
import { calibration, mastery } from "../core/statistics.js";
import { button, element } from "./dom.js";
import { dress, memory, today } from "./memory.js";
import { allCards, grouped, notFetched, placeOf } from "./study-cards.js";
import { barChart } from "./study-chart.js";

/** @import { Store } from "./store.js" */
/** @import { Listed } from "./study-cards.js" */

const AHEAD = 30;

class StudyProgress extends HTMLElement {
  #leave = new AbortController();
  /** Counts drawings: the last one counts, however long the log took to read. */
  #turn = 0;
  #status = element("p", { class: "study-status", role: "status", tabindex: -1 });
  #charts = element("div", {});

  async connectedCallback() {
    const { signal } = (this.#leave = new AbortController());
    try {
      const [store, cards] = await Promise.all([memory(), allCards(), dress()]);
      if (signal.aborted) return;
      this.replaceChildren(this.#charts, this.#status);
      store.addEventListener("change", () => this.show(store, cards), { signal });
      await this.show(store, cards);
      this.dataset.ready = "";
    } catch (error) {
      notFetched(this, error, () => this.connectedCallback());
    }
  }

  disconnectedCallback() {
    this.#leave.abort();
  }

  /** @param {Store} store @param {Listed[]} cards */
  async show(store, cards) {
    const turn = (this.#turn += 1), events = await store.events();
    if (turn !== this.#turn) return;
    const parts = [this.forecast(store, cards), this.remembered(calibration(events)), this.chapters(store, cards)];
    const lost = [...store.state.cards.keys()].filter((id) => !cards.some((card) => card.id === id));
    if (lost.length) parts.push(element("p", {}, `${lost.length} questions that you answered are no longer on the site; their history stays in your data.`));
    const suspended = cards.filter(({ id }) => store.state.cards.get(id)?.suspended);
    if (suspended.length) parts.push(this.suspended(store, suspended));
    const open = [...this.#charts.children].map((part) => part.querySelector("details")?.open ?? false);
    this.#charts.replaceChildren(...parts);
    parts.forEach((part, place) => part.querySelector("details")?.toggleAttribute("open", open[place] ?? false));
  }

  /** @param {Store} store @param {Listed[]} cards */
  forecast(store, cards) {
    const counts = forecast(cards.map((card) => entry(store.state, card)), Date.now(), offsetIn(), AHEAD), first = today();
    const sum = counts.reduce((all, count) => all + count, 0);
    if (!sum) return element("p", {}, "Nothing falls due in the next 30 days. What you answer from now on is forecast here.");
    return barChart({
      title: "Due in the next 30 days.", head: ["Day", "Cards"], most: Math.max(...counts),
      says: `${counts[0]} today, ${sum} in all; new cards are not in it.`,
      bars: counts.map((value, day) => ({
        name: dateOf(first + day), label: day ? (day % 7 ? "" : `+${day}`) : "today", value, text: String(value),
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
    const items = cards.map((card) => element("li", {}, element("a", { href: placeOf(card) }, `${card.title}: ${card.id.replaceAll("-", " ")}`), " ",
      button("Resume", async () => {
        await store.add({ kind: "resume", card: card.id });
        this.#status.textContent = `Resumed: ${card.title}.`;
        this.#status.focus({ preventScroll: true });
      })));
    return element("div", {}, element("details", { class: "twin" }, element("summary", {}, `${cards.length} suspended`), element("ul", {}, ...items)));
  }
}

/** @param {number} share */
const percent = (share) => `${Math.round(share * 100)} %`;

customElements.define("study-progress", StudyProgress);
