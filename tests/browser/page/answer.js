import MarkdownIt from 'markdown-it';

import { allowedHtml } from '/src/markdown/allowedHtml.js';
import { answerHtml } from '/src/markdown/answerHtml.js';
import { markdownHtml } from '/src/markdown/markdownHtml.js';

// What a client that trusts its agents would use.
const trusting = new MarkdownIt({ html: true, linkify: true });
trusting.validateLink = () => true;

const renderers = {
  both: answerHtml,
  parser: markdownHtml,
  sanitizer: (markdown) => allowedHtml(trusting.render(markdown)),
  neither: (markdown) => trusting.render(markdown),
};

const answer = document.getElementById('answer');
const canaryCalls = [];

// What the tests' attacks try to call.
window.canary = () => canaryCalls.push(new Error().stack);

/** Shows an answer as a client would, touches all of it, and tells what it then holds. */
window.show = async (markdown, controls) => {
  const began = performance.now();
  answer.innerHTML = renderers[controls](markdown);
  answer.getBoundingClientRect();
  await nextFrame();
  const milliseconds = performance.now() - began;
  const elements = [...answer.querySelectorAll('*')];
  for (const element of elements) touch(element);
  await nextFrame();
  return {
    milliseconds,
    text: answer.textContent,
    elements: [...new Set(elements.map((element) => element.localName))],
    attributes: [...new Set(elements.flatMap((element) => element.getAttributeNames()))],
    links: [...answer.querySelectorAll('[href]')].map(describedLink),
    canaryCalls: canaryCalls.splice(0),
    pageChanged: document.body.children.length !== 2 || location.pathname !== '/answer.html',
  };
};

// A task after the frame's: what an element starts when it is laid out has begun by then.
function nextFrame() {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

function touch(element) {
  for (const kind of ['mouseover', 'pointerdown', 'focus', 'error', 'load', 'toggle', 'animationstart', 'begin']) {
    element.dispatchEvent(new Event(kind));
  }
}

function describedLink(link) {
  const { protocol, origin, host, target, rel, textContent } = link;
  return { address: link.getAttribute('href'), protocol, origin, host, target, rel, text: textContent };
}

window.isReady = true;
