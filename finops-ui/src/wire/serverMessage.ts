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

export type ServerMessage = JobMessage | (JobFailed & { jobId: null }) | Authenticated | JobList | Refused | Pong;

/**
 * Reads a frame.
 *
 * @returns undefined for what is no message of the protocol: to be ignored, as the contract says
 */
export function serverMessage(frame: unknown): ServerMessage | undefined {
  throw new Error(`Not yet: ${frame}`);
}
