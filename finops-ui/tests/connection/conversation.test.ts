import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFinopsClient } from '../../src/connection/createFinopsClient';
import type { Job } from '../../src/jobs/job';
import { begin, comparable, wholeOf } from './begin';
import type { ServedJob } from './modelServer';
import { FakeStorage, Page } from './world';

const SECOND = 1_000;
const MINUTE = 60_000;

const jobsOf = (client: ReturnType<typeof begin>['client']) => [...client.getState().jobs.values()];

describe('a question', () => {
  test('becomes a job with its answer, and waits no longer', async () => {
    const { world, server, client, tab } = begin();
    await world.pass(SECOND);
    const requestId = client.ask('What did S3 cost?', ['cost']);
    expect(client.getState().questions).toMatchObject([{ requestId, query: 'What did S3 cost?', agents: ['cost'] }]);
    await world.pass(MINUTE);
    const [job] = jobsOf(client);
    expect(job).toMatchObject({ requestId, status: 'completed', isWhole: true });
    expect(comparable(job as Job)).toEqual(wholeOf(server.jobOf(requestId) as ServedJob));
    expect(client.getState().questions).toEqual([]);
    expect([...tab.items]).toEqual([]);
  });

  test('is asked when it is known who asks, also if it was there before', async () => {
    const { world, server, session } = begin();
    const surroundings = new Page(world, server.line, new FakeStorage());
    const client = createFinopsClient({ url: 'wss://finops.example', session, surroundings });
    const requestId = client.ask('What did S3 cost?');
    client.start();
    await world.pass(MINUTE);
    expect(jobsOf(client)).toContainEqual(expect.objectContaining({ requestId, status: 'completed' }));
  });

  test('is one job, also if the page is loaded anew before it is acknowledged', async () => {
    const { world, server, page, client, open } = begin();
    await world.pass(SECOND);
    const requestId = client.ask('What did S3 cost?');
    await world.pass(25);
    expect(client.getState().questions).toHaveLength(1);
    page.unload();
    const again = open();
    expect(again.client.getState().questions).toMatchObject([{ requestId, query: 'What did S3 cost?' }]);
    await world.pass(MINUTE);
    expect(server.jobs.size).toBe(1);
    expect(jobsOf(again.client)).toMatchObject([{ requestId, status: 'completed', isWhole: true }]);
    expect(again.client.getState().questions).toEqual([]);
  });

  test.each([1, 3, 6, 9, 60])('is answered after a reload in second %i', async (seconds) => {
    const { world, page, client, open } = begin();
    await world.pass(SECOND);
    client.ask('What did S3 cost?');
    await world.pass(seconds * SECOND);
    page.unload();
    const again = open();
    await world.pass(MINUTE);
    again.client.list();
    await world.pass(SECOND);
    for (const job of jobsOf(again.client)) again.client.follow(job.jobId);
    await world.pass(SECOND);
    expect(jobsOf(again.client)).toMatchObject([{ query: 'What did S3 cost?', status: 'completed', isWhole: true }]);
    expect(Object.keys(jobsOf(again.client)[0]?.answers ?? {}).sort()).toEqual(['cost', 'saving']);
  });

  test('of three that are cut in the middle none is asked twice, and nothing is mixed', async () => {
    const { world, server, client } = begin();
    await world.pass(SECOND);
    const asked = ['One?', 'Two?', 'Three?'].map((query) => client.ask(query));
    for (let cuts = 0; cuts < 4; cuts++) {
      await world.pass(2 * SECOND);
      server.cut();
    }
    await world.pass(MINUTE);
    expect(server.jobs.size).toBe(3);
    for (const requestId of asked) {
      const served = server.jobOf(requestId) as ServedJob;
      const job = client.getState().jobs.get(served.jobId) as Job;
      expect(comparable(job)).toEqual(wholeOf(served));
      expect(job.result?.response).toContain(served.query);
    }
  });

  test('is asked without a storage, too', async () => {
    const refuses = () => {
      throw new Error('Storage is off.');
    };
    const { world, client } = begin(() => {}, 1, { getItem: refuses, setItem: refuses, removeItem: refuses });
    client.ask('What did S3 cost?');
    await world.pass(MINUTE);
    expect(jobsOf(client)).toMatchObject([{ status: 'completed' }]);
  });

  test('that comes too soon is sent again by itself when it may be, under its id', async () => {
    let refusals = 0;
    const { world, server, page, client } = begin((server) => {
      server.answer = ({ action, requestId }) =>
        action === 'finops_query' && ++refusals === 1
          ? refused(requestId, { code: 'RATE_LIMITED', retryAfter: 17 })
          : undefined;
    });
    await world.pass(SECOND);
    const requestId = client.ask('What did S3 cost?');
    await world.pass(SECOND);
    const [question] = client.getState().questions;
    expect(question?.refusal).toMatchObject({ code: 'RATE_LIMITED' });
    const retryAt = question?.refusal?.retryAt as number;
    expect(Math.round((retryAt - world.now) / SECOND)).toBe(16);
    // Neither the person nor a new connection hurries it.
    client.askAgain(requestId);
    server.cut();
    await world.pass(retryAt - world.now - SECOND);
    expect(page.sentActions().filter((action) => action === 'finops_query')).toHaveLength(1);
    await world.pass(2 * SECOND);
    expect(jobsOf(client)).toMatchObject([{ requestId }]);
    expect(client.getState().questions).toEqual([]);
  });

  test('of which the server says that it could not serve it is sent a few times more, then shown', async () => {
    const { world, page, client } = begin((server) => {
      server.answer = ({ action, requestId }) =>
        action === 'finops_query' ? refused(requestId, { code: 'INTERNAL' }) : undefined;
    });
    await world.pass(SECOND);
    client.ask('What did S3 cost?');
    await world.pass(MINUTE);
    expect(page.sentActions().filter((action) => action === 'finops_query')).toHaveLength(4);
    expect(client.getState().questions).toMatchObject([{ refusal: { code: 'INTERNAL' } }]);
  });

  test('that is refused waits for the person, over a reload too, and is asked under its id, or withdrawn', async () => {
    let isRefused = true;
    const { world, page, client, open, tab } = begin((server) => {
      server.answer = ({ action, requestId }) =>
        isRefused && action === 'finops_query'
          ? refused(requestId, { code: 'TOO_MANY_JOBS', retryAfter: 30 })
          : undefined;
    });
    await world.pass(SECOND);
    const requestId = client.ask('What did S3 cost?');
    const other = client.ask('And EC2?');
    await world.pass(SECOND);
    page.unload();
    const again = open();
    await world.pass(MINUTE);
    expect(again.page.sentActions()).toEqual(['authenticate']);
    expect(again.client.getState().questions).toMatchObject([
      { requestId, refusal: { code: 'TOO_MANY_JOBS' } },
      { requestId: other, refusal: { code: 'TOO_MANY_JOBS' } },
    ]);
    isRefused = false;
    again.client.askAgain(requestId);
    again.client.withdraw(other);
    await world.pass(MINUTE);
    expect(jobsOf(again.client)).toMatchObject([{ requestId, query: 'What did S3 cost?' }]);
    expect(again.client.getState().questions).toEqual([]);
    expect(tab.items.size).toBe(0);
  });

  test('that was acknowledged is not ended by a refusal of its repetition', async () => {
    const { world, server, page, client } = begin();
    await world.pass(SECOND);
    const requestId = client.ask('What did S3 cost?');
    await world.pass(SECOND);
    server.tell(page.socket, refused(requestId, { code: 'RATE_LIMITED', retryAfter: 5 }));
    await world.pass(MINUTE);
    expect(jobsOf(client)).toMatchObject([{ requestId, status: 'completed' }]);
    expect(client.getState().questions).toEqual([]);
  });

  test('is answered although API Gateway fails to serve half of what is sent', async () => {
    const { world, server, client } = begin();
    await world.pass(SECOND);
    server.network = { ...server.network, isUnserved: () => world.random() < 0.5 };
    client.ask('What did S3 cost?');
    await world.pass(2 * MINUTE);
    expect(jobsOf(client)).toMatchObject([{ status: 'completed', isWhole: true }]);
  });
});

