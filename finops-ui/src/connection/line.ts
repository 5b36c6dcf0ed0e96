import { hasEnded } from '../jobs/job';
import type { Refusal } from './finopsClient';
import { type ClientMessage, requestJob, setRequest } from './requests';
import { NEVER, questionOf, show, showConnection, showQuestion, type Turn } from './turn';

/** Milliseconds within which a living line does each of these; a function's cold start is some seconds. */
const OPENS_WITHIN = 15_000;
const SIGNS_IN_WITHIN = 20_000;
const ANSWERS_WITHIN = 15_000;
const AWAKE_WITHIN = 5_000;
/** On a living line an answer that is not there after this is lost, and its question is sent again. */
const LOST_AFTER = 30_000;

/** What API Gateway closes is silent for ten minutes. */
const IDLE_SILENCE = 9 * 60_000;
const WORKING_SILENCE = 60_000;
/** A timer that is so late was stopped meanwhile, and so was the machine. */
const SLEPT_AFTER = 30_000;
/** While the page is looked at: not every system's timers go on during sleep, so a sleep must not hide in a long one. */
const TICK = 1_000;

const FIRST_WAIT = 500;
const LONGEST_WAIT = 20_000;
/** Tries without a socket after which it is no passing thing. */
const UNREACHABLE_AFTER = 6;
const LEGACY_AFTER = { tries: 5, milliseconds: 30_000 };

/** A renewal that was not possible is tried again. */
const RENEW_AGAIN_AFTER = 30_000;
const MINUTE = 60_000;

/** Something is unanswered, or a job goes on. */
function isUnderWay(turn: Turn): boolean {
  return turn.requests.size > 0 || unfinishedJobs(turn).length > 0;
}

export function unfinishedJobs(turn: Turn): string[] {
  return [...turn.shown.jobs.values()].filter((job) => !hasEnded(job)).map((job) => job.jobId);
}

const isLive = (turn: Turn) => turn.shown.connection.name === 'live';
const isResting = (turn: Turn) => ['waiting', 'unreachable', 'offline', 'asleep'].includes(turn.shown.connection.name);

export function connect(turn: Turn): void {
  if (turn.legacy === 'only') {
    showConnection(turn, { name: 'legacy' });
    return;
  }
  turn.unopened++;
  turn.startedAt = Math.min(turn.startedAt, turn.now);
  turn.answerBy = turn.now + OPENS_WITHIN;
  turn.effects.push({ type: 'open', generation: turn.generation });
  showConnection(turn, { name: 'connecting' });
}

export function opened(turn: Turn): void {
  turn.unopened = 0;
  turn.hasEverOpened = true;
  turn.answerBy = NEVER;
  authenticate(turn, false);
  showConnection(turn, { name: 'authenticating' });
}

/** Asks for credentials; with them, `authenticate` is sent. */
export function authenticate(turn: Turn, renew: boolean): void {
  turn.signInBy = turn.now + SIGNS_IN_WITHIN;
  turn.effects.push({ type: 'credentials', renew, generation: turn.generation });
}

/** Without a network there are no new credentials: that says nothing about the old ones. */
export function credentialsFailed(turn: Turn): void {
  if (turn.signIn === 'renewing') {
    Object.assign(turn, { signIn: 'done', signInBy: NEVER, renewAt: turn.now + RENEW_AGAIN_AFTER });
  } else lose(turn);
}

/** The server takes us for who we are: what waits is sent, and the token is renewed before it ends. */
export function signedIn(turn: Turn, expiresAt: number | undefined): void {
  const wasInBand = turn.signIn === 'renewing';
  Object.assign(turn, { signIn: 'done', signInBy: NEVER, notBefore: 0, refusal: undefined, renewAt: NEVER });
  if (expiresAt !== undefined) {
    const left = expiresAt * 1000 - turn.shown.clockOffset - turn.now;
    const early = Math.min((2 + 3 * turn.random()) * MINUTE, left / 2);
    // What is nearly or seemingly over (a wrong clock) is renewed when the server says that it is.
    if (left > MINUTE) turn.renewAt = turn.now + left - early;
  }
  if (!wasInBand) {
    for (const [key, waiting] of turn.requests) {
      setRequest(turn, key, { ...waiting, dueAt: Math.max(turn.now, waiting.notBefore) });
    }
  }
  showConnection(turn, { name: 'live' });
}

/** Gives the socket up, and tries again after a random time, so that not all clients come back together. */
export function lose(turn: Turn, refusal?: Refusal): void {
  hangUp(turn);
  turn.refusal = refusal;
  turn.notBefore = refusal?.retryAt ?? turn.notBefore;
  const wait = turn.random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** turn.attempt++);
  turn.until = Math.max(turn.now + wait, turn.notBefore);
  rest(turn);
}

/** There is nobody who could ask, until somebody signs in. */
export function endSession(turn: Turn): void {
  hangUp(turn);
  showConnection(turn, { name: 'signedOut' });
}

export function hangUp(turn: Turn): void {
  turn.generation++;
  turn.effects.push({ type: 'close' });
  Object.assign(turn, { signIn: 'none', tokenRefusals: 0, answerBy: NEVER, signInBy: NEVER, renewAt: NEVER });
}

function rest(turn: Turn): void {
  const { until, attempt, refusal } = turn;
  if (!turn.isOnline) showConnection(turn, { name: 'offline' });
  else if (turn.isHidden && !isUnderWay(turn)) showConnection(turn, { name: 'asleep' });
  else if (turn.unopened >= UNREACHABLE_AFTER) showConnection(turn, { name: 'unreachable', until });
  else showConnection(turn, { name: 'waiting', attempt, until, ...(refusal && { refusal }) });
}

