import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CODES, wordsOf } from '../../src/wire/codes';

const schema = JSON.parse(readFileSync(new URL('../../../contract/messages.schema.json', import.meta.url), 'utf8'));

it('has words for every code of the contract, and for no other', () => {
  expect(Object.keys(CODES).sort()).toEqual([...schema.definitions.errorCode.enum].sort());
});

it.each(['BUDGET_USED_UP', 'toString', ''])('offers to ask again for a code that it does not know: %j', (code) => {
  expect(wordsOf(code).remedy).toBe('askAnew');
});
