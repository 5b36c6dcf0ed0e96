import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readConfig } from '../../hosting/configFile.ts';
import { readSettings } from '../../src/settings.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function written(text: string): string {
  const path = join(folder, 'config.js');
  writeFileSync(path, text);
  return path;
}

it('reads the file of the guide’s Step 7, wherever it lies, with another endpoint and nothing else changed', async () => {
  const guides = /```javascript\n(const config = [^`]+)```/.exec(
    readFileSync('../docs/WEBSOCKET_DEPLOYMENT_GUIDE.md', 'utf8'),
  )?.[1];
  const config = await readConfig(written(String(guides).replace('rtswivmeqj', 'abcdefghij')));
  expect(readSettings(config)).toMatchObject({
    websocketEndpoint: 'wss://abcdefghij.execute-api.us-east-1.amazonaws.com/prod',
    userPool: { id: 'us-east-1_DQpPM15TX' },
  });
});

it('says how a file is written that is not there, and which one cannot be read', async () => {
  const missing = join(folder, 'none.js');
  await expect(readConfig(missing)).rejects.toThrow(
    `There is no ${missing}. Write it with ops/write_frontend_config.sh, or by hand as Step 7`,
  );
  await expect(readConfig(written('const config = {'))).rejects.toThrow('config.js is not a JavaScript module');
});