/** Somebody looks, or there is a network again: connects at once if it may, or looks whether the line still lives. */
export function wake(turn: Turn): void {
  if (isResting(turn)) turn.until = Math.max(turn.now, turn.notBefore);
  else if (turn.now - turn.heardAt > SLEPT_AFTER) probe(turn);
}

/** Somebody wants a try, whatever the system says of its network. */
export function retry(turn: Turn): void {
  if (isResting(turn) && turn.now >= turn.notBefore) connect(turn);
}

export function goneOffline(turn: Turn): void {
  if (isResting(turn)) rest(turn);
  else if (isLive(turn) || isOnTheWay(turn)) lose(turn);
}

/** The timer has come. */
export function tick(turn: Turn): void {
  if (turn.now - turn.wakeAt > SLEPT_AFTER) probe(turn);
}

function probe(turn: Turn): void {
  if (isLive(turn)) send(turn, { action: 'ping' }, AWAKE_WITHIN);
}

function send(turn: Turn, frame: ClientMessage, within = ANSWERS_WITHIN): void {
  turn.answerBy = Math.min(turn.answerBy, turn.now + within);
  turn.effects.push({ type: 'send', frame });
}

/** Does all that has become due, and says when there is more to do. The last part of each turn. */
export function settle(turn: Turn): void {
  if (turn.now >= Math.min(turn.answerBy, turn.signInBy)) lose(turn);
  if (isResting(turn)) {
    if (turn.isOnline && turn.now >= turn.until && !(turn.isHidden && !isUnderWay(turn))) connect(turn);
    else rest(turn);
  }
  postToLegacyEndpoint(turn);
  if (isLive(turn)) keepLive(turn);
  const isMissed = isResting(turn) ? turn.shown.connection.name !== 'asleep' : isOnTheWay(turn);
  if (isMissed !== (turn.shown.lostAt !== undefined)) show(turn, { lostAt: isMissed ? turn.now : undefined });
  turn.wakeAt = nextDeadline(turn);
}

const isOnTheWay = (turn: Turn) => ['connecting', 'authenticating'].includes(turn.shown.connection.name);
const mayAsk = (turn: Turn) => turn.signIn === 'done' || turn.signIn === 'renewing';
const silenceBorne = (turn: Turn) => (isUnderWay(turn) ? WORKING_SILENCE : turn.isHidden ? NEVER : IDLE_SILENCE);

function keepLive(turn: Turn): void {
  if (turn.signIn === 'done' && turn.now >= turn.renewAt && !(turn.isHidden && !isUnderWay(turn))) {
    turn.signIn = 'renewing';
    authenticate(turn, true);
  }
  if (turn.answerBy === NEVER && turn.now >= turn.heardAt + silenceBorne(turn)) breakSilence(turn);
  if (!mayAsk(turn)) return;
  for (const [key, due] of turn.requests) {
    if (due.dueAt > turn.now) continue;
    setRequest(turn, key, { ...due, dueAt: turn.now + LOST_AFTER, wasSent: true });
    const question = due.frame.action === 'finops_query' ? questionOf(turn, due.frame.requestId) : undefined;
    if (question?.refusal) showQuestion(turn, question);
    send(turn, due.frame);
  }
}

/** While a job goes on, its snapshot shows that the line lives, and brings what may have been lost. */
function breakSilence(turn: Turn): void {
  const asked = turn.requests;
  for (const jobId of unfinishedJobs(turn)) requestJob(turn, jobId);
  if (turn.requests === asked) send(turn, { action: 'ping' });
}

/** Only what no socket has carried: the legacy endpoint does not know a question when it comes twice. */
function postToLegacyEndpoint(turn: Turn): void {
  const hasWaited = turn.unopened >= LEGACY_AFTER.tries && turn.now >= turn.startedAt + LEGACY_AFTER.milliseconds;
  const isLast = turn.legacy === 'if nothing else' && !turn.hasEverOpened && isResting(turn) && hasWaited;
  if (!isLast && turn.shown.connection.name !== 'legacy') return;
  for (const [key, { frame, wasSent }] of turn.requests) {
    const question = frame.action === 'finops_query' ? questionOf(turn, frame.requestId) : undefined;
    if (question && !wasSent) {
      turn.posted = new Set(turn.posted).add(question.requestId);
      turn.effects.push({ type: 'post', question });
    }
    if (question ? !wasSent : turn.legacy === 'only') setRequest(turn, key);
  }
}

function nextDeadline(turn: Turn): number {
  const { name } = turn.shown.connection;
  if (name === 'waiting' || name === 'unreachable') return turn.until;
  const deadline = Math.min(turn.answerBy, turn.signInBy);
  if (name !== 'live') return deadline;
  const dues = mayAsk(turn) ? [...turn.requests.values()].map((waiting) => waiting.dueAt) : [];
  const silentAt = turn.answerBy === NEVER ? turn.heardAt + silenceBorne(turn) : NEVER;
  const isQuiet = turn.isHidden && !isUnderWay(turn);
  return Math.min(
    deadline,
    silentAt,
    ...dues,
    isQuiet || turn.signIn !== 'done' ? NEVER : turn.renewAt,
    turn.isHidden ? NEVER : turn.now + TICK,
  );
}

export function heard(turn: Turn): void {
  turn.heardAt = turn.now;
  turn.answerBy = NEVER;
}

/** Learns the server's clock by a message's time: by that of a job's step at least, as it may have been on its way. */
export function setClock(turn: Turn, seconds: number, isExact: boolean): void {
  const offset = seconds * 1000 - turn.now;
  turn.leastOffset = isExact ? offset : Math.max(turn.leastOffset, offset);
  // Times on the wire are whole seconds: less is no difference.
  if (Math.abs(turn.leastOffset - turn.shown.clockOffset) > 1000) show(turn, { clockOffset: turn.leastOffset });
}
