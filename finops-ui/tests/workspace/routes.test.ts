import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jobHash, routeOf } from '../../src/workspace/routes';

it('finds every job by the address that it gives it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (jobId) => {
      expect(routeOf(jobHash(jobId))).toEqual({ page: 'job', jobId });
    }),
  );
});

it.each(['', '#', '#/', '#/jobs/', '#/jobs/%E0%A4%A', '#/other', '#main'])(
  'leads to the first page from %j',
  (hash) => {
    expect(routeOf(hash)).toEqual({ page: 'ask' });
  },
);
