// What comes from a server, a page or the tab's storage is not to be trusted: only what has the right form is taken.

/** The text of anything: a string as it is, everything else nothing. */
export function text(value) {
  return typeof value === 'string' ? value : '';
}

/** The fields of anything; none where it has none. */
export function fields(value) {
  return value && typeof value === 'object' ? value : {};
}

/** The list in anything, of what has fields. */
export function list(value) {
  return Array.isArray(value) ? value.filter((entry) => entry === fields(entry)) : [];
}

/** What somebody asked for, as one of those that there are, or null; `es-MX` is `es`. */
export function oneOf(known, asked) {
  const short = String(asked).toLowerCase().split('-')[0];
  return known.find((each) => each === short) || null;
}

/** 128 random bits as hexadecimal digits. crypto.randomUUID is missing on http and on older phones. */
export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
