/**
 * One IndexedDB database: a lost connection is opened again, and a result is given only when everything of its
 * transaction is on the disk.
 */

/** @typedef {(table: string) => IDBObjectStore} Tables */

export class Database {
  #name;
  #tables;
  /** @type {Promise<IDBDatabase> | null} */
  #connection = null;

  /**
   * @param {string} name
   * @param {Readonly<Record<string, IDBObjectStoreParameters>>} tables made when the database is new
   */
  constructor(name, tables) {
    this.#name = name;
    this.#tables = tables;
  }

  /**
   * Do some work in one transaction over all tables.
   * @param {"readonly" | "readwrite"} mode
   * @param {(table: Tables) => IDBRequest[]} work makes its requests at once or from their results
   * @returns {Promise<any[]>} the results of these requests, after the transaction has completed
   */
  async run(mode, work) {
    try {
      return await complete(await this.#open(), Object.keys(this.#tables), mode, work);
    } catch (error) {
      if (!isLost(error)) throw error;
      this.#connection = null; // the browser closed it: its data were cleared, or its process ended
      return complete(await this.#open(), Object.keys(this.#tables), mode, work);
    }
  }

  #open() {
    this.#connection ??= connect(this.#name, this.#tables).then((connection) => {
      const forget = () => (this.#connection = null);
      connection.addEventListener("close", forget);
      connection.addEventListener("versionchange", () => {
        connection.close(); // a newer page wants to change the database, and must not wait for this one
        forget();
      });
      return connection;
    }, (error) => {
      this.#connection = null;
      throw error;
    });
    return this.#connection;
  }
}

/** @param {unknown} error */
const isLost = (error) =>
  error instanceof DOMException && ["InvalidStateError", "AbortError", "UnknownError"].includes(error.name);

/**
 * @param {string} name
 * @param {Readonly<Record<string, IDBObjectStoreParameters>>} tables
 * @returns {Promise<IDBDatabase>}
 */
function connect(name, tables) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      for (const [table, options] of Object.entries(tables)) request.result.createObjectStore(table, options);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new DOMException("another tab holds an older version", "VersionError"));
  });
}

/**
 * @param {IDBDatabase} connection
 * @param {string[]} tables
 * @param {"readonly" | "readwrite"} mode
 * @param {(table: Tables) => IDBRequest[]} work
 * @returns {Promise<any[]>}
 */
function complete(connection, tables, mode, work) {
  return new Promise((resolve, reject) => {
    const transaction = connection.transaction(tables, mode, { durability: "strict" });
    transaction.onabort = () => reject(transaction.error ?? new DOMException("cut off", "AbortError"));
    const requests = work((table) => transaction.objectStore(table));
    transaction.oncomplete = () => resolve(requests.map((request) => request.result));
  });
}
