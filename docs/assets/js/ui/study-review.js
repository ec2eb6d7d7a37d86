// <study-review>: the cards that are due, of all chapters, one after the other.
import { shuffled, spoken } from "../core/cards.js";
import { offsetIn, studyDay } from "../core/queue.js";
import { button, element } from "./dom.js";
import { dress, dueOf, memory, today } from "./memory.js";
import "./study-card.js";
import { allCards, copyOf, grouped, notFetched, placeOf } from "./study-cards.js";
import { drillNode } from "./study-drill.js";

/** @import { Store } from "./store.js" */
/** @import { Listed } from "./study-cards.js" */
/** @import { LogEvent } from "../core/log.js" */

class StudyReview extends HTMLElement {
  /** @type {Keys} */
  static keys = {
    of: "Review",
    keys: [["Space", "show the answer"], ["1 2 3 4", "again, hard, good, easy"], ["u", "take the last grade back"]],
  };

  #leave = new AbortController();
  #timer = 0;
  /** @type {Listed[]} */
  #all = [];
  /** @type {Store | null} */
  #store = null;
  /** What was done here, for undo; a step of cramming has no event, to suspend has no rating. @type {{ card: Listed, rating: number, event?: LogEvent }[]} */
  #done = [];
  /** Cards left in this round of cramming, or null. @type {Listed[] | null} */
  #cram = null;
  /** Cards that the reader skipped, because they could not be fetched. @type {Set<string>} */
  #lost = new Set();
  /** @type {Listed | null} */
  #current = null;
  /** Counts showings, so that a card that arrives late is not shown. */
  #turn = 0;

  #status = element("p", { class: "study-status", role: "status", tabindex: -1 });
  #counts = element("p", { class: "review-counts" });
  #place = element("div", { class: "review-place" });
  #undo = button("Undo", () => this.undo(), { disabled: true });
  #chapter = element("select", { "aria-label": "Part or chapter" });

