import type { Surroundings } from '../../src/connection/browser';
import type { Credentials } from '../../src/connection/finopsClient';

/** A clock of its own, and what is to happen by it. Nothing waits in truth. */
export class World {
  now = 1_795_426_200_000;
  #seed: number;
  #count = 0;
  #end = 0;
  readonly #plan = new Map<number, { at: number; happen: () => void; isTimer: boolean }>();

  constructor(seed = 1) {
    this.#seed = seed;
  }

  /** 0 to 1, the same ones for the same seed. */
  readonly random = (): number => {
    this.#seed = (Math.imul(this.#seed ^ (this.#seed >>> 15), 2_246_822_519) + 0x9e3779b9) | 0;
    return ((this.#seed ^ (this.#seed >>> 13)) >>> 0) / 2 ** 32;
  };

  after(milliseconds: number, happen: () => void, isTimer = false): number {
    this.#plan.set(++this.#count, { at: this.now + milliseconds, happen, isTimer });
    return this.#count;
  }

  forget(id: number): void {
    this.#plan.delete(id);
  }

  /** Lets the time go on, and all happen that is to happen by then. */
  async pass(milliseconds: number): Promise<void> {
    this.#end = this.now + milliseconds;
    for (let events = 0; ; events++) {
      if (events > 200_000) throw new Error('Something goes round in circles.');
      await this.#promisesKept();
      let next: { id: number; at: number; happen: () => void } | undefined;
      for (const [id, { at, happen }] of this.#plan) {
        if (at <= this.#end && (!next || at < next.at)) next = { id, at, happen };
      }
      if (!next) break;
      this.#plan.delete(next.id);
      this.now = Math.max(this.now, next.at);
      next.happen();
    }
    this.now = this.#end;
  }

  /** The machine sleeps: the clock goes on, and the page's timers do not. */
  sleep(milliseconds: number): void {
    this.now += milliseconds;
    this.#end += milliseconds;
    for (const planned of this.#plan.values()) if (planned.isTimer) planned.at += milliseconds;
  }

  async #promisesKept(): Promise<void> {
    for (let i = 0; i < 4; i++) await null;
  }
}

export type Line = (socket: FakeSocket) => void;

export class FakeSocket {
  readyState: WebSocket['readyState'] = 0;
  onopen: WebSocket['onopen'] = null;
  onmessage: WebSocket['onmessage'] = null;
  onclose: WebSocket['onclose'] = null;
  /** What takes the other end's place. */
  onSent: (frame: string) => void = () => {};
  onLeft: () => void = () => {};

  constructor(readonly world: World) {}

  send(frame: unknown): void {
    if (this.readyState !== 1) throw new Error('Sent on a socket that is not open.');
    this.onSent(frame as string);
  }

  /** It ends a while later, and may bring something until then, as true ones do. */
  close(): void {
    if (this.readyState > 1) return;
    this.readyState = 2;
    this.onLeft();
    this.world.after(3_000, () => this.#ended());
  }

  opens(): void {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.onopen?.call(this as never, {} as never);
  }

  brings(data: unknown): void {
    if (this.readyState === 1 || this.readyState === 2) this.onmessage?.call(this as never, { data } as never);
  }

  /** The other end, or the network, has closed it. */
  ends(): void {
    if (this.readyState > 1) return;
    this.onLeft();
    this.#ended();
  }

  #ended(): void {
    this.readyState = 3;
    this.onclose?.call(this as never, { code: 1000 } as never);
  }
}

/** What a tab keeps over a reload of its page. */
export class FakeStorage {
  readonly items = new Map<string, string>();
  getItem = (key: string): string | null => this.items.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.items.set(key, value);
  removeItem = (key: string): void => void this.items.delete(key);
}

/** A page's surroundings, and what a test does to them. */
export class Page implements Surroundings {
  sockets: FakeSocket[] = [];
  mostOpen = 0;
  mostTimers = 0;
  online = true;
  hidden = false;
  readonly sent: Record<string, unknown>[] = [];
  readonly #timers = new Set<unknown>();
  readonly #listeners = new Set<Parameters<Surroundings['onChange']>[0]>();
  #isUnloaded = false;

  constructor(
    readonly world: World,
    readonly line: Line,
    readonly tab: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = new FakeStorage(),
  ) {}

  now = () => this.world.now;
  random = () => this.world.random();
  newId = () => `q-${Math.floor(this.world.random() * 2 ** 40).toString(36)}`;
  storage = () => this.tab;
  /** What the legacy endpoint was asked, and what answers. */
  readonly posted: (RequestInit & { url: string })[] = [];
  answerPost = async (): Promise<Response> => Response.json({ response: 'An answer' });
  fetch: typeof fetch = async (url, request) => {
    this.posted.push({ ...request, url: String(url) });
    return this.answerPost();
  };
  isOnline = () => this.online;
  isHidden = () => this.hidden;
  onChange: Surroundings['onChange'] = (listener) => void this.#listeners.add(listener);
  beforePicture = (callback: () => void) => callback();

  openSocket = (): FakeSocket => {
    const socket = new FakeSocket(this.world);
    if (this.#isUnloaded) throw new Error('A page that is gone opens a socket.');
    this.sockets.push(socket);
    this.mostOpen = Math.max(this.mostOpen, this.openSockets.length);
    this.line(socket);
    const { onSent } = socket;
    socket.onSent = (frame) => {
      this.sent.push(JSON.parse(frame));
      onSent(frame);
    };
    return socket;
  };

  get openSockets(): FakeSocket[] {
    return this.sockets.filter((socket) => socket.readyState < 2);
  }

  get socket(): FakeSocket {
    return this.sockets.at(-1) as FakeSocket;
  }

  sentActions(since = 0): unknown[] {
    return this.sent.slice(since).map((message) => message.action);
  }

  setTimer = (callback: () => void, milliseconds: number): unknown => {
    const timer = this.world.after(
      milliseconds,
      () => {
        this.#timers.delete(timer);
        if (!this.#isUnloaded) callback();
      },
      true,
    );
    this.#timers.add(timer);
    this.mostTimers = Math.max(this.mostTimers, this.#timers.size);
    return timer;
  };

  clearTimer = (timer: unknown): void => {
    this.#timers.delete(timer);
    this.world.forget(timer as number);
  };

  changes(change: Parameters<Parameters<Surroundings['onChange']>[0]>[0]): void {
    if (change === 'online' || change === 'offline') this.online = change === 'online';
    else this.hidden = change === 'hidden';
    if (!this.#isUnloaded) for (const listener of this.#listeners) listener(change);
  }

  /** The page is closed, or loaded anew. */
  unload(): void {
    this.#isUnloaded = true;
    for (const timer of this.#timers) this.world.forget(timer as number);
    for (const socket of this.sockets) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }
}

export const ANNA = { id: 'anna', name: 'Anna' };

/** A session that a test signs in and out. */
export class FakeSession {
  user: typeof ANNA | undefined = ANNA;
  renewals = 0;
  give: (renew: boolean) => Promise<Credentials | undefined> = async () => ({
    userId: this.user?.id ?? '',
    username: this.user?.name ?? '',
    token: `token-${this.renewals}`,
  });
  readonly #listeners = new Set<() => void>();

  getUser = () => this.user;
  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  credentials = (renew: boolean) => {
    if (renew) this.renewals++;
    return this.give(renew);
  };
  signOut = async () => this.becomes(undefined);

  becomes(user: typeof ANNA | undefined): void {
    this.user = user;
    for (const listener of this.#listeners) listener();
  }
}
