import type { Job } from '../jobs/job';
import type { ErrorCode } from '../wire/messages';

/** Who asks: a token that proves it, or a name without proof, which a stack with AuthMode=open takes. */
export type Credentials = { userId: string; username: string; token?: string };

/**
 * What the line to the server does. Times are milliseconds since 1970, by this machine's clock.
 *
 * - signedOut: there are no credentials, or the server has refused them twice.
 * - waiting: for the next try; `refusal` if it was the server that said to wait (too many tabs).
 * - unreachable: several tries, and not one connection: it goes on trying, rarely.
 * - asleep: the page is hidden and nothing is under way; it connects when it is looked at.
 * - legacy: there is no line, and is to be none (`useWebSocket: false`): questions go to the old endpoint.
 */
export type ConnectionState =
  | { readonly name: 'signedOut' | 'connecting' | 'authenticating' | 'live' | 'offline' | 'asleep' | 'legacy' }
  | { readonly name: 'waiting'; readonly attempt: number; readonly until: number; readonly refusal?: Refusal }
  | { readonly name: 'unreachable'; readonly until: number };

/** What the server has refused, why for programs, and in a sentence for people. */
export interface Refusal {
  readonly code: ErrorCode | string;
  readonly sentence: string;
  /** When the same may be sent again (ms since 1970); with RATE_LIMITED and TOO_MANY_JOBS. */
  readonly retryAt?: number;
}

/** A question that is not acknowledged: on its way, kept until the line is back, or refused. */
export interface Question {
  readonly requestId: string;
  readonly query: string;
  readonly agents?: readonly string[];
  readonly askedAt: number;
  /** Of RATE_LIMITED it is sent again by itself at `retryAt`; all others wait for the person. */
  readonly refusal?: Refusal | undefined;
}

/** What list_jobs has told; the jobs themselves are in `jobs`. */
export interface History {
  readonly status: 'unknown' | 'loading' | 'loaded' | 'failed';
  readonly jobIds: readonly string[];
  readonly hasMore: boolean;
  readonly refusal?: Refusal;
}

/** All that the page draws. A new value for each change; parts that have not changed are the same objects. */
export interface ClientState {
  readonly connection: ConnectionState;
  /** Since when (ms since 1970) it is not live though it should be; undefined while it is. */
  readonly lostAt?: number | undefined;
  readonly user?: { readonly id: string; readonly name: string };
  readonly jobs: ReadonlyMap<string, Job>;
  readonly questions: readonly Question[];
  /** Ids of the jobs whose end was asked for and is not told yet. */
  readonly cancelling: ReadonlySet<string>;
  /** By jobId: what the server has refused about a job (JOB_NOT_FOUND, JOB_FINISHED, ...); under '' what concerns none. */
  readonly refusals: ReadonlyMap<string, Refusal>;
  readonly history: History;
  /** The server's clock less this machine's, in ms, as its messages' times say. */
  readonly clockOffset: number;
}

/** The one connection of a page, and what came over it. */
export interface FinopsClient {
  getState(): ClientState;
  /** Listeners are told at most once a frame. Gives what ends it. */
  subscribe(listener: () => void): () => void;
  /** Begins, with the credentials of whoever is signed in; to be called again after signing in. */
  start(): void;
  /** Closes, and forgets all that belongs to the user. */
  signOut(): void;
  /** Asks, now or when the line is back, and gives the question's requestId: its job has it too. */
  ask(query: string, agents?: readonly string[]): string;
  /** Sends a refused question again under the same id: at once, or when it may be. */
  askAgain(requestId: string): void;
  /** Forgets a question that was refused or is not sent. */
  withdraw(requestId: string): void;
  cancel(jobId: string): void;
  /** Brings a job's whole state, and follows it if it goes on; with `renew` even if it is whole, for a new signed link. */
  follow(jobId: string, renew?: boolean): void;
  /** Asks for the user's jobs, or for more of them. */
  list(more?: boolean): void;
  /** Forgets what was refused about a job, or, with '', about none. */
  dismiss(jobId: string): void;
  /** Tries to connect at once, unless the server has said to wait. */
  retry(): void;
}
