import { describe, expect, test } from 'vitest';
import type { Job } from '../../src/jobs/job';
import { begin, comparable, wholeOf } from './begin';
import type { ServedJob } from './modelServer';

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
