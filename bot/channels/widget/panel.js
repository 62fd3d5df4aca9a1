// The frame around a conversation: button, heading, numbers for danger, log, and the field to write in.

import { append, button, el, icon, link, put, unique } from './elements.js';
import { phrase } from './phrases.js';
import { crisisLines } from './sources.js';
import { LINES } from './words.js';

// Lines of 2 units in a square of 24.
const SPEECH = 'M4 4h16v12h-9l-5 4v-4H4zM8 9h8M8 12h5';
const CROSS = 'M5 5l14 14M19 5L5 19';
const MORE = 'M4 7h16M4 12h16M4 17h16';
const MAX_CHARACTERS = 2000;
// The numbers that stand in the narrow strip; the rest is behind a button.
const ALWAYS_SHOWN = 2;

const FOCUSABLE = 'button, a[href], textarea, input, [tabindex="0"]';

/** What is said in the language of the panel: `relabel` fills it in. */
function said(key, tag = 'span', given = {}, ...children) {
  return el(tag, { 'data-say': key, ...given }, ...children);
}

/**
 * Builds the panel once; `relabel` puts it into a language.
 * @param {{inline: boolean, on: Object<string, function>}} given `inline` panels stand in the page, always open
 * @returns {Object<string, HTMLElement>} its parts by name
 */
export function buildPanel({ inline, on }) {
  const panel = unique('panel');
  const id = (name) => `${panel}-${name}`;
  const folded = (name) => ({ 'aria-expanded': 'false', 'aria-controls': id(name) });
  const parts = {};

  parts.launcherText = el('span');
  parts.launcher = button('launcher', { onclick: on.open, ...folded('panel') }, icon(SPEECH), parts.launcherText);
  parts.heading = el('h2', { id: id('title'), tabindex: '-1' });
  parts.toLanguage = button('plain-button', { onclick: on.language, 'data-say': 'widget.other_language' });
  parts.menu = button('plain-button', { onclick: on.menu, ...folded('options') }, icon(MORE),
    said('widget.options', 'span', { class: 'hidden wide' }));
  const close = inline ? null : button('plain-button', { onclick: on.close }, icon(CROSS),
    said('widget.close', 'span', { class: 'hidden' }));
  const header = el('div', { class: 'header' }, parts.heading, parts.toLanguage, parts.menu, close);

  parts.erase = button('choice', { onclick: on.erase, 'data-say': 'widget.erase' });
  parts.no = button('choice', { onclick: on.eraseNo, 'data-say': 'widget.erase_no' });
  parts.sure = el('div', { class: 'sure', role: 'group', hidden: true, 'aria-labelledby': id('sure') },
    said('widget.erase_question', 'p', { id: id('sure') }),
    button('choice warn', { onclick: on.eraseYes, 'data-say': 'widget.erase_yes' }), parts.no);
  parts.options = el('div', { class: 'options', id: id('options'), hidden: true },
    button('choice', { onclick: on.print, 'data-say': 'widget.print' }), parts.erase, parts.sure);

  const audience = el('fieldset', null, said('widget.speaks', 'legend', { class: 'hidden' }),
    ['parent', 'provider'].map((each) => {
      const onchange = () => on.audience(each);
      parts[each] = el('input', { type: 'radio', name: id('audience'), id: id(each), onchange });
      return el('label', { for: id(each) }, parts[each], said(`widget.${each}`));
    }));

  parts.numbers = el('span', { class: 'numbers' });
  parts.moreLines = button('plain-button', { onclick: on.moreLines, 'data-say': 'widget.more_lines',
    ...folded('lines') });
  const strip = el('div', { class: 'strip', role: 'group', 'aria-labelledby': id('danger') },
    said('widget.in_danger', 'span', { id: id('danger') }), parts.numbers, parts.moreLines);
  parts.allLines = el('div', { class: 'all-lines', id: id('lines'), hidden: true });

  parts.log = el('div', { class: 'log', role: 'log', 'aria-live': 'polite', tabindex: '0', onkeydown: on.logKey });
  parts.field = el('textarea', { id: id('field'), rows: '1', autocomplete: 'off', enterkeyhint: 'send',
    'aria-describedby': id('count'), oninput: on.input, onkeydown: on.fieldKey });
  parts.count = el('p', { class: 'count', id: id('count') });
  parts.send = said('page.send', 'button', { type: 'submit', class: 'send' });
  const composer = el('form', { class: 'composer', novalidate: true, onsubmit: on.submit },
    said('page.question', 'label', { for: id('field') }), el('div', { class: 'row' }, parts.field, parts.send),
    parts.count);

  parts.panel = el('div', { class: 'panel', id: id('panel'), role: inline ? 'region' : 'dialog',
    'aria-labelledby': id('title'), onkeydown: on.panelKey },
  header, parts.options, audience, strip, parts.allLines, parts.log, composer);
  // An empty title stops the host's own from popping up over every message.
  parts.root = el('div', { class: inline ? 'root inline' : 'root floating', title: '' },
    inline ? null : parts.launcher, parts.panel);
  return parts;
}

