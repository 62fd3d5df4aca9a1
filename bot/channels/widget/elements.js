// Elements. Text only ever becomes text nodes, and an address only ever one of the schemes below.

import { text } from './values.js';

/**
 * An element with attributes and children.
 * @param {Object<string, *>} [given] attributes; `on…` are listeners; null, undefined, false are left out, true is ''
 * @param {...(Node|string|Array|*)} children strings become text nodes; what is none of these is left out, since what a
 *   server sends is not to be trusted
 * @returns {HTMLElement}
 */
export function el(tag, given, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? '' : value);
  }
  append(made, children);
  return made;
}

/** A button that submits nothing. */
export function button(style, given, ...children) {
  return el('button', { type: 'button', class: style, ...given }, ...children);
}

/** Puts children into an element, as `el` does. */
export function append(parent, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(parent, child);
    else if (child instanceof Node) parent.appendChild(child);
    else if (text(child)) parent.appendChild(document.createTextNode(child));
  }
}

/** Puts children into an element in the place of what was in it. */
export function put(parent, ...children) {
  while (parent.firstChild) parent.removeChild(parent.firstChild);
  append(parent, children);
}

const SVG = 'http://www.w3.org/2000/svg';

/** A picture for those who see it; what it means stands beside it as text. */
export function icon(path) {
  const svg = document.createElementNS(SVG, 'svg');
  for (const [name, value] of [['viewBox', '0 0 24 24'], ['aria-hidden', 'true'], ['focusable', 'false']]) {
    svg.setAttribute(name, value);
  }
  const drawn = document.createElementNS(SVG, 'path');
  drawn.setAttribute('d', path);
  svg.appendChild(drawn);
  return svg;
}

// Whatever is not of this form is shown as text. Schemes stand here and nowhere else.
const SAFE = {
  tel: /^[+]?[0-9*#]{2,20}$/,
  sms: /^[+]?[0-9]{2,20}$/,
  mailto: /^[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,190}$/,
};

/**
 * A link to call, text or write to somebody; only the text where the address is not one.
 * @param {'tel'|'sms'|'mailto'} scheme
 */
export function link(scheme, address, shown, given) {
  if (typeof address !== 'string' || !SAFE[scheme].test(address)) return el('span', null, shown);
  return el('a', { href: `${scheme}:${address}`, ...given }, shown);
}

/** Text in which no telephone number is broken between two lines. */
export function unbroken(words) {
  return el('span', null, text(words).split(/([+(]?\d[\d() -]{5,}\d)/).map((part, at) => (at % 2
    ? el('span', { class: 'number' }, part) : part)));
}

let made = 0;

/** An id that no other element of the page has. */
export function unique(name) {
  made += 1;
  return `imh-${name}-${made}`;
}
