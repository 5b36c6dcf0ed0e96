// What an answer may hold and still be drawn in about a second by Chromium on two slow cores, whatever it holds
// (measured with tests/browser/heavy_answers.py). An answer of a thousand table rows of six columns is within them.
// Over 100 KB the service sends an answer's first part and a link to the whole.
export const MOST_CHARACTERS = 100_000;
export const MOST_NESTING = 100;
const MOST_TOKENS = 30_000;
// Text that turns direction with each word takes a time that grows with the square of its paragraph.
export const MOST_CHARACTERS_IN_BLOCK = 10_000;
// One reference can be linked to thousands of times.
export const MOST_CHARACTERS_IN_ADDRESS = 2_000;

/**
 * Whether markdown-it's tokens are few and shallow enough to be rendered.
 *
 * The parser drops, without a word, what stands deeper than its maxNesting, which therefore has to be MOST_NESTING.
 *
 * @param {import('markdown-it').Token[]} blocks
 * @returns {boolean}
 */
export function isWithinBounds(blocks) {
  let tokens = 0;
  return blocks.every(({ level, content, children }) => {
    tokens += 1 + (children?.length ?? 0);
    const deepest = (children ?? []).reduce((most, child) => Math.max(most, child.level), 0);
    return tokens <= MOST_TOKENS && level + deepest + 1 < MOST_NESTING && content.length <= MOST_CHARACTERS_IN_BLOCK;
  });
}
