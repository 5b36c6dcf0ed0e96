import { fold, foldListed, hasEnded, type Job } from '../jobs/job';
import type { Authenticated, JobFailed, JobList, Error as Refused } from '../wire/messages';
import type { JobMessage, ServerMessage } from '../wire/serverMessage';
import type { Refusal } from './finopsClient';
import { authenticate, endSession, lose, setClock, signedIn, unfinishedJobs } from './line';
import { cancelKey, LIST, postpone, questionKey, requestJob, resumeKey, setRequest } from './requests';
import { forgetQuestion, having, questionOf, show, showCancelling, showQuestion, showRefusal, type Turn } from './turn';

/** Seconds to wait where the server does not say how long. */
const RETRY_AFTER = 15;
/** What the server could not serve is sent again so often, each time after twice as long. */
const MOST_FAILURES = 3;
const FAILURE_WAIT = 2_000;
/** A snapshot of each active job comes by itself; one that is not there then is asked for. */
const SNAPSHOT_WITHIN = 10_000;

/** What a message changes. */
export function hear(turn: Turn, message: ServerMessage): void {
  if ('action' in message) {
    ofUse(turn);
    setClock(turn, message.timestamp, true);
  } else if (message.type === 'authenticated') hearAuthenticated(turn, message);
  else if (message.type === 'job_list') hearList(turn, message);
  else if (message.type === 'unserved') hearUnserved(turn);
  else if (message.type === 'error') hearError(turn, message);
  else if (message.type === 'job_failed' && message.jobId === null) hearQuestionRefused(turn, message);
  else hearJob(turn, message as JobMessage);
}

function ofUse(turn: Turn): void {
  turn.attempt = 0;
  turn.tokenRefusals = 0;
}

function hearAuthenticated(turn: Turn, { expiresAt, activeJobs = [] }: Authenticated): void {
  signedIn(turn, expiresAt);
  for (const jobId of activeJobs) requestJob(turn, jobId, turn.now + SNAPSHOT_WITHIN);
  // They have ended meanwhile, or this connection does not follow them.
  for (const jobId of unfinishedJobs(turn)) requestJob(turn, jobId);
}

function hearJob(turn: Turn, message: JobMessage): void {
  ofUse(turn);
  const before = turn.shown.jobs.get(message.jobId);
  const job = fold(before, message);
  setJob(turn, job);
  if (message.type === 'progress_update') setClock(turn, message.timestamp, false);
  if ('requestId' in message) {
    setRequest(turn, questionKey(message.requestId));
    forgetQuestion(turn, message.requestId);
  }
  if (message.type === 'job_snapshot') {
    setRequest(turn, resumeKey(job.jobId));
    if (turn.shown.refusals.get(job.jobId)?.code !== 'JOB_FINISHED') showRefusal(turn, job.jobId);
  }
  if (!hasEnded(job)) return;
  setRequest(turn, cancelKey(job.jobId));
  showCancelling(turn, job.jobId, false);
  if (job !== before && !job.isWhole) requestJob(turn, job.jobId);
}

function setJob(turn: Turn, job: Job): void {
  const jobs = having(turn.shown.jobs, job.jobId, job);
  if (jobs !== turn.shown.jobs) show(turn, { jobs });
}

function hearList(turn: Turn, { jobs, cursor }: JobList): void {
  ofUse(turn);
  const asked = turn.requests.get(LIST)?.frame;
  if (!asked) return;
  setRequest(turn, LIST);
  turn.cursor = cursor;
  for (const listed of jobs) {
    const before = turn.shown.jobs.get(listed.jobId);
    const job = foldListed(before, listed);
    setJob(turn, job);
    // It goes on and is not followed, or it has ended and nobody has said so.
    const isBehind = before ? listed.seq > before.seq : false;
    if (!hasEnded(job) && (!before || isBehind)) requestJob(turn, job.jobId);
  }
  const listed = jobs.map((job) => job.jobId);
  const before = 'cursor' in asked ? turn.shown.history.jobIds : [];
  const jobIds = [...new Set([...before, ...listed])];
  show(turn, { history: { status: 'loaded', jobIds, hasMore: cursor !== undefined } });
}

/** Any of what was sent may be meant: all of it is sent again, at growing intervals. */
function hearUnserved(turn: Turn): void {
  if (mustSignIn(turn)) {
    lose(turn);
    return;
  }
  for (const [key, { wasSent, failures, notBefore }] of turn.requests) {
    if (wasSent && notBefore <= turn.now) postpone(turn, key, whenFailed(turn, Math.min(failures, MOST_FAILURES)));
  }
}

