/** All that the connection has of the world: a test gives it another one, with its own clock. */
export interface Surroundings {
  /** Milliseconds since 1970; it goes on while the machine sleeps. */
  now(): number;
  /** 0 to 1. */
  random(): number;
  newId(): string;
  openSocket(url: string): Pick<WebSocket, 'onopen' | 'onmessage' | 'onclose' | 'send' | 'close' | 'readyState'>;
  fetch: typeof fetch;
  setTimer(callback: () => void, milliseconds: number): unknown;
  clearTimer(timer: unknown): void;
  /** Calls back before the next picture is drawn; at once while nothing is drawn. */
  beforePicture(callback: () => void): void;
  isOnline(): boolean;
  isHidden(): boolean;
  onChange(listener: (change: 'online' | 'offline' | 'shown' | 'hidden') => void): void;
  /** May throw: there are people who forbid it. */
  storage(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

export const browser: Surroundings = {
  now: () => Date.now(),
  random: () => Math.random(),
  newId: () => crypto.randomUUID(),
  openSocket: (url) => new WebSocket(url),
  fetch: (...request) => fetch(...request),
  setTimer: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimer: (timer) => clearTimeout(timer as number),
  beforePicture: (callback) => {
    if (document.hidden) callback();
    else requestAnimationFrame(callback);
  },
  isOnline: () => navigator.onLine,
  isHidden: () => document.hidden,
  onChange: (listener) => {
    const seen = () => listener(document.hidden ? 'hidden' : 'shown');
    addEventListener('online', () => listener('online'));
    addEventListener('offline', () => listener('offline'));
    // A page may come back from the browser's memory of visited pages, without its socket.
    addEventListener('pageshow', seen);
    document.addEventListener('visibilitychange', seen);
  },
  storage: () => sessionStorage,
};
