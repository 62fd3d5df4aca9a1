// The frame around a conversation: button, heading, numbers for danger, log, and the field to write in.

import { el, empty, fill, icon, link } from './dom.js';
import { crisisLines } from './message.js';

const SPEECH = 'M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2z';
const CROSS = 'M5.300 4 12 10.600 18.700 4 20 5.300 13.400 12 20 18.700 18.700 20 12 13.400 5.300 20 4 18.700 10.600 12 4 5.300z';
const MORE = 'M4 6h16v2H4zm0 5h16v2H4zm0 5h16v2H4z';
const PLANE = 'M3 20.500 22 12 3 3.500 3 10l12 2-12 2z';
// The numbers that stand in the narrow strip; the rest is behind a button.
const ALWAYS_SHOWN = 2;

let panels = 0;

/**
 * Builds the panel once; `relabel` puts it into a language.
 * @param {{inline: boolean, on: Object<string, function>}} given `inline` panels stand in the page, always open
 * @returns {Object<string, HTMLElement>} its parts by name
 */
export function buildPanel({ inline, on }) {
  panels += 1;
  const id = (name) => `imh-${name}-p${panels}`;
  const parts = {};

  parts.launcher = el('button', { type: 'button', class: 'launcher', 'aria-expanded': 'false', 'aria-controls': id('panel'),
    onclick: on.open }, icon(SPEECH), parts.launcherText = el('span'));
  parts.heading = el('h2', { id: id('title'), tabindex: '-1' });
  parts.toLanguage = el('button', { type: 'button', class: 'plain-button', onclick: on.language });
  parts.menu = el('button', { type: 'button', class: 'plain-button', 'aria-expanded': 'false', 'aria-controls': id('options'),
    onclick: on.menu }, icon(MORE), parts.menuText = el('span', { class: 'wide-only' }));
  parts.close = el('button', { type: 'button', class: 'plain-button', onclick: on.close }, icon(CROSS),
    parts.closeText = el('span', { class: 'hidden' }));
  const radios = ['parent', 'provider'].map((audience) => {
    const radio = el('input', { type: 'radio', name: id('audience'), id: id(audience), value: audience,
      onchange: () => on.audience(audience) });
    parts[audience] = radio;
    return el('label', { for: id(audience) }, radio, parts[`${audience}Text`] = el('span'));
  });
  parts.audience = el('fieldset', null, parts.audienceText = el('legend', { class: 'hidden' }), radios);
  parts.print = el('button', { type: 'button', class: 'choice', onclick: on.print });
  parts.erase = el('button', { type: 'button', class: 'choice', onclick: on.erase });
  parts.sure = el('div', { class: 'sure', role: 'group', hidden: true, 'aria-labelledby': id('sure') },
    parts.sureText = el('p', { id: id('sure') }),
    parts.yes = el('button', { type: 'button', class: 'choice warn', onclick: on.eraseYes }),
    parts.no = el('button', { type: 'button', class: 'choice', onclick: on.eraseNo }));
  parts.options = el('div', { class: 'options', id: id('options'), hidden: true }, parts.print, parts.erase, parts.sure);

  parts.moreLines = el('button', { type: 'button', class: 'plain-button', 'aria-expanded': 'false',
    'aria-controls': id('lines'), onclick: on.moreLines });
  parts.strip = el('div', { class: 'strip', role: 'group', 'aria-labelledby': id('danger') },
    parts.danger = el('span', { id: id('danger') }), parts.numbers = el('span', { class: 'numbers' }), parts.moreLines);
  parts.allLines = el('div', { class: 'all-lines', id: id('lines'), hidden: true });

  parts.log = el('div', { class: 'log', role: 'log', 'aria-live': 'polite', tabindex: '0', onkeydown: on.logKey });
  parts.field = el('textarea', { id: id('field'), rows: '1', autocomplete: 'off', enterkeyhint: 'send',
    'aria-describedby': id('count'), oninput: on.input, onkeydown: on.fieldKey });
  parts.label = el('label', { for: id('field') });
  parts.count = el('p', { class: 'count', id: id('count') });
  parts.send = el('button', { type: 'submit', class: 'send' }, icon(PLANE), parts.sendText = el('span'));
  parts.composer = el('form', { class: 'composer', novalidate: true, onsubmit: on.submit },
    parts.label, el('div', { class: 'row' }, parts.field, parts.send), parts.count);

  const header = el('div', { class: 'header' }, parts.heading, parts.toLanguage, parts.menu, inline ? null : parts.close);
  parts.panel = el('div', { class: 'panel', id: id('panel'), role: inline ? 'region' : 'dialog', 'aria-labelledby': id('title'),
    onkeydown: on.panelKey }, header, parts.options, parts.audience, parts.strip, parts.allLines, parts.log, parts.composer);
  // An empty title stops the host's own from popping up over every message.
  parts.root = el('div', { class: inline ? 'root inline' : 'root', title: '' }, inline ? null : parts.launcher, parts.panel);
  return parts;
}

/** Puts every word of the panel into a language; the messages keep theirs. */
export function relabel(parts, { title, language, audience, lines, phrase }) {
  const say = (key) => phrase(key, language);
  parts.root.lang = language;
  parts.launcherText.textContent = title || say('widget.open');
  parts.heading.textContent = title || say('page.title');
  parts.toLanguage.textContent = say('widget.other_language');
  parts.toLanguage.lang = language === 'es' ? 'en' : 'es';
  parts.menuText.textContent = say('widget.options');
  parts.closeText.textContent = say('widget.close');
  parts.audienceText.textContent = say('widget.speaks');
  parts.parentText.textContent = say('widget.parent');
  parts.providerText.textContent = say('widget.provider');
  parts.parent.checked = audience !== 'provider';
  parts.provider.checked = audience === 'provider';
  parts.print.textContent = say('widget.print');
  parts.erase.textContent = say('widget.erase');
  parts.sureText.textContent = say('widget.erase_question');
  parts.yes.textContent = say('widget.erase_yes');
  parts.no.textContent = say('widget.erase_no');
  parts.log.setAttribute('aria-label', say('widget.log'));
  parts.label.textContent = say('page.question');
  parts.sendText.textContent = say('page.send');
  strip(parts, { language, lines, phrase });
}

/** The numbers for danger, always in sight, and all of them one press away. No network is needed for any of it. */
function strip(parts, { language, lines, phrase }) {
  parts.danger.textContent = phrase('widget.in_danger', language);
  parts.moreLines.textContent = phrase('widget.more_lines', language);
  empty(parts.numbers);
  for (const line of lines[language].slice(0, ALWAYS_SHOWN)) {
    const name = fill(phrase('widget.call', language), { name: line.name, number: line.display });
    parts.numbers.appendChild(link('tel', line.phone, line.display, { class: 'call', 'aria-label': name }));
  }
  empty(parts.allLines);
  parts.allLines.appendChild(crisisLines(lines[language], phrase, language));
}
