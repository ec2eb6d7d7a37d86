/**
 * A reader's log in this browser: events are appended to IndexedDB and never changed. The state in memory is
 * worked out from them; a snapshot of it is kept, but only as a cache. All tabs of the site see the same events.
 *
 * Where the browser gives no room (blocked, full, gone), everything goes on in memory, `mode` and `problem` say
 * so, and what only memory has is written with the next event that finds room again.
 */

import { merge, read, VERSION } from "../core/log.js";
import { extend, replay } from "../core/replay.js";
import { Database } from "./database.js";

/** @import { Damaged, LogEvent } from "../core/log.js" */
/** @import { Import } from "../core/log-file.js" */
/** @import { State } from "../core/replay.js" */
/** @import { Tables } from "./database.js" */
/** @typedef {"memory" | "browser" | "persistent"} Mode */
/** @typedef {{ added?: unknown[], damaged?: Damaged[], cleared?: boolean }} Message what tabs tell each other */
/** @typedef {{ event: LogEvent, stored: boolean }} Outcome */

/** Milliseconds from the last event to its snapshot. */
const PAUSE = 500;
/** Raise it whenever `replay` makes another state of the same events: older snapshots are then left alone. */
const SNAPSHOT = 2;
const TABLES = { events: { keyPath: "id" }, damaged: { autoIncrement: true }, cache: {} };
/** The root of the site, as several of them may share one origin. */
const SITE = new URL("../../../", import.meta.url).pathname;
/** Two grades of one card within this time are a double click. */
const DOUBLE = 500;

/** @type {Readonly<Record<string, string>>} */
const PROBLEMS = {
  QuotaExceededError: "The browser's storage for this site is full.",
  SecurityError: "The browser's settings block storage for this site.",
  VersionError: "A newer version of this site has written here: close its other tabs and reload this one.",
};
const CONSEQUENCE = "What you do now is kept only until this page is closed; export it to keep it.";

export class Store extends EventTarget {
  /** Everything that follows from the log. @type {State} */
  state = replay([]);
  /** Why events are kept in memory only, in a sentence; empty when all is well. */
  problem = "";
  /** Databases of different sites have different names. */
  name = `${SITE}study`;
  #database = new Database(this.name, TABLES);
  /** @type {BroadcastChannel | null} */
  #channel = null;
  /** All events by id; null as long as a snapshot is enough. @type {Map<string, LogEvent> | null} */
  #log = null;
  /** Records that cannot be read. @type {Damaged[]} */
  #damaged = [];
  /** Events for which there was no room, so that only memory has them. @type {Map<string, LogEvent>} */
  #pending = new Map();
  #timer = 0;
  /** How many records the database should hold; no snapshot is written when it holds others. */
  #total = 0;
  #persisted = false;
  /** One job at a time. @type {Promise<unknown>} */
  #jobs = Promise.resolve();
  #lastInstant = 0;
  /** @type {{ card: string, since: number, outcome: Promise<Outcome> } | null} */
  #lastGrade = null;

  /** How safe the log is: in memory only, in the browser's storage, or there with the promise to keep it. */
  get mode() {
    /** @type {Mode} */
    const mode = this.problem ? "memory" : this.#persisted ? "persistent" : "browser";
    return mode;
  }

