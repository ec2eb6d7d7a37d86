// <study-storage>: where the log is and how safe it is; export, import with a preview, deletion.
import { use } from "../core/statistics.js";
import { button, element } from "./dom.js";
import { dayOf, dress, memory, SITE } from "./memory.js";

/** @import { Store } from "./store.js" */
/** @import { Import } from "../core/log.js" */

const MODES = {
  memory: "Your answers are kept only in this open page. ",
  browser: "Your answers are kept in this browser’s storage. The browser may delete them when it runs out of room, and some browsers do after seven days without a visit. ",
  persistent: "Your answers are kept in this browser’s storage, and the browser has promised not to delete them by itself. ",
};
/** After so many reviews, or days of use, since the last export the reader is reminded. */
const REVIEWS = 200, DAYS = 5;
const EXPORTED = `${SITE.pathname}study-exported`;
const WORD = "delete";

class StudyStorage extends HTMLElement {
  #leave = new AbortController();
  #status = element("p", { class: "study-status", role: "status", tabindex: -1 });
  #mode = element("p", {});
  #reminder = element("p", { class: "study-reminder", hidden: true });
  #preview = element("div", {});

  async connectedCallback() {
    const { signal } = (this.#leave = new AbortController());
    const [store] = await Promise.all([memory(), dress()]);
    if (signal.aborted) return;
    const file = element("input", { type: "file", accept: ".json,application/json", "aria-label": "File to import" });
    file.addEventListener("change", () => file.files?.[0] && this.read(store, file.files[0]));
    this.replaceChildren(
      this.#mode, this.#reminder,
      element("div", { class: "study-row" }, button("Export", () => this.save(store), { class: "main" }),
        button("Ask the browser to keep it", () => this.persist(store))),
      element("p", {}, element("label", {}, "Import: ", file)),
      this.#preview, this.#status, this.deletion(store));
    store.addEventListener("change", () => this.show(store), { signal });
    await this.show(store);
    this.dataset.ready = "";
  }

  disconnectedCallback() {
    this.#leave.abort();
  }

  /** @param {string} text */
  tell(text) {
    this.#status.textContent = text;
    this.#status.focus({ preventScroll: true });
  }

  /** @param {Store} store */
  async show(store) {
    this.dataset.mode = store.mode;
    const events = await store.events().catch(() => []), damaged = await store.damaged().catch(() => []);
    const broken = damaged.length ? ` ${damaged.length} damaged records were found; they are set aside, and every export has them.` : "";
    this.#mode.textContent = `${MODES[store.mode]}${store.problem ? `${store.problem} ` : ""}${events.length} entries.${broken}`;
    const { reviews, days } = use(events, exported());
    this.#reminder.hidden = reviews < REVIEWS && !(days >= DAYS && reviews);
    this.#reminder.textContent = `${reviews} reviews on ${days} days are in no export yet. Export them: then they can be restored.`;
  }

  /** @param {Store} store */
  async save(store) {
    const address = URL.createObjectURL(new Blob([await store.export()], { type: "application/json" }));
    const link = element("a", { href: address, download: `study-log-${new Date().toISOString().slice(0, 10)}.json`, hidden: true });
    this.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    try {
      localStorage.setItem(EXPORTED, String(Date.now()));
    } catch {
      // blocked: the reminder comes again
    }
    await this.show(store);
    this.tell("Exported. Keep the file somewhere else than in this browser.");
  }

  /** @param {Store} store */
  async persist(store) {
    const mode = await store.persist().catch(() => store.mode);
    this.tell(mode === "persistent" ? "The browser has promised to keep it." : "The browser did not promise it; some do when a site is bookmarked or used often. Export now and then.");
  }

  /** @param {Store} store @param {File} file */
  async read(store, file) {
    this.#preview.replaceChildren();
    if (file.size > 130_000_000) return this.tell(`The file has ${Math.round(file.size / 1e6)} MB; no log of this site is that large.`);
    const plan = await store.preview(await file.text());
    if (plan.fault) return this.tell(plan.fault);
    const kept = new Set((await store.damaged()).map((one) => JSON.stringify(one)));
    plan.damaged = plan.damaged.filter((one) => !kept.has(JSON.stringify(one)));
    const lines = [
      [plan.added.length, "entries are new and would be added"], [plan.known, "are here already"],
      [plan.conflicting, "say something else than yours of the same number: yours stay"],
      [plan.future, "lie in the future, as a clock was wrong: they are left out"],
      [plan.damaged.length, "cannot be read: they would be set aside"],
    ].flatMap(([count, text]) => (count ? [element("li", {}, `${count} ${text}.`)] : []));
    const first = plan.added[0], last = plan.added.at(-1);
    const span = first && last ? `From ${dayOf(first.at)} to ${dayOf(last.at)}.` : "";
    const go = plan.added.length + plan.damaged.length > 0;
    this.#preview.replaceChildren(element("p", {}, go ? `This file would change your log. ${span}` : "This file has nothing that is not here already."),
      element("ul", {}, ...lines), element("div", { class: "study-row" },
        ...(go ? [button("Import", () => this.take(store, plan), { class: "main" })] : []), button("Leave it", () => this.#preview.replaceChildren())));
    this.tell("Nothing is imported yet. This is what the file has.");
  }

  /** @param {Store} store @param {Import} plan */
  async take(store, plan) {
    try {
      await store.import(plan);
      this.#preview.replaceChildren();
      this.tell(`${plan.added.length} entries imported.`);
    } catch (error) {
      this.tell(error instanceof Error ? error.message : String(error));
    }
  }

  /** @param {Store} store */
  deletion(store) {
    const field = element("input", { type: "text", autocomplete: "off", spellcheck: "false" });
    const go = button("Delete everything of mine", async () => {
      if (field.value.trim().toLowerCase() !== WORD) return this.tell(`Nothing was deleted: type the word “${WORD}” first.`);
      try {
        await store.clear();
        localStorage.removeItem(EXPORTED);
      } catch (error) {
        return this.tell(`It could not be deleted: ${error instanceof Error ? error.message : error}`);
      }
      field.value = "";
      this.tell("Deleted, in all tabs. This site keeps nothing of yours in this browser.");
    });
    return element("details", { class: "twin" }, element("summary", {}, "Delete everything of mine"),
      element("p", {}, "All answers, grades and settings of this site in this browser go. Nobody can bring them back, unless you have an export: ",
        button("Export first", () => this.save(store))),
      element("p", {}, element("label", {}, `Type “${WORD}”: `, field), " ", go));
  }
}

/** When the log was last exported; 0 for never. */
function exported() {
  try {
    return Number(localStorage.getItem(EXPORTED)) || 0;
  } catch {
    return 0;
  }
}

customElements.define("study-storage", StudyStorage);
