import { describe, expect, test } from 'vitest';
import { begin } from './begin';

const SECOND = 1_000;
const MINUTE = 60_000;

const isLiveAgain = { connection: { name: 'live' } };

describe('coming back', () => {
  test('500 tries come at random times, within bounds that double to 20 seconds', async () => {
    let isRefused = true;
    const { world, page, client } = begin((server) => {
      server.network = { ...server.network, delay: () => 0, isRefused: () => isRefused };
    }, 7);
    const waits: number[] = [];
    while (waits.length < 500) {
      await world.pass(0);
      const before = page.sockets.length;
      const began = world.now;
      while (page.sockets.length === before) await world.pass(10);
      waits.push(world.now - began);
    }
    expect(client.getState().connection.name).toBe('unreachable');
    waits.forEach((wait, tries) => {
      expect(wait).toBeLessThanOrEqual(Math.min(20_000, 500 * 2 ** tries) + 10);
    });
    const late = waits.slice(10).sort((one, other) => one - other);
    for (const quarter of [1, 2, 3]) {
      const middle = late[Math.floor((late.length * quarter) / 4)] as number;
      expect(Math.abs(middle - quarter * 5_000)).toBeLessThan(1_500);
    }

    isRefused = false;
    await world.pass(21_000);
    expect(client.getState()).toMatchObject(isLiveAgain);
    // The first message that is of use begins the doubling anew.
    client.list();
    await world.pass(SECOND);
    page.socket.ends();
    await world.pass(0);
    expect(client.getState().connection).toMatchObject({ name: 'waiting', attempt: 1 });
    await world.pass(600);
    expect(client.getState()).toMatchObject(isLiveAgain);
  });

  test('it does so after any end, and says since when the line is lost', async () => {
    const { world, page, client } = begin();
    await world.pass(SECOND);
    expect(client.getState().lostAt).toBeUndefined();
    page.socket.ends();
    expect(client.getState().lostAt).toBe(world.now);
    await world.pass(2 * SECOND);
    expect(client.getState()).toMatchObject(isLiveAgain);
    expect(client.getState().lostAt).toBeUndefined();
  });

  test.each(['online', 'shown'] as const)('it tries at once when the page is %s', async (change) => {
    let isRefused = false;
    const { world, server, page, client } = begin((server) => {
      server.network = { ...server.network, isRefused: () => isRefused };
    });
    isRefused = true;
    await world.pass(2 * MINUTE);
    isRefused = false;
    // Just now it has begun to wait.
    while (client.getState().connection.name === 'connecting') await world.pass(10);
    page.changes(change);
    await world.pass(100);
    expect(client.getState()).toMatchObject(isLiveAgain);
    expect(server.connections.size).toBe(1);
  });

  test('never before the server has said, whoever wants it', async () => {
    let isTooMany = true;
    const { world, page, client } = begin((server) => {
      server.answer = ({ action }) =>
        isTooMany && action === 'authenticate'
          ? { type: 'error', code: 'RATE_LIMITED', message: 'Too many tabs.', retryAfter: 60, timestamp: 1 }
          : undefined;
    });
    await world.pass(SECOND);
    const { connection } = client.getState();
    const refusal = { code: 'RATE_LIMITED', sentence: 'Too many tabs.' };
    expect(connection).toMatchObject({ name: 'waiting', refusal });
    isTooMany = false;
    for (const change of ['online', 'shown', 'hidden', 'shown', 'offline', 'online'] as const) {
      page.changes(change);
      client.retry();
      await world.pass(SECOND);
    }
    expect(client.getState().connection).toMatchObject({ name: 'waiting', refusal });
    expect(page.sockets.length).toBe(1);
    await world.pass(55 * SECOND);
    expect(client.getState()).toMatchObject(isLiveAgain);
  });

  test('without a network it waits for one, and does not try', async () => {
    const { world, page, client } = begin();
    await world.pass(SECOND);
    page.changes('offline');
    expect(client.getState().connection).toEqual({ name: 'offline' });
    expect(page.openSockets).toEqual([]);
    client.ask('What did S3 cost?');
    await world.pass(MINUTE);
    expect(page.sockets.length).toBe(1);
    expect(client.getState().questions).toHaveLength(1);
    page.changes('online');
    await world.pass(MINUTE);
    expect([...client.getState().jobs.values()]).toMatchObject([{ status: 'completed' }]);
  });

  test.each(['opens', 'signs in', 'has credentials'])('a try that never %s is given up', async (step) => {
    const { world, server, session, page, client } = begin((server) => {
      if (step === 'opens') server.network = { ...server.network, delay: () => 10 * MINUTE };
      if (step === 'signs in') server.answer = () => ({ type: 'a_new_type' });
    });
    if (step === 'has credentials') session.give = () => new Promise(() => {});
    await world.pass(MINUTE);
    expect(page.sockets.length).toBeGreaterThan(1);
    expect(page.openSockets.length).toBeLessThanOrEqual(1);
    server.network = { ...server.network, delay: () => 20 };
    server.answer = () => undefined;
    session.give = async () => ({ userId: 'anna', username: 'Anna', token: 'token' });
    await world.pass(MINUTE);
    expect(client.getState()).toMatchObject(isLiveAgain);
  });
});

