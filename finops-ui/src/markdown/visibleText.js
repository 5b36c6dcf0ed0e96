// Controls, and what Unicode calls default-ignorable: zero-width characters, the bidirectional controls, tags. Joiners
// and variation selectors stay: emoji and several scripts are written with them.
// https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
const INVISIBLE = /[[\p{Cc}\p{Default_Ignorable_Code_Point}]--[\t\n\r\u200C\u200D\uFE00-\uFE0F]]/gv;

// A letter is drawn with all that modifies it at once, in a time that grows with the cube of their number: 10,000 skin
// tones take Chromium 80 seconds. Unicode's own limit is 30.
// https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format
const MODIFIER = String.raw`[\p{M}\p{Grapheme_Extend}\p{Emoji_Modifier}\u200D]`;
const TOO_MANY_MODIFIERS = new RegExp(`(${MODIFIER}{30})${MODIFIER}+`, 'gu');

/**
 * Takes out the characters that a reader cannot see, and with which a text reads as something that it is not.
 *
 * @param {string} text
 * @returns {string} the text without them; half of a surrogate pair becomes U+FFFD
 */
export function visibleText(text) {
  return text.toWellFormed().replace(INVISIBLE, '').replace(TOO_MANY_MODIFIERS, '$1');
}