describe('a job', () => {
  test('whose end comes without one of its answers asks for what is missing by itself', async () => {
    const { world, page } = begin();
    await world.pass(SECOND);
    const result = {
      query: 'What?',
      response: 'All',
      agent: 'cost',
      agents_invoked: ['cost'],
      partial: false,
      timestamp: 1,
    };
    page.socket.brings(JSON.stringify({ type: 'job_completed', jobId: 'job-9', result, timestamp: 1, seq: 4 }));
    expect(page.sent.at(-1)).toEqual({ action: 'resume_job', jobId: 'job-9' });
  });

  test('is cancelled once, also if the line is cut right after the wish', async () => {
    const { world, server, client } = begin();
    await world.pass(SECOND);
    client.ask('What did S3 cost?');
    await world.pass(SECOND);
    const [job] = jobsOf(client);
    const jobId = job?.jobId as string;
    client.cancel(jobId);
    client.cancel(jobId);
    expect([...client.getState().cancelling]).toEqual([jobId]);
    server.cut();
    await world.pass(MINUTE);
    expect(client.getState().jobs.get(jobId)?.status).toBe('cancelled');
    // Whatever is said again is no news.
    const told = client.getState();
    for (const message of server.jobs.get(jobId)?.told ?? []) server.tell([...server.connections][0] as never, message);
    await world.pass(SECOND);
    expect(client.getState()).toBe(told);
    expect(client.getState().cancelling.size).toBe(0);
  });

  test('that has ended meanwhile cannot be cancelled: that is said, and its end is there', async () => {
    const { world, server, page, client } = begin();
    await world.pass(SECOND);
    client.ask('What did S3 cost?');
    await world.pass(SECOND);
    const jobId = jobsOf(client)[0]?.jobId as string;
    server.answer = ({ action }) =>
      action === 'cancel_job'
        ? { type: 'error', code: 'JOB_FINISHED', message: 'Too late.', jobId, timestamp: server.seconds }
        : undefined;
    client.cancel(jobId);
    await world.pass(SECOND);
    expect(client.getState().cancelling.size).toBe(0);
    expect(client.getState().refusals.get(jobId)).toEqual({ code: 'JOB_FINISHED', sentence: 'Too late.' });
    expect(page.sentActions().slice(-1)).toEqual(['resume_job']);
    client.dismiss(jobId);
    expect(client.getState().refusals.size).toBe(0);
  });

  test('that is not there is said to be so, and one that was under way is no more', async () => {
    const { world, server, client } = begin();
    await world.pass(SECOND);
    client.follow('another');
    client.ask('What did S3 cost?');
    await world.pass(SECOND);
    expect(client.getState().refusals.get('another')?.code).toBe('JOB_NOT_FOUND');
    server.jobs.clear();
    server.cut();
    await world.pass(SECOND * 3);
    expect(client.getState().refusals.get('job-1')?.code).toBe('JOB_NOT_FOUND');
    expect(jobsOf(client)).toEqual([]);
  });

  test('of which only a list has told is not whole; following it brings its answer, and once more only a new link', async () => {
    const { world, client, page, open } = begin();
    await world.pass(SECOND);
    client.ask('What did S3 cost?');
    await world.pass(MINUTE);
    const other = open(new FakeStorage());
    await world.pass(SECOND);
    other.client.list();
    expect(other.client.getState().history.status).toBe('loading');
    await world.pass(SECOND);
    const { history, jobs } = other.client.getState();
    expect(history).toEqual({ status: 'loaded', jobIds: ['job-1'], hasMore: false });
    expect(jobs.get('job-1')).toMatchObject({ status: 'completed', isWhole: false, answers: {} });
    other.client.follow('job-1');
    await world.pass(SECOND);
    const followed = other.client.getState().jobs.get('job-1') as Job;
    expect(followed.isWhole).toBe(true);
    expect(comparable(followed)).toEqual(comparable(jobsOf(client)[0] as Job));
    const { length } = other.page.sent;
    other.client.follow('job-1');
    await world.pass(SECOND);
    expect(other.page.sent).toHaveLength(length);
    other.client.follow('job-1', true);
    await world.pass(SECOND);
    expect(other.page.sentActions(length)).toEqual(['resume_job']);
    expect(page.sentActions()).not.toContain('resume_job');
  });

  test('in two tabs has the same answer, and signing out in one empties both', async () => {
    const { world, session, client, open, page, tab } = begin();
    const other = open(new FakeStorage());
    await world.pass(SECOND);
    client.ask('What did S3 cost?');
    await world.pass(6 * SECOND);
    // The server tells of a new job those who ask: the other tab learns of it when it comes back.
    other.page.socket.ends();
    await world.pass(MINUTE);
    expect(jobsOf(other.client).map(comparable)).toEqual(jobsOf(client).map(comparable));
    client.ask('And EC2?');
    session.becomes(undefined);
    for (const emptied of [client, other.client]) {
      const { connection, jobs, questions, history, user } = emptied.getState();
      expect({ connection, jobs: jobs.size, questions, history: history.status, user }).toEqual({
        connection: { name: 'signedOut' },
        jobs: 0,
        questions: [],
        history: 'unknown',
        user: undefined,
      });
    }
    expect([...page.openSockets, ...other.page.openSockets]).toEqual([]);
    expect(tab.items.size).toBe(0);
  });
});