describe('a silent line', () => {
  test('after an hour of sleep a dead one is replaced within 6 seconds, and what was missed is there', async () => {
    const { world, server, page, client } = begin();
    client.ask('What did S3 cost?');
    await world.pass(3 * SECOND);
    server.stall();
    await world.pass(SECOND);
    world.sleep(60 * MINUTE);
    await world.pass(6 * SECOND);
    expect(page.sockets.length).toBe(2);
    expect(page.openSockets.length).toBe(1);
    await world.pass(30 * SECOND);
    expect([...client.getState().jobs.values()]).toMatchObject([{ status: 'completed', isWhole: true }]);
  });

  test('after sleep a living one is kept', async () => {
    const { world, page, client } = begin();
    await world.pass(3 * SECOND);
    world.sleep(30 * MINUTE);
    await world.pass(10 * SECOND);
    expect(page.sockets.length).toBe(1);
    expect(page.sentActions()).toEqual(['authenticate', 'ping']);
    expect(client.getState()).toMatchObject(isLiveAgain);
  });

  test('while a job goes on, after a minute its snapshot is asked for, and without an answer the line replaced', async () => {
    const { world, server, page, client } = begin((server) => {
      server.pace = 5 * MINUTE;
    });
    client.ask('What did S3 cost?');
    await world.pass(SECOND);
    const sent = page.sent.length;
    await world.pass(MINUTE);
    expect(page.sentActions(sent)).toEqual(['resume_job']);
    server.stall();
    await world.pass(2 * MINUTE);
    expect(page.sockets.length).toBe(2);
    expect(client.getState()).toMatchObject(isLiveAgain);
  });

  test('30 idle minutes take at most 4 pings, and a hidden page none', async () => {
    const seen = begin();
    await seen.world.pass(30 * MINUTE);
    expect(seen.page.sentActions().filter((action) => action === 'ping').length).toBeLessThanOrEqual(4);
    expect(seen.page.sockets.length).toBe(1);

    const hidden = begin();
    await hidden.world.pass(SECOND);
    hidden.page.changes('hidden');
    await hidden.world.pass(30 * MINUTE);
    expect(hidden.page.sentActions()).toEqual(['authenticate']);
    // API Gateway has ended it meanwhile.
    hidden.page.socket.ends();
    await hidden.world.pass(30 * MINUTE);
    expect(hidden.client.getState().connection).toEqual({ name: 'asleep' });
    expect(hidden.page.sockets.length).toBe(1);
    hidden.page.changes('shown');
    await hidden.world.pass(SECOND);
    expect(hidden.client.getState()).toMatchObject(isLiveAgain);
  });
});
