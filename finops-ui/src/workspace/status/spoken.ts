import { hasEnded, type Job } from '../../jobs/job';
import { agentTitle, listed, shortQuestion } from './jobWords';

/**
 * Says what is worth hearing of the step from one state of a job to the next: queued, begun, each agent, the end. Never of
 * progress, so of a job with two agents 4 or 5 sentences are heard, however many messages come.
 *
 * @param isShown whether it is the job that is looked at; of another one only the end is told
 */
export function spoken(before: Job | undefined, job: Job, isShown: boolean): string {
  if (before === job || (before === undefined && hasEnded(job))) return '';
  const isEnd = hasEnded(job) && !(before && hasEnded(before));
  if (!isShown) return isEnd ? `${ending(job)} ${shortQuestion(job.query)}` : '';
  const sentences: string[] = [];
  if (before === undefined && job.status === 'queued') sentences.push('Your question is queued.');
  if (isAsked(job) && !(before && isAsked(before))) {
    sentences.push(`Working on it. Asked: ${listed(job.agents.map((agent) => agentTitle(job, agent)))}.`);
  }
  for (const [agent, answer] of Object.entries(job.answers)) {
    if (before?.answers[agent]) continue;
    const title = agentTitle(job, agent);
    sentences.push(answer.status === 'failed' ? `${title} failed. ${answer.content}` : `${title} has answered.`);
  }
  if (isEnd) sentences.push(ending(job));
  return sentences.join(' ');
}

const isAsked = (job: Job): boolean => job.status === 'processing' && job.agents.length > 0;

function ending(job: Job): string {
  if (job.status === 'cancelled') return 'Cancelled.';
  if (job.status === 'failed') return `Failed. ${job.error ?? ''}`.trim();
  return job.result?.partial ? 'The answer is here, in part.' : 'The answer is complete.';
}
