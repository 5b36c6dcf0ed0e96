import { MOST_CHARACTERS, MOST_CHARACTERS_IN_BLOCK } from './answerBounds.js';

const BLOCK = new RegExp(`.{1,${MOST_CHARACTERS_IN_BLOCK}}`, 'gsu');

/**
 * Shows a text as it is, for an answer that cannot be rendered.
 *
 * @param {string} text of any length
 * @returns {string} HTML: its first part in `<pre>` blocks, and how much is left out
 */
export function plainHtml(text) {
  const shown = text.slice(0, MOST_CHARACTERS);
  const rest = text.length - shown.length;
  const blocks = (shown.match(BLOCK) ?? []).map((block) => `<pre>${escaped(block)}</pre>`);
  return blocks.join('\n') + (rest ? `\n<p>${rest.toLocaleString('en')} more characters are not shown.</p>` : '');
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
