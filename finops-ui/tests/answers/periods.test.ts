import fc from 'fast-check';
import { expect, test } from 'vitest';
import { periodsFor, withPeriod } from '../../src/answers/periods';

test.each([
  ['What was my S3 spend in May?', 'What was my S3 spend last month?'],
  ['What was my S3 spend?', 'What was my S3 spend last month?'],
  ['Cost by service in May 2026', 'Cost by service last month'],
  ['Total from March 2026 to May 2026', 'Total last month'],
  ['Top 10 most expensive resources last month', 'Top 10 most expensive resources last month'],
  ['cost on 2026-05-10', 'cost last month'],
  ['EC2 from May 10 2026 to May 20 2026', 'EC2 last month'],
  ['daily cost from 1 May 2026 to 5 May 2026', 'daily cost last month'],
  ['cost in Q3 2026', 'cost last month'],
  ['first half of 2026', 'Last month'],
  ['How much so far this year?', 'How much last month?'],
  ['May 2026 cost by application', 'Last month cost by application'],
  ['Spend in FY2026', 'Spend last month'],
  ['cost in the month of May', 'cost last month'],
  ['forecast until the end of the year', 'forecast last month'],
  ['cost in 2025/2026', 'cost last month'],
  ['Where may we save?', 'Where may we save last month?'],
  ['What did t3.large 2 cost over the last 12 months', 'What did t3.large 2 cost last month'],
])('%s for last month', (question, expected) => {
  expect(withPeriod(question, 'last month')).toBe(expected);
});

test('a period of several months stands in it', () => {
  expect(withPeriod('S3 cost in May?', 'the last 6 months')).toBe('S3 cost in the last 6 months?');
});

test('a question about the future is asked for the future, one that compares for none', () => {
  expect(periodsFor('forecast for the next 3 months')[0]).toBe('next month');
  expect(periodsFor('Cost by service in May')[0]).toBe('last month');
  expect(periodsFor('Compare April and May 2026 by region')).toEqual([]);
});

test('whatever the question is, it names the period afterwards', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('last month', 'the last 6 months'), (question, period) => {
      expect(withPeriod(question, period).toLowerCase()).toContain(period);
    }),
  );
});