  async connectedCallback() {
    const { signal } = (this.#leave = new AbortController());
    try {
      const [store, all] = await Promise.all([memory(), allCards(), dress()]);
      if (signal.aborted) return;
      this.#store = store;
      this.#all = all;
    } catch (error) {
      return notFetched(this, error, () => this.connectedCallback());
    }
    this.build();
    addEventListener("keydown", (event) => this.key(event), { signal });
    this.addEventListener("graded", (event) => this.graded(/** @type {CustomEvent} */ (event)), { signal });
    this.store.addEventListener("change", () => this.heard(), { signal });
    document.addEventListener("visibilitychange", () => !document.hidden && this.heard(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
    await this.next();
    this.dataset.ready = "";
  }

  disconnectedCallback() {
    this.#leave.abort();
  }

  get store() {
    return /** @type {Store} */ (this.#store);
  }

  build() {
    /** @param {string} value @param {string} text */
    const option = (value, text) => element("option", { value }, text);
    this.#chapter.append(option("", "All chapters"));
    for (const [part, cards] of grouped(this.#all, (card) => card.part)) {
      const chapters = cards[0].drill ? [] : [...grouped(cards, (card) => card.chapter)];
      this.#chapter.append(element("optgroup", { label: part }, option(part, cards[0].drill ? "All drills" : `All of ${part}`),
        ...chapters.map(([address, [{ title }]]) => option(address, title))));
    }
    this.#chapter.addEventListener("change", () => this.start(this.#cram !== null));
    const cram = element("input", { type: "checkbox" }), settings = element("details", { class: "twin" }, element("summary", {}, "Settings"));
    settings.addEventListener("toggle", async () => settings.append((await import("./study-settings.js")).fields(this.store, () => this.changed())), { once: true });
    cram.addEventListener("change", () => this.start(cram.checked));
    this.replaceChildren(
      element("div", { class: "study-row review-tools" }, this.#chapter,
        element("label", {}, cram, " Cram: all cards, the schedule stays as it is"), this.#undo),
      this.#counts, this.#status, this.#place, settings);
  }

  /** A setting was changed. */
  async changed() {
    this.tell("Changed.");
    this.count();
    if (!this.#current) await this.next();
  }

  /** The cards that the filter leaves. */
  get chosen() {
    const wanted = this.#chapter.value;
    return this.#all.filter((card) => !this.#lost.has(card.id) && (!wanted || card.part === wanted || card.chapter === wanted));
  }

  /** @param {boolean} cram */
  start(cram) {
    this.#cram = cram ? shuffled(this.chosen.filter(({ id }) => !this.store.state.cards.get(id)?.suspended), String(Date.now())) : null;
    this.tell(cram ? "Cramming: nothing here changes the schedule." : "");
    return this.next();
  }

  /** The number of new cards a day is that of the whole site: what was begun outside the filter counts. */
  get queue() {
    const { chosen, store } = this, inside = new Set(chosen), day = today(), offset = offsetIn();
    const begun = this.#all.filter((card) => !inside.has(card) && studyDay(store.state.cards.get(card.id)?.first ?? 0, offset) === day);
    return dueOf(store, chosen, store.state.settings.newADay - begun.length);
  }

  /** Show the next card, or say that there is none now. @param {Listed} [wanted] */
  async next(wanted) {
    clearTimeout(this.#timer);
    const turn = (this.#turn += 1), { now, soon } = this.queue;
    const card = wanted ?? (this.#cram ? this.#cram[0] : this.chosen.find(({ id }) => id === now[0]));
    this.#current = card ?? null;
    this.count();
    try {
      const shown = card ? await this.shown(card) : await this.nothing(soon[0]);
      if (turn === this.#turn) this.#place.replaceChildren(...shown);
    } catch (error) {
      if (turn === this.#turn) this.missing(error, card);
    }
  }

  /** @param {Listed} card @returns {Promise<Element[]>} */
  async shown(card) {
    const node = card.drill ? drillNode(card.drill) : await copyOf(placeOf(card));
    node.setAttribute("review", "");
    node.toggleAttribute("cram", this.#cram !== null);
    const link = element("a", { href: placeOf(card) }, card.drill ? "Where this stands" : `${card.title}: open it in its chapter`);
    return [node, element("p", { class: "review-from" }, link)];
  }

  /** @param {unknown} error @param {Listed} [card] that could not be fetched; without one it was what follows the last */
  missing(error, card) {
    notFetched(this.#place, error, () => this.next(card), card && `A question of “${card.title}”`);
    if (card) this.#place.append(" ", button("Leave it for now", () => {
      this.#lost.add(card.id);
      this.next();
    }));
  }

  count() {
    const { soon, reviews, fresh } = this.queue;
    this.#counts.textContent = this.#cram ? `${this.#cram.length} left` :
      `${reviews} due, ${fresh} new${soon.length ? `, ${soon.length} in a few minutes` : ""}`;
    this.#undo.disabled = !this.#done.length;
  }

  /** What stands in place of a card. @param {string | undefined} id of the card whose step is over first @returns {Promise<Element[]>} */
  async nothing(id) {
    if (id && !this.#cram) return this.waiting(id);
    const { crammed, finished } = await import("./study-finished.js");
    return this.#cram ? crammed(() => this.start(true)) : finished(this.store, this.#all, this.chosen, this.#done.filter(({ event, rating }) => event && rating).length);
  }

  /** @param {string} id */
  waiting(id) {
    const due = this.store.state.cards.get(id)?.memory?.due ?? 0, wait = Math.max(0, due - Date.now());
    this.#timer = setTimeout(() => {
      if (this.#current) return;
      this.tell("A card is due again.");
      this.next();
    }, wait + 50);
    return [element("p", {}, `Nothing else is due now. The next card comes back in ${spoken(wait)}: leave this page open, or go on reading.`),
      button("Show it now", () => this.next(this.#all.find((card) => card.id === id)))];
  }

  /** @param {string} text */
  tell(text) {
    this.#status.textContent = text;
  }

  /** @param {CustomEvent<{ card: string, told: string, rating: number, event?: LogEvent }>} event from the card */
  async graded({ detail }) {
    const card = this.#current;
    if (!card || card.id !== detail.card) return;
    this.#done.push({ card, rating: detail.rating, event: detail.event });
    if (this.#cram) this.#cram = [...this.#cram.filter((one) => one !== card), ...(detail.rating === 1 ? [card] : [])];
    this.tell(detail.told);
    // The reasons of a wrong answer want to be read: it stays until the reader goes on.
    if (card.kind !== "quiz" || detail.rating !== 1) return this.step();
    this.count();
    const go = button("Next", () => this.step(), { class: "main" });
    this.#place.append(go);
    go.focus();
  }

  /** To the next card, and into its sight. @param {Listed} [wanted] */
  async step(wanted) {
    await this.next(wanted);
    this.#status.focus();
  }

  async undo() {
    const last = this.#done.pop();
    if (!last) return;
    if (last.event) await this.store.undo(last.event);
    else if (this.#cram) this.#cram = [last.card, ...this.#cram.filter((card) => card !== last.card)];
    this.tell(`Taken back: ${last.card.title}.`);
    await this.step(last.card);
  }

  /** Another tab wrote: the numbers follow, the card under the reader's hands stays. */
  heard() {
    this.count();
    if (!this.#current && !this.#cram) this.next();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { key } = event, on = /** @type {Element} */ (event.target);
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || on.matches("input, select, textarea, dialog *")) return;
    const card = /** @type {any} */ (this.#place.querySelector("study-question, study-quiz"));
    if (key === "u") this.undo();
    else if (/^[1-4]$/.test(key) && !card?.contains(on)) card?.ratingButton?.(Number(key))?.click();
    else if (key === " " && !on.matches("button, summary, a")) {
      if (!card?.reveal) return;
      event.preventDefault();
      card.reveal();
    }
  }
}

customElements.define("study-review", StudyReview);
