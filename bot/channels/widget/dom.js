// Makes elements. Text only ever becomes text nodes, and an address only ever one of the schemes below.

/**
 * An element with attributes and children.
 * @param {string} tag
 * @param {Object<string, *>} [given] attributes; `on…` are listeners; null, undefined, false are left out, true is ''.
 * @param {...(Node|string|null|undefined|Array)} children strings become text nodes
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

function append(parent, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(parent, child);
    else if (child instanceof Node) parent.appendChild(child);
    else if (child !== null && child !== undefined) parent.appendChild(document.createTextNode(String(child)));
  }
}

/** Takes everything out of an element. */
export function empty(parent) {
  while (parent.firstChild) parent.removeChild(parent.firstChild);
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

/** `{name}` in a phrase filled from `values`. */
export function fill(phrase, values) {
  return phrase.replace(/\{(\w+)\}/g, (blank, name) => (name in values ? String(values[name]) : blank));
}

/** The text of anything: a string as it is, everything else nothing. What a server sends is not to be trusted. */
export function text(value) {
  return typeof value === 'string' ? value : '';
}

/** The list in anything. */
export function list(value) {
  return Array.isArray(value) ? value.filter((entry) => entry && typeof entry === 'object') : [];
}
