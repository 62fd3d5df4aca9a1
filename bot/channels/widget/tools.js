// What can be done with an answer: copy it, say what it was worth.

import { append, button, el, put, unique } from './elements.js';
import { clock, phrase } from './phrases.js';
import { crisisLines } from './sources.js';
import { fields, text } from './values.js';

const MAX_FEEDBACK_CHARACTERS = 1000;

/**
 * Fills in the row of tools. What follows a press of one of them goes into `word` and `told`, below the row.
 * @param {{tools: HTMLElement, word: HTMLElement, told: HTMLElement}} places
 */
export function toolbar({ tools, word, told }, part, entry, language, does) {
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
