import type { Authenticate1, CancelJob, FinopsQuery, ListJobs, Ping, ResumeJob } from '../wire/messages';
import type { Question } from './finopsClient';
import { having, type Turn } from './turn';

export type ClientMessage = Authenticate1 | Ping | FinopsQuery | ResumeJob | CancelJob | ListJobs;

/**
 * What was asked of the server and is not answered yet. It is sent, and sent again, until there is an answer: everything
 * in the protocol may be repeated.
 */
export interface Request {
  readonly frame: ClientMessage;
  /** When it is to be sent, or sent again (ms since 1970). */
  readonly dueAt: number;
  /** Not before this, whatever happens: the server has said so. */
  readonly notBefore: number;
  /** How often the server could not serve it. */
  readonly failures: number;
  /** Whether it may be known to the server. */
  readonly wasSent: boolean;
}

export const questionKey = (requestId: string | undefined) => `ask ${requestId}`;
export const resumeKey = (jobId: string) => `resume ${jobId}`;
export const cancelKey = (jobId: string) => `cancel ${jobId}`;
export const LIST = 'list';

/** Has something asked, at once or not before a time; what is asked already is left to itself. */
export function request(turn: Turn, key: string, frame: ClientMessage, notBefore = 0, wasSent = false): void {
  if (turn.requests.has(key)) return;
  setRequest(turn, key, { frame, dueAt: Math.max(turn.now, notBefore), notBefore, failures: 0, wasSent });
}

export function requestAnswer(turn: Turn, { requestId, query, agents, refusal }: Question, wasSent = false): void {
  const frame: FinopsQuery = { action: 'finops_query', query, requestId };
  if (agents?.length) frame.agents = [...agents] as NonNullable<FinopsQuery['agents']>;
  request(turn, questionKey(requestId), frame, refusal?.retryAt, wasSent);
}

export function requestJob(turn: Turn, jobId: string, notBefore?: number): void {
  request(turn, resumeKey(jobId), { action: 'resume_job', jobId }, notBefore);
}

/** Has what is asked already sent again, and not before `notBefore`. */
export function postpone(turn: Turn, key: string, notBefore: number): void {
  const postponed = turn.requests.get(key);
  if (!postponed) return;
  setRequest(turn, key, { ...postponed, dueAt: notBefore, notBefore, failures: postponed.failures + 1 });
}

export function setRequest(turn: Turn, key: string, changed?: Request): void {
  turn.requests = having(turn.requests, key, changed);
}
