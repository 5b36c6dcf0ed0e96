import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { serverMessage } from '../../src/wire/serverMessage';

const guide = readFileSync(new URL('../../../docs/WEBSOCKET_API_GUIDE.md', import.meta.url), 'utf8');
const examples = [...guide.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
const told = examples.filter((text) => JSON.parse(text).type || JSON.parse(text).action === 'pong');

test('every message of the guide is taken as it is', () => {
  expect(told.length).toBeGreaterThan(20);
  for (const text of told) expect(serverMessage(text)).toEqual(JSON.parse(text));
});

test("API Gateway's own word says that something was not served", () => {
  const text = '{"message": "Internal server error", "connectionId": "Zk2x=", "requestId": "Zk2y="}';
  expect(serverMessage(text)).toEqual({ type: 'unserved' });
});

test.each(['', '{"type": "job_', '[]', 'null', '7', '{}', '{"type": "a_new_one"}', '{"type": "constructor"}'])(
  '%s is no message',
  (text) => {
    expect(serverMessage(text)).toBeUndefined();
  },
);

test('a message in which a field is not what it should be is no message, and nothing throws', () => {
  const all = told.map((text) => JSON.parse(text) as Record<string, unknown>);
  // Nobody reads its sentence.
  const messages = all.filter(({ type }) => type !== 'authenticated');
  fc.assert(
    fc.property(fc.constantFrom(...messages), fc.nat(), fc.constantFrom({}, [], null), (message, index, wrong) => {
      const names = Object.keys(message).filter((name) => ['jobId', 'seq', 'query', 'message', 'jobs'].includes(name));
      const name = names[index % names.length];
      fc.pre(name !== undefined && !(name === 'jobId' && wrong === null) && !(name === 'jobs' && Array.isArray(wrong)));
      expect(serverMessage(JSON.stringify({ ...message, [name as string]: wrong }))).toBeUndefined();
    }),
  );
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string(), fc.anything()), (frame) => void serverMessage(frame)));
});

test('what is new in a message costs nothing', () => {
  for (const text of told) expect(serverMessage(JSON.stringify({ ...JSON.parse(text), aNewField: [1] }))).toBeDefined();
});
