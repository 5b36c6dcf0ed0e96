import type { Job } from '../../jobs/job';
import type { JobStatus } from '../../wire/messages';

/** What the colour of a word or a dot says; it never says it alone. */
export type Tone = 'soft' | 'busy' | 'good' | 'warning' | 'bad';

const WORDS: Readonly<Record<JobStatus, readonly [word: string, tone: Tone]>> = {
  queued: ['Queued', 'busy'],
  processing: ['Working', 'busy'],
  completed: ['Answered', 'good'],
  failed: ['Failed', 'bad'],
  cancelled: ['Cancelled', 'soft'],
};

/** Gives a job's status in a word. */
export function jobWord(job: Job, isCancelling = false): readonly [word: string, tone: Tone] {
  if (isCancelling) return ['Cancelling', 'busy'];
  if (job.status === 'completed' && job.result?.partial) return ['Answered in part', 'warning'];
  return WORDS[job.status] ?? [job.status, 'soft'];
}

/** Gives an agent's heading for people. */
export const agentTitle = (job: Job, agent: string): string => job.answers[agent]?.title || job.titles[agent] || agent;

/** Gives names as a sentence has them: A, B and C. */
export const listed = (names: readonly string[]): string => new Intl.ListFormat('en').format(names);

/** Gives a question on one line, short enough for a title. */
export function shortQuestion(query: string, length = 60): string {
  const text = query.replace(/\s+/g, ' ').trim();
  const characters = [...text];
  return characters.length <= length
    ? text
    : `${characters
        .slice(0, length - 1)
        .join('')
        .trimEnd()}…`;
}
