import type { KeyValueStorageInterface } from 'aws-amplify/utils';

/** Milliseconds. */
const LONGEST_WAIT = 2000;

/**
 * Where Amplify keeps tokens: in memory, and in local storage as one item that is encrypted with a key of this browser,
 * which no script can read out. So a reload does not ask again and all tabs share one sign-in, and yet there is no token
 * in any storage: a copy of it (a synchronized or saved profile, a support dump) is of no use. A script within this page
 * could still use the key; the content security policy is what keeps those out.
 *
 * Where there is no such key (plain http, a browser that keeps nothing) it is in memory only.
 */
export class SealedStorage implements KeyValueStorageInterface {
  /** Called when another tab has changed what is kept. */
  onChange: () => void = () => undefined;
  private values = new Map<string, string>();
  private work: Promise<void> = Promise.resolve();

  /** @param name of the item, which tabs share */
  static async open(name: string): Promise<SealedStorage> {
    // Browsers are known in which IndexedDB does not answer; the page must begin all the same.
    const tooLate = new Promise<undefined>((resolve) => setTimeout(resolve, LONGEST_WAIT, undefined));
    const key = await Promise.race([sealingKey(), tooLate]).catch(() => undefined);
    const storage = new SealedStorage(name, key);
    if (key) {
      await storage.load();
      // All of them, since a page that was asleep or in the back-forward cache may have missed the event.
      addEventListener('storage', (event) => (event.key === name || event.key === null) && storage.reload());
      addEventListener('pageshow', (event) => event.persisted && storage.reload());
    }
    return storage;
  }

  private constructor(
    private readonly name: string,
    private readonly key: CryptoKey | undefined,
  ) {}

  /** The same as getItem, at once. */
  get(key: string): string | undefined {
    return this.values.get(key);
  }

  /** Whether any key ends like this. */
  hasKeyEnding(ending: string): boolean {
    return [...this.values.keys()].some((key) => key.endsWith(ending));
  }

  async getItem(key: string): Promise<string | null> {
    return this.values.get(key) ?? null;
  }

  async setItem(key: string, value: string): Promise<void> {
    this.values.set(key, value);
    await this.save();
  }

  async removeItem(key: string): Promise<void> {
    if (this.values.delete(key)) {
      await this.save();
    }
  }

  /** Forgets everything, at once, in all tabs. */
  async clear(): Promise<void> {
    this.values.clear();
    if (this.key) {
      localStorage.removeItem(this.name);
    }
    await this.save();
  }

  /** Writes one after the other, each time what is true then. */
  private save(): Promise<void> {
    const { key } = this;
    if (key) {
      this.work = this.work.then(() => this.write(key)).catch(() => undefined);
    }
    return this.work;
  }

  /** Fails where the browser has no room left: then it is in memory only. */
  private async write(key: CryptoKey): Promise<void> {
    const item = this.values.size > 0 ? await seal(key, JSON.stringify([...this.values])) : undefined;
    // Forgotten while it was being encrypted.
    if (item && this.values.size > 0) {
      localStorage.setItem(this.name, item);
    } else {
      localStorage.removeItem(this.name);
    }
  }

  private reload(): void {
    this.work = this.work.then(() => this.load()).then(() => this.onChange());
  }

  private async load(): Promise<void> {
    const item = localStorage.getItem(this.name);
    const text = item && this.key ? await unseal(this.key, item).catch(() => undefined) : undefined;
    this.values = new Map(text ? (JSON.parse(text) as [string, string][]) : []);
  }
}

const CIPHER = 'AES-GCM';
// Bytes: the length that the cipher's specification recommends, random for each encryption.
const NONCE = 12;

async function seal(key: CryptoKey, text: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE));
  const sealed = await crypto.subtle.encrypt({ name: CIPHER, iv }, key, new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...iv, ...new Uint8Array(sealed)));
}

async function unseal(key: CryptoKey, item: string): Promise<string> {
  const bytes = Uint8Array.from(atob(item), (character) => character.charCodeAt(0));
  const cipher = { name: CIPHER, iv: bytes.subarray(0, NONCE) };
  return new TextDecoder().decode(await crypto.subtle.decrypt(cipher, key, bytes.subarray(NONCE)));
}

/** Gives this browser's key, made at the first visit. Fails where there is no place for it. */
async function sealingKey(): Promise<CryptoKey> {
  localStorage.getItem('');
  const fresh = await crypto.subtle.generateKey({ name: CIPHER, length: 256 }, false, ['encrypt', 'decrypt']);
  const opening = indexedDB.open('finops', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('keys');
  const database = await result(opening);
  try {
    const keys = database.transaction('keys', 'readwrite').objectStore('keys');
    // Both within one transaction: of two tabs that open at once, one's key is everybody's.
    const kept: CryptoKey | undefined = await result(keys.get('session'));
    if (kept) {
      return kept;
    }
    await result(keys.put(fresh, 'session'));
    return fresh;
  } finally {
    database.close();
  }
}

function result<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
