// Questions and quizzes that remember. What they share: grading with the next interval of each rating, undo, suspend,
// and the mark in the margin. Attributes: `cram` leaves the schedule alone, with `review` the page has an undo of its own.
import { fingerprint, outlook, RATINGS, spoken } from "../core/cards.js";
import { DAY } from "../core/fsrs.js";
import { button, element, must } from "./dom.js";
import { dayOf, dress, dueOf, isUsed, memory } from "./memory.js";
import { QuizForm } from "./study-form.js";

/** @import { Store } from "./store.js" */
/** @import { LogEvent } from "../core/log.js" */

class StudyCard extends HTMLElement {
  #leave = new AbortController();
  /** @type {Store | null} */
  #store = null;
  /** @type {LogEvent | null} */
  #graded = null;
  #busy = false;
  /** How often the card had been answered when ratings were offered. */
  #offered = 0;
  #text = "";
  #mark = element("span", { class: "study-mark", hidden: true });
  /** What the reader is told; it takes the focus when the buttons go. */
  status = element("p", { class: "study-status", role: "status", tabindex: -1 });
  #actions = element("div", { class: "study-actions" });
  /** Everything that is not in the page's own markup. */
  view = element("div", { class: "study-view" }, this.status, this.#actions);

  async connectedCallback() {
    const { signal } = (this.#leave = new AbortController());
    // What is built without its style would jump.
    await dress();
    if (signal.aborted) return;
    try {
      // As it came: the form of a quiz is added to it.
      this.#text ||= this.content.textContent ?? "";
      this.build(signal);
    } catch (error) {
      // The text stays as it is.
      this.dataset.error = "";
      console.error(this, error);
      return;
    }
    this.prepend(this.#mark);
    this.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || !/^[1-4]$/.test(event.key)) return;
      this.ratingButton(Number(event.key))?.click();
    }, { signal });
    this.dataset.ready = "";
    if (isUsed()) this.wake();
  }

  disconnectedCallback() {
    this.#leave.abort();
  }

  /** @returns {HTMLElement} the question or quiz itself */
  get content() {
    const found = this.querySelector(".question, .quiz");
    if (found instanceof HTMLElement) return found;
    throw new Error("no question or quiz");
  }

  get card() {
    return this.content.id;
  }

  /** @param {AbortSignal} _signal ends what is built */
  build(_signal) {}

  /** Ask again, after an undo. @param {string} told */
  async again(told) {
    await this.offer(told, true);
  }

