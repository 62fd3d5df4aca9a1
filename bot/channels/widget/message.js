// One message as it is shown and read aloud: who, the plain words, then the brief's own words and where they are from.

import { button, el, empty, fill, link, list, text } from './dom.js';

const MAX_FEEDBACK_CHARACTERS = 1000;

let made = 0;

/** An id that no other element of the page has. */
function unique(name) {
  made += 1;
  return `imh-${name}-${made}`;
}

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
  const box = el('div', {
    class: `message ${kind}`, role: 'article', tabindex: '-1', lang: language, 'aria-labelledby': `${whoId} ${textId}`,
  }, el('span', { class: 'hidden', id: whoId }, who), body);
  return { box, body };
}

/** What the person said. Not announced: they know it. `state` is where "not sent yet" goes. */
export function mine(entry, phrase, language) {
  const { box } = frame('mine', language, phrase('widget.you', language), entry.shown || entry.text);
  box.setAttribute('aria-live', 'off');
  const state = el('p', { class: 'state' });
  box.appendChild(state);
  box.appendChild(el('p', { class: 'tools' }, clock(entry.at, language)));
  return { box, state };
}

/** Crisis lines as links that call or text. */
export function crisisLines(lines, phrase, language) {
  return el('ul', { class: 'lines' }, list(lines).map((line) => el('li', null,
    el('strong', null, text(line.name)), ' ',
    el('span', { class: 'reach' },
      link('tel', line.phone, text(line.display), { class: 'call' }),
      line.sms ? link('sms', line.sms, fill(phrase('labels.text_line', language),
        { number: text(line.sms === line.phone ? line.display : line.sms) }), { class: 'call' }) : null),
    el('span', { class: 'when' }, text(line.when)))));
}

/**
 * What the server said: one message of a reply.
 * @param {Object} part a message of the contract
 * @param {{phrase: function, choose: function, rate: function, announce: function, later: function}} does
 */
export function theirs(part, entry, does) {
  const custom = part.custom;
  const language = custom.language === 'es' ? 'es' : 'en';
  const crisis = custom.kind === 'crisis';
  const who = does.phrase(crisis ? 'widget.danger' : 'widget.answer', language);
  const kind = /^[a-z_]{1,20}$/.test(custom.kind) ? custom.kind : 'smalltalk';
  const { box, body } = frame(`theirs ${kind}`, language, who, text(custom.plain) || text(part.text));
  if (crisis) box.appendChild(crisisLines(custom.lines, does.phrase, language));
  // Found by whoever reads on, not read out with the answer: the live region says the plain words and the choices.
  const more = el('div', { class: 'more', 'aria-live': 'off' });
  box.appendChild(more);
  const choices = list(part.buttons);
  if (choices.length) box.appendChild(quickReplies(choices, custom, language, does));
  const tools = el('div', { class: 'tools', 'aria-live': 'off' });
  box.appendChild(tools);
  // Put in once the rest was announced: what is added inside aria-live="off" stays silent.
  does.later(() => {
    quotation(custom, language, does).forEach((piece) => more.appendChild(piece));
    contacts(custom, language, does).forEach((piece) => more.appendChild(piece));
    toolbar(tools, part, entry, language, does);
  });
  return { box, body };
}

function quickReplies(choices, custom, language, does) {
  const label = custom.kind === 'clarify' ? null : el('p', { class: 'label' }, does.phrase('labels.related', language));
  return el('div', { class: 'choices' }, label, el('ul', null, choices.map((choice) => el('li', null,
    button('choice', { onclick: (event) => does.choose(choice, language, event) },
      text(choice.title))))));
}

