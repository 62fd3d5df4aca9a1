// Makes elements. Text only ever becomes text nodes, and an address only ever one of the schemes below.

import { LANGUAGES, WORDS } from './words.js';

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
    else made.setAttribute(name, value === true ? '' : String(value));
  }
  append(made, children);
  return made;
}

/** A button that submits nothing. */
export function button(style, given, ...children) {
  return el('button', Object.assign({ type: 'button', class: style }, given), ...children);
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
  return el('a', Object.assign({ href: `${scheme}:${address}` }, given), shown);
}

/** What somebody asked for, as one of those that there are, or null; `es-MX` is `es`. */
export function oneOf(known, asked) {
  const short = String(asked).toLowerCase().split('-')[0];
  return known.find((each) => each === short) || null;
}

/** A phrase by its key, `{name}` in it filled from `values`; the key itself where there is none: a gap is seen. */
export function phrase(key, language, values = {}) {
  const words = (WORDS[key] || {})[Math.max(0, LANGUAGES.indexOf(language))] || key;
  return words.replace(/\{(\w+)\}/g, (blank, name) => (name in values ? String(values[name]) : blank));
}

/** A line that says what stands below it. */
export function label(key, language) {
  return el('p', { class: 'label' }, phrase(key, language));
}

let made = 0;

/** An id that no other element of the page has. */
export function unique(name) {
  made += 1;
  return `imh-${name}-${made}`;
}

/** The text of anything: a string as it is, everything else nothing. */
export function text(value) {
  return typeof value === 'string' ? value : '';
}

/** The fields of anything; none where it has none. */
export function fields(value) {
  return value && typeof value === 'object' ? value : {};
}

/** The list in anything, of what has fields. */
export function list(value) {
  return Array.isArray(value) ? value.filter((entry) => entry === fields(entry)) : [];
}
