// A quiz as a form: its options in an order that a seed decides, and a reason for each of them once it is answered.
import { shuffled } from "../core/cards.js";
import { element, must } from "./dom.js";

/** @typedef {{ box: HTMLElement, input: HTMLInputElement, right: boolean, reason: HTMLElement }} Option */

let forms = 0;

export class QuizForm {
  #quiz;
  /** @type {Option[]} */
  #options;
  #field;
  form;

  /** @param {HTMLElement} quiz as the page has it; its list of options gives way to the form @param {string} seed */
  constructor(quiz, seed) {
    const list = must(quiz, ".quiz__options", HTMLUListElement), reasons = [...quiz.querySelectorAll(".quiz__reasons > li")];
    const several = reasons.filter(isRight).length > 1, name = `quiz-${(forms += 1)}`;
    this.#quiz = quiz;
    this.#options = [...list.children].map((item, place) => {
      const input = element("input", { type: several ? "checkbox" : "radio", name, value: place });
      const label = element("label", {}, input, element("span", {}, ...copies(item)));
      const reason = element("p", { class: "quiz__reason", id: `${name}-${place}` }, ...reasonOf(reasons[place]));
      return { box: element("div", { class: "quiz__choice" }, label), input, right: isRight(reasons[place]), reason };
    });
    this.#field = element("fieldset", {}, element("legend", {}, several ? "Choose every option that is right." : "Choose one."),
      ...shuffled(this.#options, `${seed} ${quiz.id}`).map(({ box }) => box));
    this.form = element("form", { class: "quiz__form" }, this.#field);
    list.hidden = true;
    list.after(this.form);
  }

  /** Whether something is chosen. */
  get answered() {
    return this.#options.some(({ input }) => input.checked);
  }

  focus() {
    this.#field.querySelector("input")?.focus();
  }

  /** Show which options are right, and why. @returns whether exactly these were chosen */
  resolve() {
    for (const { box, input, right, reason } of this.#options) {
      box.dataset.verdict = right ? "right" : "wrong";
      box.toggleAttribute("data-chosen", input.checked);
      box.append(reason);
      // Not before: it would tell the verdict.
      input.setAttribute("aria-describedby", reason.id);
    }
    this.#field.disabled = true;
    const answer = must(this.#quiz, "details.quiz__answer", HTMLDetailsElement);
    // They stand beside the options now.
    must(answer, ".quiz__reasons", HTMLElement).hidden = true;
    answer.open = Boolean(answer.querySelector(".quiz__reasons ~ *"));
    answer.hidden = !answer.open;
    return this.#options.every(({ input, right }) => input.checked === right);
  }
}

/** @param {Element} item of the list of reasons */
const isRight = (item) => item.classList.contains("right");

/** @param {Node} node */
const copies = (node) => [...node.cloneNode(true).childNodes];

/**
 * The verdict and the reason, without the option that stands between them.
 * @param {Element} item
 */
function reasonOf(item) {
  const copy = /** @type {Element} */ (item.cloneNode(true)), option = copy.querySelector(".quiz__option");
  const dash = option?.nextSibling;
  if (dash instanceof Text) dash.data = dash.data.replace(/^ — /, "");
  else copy.querySelector("strong")?.replaceChildren(isRight(item) ? "Right." : "Wrong.");
  option?.remove();
  return [...copy.childNodes];
}
