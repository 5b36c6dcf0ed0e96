import { allowedNodes } from './allowedHtml.js';
import { markdownHtml } from './markdownHtml.js';

/**
 * Renders an agent's answer, which may be hostile, as elements that are safe to append to the page.
 *
 * The two controls of answerHtml.js, and one parsing less: what the sanitizer has seen is what the page gets, so no
 * text is ever assigned to `innerHTML`, and the page can forbid that to all scripts (trusted types).
 *
 * @param {string} markdown the answer's text, of any length
 * @returns {Node[]} without scripts, styles, images, or links other than https
 */
export function answerNodes(markdown) {
  return allowedNodes(markdownHtml(markdown));
}
