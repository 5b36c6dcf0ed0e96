import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fold, foldListed, hasEnded, type Job } from '../../src/jobs/job';
import type { AgentResult, JobResult } from '../../src/wire/messages';
import type { JobMessage } from '../../src/wire/serverMessage';

const jobId = 'job-1';
const query = 'What did S3 cost?';
const agents = ['cost', 'saving'];
const titles = { cost: 'Cost analysis', saving: 'Optimisation' };
const partOf = (agent: string, more: Partial<AgentResult> = {}): AgentResult => ({
  agent,
  title: agent,
  content: `What ${agent} says`,
  status: 'completed',
  timestamp: 1010,
  ...more,
});
const result: JobResult = {
  query,
  response: 'All',
  agent: 'cost',
  agents_invoked: agents,
  partial: false,
  timestamp: 1020,
};
const counts = { completed_agents: [], total_agents: 2 };

const queued: JobMessage = {
  type: 'job_queued',
  jobId,
  requestId: 'q',
  message: 'Queued.',
  query,
  progress: 5,
  seq: 1,
};
const working: JobMessage = {
  type: 'progress_update',
  jobId,
  status: 'processing',
  message: 'Working.',
  progress: 10,
  timestamp: 1002,
  seq: 2,
};
const started: JobMessage = { type: 'analysis_started', jobId, agents, titles, query, seq: 2 };
const first: JobMessage = {
  type: 'agent_completed',
  jobId,
  agent: 'saving',
  result: partOf('saving'),
  progress: 50,
  ...counts,
  seq: 3,
};
const second: JobMessage = { ...first, agent: 'cost', result: partOf('cost'), progress: 90, seq: 5 };
const ticking: JobMessage = { ...working, message: 'Still working.', progress: 55, timestamp: 1012, seq: 4 };
const completed: JobMessage = { type: 'job_completed', jobId, result, timestamp: 1020, seq: 5 };
const whole = [queued, working, started, first, ticking, second, completed];

const foldAll = (messages: readonly JobMessage[], before?: Job) =>
  messages.reduce<Job | undefined>((job, message) => fold(job, message), before) as Job;
const snapshot = (more: object = {}): JobMessage => ({
  type: 'job_snapshot',
  jobId,
  status: 'completed',
  progress: 100,
  message: 'Done.',
  query,
  agents,
  titles,
  completed_agents: agents,
  results: [partOf('cost'), partOf('saving')],
  result,
  createdAt: 1000,
  updatedAt: 1020,
  seq: 5,
  ...more,
});

