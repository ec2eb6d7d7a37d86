// <study-storage>: where the log is and how safe it is; export, import with a preview, deletion.
import { toFile } from "../core/log-file.js";
import { button, element } from "./dom.js";
import { dress, memory } from "./memory.js";
import { noteExport, reminder } from "./study-reminder.js";

/** @import { Store } from "./store.js" */

const MODES = {
  memory: "Your answers are kept only in this open page. ",
  browser: "Your answers are kept in this browser’s storage. The browser may delete them when it runs out of room, and some browsers do after seven days without a visit. ",
  persistent: "Your answers are kept in this browser’s storage, and the browser has promised not to delete them by itself. ",
};

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
    file.addEventListener("change", async () => {
      const [chosen] = file.files ?? [];
      // Else the same file chosen once more would be no change.
      file.value = "";
      const { preview } = await import("./study-import.js");
      if (chosen) await preview(store, chosen, this.#preview, (text) => this.tell(text));
    });
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
    const damaged = await store.damaged().catch(() => []);
    const broken = damaged.length ? ` ${damaged.length} damaged records were found; they are set aside, and every export has them.` : "";
    this.#mode.textContent = `${MODES[store.mode]}${store.problem ? `${store.problem} ` : ""}${store.state.count} entries.${broken}`;
    this.#reminder.textContent = await reminder(store);
    this.#reminder.hidden = !this.#reminder.textContent;
  }

  /** @param {Store} store */
  async save(store) {
    const address = URL.createObjectURL(new Blob([toFile(await store.events(), await store.damaged())], { type: "application/json" }));
    const link = element("a", { href: address, download: `study-log-${new Date().toISOString().slice(0, 10)}.json`, hidden: true });
    this.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    await noteExport(store);
    await this.show(store);
    this.tell("Exported. Keep the file somewhere else than in this browser.");
  }

  /** @param {Store} store */
  async persist(store) {
    const mode = await store.persist().catch(() => store.mode);
    this.tell(mode === "persistent" ? "The browser has promised to keep it." : "The browser did not promise it; some do when a site is bookmarked or used often. Export now and then.");
  }

  /** @param {Store} store */
  deletion(store) {
    const details = element("details", { class: "twin" }, element("summary", {}, "Delete everything of mine"));
    details.addEventListener("toggle", async () => {
      const { deletion } = await import("./study-deletion.js");
      details.append(...deletion(store, () => this.save(store), (text) => this.tell(text)));
    }, { once: true });
    return details;
  }
}

customElements.define("study-storage", StudyStorage);
