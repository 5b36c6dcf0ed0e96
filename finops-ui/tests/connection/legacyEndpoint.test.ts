import { describe, expect, test, vi } from 'vitest';
import { begin } from './begin';
import { FakeStorage } from './world';

const MINUTE = 60_000;
const legacyEndpoint = 'https://old.example/query';

/** The answer is made by a module that is loaded when it is needed. */
const answered = (client: ReturnType<typeof begin>['client']) =>
  vi.waitFor(() => expect(client.getState().questions.filter(({ refusal }) => !refusal)).toEqual([]));
const jobsOf = (client: ReturnType<typeof begin>['client']) => [...client.getState().jobs.values()];
const old = () => begin(() => {}, 1, new FakeStorage(), { legacyEndpoint, useWebSocket: false });

describe('the legacy endpoint', () => {
  test('answers in place of a socket if that is wanted, with who asks, and its answer is a job like any other', async () => {
    const { world, client, page, tab } = old();
    expect(client.getState().connection).toEqual({ name: 'legacy' });
    const data = [{ title: 'A', columns: [{ key: 'c', label: 'C', type: 'text' }], rows: [] }];
    page.answerPost = async () =>
      Response.json({ statusCode: 200, body: JSON.stringify({ response: 'An answer', data }) });
    client.ask('What did S3 cost?');
    expect(tab.items.size).toBe(0);
    await answered(client);
    const [job] = jobsOf(client);
    expect(job).toMatchObject({ query: 'What did S3 cost?', status: 'completed', isWhole: true });
    expect(Object.values(job?.answers ?? {})).toMatchObject([{ content: 'An answer', data }]);
    expect(page.posted).toMatchObject([
      {
        url: legacyEndpoint,
        method: 'POST',
        body: '{"query":"What did S3 cost?"}',
        headers: { Authorization: 'Bearer token-0' },
      },
    ]);
    await world.pass(MINUTE);
    expect(page.sockets).toEqual([]);
  });

  test.each([
    { response: 'An answer' },
    { body: { response: 'An answer' } },
    { body: '{"response": "An answer", "data": [{"no": "figure"}]}' },
  ])('is read as agents answer: %j', async (answer) => {
    const { client, page } = old();
    page.answerPost = async () => Response.json(answer);
    client.ask('What did S3 cost?');
    await answered(client);
    expect(Object.values(jobsOf(client)[0]?.answers ?? {})).toEqual([
      expect.objectContaining({ content: 'An answer' }),
    ]);
    expect(Object.values(jobsOf(client)[0]?.answers ?? {})[0]).not.toHaveProperty('data');
  });

  test.each([
    ['no network', () => Promise.reject(new TypeError('Failed to fetch'))],
    ['an error', async () => new Response('', { status: 500 })],
    ['no JSON', async () => new Response('<html>')],
    ['another envelope', async () => Response.json({ statusCode: 500, body: '{"response": "A trace"}' })],
    ['nothing', async () => Response.json(null)],
  ])('that gives %s has refused the question, and is asked again by the person only', async (_, answer) => {
    const { client, page } = old();
    page.answerPost = answer;
    const requestId = client.ask('What did S3 cost?');
    await answered(client);
    expect(client.getState().questions).toMatchObject([{ requestId, refusal: { code: 'LEGACY_ENDPOINT' } }]);
    page.answerPost = async () => Response.json({ response: 'An answer' });
    client.askAgain(requestId);
    await answered(client);
    expect(jobsOf(client)).toHaveLength(1);
    expect(client.getState().questions).toEqual([]);
    expect(page.posted).toHaveLength(2);
  });

  test('is asked when no socket opens in 30 seconds and five tries, and never what a socket may have carried', async () => {
    let isRefused = true;
    const tab = new FakeStorage();
    const { world, client, page, open } = begin(
      (server) => {
        server.network = { ...server.network, isRefused: () => isRefused };
      },
      1,
      tab,
      { legacyEndpoint },
    );
    client.ask('What did S3 cost?');
    await world.pass(29_000);
    expect(page.posted).toEqual([]);
    await world.pass(MINUTE);
    await answered(client);
    expect(page.posted).toHaveLength(1);
    expect(jobsOf(client)).toMatchObject([{ status: 'completed' }]);

    // It goes on trying, and a question after that takes the socket.
    isRefused = false;
    await world.pass(MINUTE);
    expect(client.getState().connection.name).toBe('live');
    isRefused = true;
    page.socket.ends();
    client.ask('And EC2?');
    await world.pass(5 * MINUTE);
    expect(page.posted).toHaveLength(1);

    // What was stored may have been sent.
    page.unload();
    const again = open();
    await world.pass(5 * MINUTE);
    expect(again.page.posted).toEqual([]);
    isRefused = false;
    await world.pass(MINUTE);
    expect(jobsOf(again.client)).toMatchObject([{ query: 'And EC2?', status: 'completed' }]);
  });
});
