import { hasEnded } from '../jobs/job';
import type { JobSnapshot } from '../wire/messages';
import type { ServerMessage } from '../wire/serverMessage';
import type { Surroundings } from './browser';
import type { Credentials, Question, Refusal } from './finopsClient';
import { hear } from './hearing';
import {
  connect,
  credentialsFailed,
  endSession,
  goneOffline,
  hangUp,
  heard,
  lose,
  opened,
  retry,
  settle,
  tick,
  wake,
} from './line';
import { cancelKey, LIST, questionKey, request, requestAnswer, requestJob, setRequest } from './requests';
import {
  type Effect,
  forgetQuestion,
  type Machine,
  newMachine,
  questionOf,
  show,
  showCancelling,
  showQuestion,
  showRefusal,
  type Turn,
} from './turn';

/** What happens to a client. What comes of a socket has the generation that it was opened in. */
export type Event =
  | { readonly type: 'start'; readonly user: { id: string; name: string }; readonly questions: readonly Question[] }
  | { readonly type: 'signOut' | 'tick' | 'online' | 'offline' | 'shown' | 'hidden' | 'retry' }
  | { readonly type: 'opened' | 'closed'; readonly generation: number }
  | { readonly type: 'frame'; readonly generation: number; readonly message: ServerMessage | undefined }
  | {
      readonly type: 'credentials';
      readonly generation: number;
      readonly credentials: Credentials | 'failed' | undefined;
    }
  | { readonly type: 'posted'; readonly requestId: string; readonly outcome: JobSnapshot | Refusal }
  | { readonly type: 'ask'; readonly question: Question }
  | { readonly type: 'askAgain' | 'withdraw'; readonly requestId: string }
  | { readonly type: 'cancel' | 'dismiss'; readonly jobId: string }
  | { readonly type: 'follow'; readonly jobId: string; readonly renew: boolean }
  | { readonly type: 'list'; readonly more: boolean };

const PAGE = 20;

/** Gives the machine as it is after an event, and what is to be done. Pure but for `random`. */
export function step(
  machine: Readonly<Machine>,
  event: Event,
  { now, random }: Pick<Surroundings, 'now' | 'random'>,
): [Machine, readonly Effect[]] {
  if ('generation' in event && event.generation !== machine.generation) return [machine, []];
  const turn: Turn = { ...machine, now: now(), random, effects: [] };
  (HAPPENINGS[event.type] as (turn: Turn, event: Event) => void)(turn, event);
  settle(turn);
  const { now: _, random: __, effects, ...after } = turn;
  return [after, effects];
}

type Happenings = { [Type in Event['type']]: (turn: Turn, event: Extract<Event, { type: Type }>) => void };

const HAPPENINGS: Happenings = {
  start,
  signOut(turn) {
    forgetAll(turn);
    endSession(turn);
  },
  tick,
  online(turn) {
    turn.isOnline = true;
    wake(turn);
  },
  offline(turn) {
    turn.isOnline = false;
    goneOffline(turn);
  },
  shown(turn) {
    turn.isHidden = false;
    wake(turn);
  },
  hidden(turn) {
    turn.isHidden = true;
  },
  retry,
  opened,
  closed: (turn) => lose(turn),
  frame(turn, { message }) {
    heard(turn);
    if (message) hear(turn, message);
  },
  credentials: hasCredentials,
  posted,
  ask(turn, { question }) {
    show(turn, { questions: [...turn.shown.questions, question] });
    requestAnswer(turn, question);
  },
  askAgain(turn, { requestId }) {
    const question = questionOf(turn, requestId);
    // What goes out again by itself has its time.
    if (!question || turn.requests.has(questionKey(requestId))) return;
    showQuestion(turn, question);
    requestAnswer(turn, { ...question, refusal: undefined });
  },
  withdraw(turn, { requestId }) {
    setRequest(turn, questionKey(requestId));
    forgetQuestion(turn, requestId);
  },
  cancel(turn, { jobId }) {
    const job = turn.shown.jobs.get(jobId);
    if (job && hasEnded(job)) return;
    showCancelling(turn, jobId, true);
    request(turn, cancelKey(jobId), { action: 'cancel_job', jobId });
  },
  dismiss: (turn, { jobId }) => showRefusal(turn, jobId),
  follow(turn, { jobId, renew }) {
    // What is whole and goes on is followed already.
    if (renew || !turn.shown.jobs.get(jobId)?.isWhole) requestJob(turn, jobId);
  },
  list,
};

function start(turn: Turn, event: Extract<Event, { type: 'start' }>): void {
  const { user } = event;
  if (turn.shown.user?.id === user.id) {
    if (turn.shown.connection.name === 'signedOut') connect(turn);
    return;
  }
  forgetAll(turn);
  const questions = [...event.questions, ...turn.shown.questions];
  show(turn, { user, questions, connection: { name: 'asleep' } });
  for (const question of questions) {
    // It may have been sent before the page was loaded anew. One that was refused waits for the person.
    if (!question.refusal || question.refusal.code === 'RATE_LIMITED') requestAnswer(turn, question, true);
  }
  turn.until = turn.now;
}

/** Forgets what is the user's. What was asked before anybody was known is whose turn comes. */
function forgetAll(turn: Turn): void {
  hangUp(turn);
  const { generation, hasEverOpened, shown } = turn;
  Object.assign(turn, newMachine(turn.legacy, turn.isOnline, turn.isHidden), { generation, hasEverOpened });
  if (!shown.user) show(turn, { questions: shown.questions });
}

function hasCredentials(turn: Turn, { credentials }: Extract<Event, { type: 'credentials' }>): void {
  if (credentials === 'failed') credentialsFailed(turn);
  else if (!credentials) endSession(turn);
  else {
    const { token, userId, username } = credentials;
    turn.hasToken = token !== undefined;
    const proof = token === undefined ? { userId, username } : { token };
    turn.effects.push({ type: 'send', frame: { action: 'authenticate', ...proof } });
  }
}

function posted(turn: Turn, { requestId, outcome }: Extract<Event, { type: 'posted' }>): void {
  // Somebody else may be signed in by now.
  const question = turn.posted.has(requestId) ? questionOf(turn, requestId) : undefined;
  if (!question) return;
  if ('type' in outcome) {
    // As with an acknowledgement: it says whose answer it is.
    const answer = { ...outcome, requestId };
    hear(turn, answer);
  } else showQuestion(turn, question, outcome);
}

function list(turn: Turn, { more }: Extract<Event, { type: 'list' }>): void {
  if (turn.requests.has(LIST) || turn.legacy === 'only') return;
  const cursor = more && turn.cursor !== undefined && { cursor: turn.cursor };
  request(turn, LIST, { action: 'list_jobs', limit: PAGE, ...cursor });
  const { refusal: _, ...history } = turn.shown.history;
  show(turn, { history: { ...history, status: 'loading' } });
}