  /** Of a drill it stands for the fact, else for the text. */
  get hash() {
    return this.dataset.hash ?? fingerprint(this.#text);
  }

  /** What changed since the last answer, to be told with the answer. */
  get changed() {
    const { known, dataset: { fact } } = this;
    if (!known?.hash || known.hash === this.hash) return "";
    if (fact && known.answer && known.answer !== fact) return `This changed: it was “${known.answer}”, it is “${fact}” now.`;
    return "The text of this question has changed since you last answered it.";
  }

  get known() {
    return this.#store?.state.cards.get(this.card);
  }

  /** Open the store; from then on the mark follows it, whichever tab writes. */
  async wake() {
    if (this.#store) return this.#store;
    const store = await memory(), { signal } = this.#leave;
    if (this.#store || signal.aborted) return store;
    this.#store = store;
    store.addEventListener("change", () => this.mark(), { signal });
    signal.addEventListener("abort", () => (this.#store = null));
    this.mark();
    return store;
  }

  /** The quiet mark: due today, or not asked. Nothing else changes under the reader's hands. */
  mark() {
    if (!this.#store) return;
    if (this.ratingButton(1) && !this.#busy && !this.hasAttribute("cram") && this.#offered !== (this.known?.reviews ?? 0)) {
      this.status.textContent = "Answered in another tab just now.";
    }
    const { now } = dueOf(this.#store, [{ id: this.card, chapter: "", hash: this.dataset.hash }]);
    const told = this.known?.suspended ? "Suspended" : now.length ? "Due" : "";
    this.dataset.study = told.toLowerCase() || (this.known?.memory ? "known" : "new");
    this.#mark.textContent = told;
    this.#mark.hidden = !told;
  }

  /** @param {string} text @param {...HTMLElement} actions */
  say(text, ...actions) {
    this.#actions.replaceChildren(...actions);
    this.status.textContent = text;
  }

  /**
   * Offer the four ratings, or say why this is not the time for them.
   * @param {string} [told] what stands before them
   * @param {boolean} [anyway] although the card is not due
   */
  async offer(told = "", anyway = false) {
    const store = await this.wake(), { known } = this;
    // Time has passed, or another store event is still to come.
    this.mark();
    if (known?.suspended) return this.paused();
    const cram = this.hasAttribute("cram");
    if (this.dataset.study === "known" && !anyway && !cram && !this.hasAttribute("review")) {
      this.say(`${told} Asked again in ${spoken(Math.max(0, (known?.memory?.due ?? 0) - Date.now()))}.`.trim(),
        button("Grade it now", () => this.offer(told, true).then(() => this.focusRating())));
      return;
    }
    const spans = cram ? [] : outlook(known, store.state.settings.retention, Date.now()).map(spoken);
    const bar = element("div", { class: "study-grades", role: "group", "aria-label": "How well did you know it?" },
      ...RATINGS.map((name, place) => {
        const made = button(name, () => this.grade(place + 1), { "data-rating": place + 1 });
        if (!cram) made.append(" ", element("small", {}, spans[place]));
        return made;
      }));
    this.#offered = known?.reviews ?? 0;
    this.say([told, this.changed].filter(Boolean).join(" "), bar,
      ...(cram ? [] : [button("Suspend", () => this.suspend(true), { class: "quiet" })]));
  }

  focusRating() {
    this.#actions.querySelector("button")?.focus();
  }

  /** The button of a rating, if it is offered. @param {number} rating */
  ratingButton(rating) {
    return /** @type {HTMLButtonElement | null} */ (this.#actions.querySelector(`[data-rating="${rating}"]`));
  }

  /** @param {number} rating @param {string} [told] */
  async grade(rating, told = RATINGS[rating - 1]) {
    if (this.hasAttribute("cram")) {
      this.say(`${told}.`);
      this.announce({ rating });
      return;
    }
    // The second half of a double click.
    if (this.#busy) return;
    this.#busy = true;
    try {
      await this.keep(rating, told);
    } finally {
      this.#busy = false;
    }
  }

  /** @param {number} rating @param {string} told */
  async keep(rating, told) {
    const store = await this.wake(), { changed, dataset: { fact } } = this;
    const { event, stored } = await store.grade(this.card, rating, { hash: this.hash, ...(fact ? { answer: fact.slice(0, 400) } : {}) });
    this.#graded = event;
    const due = this.known?.memory?.due ?? event.at, span = due - event.at;
    const when = span < DAY * 5 / 6 ? "" : `, on ${dayOf(due)}`;
    const more = [rating === 1 ? changed : "", stored ? "" : store.problem].filter(Boolean).join(" ");
    this.say(`${told}: asked again in ${spoken(span)}${when}. ${more}`.trim(),
      ...(this.hasAttribute("review") ? [] : [button("Undo", () => this.undo())]));
    this.status.focus();
    this.announce({ rating, event });
    // After the first answer it has something to say.
    import("./study-menu.js");
  }

  /** @param {{ rating: number, event?: LogEvent }} detail */
  announce(detail) {
    this.dispatchEvent(new CustomEvent("graded", { bubbles: true, detail: { card: this.card, told: this.status.textContent, ...detail } }));
  }

  async undo() {
    const event = this.#graded;
    if (!event) return;
    this.#graded = null;
    const store = await this.wake();
    await store.undo(event);
    await this.again("Taken back.");
    this.status.focus();
  }

  paused() {
    this.say("Suspended: not asked in review until you resume it.", button("Resume", () => this.suspend(false)));
  }

  /** @param {boolean} suspended */
  async suspend(suspended) {
    const store = await this.wake();
    const { event } = await store.add({ kind: suspended ? "suspend" : "resume", card: this.card });
    if (suspended) this.paused();
    else await this.offer("Resumed.", true);
    this.status.focus();
    if (suspended) this.announce({ rating: 0, event });
  }
}

/** A question: open it after thinking, then say how well you knew the answer. */
class StudyQuestion extends StudyCard {
  /** @type {Keys} */
  static keys = {
    of: "Questions",
    keys: [
      ["Space", "on a question: show the answer, or hide it"],
      ["1 2 3 4", "in an open question: again, hard, good, easy"],
    ],
  };

  /** @param {AbortSignal} signal */
  build(signal) {
    const details = must(this, "details.question", HTMLDetailsElement);
    details.append(this.view);
    details.addEventListener("toggle", () => (details.open ? this.offer() : this.say("")), { signal });
    if (details.open) this.offer();
  }

  /** Show the answer. */
  reveal() {
    must(this, "details.question", HTMLDetailsElement).open = true;
  }
}

/**
 * A quiz: a form to answer it. A wrong answer counts as "again"; after a right one the reader says how hard it was.
 * The options stand in another order every day.
 */
class StudyQuiz extends StudyCard {
  /** @type {Keys} */
  static keys = { of: "Quizzes", keys: [["Space", "choose an option"], ["Enter", "check the answer"]] };

  /** @type {QuizForm | null} */
  #asked = null;
  /** As the page has it, to be asked again. @type {Node | null} */
  #plain = null;
  #check = element("button", { type: "submit" }, "Check");

  build() {
    if (this.#asked) return;
    this.#plain = this.content.cloneNode(true);
    const asked = (this.#asked = new QuizForm(this.content, new Date().toDateString()));
    asked.form.append(this.#check, this.view);
    asked.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.check(asked);
    });
  }

  /** @param {QuizForm} asked */
  async check(asked) {
    if (!asked.answered) {
      this.say("Choose an option first.");
      asked.focus();
      return;
    }
    const right = asked.resolve();
    this.#check.remove();
    this.dispatchEvent(new CustomEvent("answered", { bubbles: true, detail: { card: this.card, right } }));
    if (right) {
      await this.offer("Right. How hard was it?");
      this.status.focus();
    } else await this.grade(1, "Not right");
  }

  /** @param {string} told */
  async again(told) {
    if (this.#plain) this.content.replaceWith(this.#plain);
    this.#asked = null;
    this.build();
    this.say(`${told} Answer it again, or leave it.`);
  }
}

customElements.define("study-question", StudyQuestion);
customElements.define("study-quiz", StudyQuiz);