/**
 * Puts the panel into its host. The page's own form stays in use until the style has come; then the panel takes its
 * place, and what was typed into it.
 */
export function dress(host, { root, field }, done) {
  const slot = el('slot');
  const take = () => {
    if (!root.hidden || !slot.parentNode) return;
    const typed = host.querySelector('textarea, input[type="text"]');
    const writing = typed && typed === document.activeElement;
    if (typed && typed.value) {
      field.value = typed.value;
      // Or the browser would put it back after a reload, when it was said long ago.
      typed.value = '';
    }
    slot.remove();
    root.hidden = false;
    done();
    if (writing) field.focus({ preventScroll: true });
  };
  root.hidden = true;
  const href = new URL('imh-chat.css', import.meta.url).href;
  append(host.shadowRoot, [el('link', { rel: 'stylesheet', href, onload: take, onerror: take }), slot, root]);
}

/** Puts every word of the panel into a language; the messages keep theirs. No network is needed for any of it. */
export function relabel(parts, { title, language, audience }) {
  const say = (key) => phrase(key, language);
  parts.root.lang = language;
  parts.root.querySelectorAll('[data-say]').forEach((each) => { each.textContent = say(each.dataset.say); });
  parts.launcherText.textContent = title || say('widget.open');
  parts.heading.textContent = title || say('widget.title');
  parts.toLanguage.lang = language === 'es' ? 'en' : 'es';
  parts.parent.checked = audience !== 'provider';
  parts.provider.checked = audience === 'provider';
  parts.log.setAttribute('aria-label', say('widget.log'));
  const lines = LINES[language];
  put(parts.numbers, lines.slice(0, ALWAYS_SHOWN).map(({ name, phone, display }) => link('tel', phone, display,
    { class: 'call', 'aria-label': phrase('widget.call', language, { name, number: display }) })));
  put(parts.allLines, crisisLines(lines, language));
}

/**
 * Fits the field to what is in it, and says how many characters are too many: a paste is never cut off behind anybody's
 * back.
 * @returns {string} what it says; empty where all is well
 */
export function count({ field, count: told }, language) {
  const characters = Array.from(field.value.trim()).length;
  const over = characters > MAX_CHARACTERS;
  const number = (value) => value.toLocaleString(language);
  told.textContent = over ? phrase('widget.too_long', language,
    { count: number(characters), limit: number(MAX_CHARACTERS) }) : '';
  field.setAttribute('aria-invalid', over);
  // As high as what is written, in steps, since nothing may be styled from here.
  field.rows = Math.min(5, Math.max(1, field.value.split('\n').length, Math.ceil(characters / 40)));
  return told.textContent;
}

/** On a narrow screen the panel covers the page: what lies behind it is not to be reached by Tab. */
export function keepInside(panel, event, inside) {
  const seen = Array.from(panel.querySelectorAll(FOCUSABLE)).filter((each) => each.getClientRects().length);
  const [first, last] = [seen[0], seen[seen.length - 1]];
  // The heading, which takes the keyboard when the panel opens, stands before the first.
  if (event.shiftKey ? inside !== first && inside.tagName !== 'H2' : inside !== last) return;
  event.preventDefault();
  (event.shiftKey ? last : first).focus();
}
