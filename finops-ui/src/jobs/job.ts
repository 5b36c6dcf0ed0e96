import type { AgentResult, AgentTitles, ErrorCode, Figures, JobList, JobResult, JobStatus } from '../wire/messages';
import type { JobMessage } from '../wire/serverMessage';

/** A question's way to its answer, as far as this page has been told. Times are epoch seconds, by the server's clock. */
export interface Job {
  readonly jobId: string;
  readonly requestId?: string | undefined;
  readonly query: string;
  readonly status: JobStatus;
  /** Percent; never falls. */
  readonly progress: number;
  /** How far it is, in a sentence; empty when it has ended. */
  readonly message: string;
  /** Those that are asked, in their order; empty while nobody has said. */
  readonly agents: readonly string[];
  readonly titles: AgentTitles;
  /** Each agent's answer, or its failure, by its name. */
  readonly answers: Readonly<Record<string, AgentResult>>;
  readonly result?: JobResult | undefined;
  /** Of a failed job: a sentence for a person, and why for programs. */
  readonly error?: string | undefined;
  readonly code?: ErrorCode | string | undefined;
  readonly seq: number;
  /** When it was asked: exactly once a snapshot or a list has said it, until then the earliest time that was told. */
  readonly createdAt?: number | undefined;
  readonly updatedAt?: number | undefined;
  /** Whether nothing is missing of what there is: false for what only a list has told. */
  readonly isWhole: boolean;
}

const isEnd = (status: JobStatus | undefined): boolean =>
  status === 'completed' || status === 'failed' || status === 'cancelled';
export const hasEnded = (job: Job): boolean => isEnd(job.status);

const ENDS: Record<string, JobStatus> = {
  job_completed: 'completed',
  job_failed: 'failed',
  job_cancelled: 'cancelled',
};

/** Every field that one of the messages has. */
type Told = Partial<Omit<Job, 'answers' | 'result' | 'isWhole'>> & {
  readonly type: JobMessage['type'];
  readonly jobId: string;
  readonly timestamp?: number;
  readonly result?: JobResult | AgentResult;
  readonly results?: readonly AgentResult[];
};

const newJob = (jobId: string): Job => ({
  jobId,
  query: '',
  status: 'queued',
  progress: 0,
  message: '',
  agents: [],
  titles: {},
  answers: {},
  seq: 0,
  isWhole: true,
});

/**
 * Gives a job as it is after one more message; the same object if it has told nothing new.
 *
 * Messages may come late, twice, and in another order: docs/WEBSOCKET_API_GUIDE.md, "State and order", has the rules,
 * and here they stand in their order.
 */
export function fold(before: Job = newJob(''), message: JobMessage): Job {
  const told = message as Told;
  const isSnapshot = told.type === 'job_snapshot';
  const jobId = told.jobId;

  // 1. Facts, whenever they come.
  const results = told.type === 'agent_completed' ? [told.result as AgentResult] : (told.results ?? []);
  const answers = results.reduce((all, answer) => withAnswer(all, answer, isSnapshot), before.answers);
  const whole = told.type === 'agent_completed' ? undefined : (told.result as JobResult | undefined);
  const { requestId = before.requestId, titles = before.titles } = told;
  const query = told.query ?? whole?.query ?? before.query;
  const agents = sameList(before.agents, told.agents ?? whole?.agents_invoked ?? before.agents);

  // 2., 4. to 6. The status, from what is not older, and the first end whenever it comes.
  const end = ENDS[told.type] ?? (isEnd(told.status) ? told.status : undefined);
  const isOver = hasEnded(before);
  const isOlder = (told.seq ?? before.seq) < before.seq;
  const going = told.status ?? (told.type === 'job_queued' ? before.status : 'processing');
  const status = isOver || (isOlder && !end) ? before.status : (end ?? going);

  const isCompleted = status === 'completed';
  const result = isCompleted && whole ? theMoreWhole(before.result, whole, isSnapshot) : before.result;
  const isFailed = status === 'failed' && end === 'failed';
  return changed(before, {
    jobId,
    requestId,
    query,
    status,
    // 3. Never falls.
    progress: isCompleted ? 100 : Math.max(before.progress, told.progress ?? 0),
    message: isEnd(status) ? '' : isOlder ? before.message : (told.message ?? before.message),
    agents,
    titles: sameTitles(before.titles, titles),
    answers,
    result,
    error: isFailed ? (before.error ?? told.error) : before.error,
    code: isFailed ? (before.code ?? told.code) : before.code,
    seq: Math.max(before.seq, told.seq ?? 0),
    createdAt: least(before.createdAt, told.createdAt ?? told.timestamp),
    updatedAt: most(before.updatedAt, told.updatedAt ?? told.timestamp),
    isWhole:
      isSnapshot ||
      (isOver && before.isWhole) ||
      (isCompleted ? !!result?.agents_invoked.every((agent) => answers[agent]) : before.isWhole),
  });
}

/** Gives a job as it is after a list has named it: lists have neither answers nor the end's message. */
export function foldListed(before: Job | undefined, listed: JobList['jobs'][number]): Job {
  const { createdAt, query } = listed;
  return before ? changed(before, { ...before, createdAt, query }) : { ...newJob(''), ...listed, isWhole: false };
}

/** Of one agent's answers the first is kept: it does not change, only how much of it fits into a message. */
function withAnswer(answers: Job['answers'], told: AgentResult, isNewer: boolean): Job['answers'] {
  const kept = Object.hasOwn(answers, told.agent) ? answers[told.agent] : undefined;
  const answer = theMoreWhole(kept, told, isNewer);
  return answer === kept ? answers : { ...answers, [told.agent]: answer };
}

/** Of two tellings of one text gives the whole one, or else the first with the newer link; with figures if one has any. */
function theMoreWhole<Text extends { responseUrl?: string; data?: Figures }>(
  kept: Text | undefined,
  told: Text,
  isNewer: boolean,
): Text {
  if (!kept) return told;
  const data = kept.data ?? told.data;
  const text = kept.responseUrl && !told.responseUrl ? told : kept;
  const link = isNewer && text.responseUrl ? told.responseUrl : text.responseUrl;
  if (link === kept.responseUrl && data === kept.data) return kept;
  return { ...text, ...(link && { responseUrl: link }), ...(data && { data }) };
}

const least = (one = Number.POSITIVE_INFINITY, other = one) => finite(Math.min(one, other));
const most = (one = Number.NEGATIVE_INFINITY, other = one) => finite(Math.max(one, other));
const finite = (time: number) => (Number.isFinite(time) ? time : undefined);

/** What says the same stays the same object, so that nothing is drawn for it. */
const sameList = <List extends readonly string[]>(before: List, now: List) =>
  before.join('\n') === now.join('\n') ? before : now;
const sameTitles = (before: AgentTitles, now: AgentTitles) =>
  JSON.stringify(before) === JSON.stringify(now) ? before : now;
const changed = (before: Job, now: Job): Job =>
  (Object.keys(now) as (keyof Job)[]).every((field) => now[field] === before[field]) ? before : now;
