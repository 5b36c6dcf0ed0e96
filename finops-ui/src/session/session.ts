import type { Credentials } from '../connection/finopsClient';

export interface User {
  readonly id: string;
  readonly name: string;
}

/** Who is signed in at this page, whatever keeps that: Amplify, or a name without proof where there is no user pool. */
export interface Session {
  /** The user, as far as is known without asking anybody. */
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
  signOut(): Promise<void>;
}
