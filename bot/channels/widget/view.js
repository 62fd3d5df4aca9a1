// Everything that is drawn, in three parts: elements, phrases and safe links; one message; the frame around the
// messages. One file, since the three share most of their words: together they weigh 650 bytes less when compressed.

import { fields, list, MAX_CHARACTERS, text } from './client.js';
import { LANGUAGES, LINES, WORDS } from './words.js';

// 1. Elements. Text only ever becomes text nodes, and an address only ever one of the schemes below.

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

// 2. One message as it is shown and read aloud: who, the plain words, then the brief's own and where they are from.

const MAX_FEEDBACK_CHARACTERS = 1000;

/** A time of day as people of that language write it. */
function clock(at, language) {
  const date = new Date(Number(at) || Date.now());
  const shown = date.toLocaleTimeString(language === 'es' ? 'es-US' : 'en-US', { hour: 'numeric', minute: '2-digit' });
  return el('time', { datetime: date.toISOString() }, shown);
}

/** The frame of a message: a stop for the arrow keys that is read out whole. */
function frame(kind, language, who, plain) {
  const [whoId, textId] = [unique('who'), unique('text')];
  const body = el('p', { class: 'plain', id: textId }, plain);
  const box = el('div', { class: `message ${kind}`, role: 'article', tabindex: '-1', lang: language,
    'aria-labelledby': `${whoId} ${textId}` }, el('span', { class: 'hidden', id: whoId }, who), body);
  return { box, body };
}

/** What the person said. Not announced: they know it. `state` is where "not sent yet" goes. */
export function mine(entry) {
  const { language } = entry;
  const { box } = frame('mine', language, phrase('widget.you', language), entry.shown || entry.text);
  box.setAttribute('aria-live', 'off');
  const state = el('p', { class: 'state' });
  append(box, [state, el('p', { class: 'tools' }, clock(entry.at, language))]);
  return { box, state };
}

/** Crisis lines as links that call or text. */
export function crisisLines(lines, language) {
  return el('ul', { class: 'lines' }, list(lines).map((line) => el('li', null,
    el('strong', null, line.name), ' ',
    el('span', { class: 'reach' },
      link('tel', line.phone, unbroken(line.display), { class: 'call' }),
      line.sms && link('sms', line.sms, unbroken(phrase('labels.text_line', language,
        { number: text(line.sms === line.phone ? line.display : line.sms) })), { class: 'call' })),
    el('span', { class: 'when' }, unbroken(line.when)))));
}

/**
 * What the server said: one message of a reply.
 * @param {Object} part a message of the contract
 * @param {{choose: function, rate: function, announce: function, later: function}} does
 */
export function theirs(part, entry, does) {
  const custom = part.custom;
  const language = custom.language === 'es' ? 'es' : 'en';
  const crisis = custom.kind === 'crisis';
  const who = phrase(crisis ? 'widget.danger' : 'widget.answer', language);
  const kind = /^[a-z_]{1,20}$/.test(custom.kind) ? custom.kind : 'smalltalk';
  const { box, body } = frame(`theirs ${kind}`, language, who, text(custom.plain) || text(part.text));
  // Found by whoever reads on, not read out with the answer: the live region says the plain words and the choices.
  const more = el('div', { class: 'more', 'aria-live': 'off' });
  const replies = list(part.buttons);
  const tools = el('div', { class: 'tools', 'aria-live': 'off' });
  // What follows a press of one of the tools: seen, and heard.
  const [word, told] = [el('div', { class: 'word' }), el('p', { class: 'told' })];
  append(box, [crisis && crisisLines(custom.lines, language), more,
    replies.length && choices(custom.kind !== 'clarify' && 'labels.related', replies, language, does),
    tools, word, told]);
  // Put in once the rest was announced: what is added inside aria-live="off" stays silent.
  does.later(() => {
    append(more, [quotation(custom, language), contacts(custom, language)]);
    toolbar({ tools, word, told }, part, entry, language, does);
  });
  return { box, body };
}

/** What can be chosen, a button each, below a line that says so. */
export function choices(above, offered, language, does) {
  return el('div', { class: 'choices' }, above && label(above, language), el('ul', null, offered.map((choice) =>
    el('li', null, button('choice', { onclick: (event) => does.choose(choice, language, event) }, choice.title)))));
}

