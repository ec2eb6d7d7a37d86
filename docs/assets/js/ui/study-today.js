// <study-today> on the start page: what is due, and where the reader was.
import { element } from "./dom.js";
import { dress, dueOf, isUsed, memory, SITE } from "./memory.js";
import { courseCards, grouped } from "./study-cards.js";

class StudyToday extends HTMLElement {
  #leave = new AbortController();

  async connectedCallback() {
    const { signal } = (this.#leave = new AbortController());
    if (!isUsed()) return; // the page says what there is
    try {
      const [store, cards] = await Promise.all([memory(), courseCards(), dress()]);
      if (signal.aborted) return;
      store.addEventListener("change", () => this.show(store, cards), { signal });
      this.show(store, cards);
      const last = (await store.events()).findLast((event) => event.kind === "review");
      const card = cards.find(({ id }) => id === last?.card);
      if (card && !signal.aborted) {
        this.append(element("p", {}, "You were last in ", element("a", { href: `${card.chapter}#${card.id}` }, card.title), "."));
      }
    } catch (error) {
      console.warn(error); // what stands here without a script stays
    }
  }

  disconnectedCallback() {
    this.#leave.abort();
  }

  /**
   * @param {import("./store.js").Store} store
   * @param {import("./study-cards.js").Listed[]} cards
   */
  show(store, cards) {
    const { now } = dueOf(store, cards);
    const chapters = [...grouped(cards, ({ chapter }) => chapter).values()];
    const done = chapters.filter((some) => some.every(({ id }) => store.state.cards.get(id)?.memory)).length;
    const review = element("a", { href: new URL("study/review/", SITE).href }, "Review");
    const due = now.length ? `${now.length} ${now.length === 1 ? "question is" : "questions are"} due today: ` : "Nothing is due today. ";
    const text = element("p", { "data-today": true }, element("strong", {}, due), now.length ? review : "",
      ` ${done} of ${chapters.length} pages are worked through.`);
    const old = this.querySelector("[data-today]");
    if (old) old.replaceWith(text);
    else this.replaceChildren(text);
    this.dataset.ready = "";
  }
}

customElements.define("study-today", StudyToday);
