// All that is needed to draw an answer's markdown, in one chunk that is loaded when there is an answer.
export { answerHtml } from './answerHtml.js';
export { answerNodes } from './answerNodes.js';
