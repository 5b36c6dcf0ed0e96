import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFinopsClient } from '../../src/connection/createFinopsClient';
import type { FinopsClient } from '../../src/connection/finopsClient';
import { comparable, wholeOf } from './begin';
import { ModelServer } from './modelServer';
import { FakeSession, FakeStorage, Page, World } from './world';

/** What befalls a page within two minutes, after which all goes well again. */
const SCRIPT_LENGTH = 120_000;
const at = fc.integer({ min: 0, max: SCRIPT_LENGTH });
const fault = fc.record({
  at,
  kind: fc.constantFrom('cut', 'stall', 'refuse', 'unserved', 'reload', 'offline', 'hide', 'sleep', 'expire', 'cancel'),
  milliseconds: fc.integer({ min: 10, max: 40_000 }),
});
const script = fc.record({
  seed: fc.integer(),
  questions: fc.array(fc.record({ at, agents: fc.integer({ min: 1, max: 3 }) }), { minLength: 1, maxLength: 4 }),
  faults: fc.array(fault, { maxLength: 8 }),
  slowest: fc.constantFrom(20, 500, 3_000),
  doubled: fc.constantFrom(0, 0.1, 0.5),
});

test('whatever happens to the line, each question is one job, and its answer is whole', async () => {
  await fc.assert(
    fc.asyncProperty(script, async ({ seed, questions, faults, slowest, doubled }) => {
      const world = new World(seed);
      const server = new ModelServer(world);
      const session = new FakeSession();
      const tab = new FakeStorage();
      const pages: Page[] = [];
      let client = {} as FinopsClient;
      let page = {} as Page;
      const load = () => {
        page = new Page(world, server.line, tab);
        pages.push(page);
        client = createFinopsClient({ url: 'wss://finops.example', session, surroundings: page });
        client.start();
      };
      let isRefused = false;
      let isUnserved = false;
      server.network = {
        delay: () => 1 + world.random() * slowest,
        isDoubled: () => world.random() < doubled,
        isRefused: () => isRefused,
        isUnserved: () => isUnserved && world.random() < 0.5,
      };
      const asked = new Map<string, string>();
      load();

      for (const { at, agents } of questions) {
        world.after(at, () => {
          server.agents = ['cost', 'saving', 'advice'].slice(0, agents);
          const query = `Question ${asked.size + 1}`;
          asked.set(client.ask(query), query);
        });
      }
      for (const { at, kind, milliseconds } of faults) {
        world.after(at, () => {
          if (kind === 'cut') server.cut();
          else if (kind === 'stall') server.stall();
          else if (kind === 'refuse') {
            isRefused = true;
            world.after(milliseconds, () => {
              isRefused = false;
            });
          } else if (kind === 'unserved') {
            isUnserved = true;
            world.after(milliseconds, () => {
              isUnserved = false;
            });
          } else if (kind === 'reload') {
            page.unload();
            load();
          } else if (kind === 'offline') {
            page.changes('offline');
            world.after(milliseconds, () => page.changes('online'));
          } else if (kind === 'hide') {
            page.changes('hidden');
            world.after(milliseconds, () => page.changes('shown'));
          } else if (kind === 'sleep') {
            server.stall();
            world.sleep(milliseconds * 20);
          } else if (kind === 'expire') server.expire();
          else {
            const [jobId] = client.getState().jobs.keys();
            if (jobId) client.cancel(jobId);
          }
        });
      }
      await world.pass(SCRIPT_LENGTH + 1);
      page.changes('online');
      page.changes('shown');
      await world.pass(240_000);
      // What ended before a reload comes back as a page brings it back.
      client.list();
      await world.pass(30_000);
      for (const { jobId, isWhole } of client.getState().jobs.values()) if (!isWhole) client.follow(jobId);
      await world.pass(30_000);

      for (const { mostOpen, mostTimers } of pages) {
        expect(mostOpen).toBeLessThanOrEqual(1);
        expect(mostTimers).toBeLessThanOrEqual(1);
      }
      expect(server.jobs.size).toBe(asked.size);
      const { jobs, questions: waiting, cancelling, connection } = client.getState();
      expect(connection.name).toBe('live');
      expect(waiting).toEqual([]);
      expect(cancelling.size).toBe(0);
      expect(tab.items.size).toBe(0);
      expect(jobs.size).toBe(asked.size);
      for (const [requestId, query] of asked) {
        const served = server.jobOf(requestId);
        expect(served?.query).toBe(query);
        const job = served && jobs.get(served.jobId);
        if (!served || !job) throw new Error(`${query} is not there.`);
        const whole = wholeOf(served);
        // Only a snapshot names the agents of a question that was cancelled in the queue.
        const { agents } = whole.agents.length ? whole : job;
        expect(comparable(job)).toEqual({ ...whole, agents });
      }
    }),
    { numRuns: 200 },
  );
}, 60_000);
