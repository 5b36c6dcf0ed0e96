import { describe, expect, test } from 'vitest';
import { createFinopsClient } from '../../src/connection/createFinopsClient';
import { fold, type Job } from '../../src/jobs/job';
import { ModelServer, type ServedJob } from './modelServer';
import { FakeSession, FakeStorage, Page, World } from './world';

export function begin(options: { seed?: number; server?: (server: ModelServer) => void } = {}) {
  const world = new World(options.seed);
  const server = new ModelServer(world);
  options.server?.(server);
  const session = new FakeSession();
  const tab = new FakeStorage();
  const open = (storage = tab) => {
    const page = new Page(world, server.line, storage);
    const client = createFinopsClient({ url: 'wss://finops.example', session, surroundings: page });
    return { page, client };
  };
  const opened = open();
  opened.client.start();
  return { world, server, session, tab, open, ...opened };
}

/** A job as the whole of its messages makes it, without what not all ways to it tell. */
export const wholeOf = (job: ServedJob) =>
  comparable(job.told.reduce<Job | undefined>((before, message) => fold(before, message), undefined) as Job);
export const comparable = ({ createdAt: _, requestId: __, ...job }: Job) => job;

describe('a question', () => {
  test('becomes a job with its answer, and waits no longer', async () => {
    const { world, server, client, tab } = begin();
    await world.pass(1000);
    expect(client.getState().connection).toEqual({ name: 'live' });
    const requestId = client.ask('What did S3 cost?');
    await world.pass(60_000);
    const [job] = [...client.getState().jobs.values()];
    expect(job).toMatchObject({ requestId, status: 'completed', isWhole: true });
    expect(comparable(job as Job)).toEqual(wholeOf(server.jobOf(requestId) as ServedJob));
    expect(client.getState().questions).toEqual([]);
    expect([...tab.items]).toEqual([]);
  });
});