function quotation(custom, language, does) {
  const pieces = [];
  const quote = custom.quote && typeof custom.quote === 'object' ? custom.quote : null;
  const source = custom.source && typeof custom.source === 'object' ? custom.source : null;
  const from = source ? [`${does.phrase('labels.source', language)} ${text(source.title)}, ${text(source.publisher)} `,
    footnotes(custom, language, does)] : [];
  if (quote && text(quote.text)) {
    pieces.push(el('figure', null,
      el('p', { class: 'label' }, does.phrase('labels.quote', language)),
      el('blockquote', { lang: 'en' }, `“${text(quote.text)}”`),
      text(quote.translation) ? [el('p', { class: 'label' }, does.phrase('labels.translation', language)),
        el('p', { class: 'translation' }, text(quote.translation))] : null,
      el('figcaption', null, from)));
  } else if (source) {
    pieces.push(el('div', { class: 'source' }, from));
  }
  return pieces;
}

/** Numbers that open the full reference in place, right behind themselves, so that it is the next thing read. */
function footnotes(custom, language, does) {
  const numbers = new Map();
  for (const citation of list(custom.citations)) {
    const known = numbers.get(text(citation.reference)) || [];
    numbers.set(text(citation.reference), known.concat(Number(citation.number) || 0));
  }
  return Array.from(numbers, ([reference, under]) => {
    const id = unique('note');
    const note = el('span', { class: 'note', id, hidden: true }, reference);
    const name = fill(does.phrase('widget.source_number', language), { number: under.join(', ') });
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

function contacts(custom, language, does) {
  const reached = list(custom.contacts);
  if (!reached.length) return [];
  return [el('p', { class: 'label' }, does.phrase('labels.contact', language)),
    el('ul', { class: 'contacts' }, reached.map((contact) => el('li', null, text(contact.name), ' ',
      link('tel', contact.phone, text(contact.display), { class: 'call' }), ' ',
      contact.email ? link('mailto', contact.email, text(contact.email), { class: 'call' }) : null)))];
}

function toolbar(tools, part, entry, language, does) {
  const say = (key) => does.phrase(key, language);
  tools.appendChild(clock(entry.at, language));
  if (['smalltalk', 'clarify', 'notice'].indexOf(part.custom.kind) >= 0) return;
  const copy = button('tool', null, say('widget.copy'));
  copy.addEventListener('click', async () => {
    const done = await copied(text(part.text));
    does.announce(say(done ? 'widget.copied' : 'widget.copy_failed'), language);
    if (done) copy.textContent = say('widget.copied');
  });
  tools.appendChild(copy);
  if (part.custom.kind === 'answer' && text(part.custom.id)) rating(tools, part.custom.id, entry, language, does);
}

/** Thumbs, and after one of them a field for a word that nobody has to write. */
function rating(tools, answerId, entry, language, does) {
  const say = (key) => does.phrase(key, language);
  const word = el('div', { class: 'word' });
  const rated = entry.rated || {};
  const thumb = (value, key) => button('tool', { 'aria-pressed': String(rated[answerId] === value), 'data-value': value,
  }, say(key));
  const thumbs = [thumb('up', 'widget.helpful'), thumb('down', 'widget.not_helpful')];
  const send = async (value, comment) => {
    const lines = await does.rate(entry, answerId, value, comment, language);
    empty(word);
    if (lines.length) word.appendChild(crisisLines(lines, does.phrase, language));
  };
  const ask = (value) => {
    const id = unique('word');
    const field = el('textarea', { id, rows: '2', maxlength: String(MAX_FEEDBACK_CHARACTERS) });
    empty(word);
    word.appendChild(el('label', { for: id }, say('widget.feedback_word')));
    word.appendChild(field);
    word.appendChild(button('choice', { onclick: async () => {
      await send(value, field.value.trim() || undefined);
      thumbs.find((each) => each.dataset.value === value).focus();
    } }, say('widget.feedback_send')));
  };
  for (const each of thumbs) {
    each.addEventListener('click', () => {
      thumbs.forEach((other) => other.setAttribute('aria-pressed', String(other === each)));
      ask(each.dataset.value);
      does.rate(entry, answerId, each.dataset.value, undefined, language);
    });
    tools.appendChild(each);
  }
  tools.appendChild(word);
}

/** Whether the words are on the clipboard now. On a page without https there is none. */
function copied(words) {
  if (!navigator.clipboard) return false;
  return navigator.clipboard.writeText(words).then(() => true, () => false);
}
