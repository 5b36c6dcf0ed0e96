import { useCallback, useEffect, useSyncExternalStore } from 'react';
import type { Job } from '../jobs/job';
import type { ClientState, FinopsClient, Question, Refusal } from './finopsClient';

/** Gives the client's whole state, and draws anew when it has changed. */
export function useFinOpsState(client: FinopsClient): ClientState {
  return useSyncExternalStore(client.subscribe, client.getState, client.getState);
}

export interface FinOpsJob {
  /** Undefined until the server has acknowledged the question, or has told of the job. */
  readonly job: Job | undefined;
  /** The question, until it is acknowledged; with `refusal` if it was refused. */
  readonly question: Question | undefined;
  /** What the server has refused about the job: that it exists, that it can be cancelled. */
  readonly refusal: Refusal | undefined;
  readonly isCancelling: boolean;
  readonly cancel: () => void;
}

/**
 * Follows one question to its answer.
 *
 * @param id the requestId that `client.ask` gave, or a jobId
 */
export function useFinOpsJob(client: FinopsClient, id: string): FinOpsJob {
  const { jobs, questions, refusals, cancelling, user } = useFinOpsState(client);
  const question = questions.find(({ requestId }) => requestId === id);
  const job = jobs.get(id) ?? [...jobs.values()].find(({ requestId }) => requestId === id);
  const jobId = job?.jobId ?? id;
  const isMissing = user !== undefined && !question && !job?.isWhole;
  useEffect(() => {
    if (isMissing) client.follow(jobId);
  }, [client, jobId, isMissing]);
  const cancel = useCallback(() => client.cancel(jobId), [client, jobId]);
  return { job, question, refusal: refusals.get(jobId), isCancelling: cancelling.has(jobId), cancel };
}
