// What a page loads: asks for everything at once, since on a slow link each import that is found only in another one
// costs a way there and back. The element itself is in element.js.

const NAMES = ['client', 'conversation', 'element', 'log', 'view', 'words'];

function fetchEarly(given) {
  document.head.appendChild(Object.assign(document.createElement('link'), given));
}

fetchEarly({ rel: 'preload', as: 'style', href: new URL('imh-chat.css', import.meta.url).href });
for (const name of NAMES) fetchEarly({ rel: 'modulepreload', href: new URL(`${name}.js`, import.meta.url).href });
// Where that fails, the page's own form stays; the browser has told why it could not be had.
import('./element.js').catch(() => {});
