/*
 * Copyright (c) Portcullis contributors
 * GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sphinx's search ignores numbers. Readers look for ports, and for the number that YAML makes of an unquoted range.
 */

(() => {
  const parse = Search._parseQuery;
  Search._parseQuery = (query) => {
    const parsed = parse(query);
    const [, searchTerms, , highlightTerms] = parsed;
    for (const word of splitQuery(query)) {
      if (/^\d+$/.test(word)) {
        searchTerms.add(word);
        highlightTerms.add(word);
      }
    }
    return parsed;
  };
})();
