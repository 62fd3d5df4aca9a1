// What stands behind a message: whom to call, the brief's own words, where they are from.

import { button, el, link, unbroken, unique } from './elements.js';
import { label, phrase } from './phrases.js';
import { fields, list, text } from './values.js';
import { LINES } from './words.js';

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

/** A sentence whose crisis number can be called: the last that is printed in it, since a line's name may hold one. */
export function dialled(sentence, language) {
  const found = LINES[language].map(({ phone, display }) => ({ phone, display, at: sentence.lastIndexOf(display) }))
    .sort((one, other) => other.at - one.at)[0];
  if (found.at < 0) return sentence;
  const end = found.at + found.display.length;
  return [sentence.slice(0, found.at), link('tel', found.phone, unbroken(found.display), { class: 'call' }),
    sentence.slice(end)];
}

/** The brief's words set apart, a translation where there is one, and the source; the source alone without words. */
export function quotation(custom, language) {
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

/** Whom to ask further. */
export function contacts(custom, language) {
  const reached = list(custom.contacts);
  return reached.length && [label('widget.contact', language),
    el('ul', { class: 'contacts' }, reached.map(({ name, phone, display, email }) => el('li', null, name, ' ',
      link('tel', phone, unbroken(display), { class: 'call' }), ' ',
      email && link('mailto', email, email, { class: 'call' }))))];
}
