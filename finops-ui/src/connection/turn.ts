import type { Surroundings } from './browser';
import type { ClientState, ConnectionState, Question, Refusal } from './finopsClient';
import type { ClientMessage, Request } from './requests';

/** The whole state of a client: what is shown of it, and what only the connection needs. Times are ms since 1970. */
export interface Machine {
  shown: ClientState;
  requests: ReadonlyMap<string, Request>;
  /** Questions that have gone to the legacy endpoint, which does not know a question when it comes twice. */
  posted: ReadonlySet<string>;
  readonly legacy: 'none' | 'only' | 'if nothing else';

  /** Rises with each socket that is given up; what an older one brings is not heard. */
  generation: number;
  /** `refused`: the server wants to be shown a new token before it takes anything else. */
  signIn: 'none' | 'done' | 'renewing' | 'refused';
  /** Without a token a refusal is no question of renewing it. */
  hasToken: boolean;
  /** How often in a row the server has called a token invalid, or the connection not signed in. */
  tokenRefusals: number;

  /** Tries since the last message that was of use. */
  attempt: number;
  /** Tries in a row without a socket that opened. */
  unopened: number;
  hasEverOpened: boolean;
  startedAt: number;
  /** When the next try is due, and before when there must be none because the server has said so. */
  until: number;
  notBefore: number;
  refusal: Refusal | undefined;

  heardAt: number;
  /** By when something must have been heard, or the line is dead. */
  answerBy: number;
  /** By when the server must have said who it takes us for. */
  signInBy: number;
  renewAt: number;
  /** When the one timer is due. */
  wakeAt: number;

  /** What is known of the server's clock less this one's. */
  leastOffset: number;
  isOnline: boolean;
  isHidden: boolean;
  cursor: string | undefined;
}

/** What the machine wants done. */
export type Effect =
  | { readonly type: 'open'; readonly generation: number }
  | { readonly type: 'close' }
  | { readonly type: 'send'; readonly frame: ClientMessage }
  | { readonly type: 'credentials'; readonly renew: boolean; readonly generation: number }
  | { readonly type: 'post'; readonly question: Question };

/** One event's way through the machine: a copy of it that may be changed, and what is to be done. */
export interface Turn extends Machine {
  readonly now: number;
  readonly random: Surroundings['random'];
  readonly effects: Effect[];
}

export const NEVER = Number.POSITIVE_INFINITY;

export const newMachine = (legacy: Machine['legacy'], isOnline: boolean, isHidden: boolean): Machine => ({
  shown: {
    connection: { name: 'connecting' },
    jobs: new Map(),
    questions: [],
    cancelling: new Set(),
    refusals: new Map(),
    history: { status: 'unknown', jobIds: [], hasMore: false },
    clockOffset: 0,
  },
  requests: new Map(),
  posted: new Set(),
  legacy,
  generation: 0,
  signIn: 'none',
  hasToken: false,
  tokenRefusals: 0,
  attempt: 0,
  unopened: 0,
  hasEverOpened: false,
  startedAt: NEVER,
  until: 0,
  notBefore: 0,
  refusal: undefined,
  heardAt: 0,
  answerBy: NEVER,
  signInBy: NEVER,
  renewAt: NEVER,
  wakeAt: NEVER,
  leastOffset: -NEVER,
  isOnline,
  isHidden,
  cursor: undefined,
});

export function show(turn: Turn, changes: Partial<ClientState>): void {
  turn.shown = { ...turn.shown, ...changes };
}

export function showConnection(turn: Turn, connection: ConnectionState): void {
  // A state that says the same is no change.
  if (JSON.stringify(connection) !== JSON.stringify(turn.shown.connection)) show(turn, { connection });
}

/** Gives a map with one entry changed, or without it if its value is undefined. */
export function having<Value>(map: ReadonlyMap<string, Value>, key: string, value?: Value): ReadonlyMap<string, Value> {
  if (map.get(key) === value) return map;
  const changed = new Map(map);
  if (value === undefined) changed.delete(key);
  else changed.set(key, value);
  return changed;
}

export function showRefusal(turn: Turn, jobId: string, refusal?: Refusal): void {
  const refusals = having(turn.shown.refusals, jobId, refusal);
  if (refusals !== turn.shown.refusals) show(turn, { refusals });
}

export function showCancelling(turn: Turn, jobId: string, isCancelling: boolean): void {
  if (turn.shown.cancelling.has(jobId) === isCancelling) return;
  const cancelling = new Set(turn.shown.cancelling);
  if (isCancelling) cancelling.add(jobId);
  else cancelling.delete(jobId);
  show(turn, { cancelling });
}

/** Shows a question with its refusal, or without one. */
export function showQuestion(turn: Turn, { refusal: _, ...question }: Question, refusal?: Refusal): void {
  const changed = refusal ? { ...question, refusal } : question;
  show(turn, {
    questions: turn.shown.questions.map((other) => (other.requestId === question.requestId ? changed : other)),
  });
}

export function forgetQuestion(turn: Turn, requestId: string | undefined): void {
  const questions = turn.shown.questions.filter((question) => question.requestId !== requestId);
  if (questions.length < turn.shown.questions.length) show(turn, { questions });
}

export const questionOf = (turn: Turn, requestId: string | undefined): Question | undefined =>
  turn.shown.questions.find((question) => question.requestId === requestId);
