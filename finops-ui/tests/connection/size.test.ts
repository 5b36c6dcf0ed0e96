import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, minifySync } from 'vite';
import { expect, test } from 'vitest';

const MOST_BYTES = 5 * 1024;

test('the connection takes 5 KB, and 5 % more at most', async () => {
  const entry = fileURLToPath(new URL('../../src/connection/createFinopsClient.ts', import.meta.url));
  // What it shares with the page, and what it loads when needed.
  const external = [/\/jobs\/job$/, /\/wire\/serverMessage$/, /\/legacyEndpoint$/];
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, target: 'es2024', lib: { entry, formats: ['es'] }, rolldownOptions: { external } },
  });
  const chunks = [built].flat().flatMap((one) => ('output' in one ? one.output : []));
  expect(chunks).toHaveLength(1);
  // A library's spaces are left in for those who build with it.
  const { code } = minifySync('connection.js', chunks[0]?.type === 'chunk' ? chunks[0].code : '');
  const { length } = gzipSync(code);
  expect(length).toBeLessThanOrEqual(MOST_BYTES * 1.05);
  expect(length).toBeGreaterThan(MOST_BYTES / 2);
});