const whenFailed = (turn: Turn, failures: number) =>
  turn.now + FAILURE_WAIT * 2 ** failures * (0.5 + turn.random() / 2);

function hearError(turn: Turn, { code, message, jobId, retryAfter }: Refused): void {
  const refusal = refusalOf(turn, code, message, retryAfter);
  if (code === 'INVALID_TOKEN') hearInvalidToken(turn);
  else if (wantsToken(turn, code)) hearTokenWanted(turn);
  else if (jobId !== undefined) hearJobRefused(turn, jobId, refusal);
  else if (mustSignIn(turn)) lose(turn, code === 'RATE_LIMITED' ? refusal : undefined);
  else if (code === 'RATE_LIMITED') {
    // Too many frames, whichever they are.
    for (const key of turn.requests.keys()) isPostponed(turn, key, refusal);
  } else if (!turn.requests.has(LIST)) {
    if (code !== 'INTERNAL') showRefusal(turn, '', refusal);
  } else if (!isPostponed(turn, LIST, refusal)) {
    setRequest(turn, LIST);
    show(turn, { history: { ...turn.shown.history, status: 'failed', refusal } });
  }
}

function hearJobRefused(turn: Turn, jobId: string, refusal: Refusal): void {
  const keys = [cancelKey(jobId), resumeKey(jobId)];
  if (keys.filter((key) => isPostponed(turn, key, refusal)).length) return;
  for (const key of keys) setRequest(turn, key);
  showCancelling(turn, jobId, false);
  showRefusal(turn, jobId, refusal);
  const job = turn.shown.jobs.get(jobId);
  if (refusal.code === 'JOB_FINISHED' && !(job && hasEnded(job) && job.isWhole)) requestJob(turn, jobId);
  // What is gone would be under way for ever.
  if (refusal.code === 'JOB_NOT_FOUND' && job && !hasEnded(job)) show(turn, { jobs: having(turn.shown.jobs, jobId) });
}

function hearQuestionRefused(turn: Turn, { code, error, requestId, retryAfter }: JobFailed): void {
  const refusal = refusalOf(turn, code, error, retryAfter);
  const key = questionKey(requestId);
  const question = questionOf(turn, requestId);
  if (!question) {
    // Of an acknowledged question it ends nothing: it was sent twice, and refused once.
    if (requestId === undefined) showRefusal(turn, '', refusal);
  } else if (wantsToken(turn, code)) {
    hearTokenWanted(turn);
  } else {
    const isAskedAgain = isPostponed(turn, key, refusal);
    if (!isAskedAgain) setRequest(turn, key);
    if (!isAskedAgain || code === 'RATE_LIMITED') showQuestion(turn, question, refusal);
  }
}

/** Has what was refused for a while sent again by itself; false if it was refused for good, or is not asked. */
function isPostponed(turn: Turn, key: string, { code, retryAt = turn.now }: Refusal): boolean {
  const refused = turn.requests.get(key);
  if (!refused) return false;
  if (code === 'RATE_LIMITED') postpone(turn, key, retryAt);
  else if (code === 'INTERNAL' && refused.failures < MOST_FAILURES) {
    postpone(turn, key, whenFailed(turn, refused.failures));
  } else return false;
  return true;
}

function refusalOf(turn: Turn, code: string, sentence: string, retryAfter: unknown): Refusal {
  const isRight = Number.isInteger(retryAfter) && Number(retryAfter) >= 1 && Number(retryAfter) <= 86_400;
  const seconds = isRight ? Number(retryAfter) : RETRY_AFTER;
  const hasWait = code === 'RATE_LIMITED' || code === 'TOO_MANY_JOBS';
  return { code, sentence, ...(hasWait && { retryAt: turn.now + seconds * 1000 }) };
}

const wantsToken = (turn: Turn, code: string) =>
  turn.hasToken && (code === 'SESSION_EXPIRED' || code === 'UNAUTHENTICATED');

/** What comes now answers `authenticate`. */
const mustSignIn = (turn: Turn) => turn.signIn === 'none' || turn.signIn === 'refused';

/** Shows a new token in band; all that waits is sent again after it. */
function hearTokenWanted(turn: Turn): void {
  // What was sent before the server has seen the new token is refused, too.
  if (mustSignIn(turn)) return;
  if (++turn.tokenRefusals > 2) lose(turn);
  else {
    turn.signIn = 'refused';
    authenticate(turn, true);
  }
}

function hearInvalidToken(turn: Turn): void {
  if (++turn.tokenRefusals > 1) endSession(turn);
  else authenticate(turn, true);
}