describe('who asks', () => {
  test('is shown anew in band, two to five minutes before the token ends', async () => {
    const { world, page, session } = begin();
    await world.pass(54 * MINUTE);
    expect(session.renewals).toBe(0);
    await world.pass(5 * MINUTE);
    expect(session.renewals).toBe(1);
    expect(page.sentActions().filter((action) => action === 'authenticate')).toHaveLength(2);
    expect(page.sockets).toHaveLength(1);
  });

  test('is shown anew when the session has expired in the middle of a job, once and silently', async () => {
    const { world, server, session, client, page } = begin();
    await world.pass(SECOND);
    client.ask('What did S3 cost?');
    await world.pass(3 * SECOND);
    server.expire();
    const names = new Set<string>();
    client.subscribe(() => names.add(client.getState().connection.name));
    client.ask('And EC2?');
    client.list();
    client.follow('job-1', true);
    await world.pass(MINUTE);
    expect(session.renewals).toBe(1);
    expect([...names]).toEqual(['live']);
    expect(page.sockets).toHaveLength(1);
    expect(server.jobs.size).toBe(2);
    expect(jobsOf(client).map((job) => job.status)).toEqual(['completed', 'completed']);
  });

  test('is not believed twice: signed out, with all that was there, and back after signing in', async () => {
    let isValid = true;
    const { world, server, session, client, page } = begin((server) => {
      server.validTokens = () => isValid;
    });
    await world.pass(SECOND);
    client.ask('What did S3 cost?');
    await world.pass(MINUTE);
    isValid = false;
    server.cut();
    await world.pass(10 * MINUTE);
    expect(client.getState().connection).toEqual({ name: 'signedOut' });
    expect(session.renewals).toBe(1);
    expect(page.sockets).toHaveLength(2);
    expect(page.openSockets).toEqual([]);
    expect(jobsOf(client)).toHaveLength(1);
    client.ask('And EC2?');
    isValid = true;
    client.start();
    await world.pass(MINUTE);
    expect(jobsOf(client)).toHaveLength(2);
    expect(client.getState().questions).toEqual([]);
  });

  test('is unknown without a network, and nobody after the session has ended', async () => {
    const { world, session, server, client } = begin();
    await world.pass(SECOND);
    const { give } = session;
    session.give = async () => {
      throw new TypeError('No network.');
    };
    server.cut();
    await world.pass(MINUTE);
    expect(['waiting', 'connecting', 'authenticating']).toContain(client.getState().connection.name);
    session.give = give;
    await world.pass(MINUTE);
    expect(client.getState().connection.name).toBe('live');
    session.give = async () => undefined;
    server.cut();
    await world.pass(MINUTE);
    expect(client.getState().connection.name).toBe('signedOut');
    expect(client.getState().user).toEqual({ id: 'anna', name: 'Anna' });
  });

  test('is somebody else: nothing of the first is left, and a connection of their own', async () => {
    const { world, session, client, page, tab } = begin();
    await world.pass(SECOND);
    client.ask('What did S3 cost?');
    await world.pass(SECOND);
    page.changes('offline');
    client.ask('And EC2?');
    session.becomes({ id: 'berta', name: 'Berta' });
    expect(client.getState()).toMatchObject({ user: { id: 'berta' }, questions: [] });
    expect(client.getState().jobs.size).toBe(0);
    expect(JSON.stringify([...tab.items])).not.toContain('EC2');
    expect(page.openSockets.length).toBe(0);
  });
});

