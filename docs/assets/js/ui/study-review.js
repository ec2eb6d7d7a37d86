// <study-review>: the cards that are due, of all chapters, one after the other.
import { entry, shuffled, spoken } from "../core/cards.js";
import { forecast, offsetIn } from "../core/queue.js";
import { button, element } from "./dom.js";
import { dayOf, dress, dueOf, memory, SITE } from "./memory.js";
import { courseCards, drillCards, grouped, nodeOf, placeOf } from "./study-cards.js";

/** @import { Store } from "./store.js" */
/** @import { Listed } from "./study-cards.js" */
/** @import { LogEvent } from "../core/log.js" */

const DAY = 86_400_000, YEARS = 10;

class StudyReview extends HTMLElement {
  /** @type {Keys} */
  static keys = {
    of: "Review",
    keys: [["Space", "show the answer"], ["1 2 3 4", "again, hard, good, easy"], ["u", "take the last grade back"]],
  };

  #leave = new AbortController();
  #timer = 0;
  #all = /** @type {Listed[]} */ ([]);
  #store = /** @type {Store | null} */ (null);
  /** What was done here, for undo; a step of cramming has no event. @type {{ card: Listed, event?: LogEvent }[]} */
  #done = [];
  /** Cards left in this round of cramming, or null. @type {Listed[] | null} */
  #cram = null;
  /** Cards that the reader skipped, because they could not be fetched. @type {Set<string>} */
  #lost = new Set();
  #current = /** @type {Listed | null} */ (null);
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
      const [store, course, drills] = await Promise.all([memory(), courseCards(), drillCards(), dress()]);
      if (signal.aborted) return;
      this.#store = store;
      this.#all = [...course, ...drills];
    } catch (error) {
      console.warn(error);
      this.replaceChildren(element("p", { role: "alert" }, "The list of questions could not be fetched. Is there a connection? "),
        button("Try again", () => this.connectedCallback()));
      return;
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
    this.#chapter.append(element("option", { value: "" }, "All chapters"));
    for (const [part, cards] of grouped(this.#all, (card) => card.part)) {
      this.#chapter.append(element("optgroup", { label: part }, element("option", { value: part }, cards[0].drill ? "All drills" : `All of ${part}`),
        ...(cards[0].drill ? [] : [...grouped(cards, (card) => card.chapter)].map(([address, [{ title }]]) => element("option", { value: address }, title)))));
    }
    this.#chapter.addEventListener("change", () => this.start(this.#cram !== null));
    const cram = element("input", { type: "checkbox" });
    cram.addEventListener("change", () => this.start(cram.checked));
    this.replaceChildren(
      element("div", { class: "study-row review-tools" }, this.#chapter,
        element("label", {}, cram, " Cram: all cards, the schedule stays as it is"), this.#undo),
      this.#counts, this.#status, this.#place, this.settings());
  }

  /** The two settings of the schedule. */
  settings() {
    const { retention, newADay } = this.store.state.settings;
    /** @param {string} label @param {string} name @param {number} value @param {number} least @param {number} most @param {number} unit */
    const field = (label, name, value, least, most, unit) => {
      const input = element("input", { type: "number", min: least, max: most, value: Math.round(value / unit) });
      input.addEventListener("change", async () => {
        if (!input.checkValidity()) return void input.reportValidity();
        await this.store.add({ kind: "setting", name, value: Number(input.value) * unit });
        this.tell("Changed.");
        if (!this.#current) await this.next();
      });
      return element("p", {}, element("label", {}, `${label} `, input));
    };
    return element("details", { class: "twin" }, element("summary", {}, "Settings"),
      field("New cards a day", "newADay", newADay, 0, 200, 1),
      field("Ask again when the chance to know it has fallen to (%)", "retention", retention, 70, 97, 0.01));
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

  get queue() {
    return dueOf(this.store, this.chosen, this.store.state.settings.newADay);
  }

  /** Show the next card, or say that there is none now. @param {Listed} [wanted] */
  async next(wanted) {
    clearTimeout(this.#timer);
    const turn = (this.#turn += 1), { now, soon } = this.queue;
    const card = wanted ?? (this.#cram ? this.#cram[0] : this.chosen.find(({ id }) => id === now[0]));
    this.#current = card ?? null;
    this.count();
    if (!card) {
      this.#place.replaceChildren(...(this.#cram ? this.crammed() : soon.length ? this.waiting(soon[0]) : this.finished()));
      return;
    }
    try {
      const node = await nodeOf(card, { review: "", ...(this.#cram ? { cram: "" } : {}) });
      if (turn !== this.#turn) return;
      const link = element("a", { href: placeOf(card) }, card.drill ? "Where this stands" : `${card.title}: open it in its chapter`);
      this.#place.replaceChildren(node, element("p", { class: "review-from" }, link));
    } catch (error) {
      if (turn !== this.#turn) return;
      console.warn(error);
      this.#place.replaceChildren(
        element("p", { role: "alert" }, `A question of “${card.title}” could not be fetched. Is there a connection?`),
        element("div", { class: "study-row" }, button("Try again", () => this.next(card)), button("Leave it for now", () => {
          this.#lost.add(card.id);
          this.next();
        })));
    }
  }

  count() {
    const { now, soon, reviews, fresh } = this.queue;
    this.#counts.textContent = this.#cram ? `${this.#cram.length} left` :
      `${reviews} due, ${fresh} new${soon.length ? `, ${soon.length} in a few minutes` : ""}`;
    this.#undo.disabled = !this.#done.length;
    this.dataset.left = String(now.length);
  }

  /** @param {string} id of the card whose step is over first */
  waiting(id) {
    const due = this.store.state.cards.get(id)?.memory?.due ?? 0, wait = Math.max(0, due - Date.now());
    this.#timer = setTimeout(() => {
      if (this.#current) return;
      this.tell("A card is due again.");
      this.next();
    }, wait + 50);
    const card = this.#all.find((one) => one.id === id);
    return [element("p", {}, `Nothing else is due at this moment. The next card comes back in ${spoken(wait)}; leave this page open, or go on reading.`),
      button("Show it now", () => this.next(card))];
  }

  crammed() {
    return [element("p", {}, "You have been through all of them."), button("Once more", () => this.start(true), { class: "main" })];
  }

  finished() {
    const { store } = this, cards = this.#all.map((card) => entry(store.state, card));
    const days = forecast(cards, Date.now(), offsetIn(), YEARS * 365), at = days.findIndex((count, day) => day > 0 && count > 0);
    const reviewed = this.#done.filter(({ event }) => event).length;
    const known = cards.filter(({ due }) => due !== null).length;
    const next = at < 0 ? "" : `The next ${days[at] === 1 ? "card comes" : `${days[at]} cards come`} on ${dayOf(Date.now() + at * DAY)}.`;
    const begun = known ? `${known} of ${cards.length} questions are in your memory.` :
      "Nothing is in your review yet: answer a question in a chapter, or allow new cards in the settings below.";
    return [element("div", { class: "review-done" },
      element("h2", { class: "review-title" }, known ? "Done for today" : "Nothing to review"),
      element("p", {}, `${reviewed ? `${reviewed} answered just now. ` : ""}${begun} ${next}`),
      element("p", {}, "What is not due now is remembered well enough: leave it, or ",
        element("a", { href: new URL("study/progress/", SITE).href }, "look at your progress"), ", or ",
        element("a", { href: new URL("study/exam/", SITE).href }, "take an exam"), "."))];
  }

  /** @param {string} text */
  tell(text) {
    this.#status.textContent = text;
  }

  /** @param {CustomEvent<{ card: string, rating: number, event?: LogEvent }>} event from the card */
  async graded({ detail }) {
    const card = this.#current;
    if (!card || card.id !== detail.card) return;
    const told = /** @type {HTMLElement | null} */ (this.#place.querySelector(".study-view [role=status]"))?.textContent ?? "";
    if (this.#cram) {
      this.#cram = [...this.#cram.slice(1), ...(detail.rating === 1 ? [card] : [])];
      this.#done.push({ card });
    } else if (detail.event) this.#done.push({ card, event: detail.event });
    this.tell(detail.rating ? told : "Suspended: not asked until you resume it in its chapter, or undo.");
    // The reasons of a quiz want to be read: it stays until the reader goes on.
    if (card.kind === "quiz" && detail.rating) {
      this.count();
      const go = button("Next", () => this.next().then(() => this.#status.focus({ preventScroll: true })), { class: "main" });
      this.#place.append(go);
      go.focus({ preventScroll: true });
      return;
    }
    await this.next();
    this.#status.focus({ preventScroll: true });
  }

  async undo() {
    const last = this.#done.pop();
    if (!last) return;
    if (last.event) await this.store.undo(last.event);
    else if (this.#cram) this.#cram = [last.card, ...this.#cram.filter(({ id }) => id !== last.card.id)];
    this.tell(`Taken back: ${last.card.title}.`);
    await this.next(last.card);
    this.#status.focus({ preventScroll: true });
  }

  /** Another tab wrote: the numbers follow, the card under the reader's hands stays. */
  heard() {
    this.count();
    if (!this.#current && !this.#cram) this.next();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { target, key } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (target instanceof HTMLElement && target.matches("input, select, textarea, dialog *")) return;
    const card = /** @type {any} */ (this.#place.querySelector("study-question, study-quiz"));
    if (key === "u") this.undo();
    else if (/^[1-4]$/.test(key) && !(target instanceof Node && card?.contains(target))) card?.ratingButton?.(Number(key))?.click();
    else if (key === " " && !(target instanceof HTMLElement && target.matches("button, summary, a"))) {
      if (!card?.reveal) return;
      event.preventDefault();
      card.reveal();
    }
  }
}

customElements.define("study-review", StudyReview);
