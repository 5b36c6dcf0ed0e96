import type { Credentials } from '../connection/finopsClient';
import type { UserPool } from './cognitoSession';
import { openSession } from './openSession';

export interface User {
  readonly id: string;
  readonly name: string;
}

/** Who is signed in at this page, whatever keeps that: Amplify, or a name without proof where there is no user pool. */
export interface Session {
  /** Whether people sign in here. Without a user pool nobody does: no dialog, no sign-out, no history. */
  readonly hasSignIn: boolean;
  /** Kept when it is known who is signed in. Until then it is nobody. */
  readonly opened: Promise<unknown>;
  /**
   * The user, as far as is known without asking anybody. It stays the same when the sign-in expires, so that the page
   * keeps what is theirs while they sign in again; signing out, in whichever tab, makes it undefined.
   */
  getUser(): User | undefined;
  /** Told when somebody signs in or out, in another tab too. Gives what ends it. */
  subscribe(listener: () => void): () => void;
  /**
   * Gives what shows the server who asks.
   *
   * @param renew fetches a new token even if the old one has not expired
   * @returns undefined if nobody is signed in, or not any more
   * @throws if that cannot be found out now (no network): to be tried again
   */
  credentials(renew: boolean): Promise<Credentials | undefined>;
  /** Forgets the user at once, in all tabs, and takes the sign-in back at the user pool if that can be reached. */
  signOut(): Promise<void>;
}

/**
 * Makes the page's session.
 *
 * @param pool of config.js; undefined where the stack takes a name without proof (AuthMode=open)
 */
export function createSession(pool: UserPool | undefined): Session {
  if (!pool) return openSession();
  // Amplify is most of a page's script. It comes while the page is drawn.
  const coming = import('./cognitoSession').then(({ cognitoSession }) =>
    cognitoSession(pool, import.meta.env.VITE_COGNITO_ENDPOINT),
  );
  let session: Awaited<typeof coming> | undefined;
  const opened = coming.then((came) => {
    session = came;
  });
  return {
    hasSignIn: true,
    opened,
    getUser: () => session?.getUser(),
    subscribe(listener) {
      const subscribed = coming.then((came) => came.subscribe(listener));
      return () => void subscribed.then((end) => end());
    },
    credentials: async (renew) => (await coming).credentials(renew),
    signOut: async () => (await coming).signOut(),
  };
}