function quotation(custom, language) {
  const [quote, source] = [fields(custom.quote), fields(custom.source)];
  const from = text(source.title) && [
    `${phrase('labels.source', language)} ${source.title}, ${text(source.publisher)} `, footnotes(custom, language)];
  if (!text(quote.text)) return from && el('div', { class: 'source' }, from);
  return el('figure', null,
    label('labels.quote', language),
    el('blockquote', { lang: 'en' }, `“${quote.text}”`),
    text(quote.translation) && [label('labels.translation', language),
      el('p', { class: 'translation' }, quote.translation)],
    el('figcaption', null, from));
}

/** Numbers that open the full reference in place, right behind themselves, so that it is the next thing read. */
function footnotes(custom, language) {
  const numbers = new Map();
  for (const citation of list(custom.citations)) {
    const known = numbers.get(text(citation.reference)) || [];
    numbers.set(text(citation.reference), known.concat(Number(citation.number) || 0));
  }
  return Array.from(numbers, ([reference, under]) => {
    const id = unique('note');
    const note = el('span', { class: 'note', id, hidden: true }, reference);
    const name = phrase('widget.source_number', language, { number: under.join(', ') });
    const marker = button('marker', { 'aria-expanded': 'false', 'aria-controls': id }, name);
    const show = (open) => { note.hidden = !open; marker.setAttribute('aria-expanded', open); };
    marker.addEventListener('click', () => show(note.hidden));
    marker.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || note.hidden) return;
      show(false);
      event.stopPropagation();
    });
    return [marker, ' ', note];
  });
}

function contacts(custom, language) {
  const reached = list(custom.contacts);
  return reached.length && [label('widget.contact', language),
    el('ul', { class: 'contacts' }, reached.map(({ name, phone, display, email }) => el('li', null, name, ' ',
      link('tel', phone, unbroken(display), { class: 'call' }), ' ',
      email && link('mailto', email, email, { class: 'call' }))))];
}

function toolbar({ tools, word, told }, part, entry, language, does) {
  const { kind, id } = part.custom;
  const tell = (key) => put(told, key && phrase(key, language));
  const copy = button('tool', { onclick: async () => {
    const done = await copied(text(part.text));
    tell(!done && 'widget.copy_failed');
    if (!done) return;
    put(copy, phrase('widget.copied', language));
    does.announce(phrase('widget.copied', language), language);
  } }, phrase('widget.copy', language));
  append(tools, [clock(entry.at, language), !['smalltalk', 'clarify', 'notice'].includes(kind) && copy,
    kind === 'answer' && text(id) && thumbs(id, entry, language, { word, tell, rate: does.rate })]);
}

/** Thumbs, and after one of them a field for a word that nobody has to write. */
function thumbs(answerId, entry, language, { word, tell, rate }) {
  const press = (value) => both.forEach((thumb) => thumb.setAttribute('aria-pressed',
    thumb.getAttribute('data-value') === value));
  // What could not be stored does not stay pressed.
  const store = async (value, comment) => {
    press(value);
    tell();
    const lines = await rate(entry, answerId, value, comment, language);
    press(fields(entry.rated)[answerId]);
    if (!lines) tell('widget.feedback_failed');
    return lines;
  };
  const ask = (value, thumb) => {
    const id = unique('word');
    const field = el('textarea', { id, rows: '2', maxlength: MAX_FEEDBACK_CHARACTERS });
    const send = async () => {
      const lines = await store(value, field.value.trim() || undefined);
      if (!lines) return;
      put(word, lines.length && crisisLines(lines, language));
      if (!lines.length) tell('widget.feedback_thanks');
      thumb.focus();
    };
    put(word, el('label', { for: id }, phrase('widget.feedback_word', language)), field,
      button('choice', { onclick: send }, phrase('widget.feedback_send', language)));
  };
  const both = [['up', 'widget.helpful'], ['down', 'widget.not_helpful']].map(([value, key]) => button('tool', {
    'data-value': value, onclick: ({ currentTarget }) => { ask(value, currentTarget); store(value); } },
  phrase(key, language)));
  press(fields(entry.rated)[answerId]);
  return el('span', { class: 'thumbs' }, both);
}

/** Whether the words are on the clipboard now. On a page without https there is none. */
function copied(words) {
  if (!navigator.clipboard) return false;
  return navigator.clipboard.writeText(words).then(() => true, () => false);
}

// 3. The frame around a conversation: button, heading, numbers for danger, log, and the field to write in.

// Lines of 2 units in a square of 24.
const SPEECH = 'M4 4h16v12h-9l-5 4v-4H4zM8 9h8M8 12h5';
const CROSS = 'M5 5l14 14M19 5L5 19';
const MORE = 'M4 7h16M4 12h16M4 17h16';
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
    if (typed && typed.value) field.value = typed.value;
    const writing = typed && typed === document.activeElement;
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