describe('what the server sends', () => {
  const frames = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record(
        {
          type: fc.constantFrom(
            'job_queued',
            'progress_update',
            'agent_completed',
            'job_snapshot',
            'job_list',
            'error',
          ),
          jobId: fc.constantFrom('job-1', null, 7),
          status: fc.constantFrom('completed', 'odd', 3),
          seq: fc.oneof(fc.integer(), fc.string()),
          results: fc.anything(),
          result: fc.anything(),
          agents: fc.anything(),
          jobs: fc.anything(),
          code: fc.anything(),
          message: fc.anything(),
          retryAfter: fc.anything(),
        },
        { requiredKeys: ['type'] },
      )
      .map((message) => JSON.stringify(message)),
  );

  test('may be half, wrong or new: it is ignored, and the answer is there all the same', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frames, { maxLength: 20 }), async (strange) => {
        const { world, server, page, client } = begin();
        await world.pass(SECOND);
        const requestId = client.ask('What did S3 cost?');
        for (const frame of strange) {
          await world.pass(500);
          page.socket.brings(frame);
        }
        await world.pass(MINUTE);
        const served = server.jobOf(requestId) as ServedJob;
        expect(client.getState().jobs.get(served.jobId)?.result).toEqual(served.state.result);
      }),
      { numRuns: 100 },
    );
  });

  test('on a line that was given up is not heard any more, and its end is no loss of the new one', async () => {
    const { world, server, page, client } = begin();
    await world.pass(SECOND);
    client.ask('What did S3 cost?');
    server.stall();
    await world.pass(16 * SECOND);
    const [given, kept] = page.sockets;
    expect([given?.readyState, kept?.readyState]).toEqual([2, 1]);
    const jobs = client.getState().jobs;
    given?.brings(JSON.stringify({ type: 'job_cancelled', jobId: 'job-9', timestamp: 1, seq: 4 }));
    expect(client.getState().jobs).toBe(jobs);
    await world.pass(MINUTE);
    expect(given?.readyState).toBe(3);
    expect(page.sockets).toHaveLength(2);
    expect(client.getState().connection.name).toBe('live');
  });

  test('is told to listeners once a picture, and at once while the page is hidden', async () => {
    const { world, page, client } = begin();
    await world.pass(SECOND);
    const pictures: (() => void)[] = [];
    page.beforePicture = (callback) => void pictures.push(callback);
    let told = 0;
    client.subscribe(() => told++);
    for (const query of ['One?', 'Two?', 'Three?']) client.ask(query);
    expect([pictures.length, told]).toEqual([1, 0]);
    pictures.pop()?.();
    expect(told).toBe(1);
    client.ask('Four?');
    // That picture is never drawn.
    page.beforePicture = (callback) => callback();
    page.changes('hidden');
    client.ask('Five?');
    expect(told).toBe(2);
  });

  test('tells the time of its clock', async () => {
    const { world, server, client, page } = begin();
    await world.pass(SECOND);
    const hour = 60 * MINUTE;
    server.tell(page.socket, { action: 'pong', timestamp: Math.floor((world.now - hour) / 1000) });
    await world.pass(SECOND);
    expect(Math.abs(client.getState().clockOffset + hour)).toBeLessThan(2 * SECOND);
  });
});

const refused = (requestId: string | undefined, why: object) => ({
  type: 'job_failed',
  jobId: null,
  error: 'No.',
  requestId,
  timestamp: 1_795_426_200,
  ...why,
});
