import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, test } from 'vitest';
import type { FinopsClient } from '../../src/connection/finopsClient';
import { useFinOpsJob } from '../../src/connection/useFinOpsJob';
import { begin } from './begin';

function Told({ client, id }: { client: FinopsClient; id: string }) {
  const { job, question } = useFinOpsJob(client, id);
  return job?.status ?? (question && 'sending') ?? 'unknown';
}

test('a component follows a question from its requestId to its answer, and a job by its jobId', async () => {
  const { world, client } = begin();
  await world.pass(1_000);
  const requestId = client.ask('What did S3 cost?');
  const seen = (id: string) => renderToString(createElement(Told, { client, id }));
  expect(seen(requestId)).toBe('sending');
  await world.pass(1_000);
  expect(seen(requestId)).toBe('queued');
  await world.pass(60_000);
  expect(seen(requestId)).toBe('completed');
  expect(seen('job-1')).toBe('completed');
  expect(seen('another')).toBe('unknown');
});
