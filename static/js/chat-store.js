// What waits to be sent, in IndexedDB: a database for each account, so that nobody meets what another wrote. Its keys are
// the order of writing in all tabs. What a browser does not keep (a full disk, some private windows) stays in this page.
const me = document.body.dataset.me;
const STORE = "outbox";
const OPEN_WAIT = 3000; // ms: where another tab keeps a database from opening, this page goes on without
const LATER = 1e12; // keys of what stands in this page only

const here = new Map();
const gone = new Set(); // also when the database does not let go of it
let opening = null;

export const nameOf = (account) => `socialsite-${account}`;

/** Whether something would be lost with this page. */
export const isLoose = () => here.size > 0;

function open() {
  opening ??= new Promise((resolve, reject) => {
    if (!me) throw new Error("nobody is logged in");
    setTimeout(() => reject(new Error("the database does not open")), OPEN_WAIT);
    const asked = indexedDB.open(nameOf(me), 1);
    asked.onupgradeneeded = () => {
      const store = asked.result.createObjectStore(STORE, { keyPath: "turn", autoIncrement: true });
      store.createIndex("client_id", "client_id", { unique: true });
    };
    asked.onerror = () => reject(asked.error);
    asked.onsuccess = () => {
      asked.result.onclose = () => (opening = null);
      asked.result.onversionchange = close; // somebody logs out in another tab
      resolve(asked.result);
    };
  });
  return opening;
}

async function close() {
  const opened = opening;
  opening = null;
  (await opened?.catch(() => null))?.close();
}

/** One transaction; resolves when it is written, with what `work(store)` answered or asked for. */
async function run(mode, work) {
  const db = await open();
  return new Promise((resolve, reject) => {
    const deal = db.transaction(STORE, mode, { durability: "strict" });
    const asked = work(deal.objectStore(STORE));
    deal.oncomplete = () => resolve(asked?.result);
    deal.onabort = () => reject(deal.error);
  });
}

/** Everything that waits, in the order in which it was written. */
export async function all() {
  const kept = await run("readonly", (store) => store.getAll()).catch(() => []);
  const rows = [...kept.filter((item) => !here.has(item.client_id)), ...here.values()];
  return rows.filter((item) => !gone.has(item.client_id)).sort((a, b) => a.turn - b.turn);
}

/** Gives the item its turn. What stands already stands once. */
export async function add(item) {
  try {
    item.turn = await run("readwrite", (store) => store.add(item));
  } catch (error) {
    if (error?.name === "ConstraintError") return;
    item.turn = LATER + here.size;
    here.set(item.client_id, item);
  }
}

/** The item with these changes, or undefined where it does not wait any more. */
export async function change(clientId, changes) {
  const before = (await all()).find((item) => item.client_id === clientId);
  if (!before) return undefined;
  const item = { ...before, ...changes };
  if (here.has(clientId)) here.set(clientId, item);
  else {
    // Settled meanwhile, in whichever tab, it does not come back.
    const put = (store) => {
      store.get(item.turn).onsuccess = ({ target }) => target.result && store.put(item);
    };
    await run("readwrite", put).catch(() => here.set(clientId, item));
  }
  return item;
}

/** The item, if it waited until now. */
export async function drop(clientId) {
  let item = here.get(clientId);
  here.delete(clientId);
  const cut = (store) => {
    store.index("client_id").get(clientId).onsuccess = ({ target }) => {
      if (!target.result) return;
      item ??= target.result;
      store.delete(target.result.turn);
    };
  };
  await run("readwrite", cut).catch(() => gone.add(clientId));
  return item;
}

export async function erase(account) {
  here.clear();
  await close();
  await new Promise((resolve) => {
    const asked = indexedDB.deleteDatabase(nameOf(account));
    asked.onsuccess = asked.onerror = asked.onblocked = resolve; // blocked: it goes as soon as the other tab lets go
  });
}