  /** Read what is stored and listen to the other tabs, as long as this tab lives. */
  async open() {
    try {
      this.#channel = new BroadcastChannel(this.name);
      this.#channel.onmessage = ({ data }) => this.#job(() => this.#hear(data));
    } catch {
      // Firefox refuses it where storage is blocked; then no other tab has anything to tell
    }
    document.addEventListener("visibilitychange", () => document.hidden && this.#job(() => this.#keepSnapshot()));
    // A page that comes back whole from the browser's memory has heard nothing meanwhile.
    addEventListener("pageshow", ({ persisted }) => persisted && this.#job(() => this.#start()));
    await this.#job(() => this.#start());
    return this;
  }

  /** Ask the browser not to delete this site's data when room gets short. @returns {Promise<Mode>} */
  async persist() {
    this.#persisted = (await navigator.storage?.persist?.()) ?? false;
    this.#changed();
    return this.mode;
  }

  /**
   * A review. A double click is one grade.
   * @param {string} card
   * @param {number} rating 1 to 4
   * @param {{ hash?: string, answer?: string }} [shown] fingerprint and answer of the text as it was shown
   * @returns {Promise<Outcome>} `stored` when it is on the disk, not before
   */
  grade(card, rating, shown = {}) {
    const since = performance.now(), last = this.#lastGrade;
    if (last?.card === card && since - last.since < DOUBLE) return last.outcome;
    const outcome = this.add({ kind: "review", card, rating, ...shown });
    this.#lastGrade = { card, since, outcome };
    return outcome;
  }

  /** Take back an event of a card. @param {LogEvent} event */
  undo(event) {
    this.#lastGrade = null; // to grade again at once is no double click
    return this.add({ kind: "undo", card: event.card, of: event.id });
  }

  /**
   * Append an event that happens now.
   * @param {Partial<LogEvent>} fields what `core/log.js` asks of its kind
   * @returns {Promise<Outcome>}
   * @throws {TypeError} for fields that make no event
   */
  async add(fields) {
    const now = Date.now(), zone = 0 - new Date(now).getTimezoneOffset(); // -0 is no offset
    // Of some events in one millisecond the next must be the later one; a clock set back is another matter.
    const last = this.#lastInstant, at = now <= last && last - now < 1000 ? last + 1 : now;
    this.#lastInstant = at;
    const result = read({ v: VERSION, id: newId(), at, zone, ...fields });
    if (!("event" in result)) throw new TypeError(result.reason);
    const { event } = result;
    return { event, stored: await this.#job(() => this.#add(event)) };
  }

  /** All events, in order, also those that only memory has. @returns {Promise<LogEvent[]>} */
  events() {
    return this.#job(async () => merge((await this.#whole()).values(), []));
  }

  /** Records that could not be read; they stay where they are and go into every export. */
  damaged() {
    return this.#job(async () => {
      await this.#whole();
      return [...this.#damaged];
    });
  }

  /**
   * Do what a preview said, wholly or not at all.
   * @param {Import} plan
   * @throws {Error} with a sentence for the reader, when there is no room
   */
  import(plan) {
    return this.#job(async () => {
      const log = await this.#whole();
      const events = plan.added.filter((event) => !log.has(event.id));
      const known = new Set(this.#damaged.map(({ record }) => JSON.stringify(record)));
      const damaged = plan.damaged.filter(({ record }) => !known.has(JSON.stringify(record)));
      if (!events.length && !damaged.length) return;
      try {
        await this.#write(events, damaged);
      } catch (error) {
        throw new Error(`Nothing was imported. ${explain(error)}`);
      }
    });
  }

  /** Delete everything of this reader in this browser, in all tabs. */
  clear() {
    return this.#job(async () => {
      const tables = Object.keys(TABLES);
      try {
        await this.#database.run("readwrite", (table) => tables.map((name) => table(name).clear()));
        this.problem = "";
      } catch (error) {
        if (/** @type {Error} */ (error).name !== "SecurityError") throw error; // else nothing is there
      }
      this.#forget();
      this.#tell({ cleared: true });
    });
  }

  /** State and log afresh from the database. */
  async #start() {
    if (this.#pending.size) return; // once that is written
    this.#log = null;
    this.problem = "";
    try {
      this.#persisted = (await navigator.storage?.persisted?.()) ?? false;
      const [snapshot, total] = await this.#database.run("readonly", (table) => [
        table("cache").get("snapshot"), table("events").count(),
      ]).catch(() => []); // only a cache
      if (isUsable(snapshot, total)) {
        this.#total = total;
        this.state = snapshot.state;
      } else {
        this.state = replay([...(await this.#whole()).values()]);
        this.#keepSoon();
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#changed();
  }

  /** All events by id; while the database cannot be read, as `problem` says, those that memory has. */
  async #whole() {
    if (this.#log) return this.#log;
    /** @type {Map<string, LogEvent>} */
    const log = new Map();
    try {
      const [records, damaged] = await this.#database.run("readonly", (table) => [
        table("events").getAll(), table("damaged").getAll(),
      ]);
      this.#damaged = damaged;
      for (const record of records) {
        const result = read(record);
        if ("event" in result) log.set(result.event.id, result.event);
        else this.#damaged.push(result);
      }
      this.#total = records.length;
      this.#log = log;
    } catch (error) {
      if (!this.problem) throw error;
    }
    for (const event of this.#pending.values()) log.set(event.id, event);
    return log;
  }

  /** An event counts from now on, whether there is room for it or not. @param {LogEvent} event */
  async #add(event) {
    try {
      await this.#write([event]);
      return true;
    } catch (error) {
      this.#pending.set(event.id, event);
      this.#fail(error);
      await this.#take([event]);
      this.#changed();
      return false;
    }
  }

  /**
   * Write these and what only memory has, wholly or not at all, and let them count.
   * @param {LogEvent[]} events @param {Damaged[]} [damaged]
   */
  async #write(events, damaged = []) {
    const added = [...this.#pending.values(), ...events];
    await this.#database.run("readwrite", (table) => [
      ...added.map((event) => append(table, event)), ...damaged.map((one) => table("damaged").add(one)),
    ]);
    this.#pending.clear();
    this.#tell({ added, damaged });
    if (this.problem) return this.#start(); // what could not be read may be readable again
    return this.#hear({ added, damaged }).catch(() => this.#start()); // it is written, whatever cannot be read
  }

  /** Let events count. @param {LogEvent[]} events */
  async #take(events) {
    const fresh = events.filter((event) => !this.#log?.has(event.id));
    for (const event of fresh) this.#log?.set(event.id, event);
    this.state = extend(this.state, fresh) ?? replay([...(await this.#whole()).values()]);
    this.#keepSoon();
  }

  /** What was written, here or in another tab. @param {Message} message */
  async #hear({ added = [], damaged = [], cleared }) {
    if (cleared) this.#forget();
    const events = added.map(read).flatMap((result) => ("event" in result ? [result.event] : []));
    this.#total += events.filter((event) => !this.#log?.has(event.id)).length;
    this.#damaged.push(...damaged);
    await this.#take(events);
    this.#changed();
  }

  #forget() {
    this.#pending.clear();
    this.#log = new Map();
    this.#damaged = [];
    this.#total = 0;
    this.state = replay([]);
    this.#changed();
  }

  /** A page that is being left often has no time for it any more. */
  #keepSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#job(() => this.#keepSnapshot()), PAUSE);
  }

  /** Keep the state for the next visit, unless it has what the database has not, or the other way round. */
  async #keepSnapshot() {
    clearTimeout(this.#timer);
    if (this.problem || this.#pending.size || !this.#total) return;
    const snapshot = { version: SNAPSHOT, total: this.#total, state: this.state };
    await this.#database.run("readwrite", (table) => {
      const count = table("events").count();
      count.onsuccess = () => count.result === snapshot.total && table("cache").put(snapshot, "snapshot");
      return [];
    }).catch(() => undefined); // only a cache
  }

  /**
   * Do a job after all earlier ones.
   * @template T
   * @param {() => Promise<T> | T} work
   * @returns {Promise<T>}
   */
  #job(work) {
    const job = this.#jobs.then(work);
    this.#jobs = job.catch(() => undefined);
    return job;
  }

  /** @param {Message} message */
  #tell(message) {
    this.#channel?.postMessage(message);
  }

  /** @param {unknown} error */
  #fail(error) {
    this.problem = `${explain(error)} ${CONSEQUENCE}`;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * An event that is there already was written before the connection was lost: all the better. A damaged record under
 * its id is set aside.
 * @param {Tables} table @param {LogEvent} event
 */
function append(table, event) {
  const events = table("events"), request = events.add(event);
  request.onerror = (error) => {
    if (request.error?.name !== "ConstraintError") return;
    error.preventDefault();
    error.stopPropagation();
    const found = events.get(event.id);
    found.onsuccess = () => {
      const result = read(found.result);
      if ("event" in result) return;
      table("damaged").add(result);
      events.put(event);
    };
  };
  return request;
}

/** @param {any} snapshot @param {number} total @returns {snapshot is { state: State }} */
const isUsable = (snapshot, total) =>
  snapshot?.version === SNAPSHOT && snapshot.total === total && snapshot.state?.cards instanceof Map;

/** @param {unknown} error */
function explain(error) {
  const { name = "", message = "" } = error instanceof Object ? /** @type {Error} */ (error) : {};
  return PROBLEMS[name] ?? `The browser's storage does not work (${name || message || "no reason given"}).`;
}

/** 24 random hexadecimal digits; `crypto.randomUUID` exists on https only. */
const newId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
