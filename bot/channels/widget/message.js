// One message as it is shown and read aloud: who, the plain words, then the brief's own and where they are from.

import { append, button, el, unique } from './elements.js';
import { clock, label, phrase } from './phrases.js';
import { contacts, crisisLines, dialled, quotation } from './sources.js';
import { toolbar } from './tools.js';
import { list, text } from './values.js';

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
  // After danger was spoken of, every reply ends with the shortest line.
  const reminder = text(custom.reminder);
  // What follows a press of one of the tools: seen, and heard.
  const [word, told] = [el('div', { class: 'word' }), el('p', { class: 'told' })];
  append(box, [crisis && crisisLines(custom.lines, language), more,
    replies.length && choices(custom.kind !== 'clarify' && 'labels.related', replies, language, does),
    reminder && el('p', { class: 'reminder' }, dialled(reminder, language)),
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
