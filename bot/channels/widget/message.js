// One message as it is shown and read aloud: who, the plain words, then the brief's own words and where they are from.

import { append, button, el, fields, label, link, list, phrase, put, text, unique } from './dom.js';

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
      link('tel', line.phone, line.display, { class: 'call' }),
      line.sms && link('sms', line.sms, phrase('labels.text_line', language,
        { number: text(line.sms === line.phone ? line.display : line.sms) }), { class: 'call' })),
    el('span', { class: 'when' }, line.when))));
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
  append(box, [crisis && crisisLines(custom.lines, language), more,
    replies.length && choices(custom.kind !== 'clarify' && 'labels.related', replies, language, does), tools]);
  // Put in once the rest was announced: what is added inside aria-live="off" stays silent.
  does.later(() => {
    append(more, [quotation(custom, language), contacts(custom, language)]);
    toolbar(tools, part, entry, language, does);
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
    const show = (open) => { note.hidden = !open; marker.setAttribute('aria-expanded', String(open)); };
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
  return reached.length && [label('labels.contact', language),
    el('ul', { class: 'contacts' }, reached.map(({ name, phone, display, email }) => el('li', null, name, ' ',
      link('tel', phone, display, { class: 'call' }), ' ', email && link('mailto', email, email, { class: 'call' }))))];
}

function toolbar(tools, part, entry, language, does) {
  const { kind, id } = part.custom;
  const copy = button('tool', { onclick: async () => {
    const done = await copied(text(part.text));
    does.announce(phrase(done ? 'widget.copied' : 'widget.copy_failed', language), language);
    if (done) put(copy, phrase('widget.copied', language));
  } }, phrase('widget.copy', language));
  append(tools, [clock(entry.at, language), !['smalltalk', 'clarify', 'notice'].includes(kind) && copy,
    kind === 'answer' && text(id) && rating(id, entry, language, does)]);
}

/** Thumbs, and after one of them a field for a word that nobody has to write. */
function rating(answerId, entry, language, does) {
  const word = el('div', { class: 'word' });
  const rate = (value, comment) => does.rate(entry, answerId, value, comment, language);
  const ask = (value, thumb) => {
    const id = unique('word');
    const field = el('textarea', { id, rows: '2', maxlength: String(MAX_FEEDBACK_CHARACTERS) });
    const send = async () => {
      const lines = await rate(value, field.value.trim() || undefined);
      put(word, lines.length && crisisLines(lines, language));
      thumb.focus();
    };
    put(word, el('label', { for: id }, phrase('widget.feedback_word', language)), field,
      button('choice', { onclick: send }, phrase('widget.feedback_send', language)));
  };
  const thumbs = [['up', 'widget.helpful'], ['down', 'widget.not_helpful']].map(([value, key]) => button('tool', {
    'aria-pressed': String(fields(entry.rated)[answerId] === value), 'data-value': value,
    onclick: ({ currentTarget: thumb }) => {
      thumbs.forEach((other) => other.setAttribute('aria-pressed', String(other === thumb)));
      ask(value, thumb);
      rate(value);
    } }, phrase(key, language)));
  return [thumbs, word];
}

/** Whether the words are on the clipboard now. On a page without https there is none. */
function copied(words) {
  if (!navigator.clipboard) return false;
  return navigator.clipboard.writeText(words).then(() => true, () => false);
}
