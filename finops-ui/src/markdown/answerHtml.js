import { allowedHtml } from './allowedHtml.js';
import { markdownHtml } from './markdownHtml.js';

/**
 * Renders an agent's answer, which may be hostile, as HTML that is safe to put into the page with `innerHTML`.
 *
 * Two controls, each of which stops an attack without the other: the markdown parser makes no element but its own, and
 * the sanitizer lets no element through but those of a list.
 *
 * @param {string} markdown the answer's text, of any length
 * @returns {string} HTML without scripts, styles, images, or links other than https
 */
export function answerHtml(markdown) {
  return allowedHtml(markdownHtml(markdown));
}
