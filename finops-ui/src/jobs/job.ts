import type { AgentResult, AgentTitles, ErrorCode, JobResult, JobStatus } from '../wire/messages';
import type { JobMessage } from '../wire/serverMessage';

/** A question's way to its answer, as far as this page has been told. Times are epoch seconds, by the server's clock. */
export interface Job {
  readonly jobId: string;
  readonly requestId?: string;
  readonly query: string;
  readonly status: JobStatus;
  /** Percent; never falls. */
  readonly progress: number;
  /** How far it is, in a sentence. */
  readonly message: string;
  /** Those that are asked, in their order; empty while nobody has said. */
  readonly agents: readonly string[];
  readonly titles: AgentTitles;
  /** Each agent's answer, or its failure, by its name. */
  readonly answers: Readonly<Record<string, AgentResult>>;
  readonly result?: JobResult;
  /** Of a failed job: a sentence for a person, and why for programs. */
  readonly error?: string;
  readonly code?: ErrorCode | string;
  readonly seq: number;
  /** When it was asked: exactly once a snapshot or a list has said it, until then the earliest time that was told. */
  readonly createdAt?: number;
  readonly updatedAt?: number;
  /** Whether nothing is missing of what there is: false for what only a list has told. */
  readonly isWhole: boolean;
}

export const hasEnded = (job: Job): boolean => ['completed', 'failed', 'cancelled'].includes(job.status);

/** Gives a job as it is after one more message. Messages may come late, twice, and in another order: see docs/WEBSOCKET_API_GUIDE.md, State and order. */
export function fold(_job: Job | undefined, _message: JobMessage): Job {
  throw new Error('Not yet');
}
