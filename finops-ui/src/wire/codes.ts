import type { ErrorCode } from './messages';

/**
 * What a person can do about a refusal or a failure.
 *
 * - askAnew: ask the same under a new id
 * - edit: bring the question back into the box
 * - askAnyAgent: ask it of whichever agents fit
 * - wait: nothing; the same is sent by itself when it may be
 * - cancelOne: choose a job in progress and end it, then send the same
 * - signIn: sign in; the same is sent by itself afterwards
 * - forget: take it off the page
 * - reload: load the page anew
 * - connect: try to connect again
 */
export type Remedy =
  | 'askAnew'
  | 'edit'
  | 'askAnyAgent'
  | 'wait'
  | 'cancelOne'
  | 'signIn'
  | 'forget'
  | 'reload'
  | 'connect';

/** How a code is put to a person. */
export interface CodeWords {
  /** What has happened, in a few words: stands above the server's sentence. */
  readonly title: string;
  /** What to do, behind the server's sentence. */
  readonly advice?: string;
  /** Stands in place of the server's sentence, where that one is written for programmers. */
  readonly sentence?: string;
  readonly remedy: Remedy;
}

/** Every code of the contract: the compiler says so when one is added there. See docs/WEBSOCKET_API_GUIDE.md, Codes. */
export const CODES: Readonly<Record<ErrorCode, CodeWords>> = {
  INVALID_MESSAGE: {
    title: 'The service could not read this question',
    advice:
      'Edit the question and send it again. If that does not help, reload the page: it may be older than the service.',
    remedy: 'edit',
  },
  UNKNOWN_ACTION: {
    title: 'The service does not know this request',
    sentence: 'This page and the service are of different releases.',
    advice: 'Reload the page. If that does not help, tell whoever runs the service.',
    remedy: 'reload',
  },
  UNAUTHENTICATED: {
    title: 'You are not signed in',
    sentence: 'Sign in, and the question is sent.',
    remedy: 'signIn',
  },
  INVALID_TOKEN: {
    title: 'Your sign-in was not accepted',
    sentence: 'Sign in again, and the question is sent.',
    remedy: 'signIn',
  },
  SESSION_EXPIRED: {
    title: 'Your session has ended',
    sentence: 'Sign in again, and the question is sent. Questions in progress go on meanwhile.',
    remedy: 'signIn',
  },
  ORIGIN_NOT_ALLOWED: {
    title: 'This page is not among those that the service serves',
    advice: 'Ask whoever runs the service to add the address of this page to AllowedOrigins.',
    remedy: 'connect',
  },
  JOB_NOT_FOUND: {
    title: 'This question is not there any more',
    sentence: 'Questions are kept for a limited time, and only who asked them can see them.',
    remedy: 'forget',
  },
  JOB_FINISHED: {
    title: 'It had ended already',
    sentence: 'There was nothing left to cancel.',
    remedy: 'forget',
  },
  TOO_MANY_JOBS: {
    title: 'Too many questions in progress',
    advice: 'Cancel one of these to make room, or send this one later.',
    remedy: 'cancelOne',
  },
  RATE_LIMITED: { title: 'Too many requests in a short time', remedy: 'wait' },
  QUERY_TOO_LONG: { title: 'The question is too long', advice: 'Shorten it and send it again.', remedy: 'edit' },
  UNKNOWN_AGENT: {
    title: 'One of the chosen agents is not there',
    advice: 'Without a choice, the service asks whichever agents fit.',
    remedy: 'askAnyAgent',
  },
  QUEUE_UNAVAILABLE: { title: 'The service does not take questions just now', remedy: 'askAnew' },
  AGENTS_FAILED: { title: 'The agents failed', remedy: 'askAnew' },
  PROCESSING_FAILED: { title: 'The service has given up', remedy: 'askAnew' },
  TIMED_OUT: {
    title: 'It took too long',
    advice: 'A smaller question has better chances: one service, or a shorter period.',
    remedy: 'askAnew',
  },
  INTERNAL: { title: 'A fault in the service', remedy: 'askAnew' },
};

/** Gives the words for any code: one that this page does not know is told in the server's sentence. */
export function wordsOf(code: string): CodeWords {
  return Object.hasOwn(CODES, code) ? CODES[code as ErrorCode] : { title: 'It did not work', remedy: 'askAnew' };
}
