import type {
  AgentCompleted,
  AnalysisStarted,
  Authenticated,
  JobCancelled,
  JobCompleted,
  JobFailed,
  JobList,
  JobQueued,
  JobSnapshot,
  Pong,
  ProgressUpdate,
  Error as Refused,
} from './messages';

/** What is told of a job. */
export type JobMessage =
  | JobQueued
  | ProgressUpdate
  | AnalysisStarted
  | AgentCompleted
  | JobCompleted
  | (JobFailed & { jobId: string })
  | JobCancelled
  | JobSnapshot;

/** A question that was refused: no job was made. */
export type QuestionRefused = JobFailed & { jobId: null };

/** API Gateway's own word that something which was sent has not been served; it does not say what. */
export interface Unserved {
  type: 'unserved';
}

export type ServerMessage = JobMessage | QuestionRefused | Authenticated | JobList | Refused | Pong | Unserved;

type Check = (value: unknown) => boolean;
const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => Number.isFinite(value);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isListOf =
  (isElement: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(isElement);
/** Fields after the `|` may be missing. What a field holds is the same in all messages that have it, but for `result`. */
const hasFields = (names: string, more: Record<string, Check> = {}): Check => {
  const [required = [], optional = []] = names.split('|').map((part) => part.split(' ').filter(Boolean));
  const isRight = (name: string, field: unknown) => (more[name] ?? FIELDS[name] ?? isText)(field);
  return (value) =>
    isObject(value) &&
    required.every((name) => isRight(name, value[name])) &&
    optional.every((name) => value[name] === undefined || isRight(name, value[name]));
};

/** The fields that are not texts. */
const FIELDS: Record<string, Check> = {
  activeJobs: isListOf(isText),
  agents: isListOf(isText),
  agents_invoked: isListOf(isText),
  chart: isObject,
  createdAt: isNumber,
  expiresAt: isNumber,
  progress: isNumber,
  rows: isListOf(isObject),
  seq: isNumber,
  timestamp: isNumber,
  titles: (value) => isObject(value) && Object.values(value).every(isText),
  total: isObject,
  updatedAt: isNumber,
};

const isAgentResult = hasFields('agent title content status timestamp | data responseUrl', {
  data: isListOf(hasFields('title columns rows | total chart', { columns: isListOf(hasFields('key label type')) })),
});
const isJobResult = hasFields('query response agents_invoked timestamp | responseUrl');
const isOfJob = isListOf(hasFields('jobId status progress query createdAt updatedAt seq'));

/** What a message must hold to be taken, by its type. */
const MESSAGES: Record<string, Check> = {
  job_queued: hasFields('jobId message query progress seq | requestId'),
  progress_update: hasFields('jobId status message progress timestamp seq'),
  analysis_started: hasFields('jobId agents query seq | titles'),
  agent_completed: hasFields('jobId result progress seq', { result: isAgentResult }),
  job_completed: hasFields('jobId result timestamp seq', { result: isJobResult }),
  job_failed: hasFields('jobId error code | requestId timestamp seq', { jobId: (id) => id === null || isText(id) }),
  job_cancelled: hasFields('jobId timestamp seq'),
  job_snapshot: hasFields(
    'jobId status progress message query agents results createdAt updatedAt seq | titles result error code',
    { result: isJobResult, results: isListOf(isAgentResult) },
  ),
  authenticated: hasFields('| userId expiresAt activeJobs'),
  job_list: hasFields('jobs | cursor', { jobs: isOfJob }),
  error: hasFields('code message | jobId timestamp'),
  pong: hasFields('timestamp'),
};

/**
 * Reads a frame.
 *
 * @returns undefined for what is no message of the protocol: to be ignored, as the contract says
 */
export function serverMessage(frame: unknown): ServerMessage | undefined {
  let message: unknown;
  try {
    message = JSON.parse(frame as string);
  } catch {
    return undefined;
  }
  if (!isObject(message)) return undefined;
  const kind = message.type ?? message.action;
  if (kind === undefined && isText(message.message)) return { type: 'unserved' };
  if (typeof kind !== 'string' || !Object.hasOwn(MESSAGES, kind) || !MESSAGES[kind]?.(message)) return undefined;
  return message as unknown as ServerMessage;
}
