// <study-today> on the start page: what is due, and where the reader was.
import { element } from "./dom.js";
import { dress, dueOf, isUsed, memory, SITE } from "./memory.js";
import { dueCards, grouped, placeOf } from "./study-cards.js";

/** @import { Store } from "./store.js" */

class StudyToday extends HTMLElement {
  #leave = new AbortController();

  async connectedCallback() {
    const { signal } = (this.#leave = new AbortController());
    // The page says what there is.
    if (!isUsed()) return;
    try {
      const [store] = await Promise.all([memory(), dress()]);
      if (signal.aborted) return;
      store.addEventListener("change", () => this.show(store).catch(console.warn), { signal });
      await this.show(store);
    } catch (error) {
      // What stands here without a script stays.
      console.warn(error);
    }
  }

  disconnectedCallback() {
    this.#leave.abort();
  }

  /** @param {Store} store */
  async show(store) {
    const { cards } = store.state, all = await dueCards(store), { now, soon } = dueOf(store, all), count = now.length + soon.length;
    /** @param {{ id: string }} card */
    const answered = ({ id }) => cards.get(id)?.memory?.last ?? 0;
    const chapters = [...grouped(all.filter(({ drill }) => !drill), ({ chapter }) => chapter).values()];
    const done = chapters.filter((some) => some.every(answered)).length;
    const last = all.reduce((found, card) => (answered(card) > answered(found) ? card : found));
    const review = element("a", { href: new URL("study/review/", SITE).href }, count === 1 ? "1 question is due today" : `${count} questions are due today`);
    this.replaceChildren(element("p", {}, count ? review : "Nothing is due today", `; ${done} of ${chapters.length} pages are worked through.`,
      ...(answered(last) ? [" You were last in ", element("a", { href: placeOf(last) }, last.title), "."] : [])));
    this.dataset.ready = "";
  }
}

customElements.define("study-today", StudyToday);
