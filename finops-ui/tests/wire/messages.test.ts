import { execSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('is what npm run types makes of the contract', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
  // Without a file it prints.
  const command = scripts.types.replace('-o src/wire/messages.ts', '');
  const made = execSync(command, {
    encoding: 'utf8',
    env: { ...process.env, PATH: `node_modules/.bin:${process.env.PATH}` },
  });
  expect(made.trimEnd()).toBe(readFileSync('src/wire/messages.ts', 'utf8').trimEnd());
}, 60_000);
