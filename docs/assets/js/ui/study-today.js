// <study-today> on the start page: what is due, and where the reader was.
import { element } from "./dom.js";
import { dress, dueOf, isUsed, memory, SITE } from "./memory.js";
import { courseCards, grouped, placeOf } from "./study-cards.js";

/** @import { Store } from "./store.js" */
/** @import { Listed } from "./study-cards.js" */

class StudyToday extends HTMLElement {
  #leave = new AbortController();

  async connectedCallback() {
    const { signal } = (this.#leave = new AbortController());
    if (!isUsed()) return; // the page says what there is
    try {
      const [store, cards] = await Promise.all([memory(), courseCards(), dress()]);
      if (signal.aborted) return;
      const last = (await store.events()).findLast((event) => event.kind === "review");
      if (signal.aborted) return;
      const card = cards.find(({ id }) => id === last?.card);
      store.addEventListener("change", () => this.show(store, cards, card), { signal });
      this.show(store, cards, card);
    } catch (error) {
      console.warn(error); // what stands here without a script stays
    }
  }

  disconnectedCallback() {
    this.#leave.abort();
  }

  /** @param {Store} store @param {Listed[]} cards @param {Listed} [last] the one that was answered last */
  show(store, cards, last) {
    const { now, soon } = dueOf(store, cards), count = now.length + soon.length;
    const chapters = [...grouped(cards, ({ chapter }) => chapter).values()];
    const done = chapters.filter((some) => some.every(({ id }) => store.state.cards.get(id)?.memory)).length;
    const review = element("a", { href: new URL("study/review/", SITE).href }, count === 1 ? "1 question is due today" : `${count} questions are due today`);
    this.replaceChildren(element("p", {}, count ? review : "Nothing is due today", `; ${done} of ${chapters.length} pages are worked through.`,
      ...(last ? [" You were last in ", element("a", { href: placeOf(last) }, last.title), "."] : [])));
    this.dataset.ready = "";
  }
}

customElements.define("study-today", StudyToday);
