// What a page loads: all modules of this folder, joined into one by bot/channels/assets.py.

import { ImhChat } from './element.js';

// A page may load it twice.
if (!customElements.get('imh-chat')) customElements.define('imh-chat', ImhChat);