describe('a job', () => {
  test('is the same in whatever order it is told, however often', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...whole, ...whole], { minLength: whole.length * 2 }),
        (messages: readonly JobMessage[]) => {
          expect(foldAll(messages)).toEqual(foldAll(whole));
        },
      ),
    );
  });

  test('is not changed by what is known, and then is the same object', () => {
    const job = foldAll(whole);
    for (const message of whole) expect(fold(job, message)).toBe(job);
  });

  test('is as its snapshot says, whatever was missed before it or comes late after it', () => {
    fc.assert(
      fc.property(fc.subarray(whole), fc.shuffledSubarray(whole), (before, after) => {
        const { requestId: _, ...job } = foldAll([...before, snapshot(), ...after]);
        const { requestId: __, ...expected } = foldAll([...whole, snapshot()]);
        expect(job).toEqual(expected);
      }),
    );
  });

  test('never goes back', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...whole, snapshot({ status: 'processing', seq: 4 })]), (messages) => {
        let before: Job | undefined;
        for (const message of messages) {
          const after = fold(before, message);
          expect(after.progress).toBeGreaterThanOrEqual(before?.progress ?? 0);
          if (before && hasEnded(before)) expect(after.status).toBe(before.status);
          before = after;
        }
      }),
    );
  });

  test('keeps its first end', () => {
    const cancelled = fold(foldAll([queued, working]), { type: 'job_cancelled', jobId, timestamp: 1005, seq: 3 });
    expect(fold(cancelled, completed)).toMatchObject({ status: 'cancelled', result: undefined, progress: 10 });
  });

  test('that has failed says why, for people and for programs', () => {
    const error = 'No agent could answer.';
    const failed = fold(foldAll([queued, working, started]), {
      type: 'job_failed',
      jobId,
      error,
      code: 'AGENTS_FAILED',
      timestamp: 1020,
      seq: 6,
    });
    expect(failed).toMatchObject({ status: 'failed', error, code: 'AGENTS_FAILED', message: '', isWhole: true });
  });

  test('is not whole while the answer of one that was asked is missing', () => {
    const job = foldAll([queued, first, completed]);
    expect(job).toMatchObject({ status: 'completed', isWhole: false });
    expect(fold(job, second).isWhole).toBe(true);
    // Where an answer is lost for good, the snapshot is all that there is.
    expect(fold(job, snapshot({ results: [partOf('saving')] })).isWhole).toBe(true);
  });

  test('of which a list tells has no answers, and takes them from its snapshot', () => {
    const listed = {
      jobId,
      status: 'completed',
      progress: 100,
      query,
      createdAt: 1000,
      updatedAt: 1020,
      seq: 5,
    } as const;
    const job = foldListed(undefined, listed);
    expect(job).toMatchObject({ status: 'completed', isWhole: false, createdAt: 1000 });
    expect(fold(job, snapshot())).toEqual(foldAll([snapshot()]));
    const known = foldAll([...whole, snapshot()]);
    expect(foldListed(known, listed)).toBe(known);
  });

  test('was asked at the time that a snapshot says, or at the earliest that was told', () => {
    expect(fold(undefined, queued).createdAt).toBeUndefined();
    expect(foldAll([ticking, working]).createdAt).toBe(1002);
    expect(foldAll([working, snapshot()]).createdAt).toBe(1000);
  });
});

describe('a text that is cut', () => {
  const cut = (content: string, responseUrl: string) => partOf('cost', { content, responseUrl });
  const told = (part: AgentResult): JobMessage => ({ ...second, result: part, agent: 'cost' }) as JobMessage;

  test('keeps its longer first part, and takes the newer link', () => {
    const job = foldAll([queued, told(cut('A long first part', 'https://old')), completed]);
    const renewed = fold(job, snapshot({ results: [cut('A long', 'https://new'), partOf('saving')] }));
    expect(renewed.answers.cost).toMatchObject({ content: 'A long first part', responseUrl: 'https://new' });
    // What was on its way brings no old link back.
    expect(fold(renewed, told(cut('A long first part', 'https://old')))).toBe(renewed);
  });

  test('is replaced by the whole one, and never the other way round', () => {
    const part = fold(undefined, told(cut('A first part', 'https://old')));
    const full = fold(part, told(partOf('cost')));
    expect(full.answers.cost).toEqual(partOf('cost'));
    expect(fold(full, snapshot({ results: [cut('A first', 'https://new')] })).answers.cost).toEqual(partOf('cost'));
  });

  test('gets the link of its whole answer anew', () => {
    const link = (responseUrl: string) => ({ ...result, response: 'A first part', responseUrl });
    const job = foldAll([queued, first, second, { ...completed, result: link('https://old') } as JobMessage]);
    expect(fold(job, snapshot({ result: link('https://new') })).result?.responseUrl).toBe('https://new');
  });

  test('keeps figures that a snapshot has no room for', () => {
    const data: NonNullable<AgentResult['data']> = [
      { title: 'By month', columns: [{ key: 'cost', label: 'Cost', type: 'money' }], rows: [{ cost: '1.00' }] },
    ];
    const job = foldAll([queued, told(partOf('cost', { data }))]);
    expect(fold(job, snapshot()).answers.cost?.data).toEqual(data);
    expect(fold(foldAll([snapshot()]), told(partOf('cost', { data }))).answers.cost?.data).toEqual(data);
  });
});
