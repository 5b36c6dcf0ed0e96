import { expect, it } from 'vitest';
import { fold, type Job } from '../../src/jobs/job';
import type { JobMessage } from '../../src/wire/serverMessage';
import { spoken } from '../../src/workspace/status/spoken';

const jobId = 'a-job';
const [cost, advisor] = ['cost-agent', 'advisor-agent'];
const query = 'What did S3 cost in May, and where can we save?';
const titles = { [cost]: 'Cost analysis', [advisor]: 'Optimisation' };

function answered(agent: string, seq: number, status: 'completed' | 'failed' = 'completed'): JobMessage {
  const result = { agent, title: titles[agent] ?? agent, content: 'It did not answer in time.', status, timestamp: 9 };
  return { type: 'agent_completed', jobId, agent, result, progress: 50, completed_agents: [], total_agents: 2, seq };
}

function ticks(from: number, count: number): JobMessage[] {
  return Array.from({ length: count }, (_, index) => ({
    type: 'progress_update',
    jobId,
    status: 'processing',
    message: 'Still working.',
    progress: 10,
    timestamp: 9,
    seq: from + index,
  }));
}

const WHOLE_JOB: JobMessage[] = [
  { type: 'job_queued', jobId, message: 'Your question is queued.', query, progress: 5, seq: 1 },
  ...ticks(2, 1),
  { type: 'analysis_started', jobId, agents: [cost, advisor], titles, query, seq: 3 },
  ...ticks(4, 200),
  answered(cost, 204),
  ...ticks(205, 200),
  answered(advisor, 405),
  {
    type: 'job_completed',
    jobId,
    result: { query, response: '', agent: '', agents_invoked: [cost, advisor], partial: false, timestamp: 9 },
    timestamp: 9,
    seq: 406,
  },
];

function heard(messages: readonly JobMessage[], isShown: boolean): string[] {
  let job: Job | undefined;
  const sentences: string[] = [];
  for (const message of messages) {
    const next = fold(job, message);
    sentences.push(spoken(job, next, isShown));
    job = next;
  }
  return sentences.filter(Boolean);
}

it('speaks five times of a job with two agents, however many messages come', () => {
  expect(heard(WHOLE_JOB, true)).toEqual([
    'Your question is queued.',
    'Working on it. Asked: Cost analysis and Optimisation.',
    'Cost analysis has answered.',
    'Optimisation has answered.',
    'The answer is complete.',
  ]);
});

it('speaks of a failed agent in its sentence', () => {
  expect(heard([...WHOLE_JOB.slice(0, 3), answered(advisor, 9, 'failed')], true).at(-1)).toBe(
    'Optimisation failed. It did not answer in time.',
  );
});

it('speaks once of a job that is not looked at, when it ends', () => {
  expect(heard(WHOLE_JOB, false)).toEqual([`The answer is complete. ${query}`]);
});

it('says nothing of what had ended before it was told', () => {
  const ended = WHOLE_JOB.reduce<Job | undefined>(fold, undefined) as Job;
  expect(spoken(undefined, ended, true)).toBe('');
});
