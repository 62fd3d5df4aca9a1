// What the widget says, in the language of who reads it; the sentences themselves are content.

import { el } from './elements.js';
import { LANGUAGES, WORDS } from './words.js';

/** A phrase by its key, `{name}` in it filled from `values`; the key itself where there is none: a gap is seen. */
export function phrase(key, language, values = {}) {
  const words = (WORDS[key] || {})[Math.max(0, LANGUAGES.indexOf(language))] || key;
  return words.replace(/\{(\w+)\}/g, (blank, name) => (name in values ? String(values[name]) : blank));
}

/** A line that says what stands below it. */
export function label(key, language) {
  return el('p', { class: 'label' }, phrase(key, language));
}

/** A time of day as people of that language write it. */
export function clock(at, language) {
  const date = new Date(Number(at) || Date.now());
  const shown = date.toLocaleTimeString(language === 'es' ? 'es-US' : 'en-US', { hour: 'numeric', minute: '2-digit' });
  return el('time', { datetime: date.toISOString() }, shown);
}
