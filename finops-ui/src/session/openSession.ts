import type { Session } from './session';

const KEY = 'finops.guest';

/** The session of a page without a user pool: nobody signs in, and this browser has an id of its own. */
export function openSession(): Session {
  const id = guestId();
  const user = { id, name: 'guest' };
  return {
    hasSignIn: false,
    opened: Promise.resolve(),
    getUser: () => user,
    subscribe: () => () => undefined,
    credentials: async () => ({ userId: id, username: user.name }),
    signOut: async () => undefined,
  };
}

function guestId(): string {
  try {
    const kept = localStorage.getItem(KEY);
    const id = kept ?? randomId();
    if (!kept) {
      localStorage.setItem(KEY, id);
    }
    return id;
  } catch {
    // A browser that keeps nothing: another guest at each visit.
    return randomId();
  }
}

/** Not randomUUID, which a page on plain http does not have. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
