/*
 * Copyright (c) Portcullis contributors
 * GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Shows who reaches what. The data is JSON in the page, in the form that page_data.py describes; nothing is loaded.
 *
 * Names that people have chosen become text nodes and plain attributes. Nothing here reads a text as markup.
 */
"use strict";

(() => {
  // The data

  /**
   * Ports that nothing tells apart.
   * @typedef {object} PortClass
   * @property {string} id
   * @property {string} name
   * @property {string[]} groups names of its security groups
   * @property {string[]} owners
   * @property {string} network
   * @property {string[]} families
   * @property {boolean} enforced
   * @property {string[]} ways ways in from outside, such as floating_ip
   * @property {string} unknown why its verdicts are incomplete
   * @property {number} instances
   * @property {number} first number of its first port
   * @property {number} count of its ports
   */

  /**
   * One end of a connection: a class of ports, the Internet, addresses and the like.
   * @typedef {object} End
   * @property {string} kind
   * @property {string} label its name as people see it, which no other end has
   * @property {string[]} addresses
   * @property {PortClass | null} portClass
   */

  /** Entries such as tcp/443, and the same by names of services where they have one. @typedef {{entries: string[], names: string[]}} Traffic */
  /** @typedef {{families: string[], verdict: string, reason: string, path: string}} Verdict */
  /** @typedef {{id: string, group: string, text: string}} Rule */
  /** @typedef {{id: string, name: string, server: string, addresses: string}} Port */

  /** @param {string} id @returns {any} */
  const byId = (id) => document.getElementById(id);

  const data = JSON.parse(byId("data").textContent);

  /** @param {number} number */
  const textOf = (number) => data.texts[number];

  /** @param {number[]} numbers @returns {string[]} */
  const textsOf = (numbers) => numbers.map(textOf);

  /**
   * Return the numbers whose differences are stored.
   * @param {number[]} differences
   */
  function summed(differences) {
    let sum = 0;
    return Int32Array.from(differences, (difference) => (sum += difference));
  }

  /**
   * Return a function that returns an id by its number: from the bytes of UUIDs as Base64, or from a list.
   * @param {string | string[]} packed
   * @returns {(number: number) => string}
   */
  function unpacked(packed) {
    if (Array.isArray(packed)) return (number) => packed[number];
    const bytes = atob(packed);
    return (number) =>
      [...bytes.slice(16 * number, 16 * number + 16)]
        .map((byte) => byte.charCodeAt(0).toString(16).padStart(2, "0"))
        .join("")
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  let ports = 0;
  /** @type {PortClass[]} */
  const classes = data.classes.map((/** @type {any[]} */ one) => {
    const [id, name, groups, owners, network, families, enforced, ways, unknown, instances, count] = one;
    ports += count;
    return {
      id: textOf(id),
      name: textOf(name),
      groups: textsOf(groups),
      owners: textsOf(owners),
      network: textOf(network),
      families: textsOf(families),
      enforced: enforced === 1,
      ways: textsOf(ways),
      unknown: textOf(unknown),
      instances,
      first: ports - count,
      count,
    };
  });

  const portId = unpacked(data.ports.ids);

  /** @param {number} number @returns {Port} */
  const portOf = (number) => ({
    get id() {
      return portId(number);
    },
    name: textOf(data.ports.names[number]),
    server: textOf(data.ports.servers[number]),
    addresses: data.ports.addresses[number],
  });

  /** @param {PortClass} portClass @returns {Port[]} */
  const portsOf = (portClass) => Array.from({ length: portClass.count }, (_, n) => portOf(portClass.first + n));

  const LABELS = new Map([
    ["address_group", (/** @type {string} */ name) => `address group ${name}`],
    ["hidden_members", (/** @type {string} */ name) => `hidden members of ${name}`],
  ]);

  /** @type {End[]} */
  const ends = [];
  /** The ends that a name means: those of a class's name, and of its id. @type {Map<string, number[]>} */
  const named = new Map();

  /** @param {string} name @param {number} end */
  function addName(name, end) {
    const known = named.get(name);
    if (!known) named.set(name, [end]);
    else if (!known.includes(end)) known.push(end);
  }

  // What is not a class comes first: a group called "Internet" is shown as "class:Internet".
  const outside = data.ends.map((/** @type {any[]} */ [kind, name, addresses]) => {
    const label = (LABELS.get(textOf(kind)) ?? String)(textOf(name));
    return { kind: textOf(kind), label, addresses, portClass: null };
  });
  const taken = new Set(["Internet"]);
  for (const [number, end] of outside.entries()) {
    if (end.kind !== "internet" && taken.has(end.label)) end.label = `${end.kind}:${end.label}`;
    taken.add(end.label);
    addName(end.label, classes.length + number);
  }
  /** @param {string} name */
  const classLabel = (name) => (taken.has(name) ? `class:${name}` : name);
  for (const [number, portClass] of classes.entries()) {
    ends.push({ kind: "class", label: classLabel(portClass.id), addresses: [], portClass });
    addName(classLabel(portClass.id), number);
    addName(classLabel(portClass.name), number);
  }
  ends.push(...outside);
  const INTERNET = ends.findIndex((end) => end.kind === "internet");

  /** @type {Traffic[]} */
  const traffic = data.traffic.map((/** @type {number[][]} */ [entries, names]) => ({
    entries: textsOf(entries),
    names: textsOf(names),
  }));

  /** @type {Verdict[]} */
  const verdicts = data.verdicts.map((/** @type {any[]} */ [families, verdict, reason, path]) => ({
    families: textsOf(families),
    verdict: textOf(verdict),
    reason: textOf(reason),
    path: textOf(path),
  }));

  /** The connections: what each is, in a column for each of its properties. */
  const rows = {
    from: summed(data.rows.from),
    to: summed(data.rows.to),
    traffic: data.rows.traffic,
    verdicts: data.rows.verdicts,
    sets: summed(data.rows.sets),
    count: data.rows.from.length,
  };

  const ruleId = unpacked(data.rules.ids);
  const rulesInSets = summed(data.sets.rules);
  const endsOfSets = summed(data.sets.sizes);
  /** @type {Map<number, number[]>} */
  const otherGroups = new Map(data.groups);

  /** @param {number} number @returns {Rule} */
  const ruleOf = (number) => ({
    id: ruleId(number),
    group: textOf(data.rules.groups[number]),
    text: textOf(data.rules.starts[number]) + textOf(data.rules.ends[number]),
  });

  /** @param {number} row @returns {Rule[]} */
  function rulesOf(row) {
    const set = rows.sets[row];
    return Array.from(rulesInSets.subarray(endsOfSets[set] - data.sets.sizes[set], endsOfSets[set]), ruleOf);
  }

  /** @param {number} row @returns {string[]} */
  function groupsOf(row) {
    const stored = otherGroups.get(row);
    return stored ? textsOf(stored) : [...new Set(rulesOf(row).map((rule) => rule.group))].sort();
  }

  /** @param {number} row the end whose instances a connection counts */
  const countedEnd = (row) => ends[rows.to[row]].portClass ?? ends[rows.from[row]].portClass;

  /** @param {number} row @returns {number} */
  const instancesOf = (row) => (countedEnd(row)?.instances ?? 0) + data.rows.instances[row];

  /** @param {number} row */
  const verdictOf = (row) => verdicts[rows.verdicts[row]];

  // Words

  const PATHS = new Map([
    ["same_network", ["same network", "Both ends are on the same network."]],
    ["router", ["router", "A router connects the networks of both ends."]],
    ["floating_ip", ["floating IP", "Through a floating IP."]],
    ["port_forwarding", ["port forwarding", "Through a port forwarding of a floating IP."]],
    ["routed_ipv6", ["routed IPv6", "The IPv6 addresses are routed, without a floating IP."]],
    ["external_network", ["external network", "The ports are on an external network."]],
    ["none_seen", ["no path seen", "Rules allow it, but no network path is seen."]],
    ["unknown", ["path unknown", "The network path cannot be seen."]],
  ]);
  /** @param {string} path */
  const pathWord = (path) => PATHS.get(path)?.[0] ?? path;

  /** The signs of verdicts, and of what several have in common. */
  const SIGNS = new Map([
    ["allowed", "●"],
    ["unseen", "○"],
    ["unknown", "?"],
    ["partly", "◐"],
    ["denied", "⊘"],
    ["wrong", "✗"],
    ["common", "·"],
  ]);

  /** @param {number} count @param {string} noun */
  const counted = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

  /** @param {string[]} texts @param {number} most @param {string} separator */
  function few(texts, most, separator = ", ") {
    const more = texts.length - most;
    return texts.slice(0, most).join(separator) + (more > 0 ? ` +${more}` : "");
  }

  /**
   * What several connections have in common.
   * @typedef {{traffic: string[], state: "allowed" | "unknown" | "unseen" | "partly", words: string}} Summary
   */

  /** @param {number[]} some numbers of connections @returns {Summary} */
  function summaryOf(some) {
    const found = [...new Set(some.flatMap((row) => traffic[rows.traffic[row]].names))];
    const unknown = some.filter((row) => verdictOf(row).verdict === "unknown").length;
    const unseen = some.every((row) => verdictOf(row).path === "none_seen");
    const certain = unseen ? "unseen" : "allowed";
    const state = unknown === 0 ? certain : unknown === some.length ? "unknown" : "partly";
    const words = { allowed: "allowed", unknown: "unknown", unseen: "allowed, no path seen", partly: "partly unknown" };
    return { traffic: found, state, words: words[state] };
  }

  // Elements

  /**
   * Return a new element. Texts among the children stay texts.
   * @param {string} tag
   * @param {Record<string, string | number>} attributes
   * @param {(Node | string)[]} children
   * @returns {HTMLElement}
   */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    element.append(...children);
    return element;
  }

  /**
   * @param {string} text
   * @param {() => void} action
   * @param {Record<string, string>} attributes
   */
  function button(text, action, attributes = {}) {
    const made = make("button", { type: "button", ...attributes }, text);
    made.addEventListener("click", action);
    return made;
  }

  /** Return a paragraph that does something. @param {string} text @param {() => void} action */
  const actionNode = (text, action) => make("p", {}, button(text, action, { class: "link" }));

  /** Return the address of an object, inside of this page. @param {string} label */
  const hrefOf = (label) => `#${new URLSearchParams({ object: label })}`;

  /** @param {string} label */
  const linkTo = (label) => make("a", { class: "name", href: hrefOf(label) }, label);

  const MARKS = new Map([
    ["internet", "outside"],
    ["addresses", "outside"],
    ["address_group", "outside"],
    ["hidden_members", "hidden"],
  ]);

  /** Return a mark for what is not a class, so that no name can pretend to be it. @param {string} kind */
  function markOf(kind) {
    return kind === "class" ? [] : [make("span", { class: `outside ${kind}` }, MARKS.get(kind) ?? kind)];
  }

  /** @param {End} end */
  const endNodes = (end) => make("span", {}, linkTo(end.label), ...markOf(end.kind));

  /** @param {Traffic} one @param {number} most */
  function trafficNodes(one, most) {
    const box = namesNode(one.entries, most);
    const services = one.names.filter((name) => !one.entries.includes(name));
    if (services.length) box.prepend(make("span", { class: "service" }, few(services, most)), " ");
    return box;
  }

  /** @param {string[]} names of traffic @param {number} most */
  function namesNode(names, most) {
    const box = make("span", { class: "traffic" });
    for (const name of names.slice(0, most)) box.append(make("code", {}, name), " ");
    if (names.length > most) box.append(`and ${names.length - most} more`);
    return box;
  }

  /** @param {string} verdict or the state of a summary @param {string} word */
  function verdictNode(verdict, word = verdict) {
    return make("span", { class: `verdict ${verdict}`, "data-sign": SIGNS.get(verdict) ?? "" }, word);
  }

  /** @param {Verdict} one */
  const verdictNodes = (one) => [
    verdictNode(one.verdict === "allowed" && one.path === "none_seen" ? "unseen" : one.verdict, one.verdict),
    " ",
    make("span", { class: "muted" }, pathWord(one.path)),
  ];

  /** @param {string[]} texts @param {string} otherwise */
  function notes(texts, otherwise) {
    if (!texts.length) return make("p", { class: "muted" }, otherwise);
    const list = make("ul", { class: "notes" });
    const more = make("button", { type: "button", class: "more" });
    new Parts(list, more, (/** @type {string} */ text) => make("li", { class: "reason" }, text), 6).show(texts);
    return make("div", {}, list, more);
  }

  /** @param {HTMLElement} list @param {string} term @param {(Node | string)[]} content */
  function addFact(list, term, ...content) {
    list.append(make("dt", {}, term), make("dd", {}, ...content));
  }

  /** Focus what can be used in an element, or the element. @param {HTMLElement} element */
  function focusIn(element) {
    const usable = /** @type {HTMLElement | null} */ (element.querySelector("button, a"));
    if (!usable) element.tabIndex = -1;
    (usable ?? element).focus();
  }

  /**
   * Shows a long list in parts: the first at once, another each time that the button is pressed.
   * @template T
   */
  class Parts {
    /**
     * @param {HTMLElement} list
     * @param {HTMLElement} more the button
     * @param {(item: T) => Node} render
     * @param {number} first how many to show at once
     */
    constructor(list, more, render, first = 50) {
      this.list = list;
      this.more = more;
      this.render = render;
      this.first = first;
      /** @type {ArrayLike<T>} */
      this.items = [];
      this.count = 0;
      more.addEventListener("click", () => this.next(200, true));
    }

    /** @param {ArrayLike<T>} items */
    show(items) {
      this.items = items;
      this.count = 0;
      this.list.replaceChildren();
      this.next(this.first);
    }

    /** @param {number} size @param {boolean} focus whether to focus the first that is new */
    next(size, focus = false) {
      const start = this.count;
      this.count = Math.min(start + size, this.items.length);
      const part = document.createDocumentFragment();
      for (let number = start; number < this.count; number++) part.append(this.render(this.items[number]));
      const first = part.firstElementChild;
      this.list.append(part);
      const left = this.items.length - this.count;
      this.more.hidden = left === 0;
      this.more.textContent = `Show more (${left.toLocaleString("en")} left)`;
      if (focus && first) focusIn(/** @type {HTMLElement} */ (first));
    }
  }

  // Explanations

  /**
   * Return why a connection has its verdict: facts, and the rules of both ends.
   * @param {number} row
   */
  function explanation(row) {
    const [source, target] = [ends[rows.from[row]], ends[rows.to[row]]];
    const verdict = verdictOf(row);
    const facts = make("dl", { class: "facts" });
    addFact(facts, "Traffic", trafficNodes(traffic[rows.traffic[row]], Infinity));
    addFact(facts, "Families", verdict.families.join(", "));
    addFact(facts, "Verdict", verdictNodes(verdict)[0]);
    if (verdict.reason) addFact(facts, "Reason", make("span", { class: "reason" }, verdict.reason));
    addFact(facts, "Path", PATHS.get(verdict.path)?.[1] ?? verdict.path);
    for (const end of [source, target]) {
      if (end.addresses.length) addFact(facts, "Addresses", make("span", { class: "code" }, end.addresses.join(", ")));
    }
    addFact(facts, "Instances", String(instancesOf(row)));
    const rules = rulesOf(row);
    const both = make("div", {}, ...sideNodes("Egress", source, rules), ...sideNodes("Ingress", target, rules));
    return make("div", { class: "explanation" }, facts, both);
  }

  /** @param {"Egress" | "Ingress"} direction @param {End} end @param {Rule[]} rules of both ends */
  function sideNodes(direction, end, rules) {
    const own = rules.filter((rule) => rule.text.startsWith(direction.toLowerCase()));
    if (own.length) return [ruleList(`${direction} rules of ${end.label}`, own)];
    if (!end.portClass || end.portClass.enforced) return [];
    return [make("p", { class: "reason" }, `Security groups are not enforced on ${end.label}: everything passes.`)];
  }

  /** @param {string} title @param {Rule[]} rules */
  function ruleList(title, rules) {
    const items = rules.map((rule) =>
      make(
        "li",
        {},
        make("span", { class: "group name" }, rule.group),
        " ",
        make("span", { class: "code name" }, rule.text),
        make("span", { class: "id code" }, rule.id),
      ),
    );
    return make("div", { class: "rules" }, make("p", { class: "side" }, title), make("ul", {}, ...items));
  }

  /**
   * Return a button that shows something in a row below that of the button, and what to call to show it.
   * @param {string} label
   * @param {HTMLElement} line the row of the button
   * @param {number} columns
   * @param {() => Node} content
   */
  function toggle(label, line, columns, content) {
    const made = button("", () => change(), { class: "toggle", "aria-expanded": "false", "aria-label": label });
    const change = () => {
      const open = made.getAttribute("aria-expanded") !== "true";
      made.setAttribute("aria-expanded", String(open));
      line.classList.toggle("open", open);
      if (!open) line.nextElementSibling?.remove();
      else {
        const cell = make("td", { colspan: columns, role: "cell" }, content());
        line.after(make("tr", { class: "detail", role: "row" }, cell));
      }
    };
    line.addEventListener("click", (event) => {
      const target = /** @type {Element} */ (event.target);
      if (!target.closest("a, button") && !String(getSelection())) change();
    });
    return made;
  }

  const STEPS = new Map([
    ["ArrowDown", 1],
    ["ArrowUp", -1],
  ]);

  /** Let arrow keys move between the rows of a table. @param {HTMLElement} body */
  function moveByArrows(body) {
    body.addEventListener("keydown", (event) => {
      const step = STEPS.get(event.key);
      const all = [.../** @type {NodeListOf<HTMLElement>} */ (body.querySelectorAll(".toggle"))];
      const place = all.indexOf(/** @type {HTMLElement} */ (event.target));
      if (!step || place < 0) return;
      all[place + step]?.focus();
      event.preventDefault();
    });
  }

  // What names and texts mean

  /** What can be searched for in each end, in lower case; made when it is first needed. @type {string[]} */
  const searched = [];

  /** @param {number} number */
  const searchedText = (number) => (searched[number] ??= textsIn(ends[number]).join("\n").toLowerCase());

  /** @param {End} end */
  function textsIn({ label, addresses, portClass }) {
    const parts = [label, ...addresses];
    if (portClass) {
      parts.push(portClass.name, portClass.network, ...portClass.groups, ...portClass.owners);
      for (const port of portsOf(portClass)) parts.push(port.server, port.name, port.addresses, port.id);
    }
    return parts;
  }

  /** @param {string} text in lower case */
  const endsWithText = (text) => [...ends.keys()].filter((number) => searchedText(number).includes(text));

  /** @type {Map<string, (one: PortClass, name: string) => boolean>} */
  const KINDS = new Map([
    ["group", (one, name) => one.groups.includes(name)],
    ["network", (one, name) => one.network === name],
    ["service", (one, name) => one.name === name],
    ["server", (one, name) => portsOf(one).some((port) => port.server === name)],
  ]);

  /** @param {(one: PortClass) => boolean} test */
  const classesThat = (test) => [...classes.keys()].filter((number) => test(classes[number]));

  /**
   * Return the ends that a text names exactly.
   * @param {string} name a class, its name, "internet", a line of the matrix, an instance, an address, or "group:name"
   * @returns {number[]}
   */
  function endsNamed(name) {
    if (name.toLowerCase() === "internet") return INTERNET < 0 ? [] : [INTERNET];
    const known = named.get(name) ?? lineNamed(name)?.ends;
    if (known) return known;
    const [, kind, rest] = /^(\w+):(.*)$/s.exec(name) ?? [];
    const test = KINDS.get(kind);
    if (test) return classesThat((one) => test(one, rest));
    const has = (/** @type {Port} */ port) => port.server === name || port.addresses.split(" ").includes(name);
    return classesThat((one) => portsOf(one).some(has));
  }

  /**
   * Return for each end whether a text means it: by its name, or else by a part of what it can be searched for.
   * @param {string} text
   * @returns {Uint8Array | null} null: the text is empty, which means all
   */
  function meant(text) {
    const wanted = text.trim();
    if (!wanted) return null;
    const exact = endsNamed(wanted);
    const chosen = new Uint8Array(ends.length);
    for (const number of exact.length ? exact : endsWithText(wanted.toLowerCase())) chosen[number] = 1;
    return chosen;
  }

  /** Return names that contain a text, for the lists of the fields. @param {string} text */
  function* namesWith(text) {
    const wanted = text.trim().toLowerCase();
    const seen = new Set();
    for (const name of allNames()) {
      if (name.toLowerCase().includes(wanted) && !seen.has(name)) {
        seen.add(name);
        yield name;
      }
    }
  }

  function* allNames() {
    if (INTERNET >= 0) yield "Internet";
    yield* named.keys();
    for (const one of classes) yield* one.groups.map((group) => `group:${group}`);
    for (const one of classes) yield `network:${one.network}`;
    for (const one of classes) {
      for (const port of portsOf(one)) if (port.server) yield `server:${port.server}`;
    }
  }

  /** @param {HTMLInputElement} field */
  function offerNames(field) {
    const offered = [];
    for (const name of namesWith(field.value)) {
      offered.push(make("option", { value: name }));
      if (offered.length === 40) break;
    }
    byId("names").replaceChildren(...offered);
  }

  // The state: what is filtered and chosen; the fragment of the address has it, so that it can be linked to

  const state = { object: "", text: "", from: "", to: "", port: "", unknown: "" };
  const FILTERS = /** @type {const} */ (["text", "from", "to", "port"]);

  /** @typedef {keyof typeof state} Key */

  /** @param {Partial<typeof state>} changes */
  function change(changes) {
    Object.assign(state, changes);
    const set = Object.entries(state).filter(([, value]) => value);
    history.replaceState(null, "", set.length ? `#${new URLSearchParams(set)}` : location.href.replace(/#.*$/s, ""));
    showFilters();
    filterRows();
  }

  /** Take over the state from the address, where it has some, and go to what it shows. */
  function readFragment() {
    const fragment = location.hash.slice(1);
    if (!fragment.includes("=")) return;
    const given = new URLSearchParams(fragment);
    /** @type {Partial<typeof state>} */
    const changes = {};
    for (const key of /** @type {Key[]} */ (Object.keys(state)))
      if (given.has(key)) changes[key] = given.get(key) ?? "";
    change(changes);
    if ("object" in changes) showObject(state.object.trim());
    goTo("object" in changes ? "focus" : "connections");
  }

  /** @param {string} id */
  function goTo(id) {
    byId(id).scrollIntoView();
    byId(id).focus({ preventScroll: true });
  }

  // The connections

  /**
   * Return a test for the entries of traffic that contain a port; null if the text is no port.
   * @param {string} text such as 443 or udp/53
   * @returns {((entry: string) => boolean) | null}
   */
  function portTest(text) {
    const [, protocol, digits] = /^(?:([a-z0-9-]+)\/)?(\d{1,5})$/i.exec(text.trim()) ?? [];
    const port = Number(digits);
    if (!digits || port > 65535) return null;
    return (entry) => {
      if (entry === "any") return true;
      const [own, range] = entry.split("/");
      if (protocol && own !== protocol.toLowerCase()) return false;
      if (!protocol && !["tcp", "udp", "sctp", "udplite", "dccp"].includes(own)) return false;
      if (range === undefined) return true;
      const [low, high = low] = range.split("-").map(Number);
      return low <= port && port <= high;
    };
  }

  /** Return for each traffic whether the port field lets it through. */
  function trafficWithPort() {
    const test = state.port.trim() ? portTest(state.port) : () => true;
    byId("port-problem").textContent = test
      ? ""
      : `"${state.port}" is not a port. Write a number, such as 443 or udp/53.`;
    byId("filter-port").setAttribute("aria-invalid", String(!test));
    return traffic.map((one) => !test || one.entries.some(test));
  }

  /**
   * Return a test for the connections that have a word in an end, the traffic, or the verdict.
   * @param {string} word
   * @returns {(row: number) => boolean}
   */
  function wordTest(word) {
    const inEnds = new Uint8Array(ends.length);
    for (const number of endsWithText(word)) inEnds[number] = 1;
    const inTraffic = traffic.map((one) => [...one.entries, ...one.names].some((text) => text.includes(word)));
    const inVerdicts = verdicts.map((one) => `${one.verdict}\n${pathWord(one.path)}`.toLowerCase().includes(word));
    return (row) =>
      inEnds[rows.from[row]] + inEnds[rows.to[row]] > 0 ||
      inTraffic[rows.traffic[row]] ||
      inVerdicts[rows.verdicts[row]];
  }

  /** Return the numbers of the connections that the filters let through. */
  function filtered() {
    const words = state.text.toLowerCase().split(/\s+/).filter(Boolean).map(wordTest);
    const [from, to, withPort] = [meant(state.from), meant(state.to), trafficWithPort()];
    const found = [];
    for (let row = 0; row < rows.count; row++) {
      if (from && !from[rows.from[row]]) continue;
      if (to && !to[rows.to[row]]) continue;
      if (!withPort[rows.traffic[row]]) continue;
      if (state.unknown && verdictOf(row).verdict !== "unknown") continue;
      if (words.every((test) => test(row))) found.push(row);
    }
    return found;
  }

  /** @param {number} row */
  function connectionLine(row) {
    const [source, target] = [ends[rows.from[row]], ends[rows.to[row]]];
    const verdict = verdictOf(row);
    const what = traffic[rows.traffic[row]];
    const line = make("tr", { class: "row", role: "row" });
    const label = `Rules: ${source.label} to ${target.label}, ${few(what.names, 3)}`;
    const opener = toggle(label, line, 6, () => explanation(row));
    const groups = groupsOf(row).map((group) => make("span", { class: "name" }, group));
    line.append(
      make("td", { role: "cell" }, make("div", { class: "from" }, opener, endNodes(source))),
      make("td", { role: "cell", "data-title": "→" }, endNodes(target)),
      make("td", { role: "cell" }, trafficNodes(what, 5)),
      make("td", { role: "cell" }, ...verdictNodes(verdict)),
      make("td", { role: "cell", class: "number", "data-title": "Instances:" }, instancesOf(row).toLocaleString("en")),
      make("td", { role: "cell", "data-title": "Security groups:" }, ...joined(groups)),
    );
    return line;
  }

  /** @param {HTMLElement[]} nodes @returns {(Node | string)[]} */
  const joined = (nodes) => nodes.flatMap((node, number) => (number ? [", ", node] : [node]));

  /** @type {Parts<number>} */
  const table = new Parts(byId("rows"), byId("more-rows"), connectionLine);

  function filterRows() {
    const found = filtered();
    table.show(found);
    const all = counted(rows.count, "connection");
    byId("count").textContent = found.length === rows.count ? all : `${found.length.toLocaleString("en")} of ${all}`;
    const set = Object.entries(state).filter(([name, value]) => value && name !== "object");
    byId("filtered").textContent = set.length ? `(filtered: ${set.map((pair) => pair.join(" ")).join(", ")})` : "";
    if (!found.length) {
      const text = rows.count ? "No connection matches these filters." : "There are no connections.";
      byId("rows").append(make("tr", { class: "none", role: "row" }, make("td", { colspan: 6, role: "cell" }, text)));
    }
  }

  /** Show in the controls what is filtered. */
  function showFilters() {
    for (const name of FILTERS) {
      if (byId(`filter-${name}`).value !== state[name]) byId(`filter-${name}`).value = state[name];
    }
    byId("filter-internet").setAttribute("aria-pressed", String(state.from.toLowerCase() === "internet"));
    byId("filter-unknown").setAttribute("aria-pressed", String(Boolean(state.unknown)));
  }

  function startFilters() {
    const filters = byId("filters");
    for (const name of FILTERS) {
      byId(`filter-${name}`).addEventListener("input", (/** @type {any} */ event) =>
        change({ [name]: event.target.value }),
      );
    }
    byId("filter-internet").addEventListener("click", () =>
      change({ from: state.from.toLowerCase() === "internet" ? "" : "Internet" }),
    );
    byId("filter-unknown").addEventListener("click", () => change({ unknown: state.unknown ? "" : "yes" }));
    filters.addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
    filters.addEventListener("reset", () => change({ text: "", from: "", to: "", port: "", unknown: "" }));
    for (const id of ["filter-from", "filter-to", "object"]) {
      for (const kind of ["focus", "input"]) byId(id).addEventListener(kind, () => offerNames(byId(id)));
    }
    moveByArrows(byId("rows"));
    addEventListener("beforeprint", () => table.next(1000));
  }

  // The matrix

  /**
   * A line of the matrix: a name, or several that are folded.
   * @typedef {{label: string, ends: number[], parts: Line[]}} Line
   */

  const MOST_LINES = 60;

  /** @param {string} label @param {Line[]} parts @returns {Line} */
  const folded = (label, parts) => ({ label, ends: parts.flatMap((part) => part.ends), parts });

  /**
   * Return the line of each end that has connections: classes of one name have one line. Outside comes first.
   * @returns {Line[]}
   */
  function leaves() {
    /** @type {Map<string, Line>} */
    const found = new Map();
    const used = new Set([...rows.from, ...rows.to]);
    for (const number of [...used].sort(
      (one, other) => Number(one < classes.length) - Number(other < classes.length) || one - other,
    )) {
      const { label, portClass } = ends[number];
      const name = portClass ? classLabel(portClass.name) : label;
      if (!found.has(name)) found.set(name, { label: name, ends: [], parts: [] });
      found.get(name)?.ends.push(number);
    }
    return [...found.values()];
  }

  const allLeaves = leaves();
  /** The line of each end. @type {Line[]} */
  const leafOf = [];
  for (const leaf of allLeaves) for (const number of leaf.ends) leafOf[number] = leaf;

  /** @template T @param {T[]} items @param {(item: T) => string} key @returns {Map<string, T[]>} */
  function grouped(items, key) {
    const found = new Map();
    for (const item of items) found.get(key(item))?.push(item) ?? found.set(key(item), [item]);
    return found;
  }

  /**
   * Return lines with those folded that begin alike, or follow each other, so that few are left.
   * @param {Line[]} lines
   * @returns {Line[]}
   */
  function fold(lines) {
    if (lines.length <= MOST_LINES) return lines;
    const sorted = [...lines].sort((one, other) => (one.label < other.label ? -1 : 1));
    for (const words of [3, 2, 1]) {
      const start = (/** @type {Line} */ line) =>
        line.label
          .split(/(?<=[-_. /])/)
          .slice(0, words)
          .join("");
      const parts = grouped(sorted, start);
      if (parts.size > 1 && parts.size <= MOST_LINES) {
        return [...parts].map(([name, part]) => (part.length === 1 ? part[0] : foldedPart(`${name}…`, part)));
      }
    }
    const size = Math.ceil(sorted.length / Math.min(30, Math.ceil(sorted.length / 2)));
    return Array.from({ length: Math.ceil(sorted.length / size) }, (_, number) => {
      const part = sorted.slice(number * size, (number + 1) * size);
      return foldedPart(`${part[0].label} …`, part);
    });
  }

  /** @param {string} label @param {Line[]} part */
  const foldedPart = (label, part) => folded(`${label} (${part.length})`, fold(part));

  /** @returns {Line[]} */
  function topLines() {
    if (allLeaves.length <= MOST_LINES) return allLeaves;
    const kinds = grouped(allLeaves, (leaf) => ends[leaf.ends[0]].kind);
    const services = kinds.get("class") ?? [];
    kinds.delete("class");
    const words = new Map([
      ["addresses", "Addresses"],
      ["address_group", "Address groups"],
      ["hidden_members", "Hidden members"],
    ]);
    const others = [...kinds].map(([kind, part]) =>
      part.length === 1 ? part[0] : foldedPart(words.get(kind) ?? kind, part),
    );
    return [...others, ...fold(services)];
  }

  const top = topLines();
  /** Folded lines that are unfolded. @type {Set<Line>} */
  const unfolded = new Set();

  /** @param {Line[]} lines @returns {Line[]} */
  const visibleLines = (lines) => lines.flatMap((line) => (unfolded.has(line) ? visibleLines(line.parts) : [line]));

  /** @param {Line[]} lines @returns {IterableIterator<Line>} */
  function* everyLine(lines) {
    for (const line of lines) {
      yield line;
      yield* everyLine(line.parts);
    }
  }

  /** @param {string} label */
  function lineNamed(label) {
    for (const line of everyLine(top)) if (line.label === label) return line;
    return undefined;
  }

  /** The matrix that is shown: its lines, and the connections of each of its cells. */
  class Matrix {
    constructor() {
      const lines = visibleLines(top);
      const lineOf = new Int32Array(ends.length);
      for (const [number, line] of lines.entries()) for (const end of line.ends) lineOf[end] = number;
      /** @type {Map<number, number[]>} */
      this.cells = new Map();
      this.width = lines.length;
      for (let row = 0; row < rows.count; row++) {
        const cell = lineOf[rows.from[row]] * this.width + lineOf[rows.to[row]];
        const known = this.cells.get(cell);
        if (known) known.push(row);
        else this.cells.set(cell, [row]);
      }
      const used = [...this.cells.keys()];
      this.lines = lines;
      this.sources = this.numbers(used.map((cell) => Math.floor(cell / this.width)));
      this.targets = this.numbers(used.map((cell) => cell % this.width));
      this.internet = lines.findIndex((line) => line.ends.includes(INTERNET));
      this.asText = this.targets.length <= 10;
    }

    /** @param {number[]} numbers */
    numbers(numbers) {
      return [...new Set(numbers)].sort((one, other) => one - other);
    }

    /** @param {number} source @param {number} target */
    rowsOf(source, target) {
      return this.cells.get(source * this.width + target) ?? [];
    }

    /** Return what a column receives from the Internet, which is not repeated for others that may send it. @param {number} target */
    fromInternet(target) {
      return this.internet < 0 ? [] : this.rowsOf(this.internet, target);
    }

    /** @param {number} source @param {number} target */
    cell(source, target) {
      const some = this.rowsOf(source, target);
      const [from, to] = [this.lines[source], this.lines[target]];
      const title = `${from.label} to ${to.label}`;
      const self = source === target ? "self" : "";
      if (!some.length && this.fromInternet(target).length) {
        const label = `${title}: at most what the Internet may send`;
        return make("td", { class: `common ${self}`, tabindex: -1, "aria-label": label }, SIGNS.get("common") ?? "");
      }
      if (!some.length) return make("td", { class: self, tabindex: -1, "aria-label": `${title}: no connection` });
      const { traffic: names, state: kind, words } = summaryOf(some);
      const sign = SIGNS.get(kind) ?? "";
      const text = this.asText ? `${kind === "allowed" ? "" : `${sign} `}${few(names, 2)}` : sign;
      const internet = source === this.internet ? "from-internet" : "";
      return make(
        "td",
        {
          class: `filled ${kind} ${internet} ${self}`,
          tabindex: -1,
          title: `${from.label} → ${to.label}\n${few(names, 8)}`,
          "aria-label": `${title}: ${few(names, 8)}, ${words}`,
        },
        text,
      );
    }

    /** @param {number} number @param {"row" | "col"} scope */
    head(number, scope) {
      const line = this.lines[number];
      const head = make("th", { scope, tabindex: -1, title: line.label }, make("span", {}, line.label));
      if (line.parts.length) {
        head.classList.add("folded");
        head.setAttribute("aria-label", `${line.label}, folded`);
      }
      return head;
    }

    element() {
      const corner = make("th", { scope: "col", tabindex: -1 }, "from ↓ to →");
      const heads = make("tr", {}, corner, ...this.targets.map((number) => this.head(number, "col")));
      const body = this.sources.map((source) =>
        make("tr", {}, this.head(source, "row"), ...this.targets.map((target) => this.cell(source, target))),
      );
      const shape = this.asText ? "texts" : "signs";
      return make(
        "table",
        { class: `grid ${shape}`, role: "grid", "aria-labelledby": "matrix-title" },
        make("thead", {}, heads),
        make("tbody", {}, ...body),
      );
    }
  }

  /** @type {Matrix} */
  let matrix;
  /** @type {HTMLTableElement} */
  let grid;

  function showMatrix() {
    matrix = new Matrix();
    byId("fold").hidden = unfolded.size === 0;
    if (!matrix.sources.length) return;
    grid = /** @type {HTMLTableElement} */ (matrix.element());
    grid.rows[Math.min(1, grid.rows.length - 1)].cells[1].tabIndex = 0;
    byId("grid").replaceChildren(grid);
  }

  /** @param {EventTarget | null} target @returns {HTMLTableCellElement | null} */
  const gridCell = (target) => /** @type {Element} */ (target).closest(".grid th, .grid td");

  /** @param {HTMLTableCellElement} cell */
  const placeOf = (cell) => ({
    y: /** @type {HTMLTableRowElement} */ (cell.parentElement).rowIndex,
    x: cell.cellIndex,
  });

  /** Highlight the row and the column of a cell, or nothing. @param {HTMLTableCellElement | null} cell */
  function cross(cell) {
    for (const marked of byId("grid").querySelectorAll(".crossed")) marked.classList.remove("crossed");
    if (!cell) return;
    const { x, y } = placeOf(cell);
    for (const one of grid.rows[y].cells) if (y) one.classList.add("crossed");
    for (const row of grid.rows) if (x) row.cells[x].classList.add("crossed");
  }

  /** @param {number} y @param {number} x */
  function focusCell(y, x) {
    const row = grid.rows[Math.max(0, Math.min(y, grid.rows.length - 1))];
    const cell = row.cells[Math.max(0, Math.min(x, row.cells.length - 1))];
    grid.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
    cell.tabIndex = 0;
    cell.focus();
  }

  /** Show the rules of a cell, or the object of a name; unfold what is folded. @param {HTMLTableCellElement} cell */
  function choose(cell) {
    const { x, y } = placeOf(cell);
    if (x === 0 && y === 0) return;
    if (x === 0 || y === 0) {
      const line = matrix.lines[y ? matrix.sources[y - 1] : matrix.targets[x - 1]];
      if (line.parts.length) unfold(line, Boolean(y));
      else location.hash = hrefOf(line.label);
      return;
    }
    const target = matrix.targets[x - 1];
    const own = matrix.rowsOf(matrix.sources[y - 1], target);
    const some = own.length ? own : matrix.fromInternet(target);
    if (!some.length) return;
    grid.querySelector(".chosen")?.classList.remove("chosen");
    cell.classList.add("chosen");
    const from = matrix.lines[own.length ? matrix.sources[y - 1] : matrix.internet].label;
    showCell(from, matrix.lines[target].label, some);
    change({ from, to: matrix.lines[target].label, text: "", port: "", unknown: "" });
  }

  /** @param {Line} line @param {boolean} ofRows whether its row is focused afterwards, or its column */
  function unfold(line, ofRows) {
    unfolded.add(line);
    showMatrix();
    const first = visibleLines(line.parts)[0];
    const number = matrix.lines.indexOf(first);
    const place = 1 + (ofRows ? matrix.sources : matrix.targets).findIndex((one) => one >= number);
    focusCell(ofRows ? place : 0, ofRows ? 0 : place);
  }

  /** @param {string} from @param {string} to @param {number[]} some */
  function showCell(from, to, some) {
    byId("cell").hidden = false;
    byId("cell-title").textContent = `${from} → ${to}`;
    const shown = some.slice(0, 10).map((row) => {
      const made = explanation(row);
      if (some.length === 1) return made;
      const title = make("p", { class: "side" }, `${ends[rows.from[row]].label} → ${ends[rows.to[row]].label}`);
      return make("div", {}, title, made);
    });
    const all = actionNode(`Show ${counted(some.length, "connection")} in the table`, () => goTo("connections"));
    byId("cell-rules").replaceChildren(...shown, all);
  }

  function startMatrix() {
    const box = byId("grid");
    const signs = /** @type {const} */ ([
      ["allowed", "allowed"],
      ["unseen", "allowed by rules, no path seen"],
      ["unknown", "unknown"],
      ["partly", "partly unknown"],
      ["common", "at most what the Internet may send"],
    ]);
    byId("legend").append(
      ...signs.map(([sign, word]) =>
        make("li", {}, make("span", { class: "sign" }, SIGNS.get(sign) ?? ""), ` ${word}`),
      ),
    );
    box.addEventListener("pointerover", (/** @type {Event} */ event) => cross(gridCell(event.target)));
    box.addEventListener("pointerleave", () => cross(null));
    box.addEventListener("focusin", (/** @type {Event} */ event) => cross(gridCell(event.target)));
    box.addEventListener("focusout", () => cross(null));
    box.addEventListener("click", (/** @type {Event} */ event) => {
      const cell = gridCell(event.target);
      if (!cell) return;
      const { x, y } = placeOf(cell);
      focusCell(y, x);
      choose(cell);
    });
    box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const cell = gridCell(event.target);
      if (!cell || event.ctrlKey || event.altKey || event.metaKey) return;
      const { x, y } = placeOf(cell);
      const places = new Map([
        ["ArrowLeft", [y, x - 1]],
        ["ArrowRight", [y, x + 1]],
        ["ArrowUp", [y - 1, x]],
        ["ArrowDown", [y + 1, x]],
        ["Home", [y, 0]],
        ["End", [y, Infinity]],
      ]);
      const place = places.get(event.key);
      if (place) focusCell(place[0], place[1]);
      else if (event.key === "Enter" || event.key === " ") choose(cell);
      else return;
      event.preventDefault();
    });
    byId("fold").addEventListener("click", () => {
      unfolded.clear();
      showMatrix();
      focusCell(1, 1);
    });
    const isolated = [...new Set(classes.filter((_, number) => !leafOf[number]).map((one) => one.name))];
    if (isolated.length) byId("isolated").textContent = `Without any connection: ${few(isolated, 20, "; ")}`;
    showMatrix();
  }

  // One object

  const SVG = "http://www.w3.org/2000/svg";
  const MOST_NODES = 20;

  /** @param {string} tag @param {Record<string, string | number>} attributes @param {(Node | string)[]} children */
  function draw(tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    element.append(...children);
    return element;
  }

  /** @typedef {{leaf: Line, rows: number[], summary: Summary}} Neighbour */

  /**
   * Return the names at the other ends of connections.
   * @param {number[]} some connections
   * @param {Int32Array} others the column of the other end
   * @returns {Neighbour[]}
   */
  function neighboursOf(some, others) {
    const found = grouped(some, (row) => leafOf[others[row]].label);
    return [...found.values()].map((own) => ({ leaf: leafOf[others[own[0]]], rows: own, summary: summaryOf(own) }));
  }

  /** @param {string} text @param {number} most */
  const cut = (text, most) => ([...text].length > most ? `${[...text].slice(0, most - 1).join("")}…` : text);

  /** @param {Neighbour} neighbour @param {number} x @param {number} y */
  function nodeOf(neighbour, x, y) {
    const { leaf, summary } = neighbour;
    const internet = leaf.ends.includes(INTERNET) ? "internet" : "";
    const detail = `${SIGNS.get(summary.state)} ${few(summary.traffic, 3)}`;
    return draw(
      "a",
      {
        href: hrefOf(leaf.label),
        class: internet,
        "aria-label": `${leaf.label}: ${few(summary.traffic, 8)}, ${summary.words}`,
      },
      draw("title", {}, `${leaf.label}\n${few(summary.traffic, 8)}`),
      draw("rect", { x, y, width: 290, height: 40, rx: 6 }),
      draw("text", { x: x + 12, y: y + 17 }, cut(leaf.label, 36)),
      draw("text", { x: x + 12, y: y + 33, class: "small" }, cut(detail, 38)),
    );
  }

  /**
   * Draw an object with its neighbours: sources to the left, targets to the right.
   * @param {string} label
   * @param {Neighbour[]} sources
   * @param {Neighbour[]} targets
   */
  function graphOf(label, sources, targets) {
    const sides = [sources.slice(0, MOST_NODES), targets.slice(0, MOST_NODES)];
    const more = [sources, targets].map((side) => side.length - MOST_NODES);
    const height = 50 * Math.max(1, ...sides.map((side) => side.length)) + 14 + (Math.max(...more) > 0 ? 24 : 0);
    const middle = 25 * Math.max(1, ...sides.map((side) => side.length)) + 7;
    const arrow = draw("marker", {
      id: "arrow",
      viewBox: "0 0 8 8",
      refX: 7,
      refY: 4,
      markerWidth: 8,
      markerHeight: 8,
      orient: "auto",
    });
    arrow.append(draw("path", { d: "M0 0 8 4 0 8z" }));
    const picture = draw(
      "svg",
      { viewBox: `0 0 1000 ${height}`, role: "group", "aria-label": `Connections of ${label}, also listed below` },
      draw("defs", {}, arrow),
    );
    for (const [right, side] of sides.entries()) {
      const first = middle - 25 * side.length;
      for (const [number, neighbour] of side.entries()) {
        const y = first + 50 * number + 25;
        const path = right
          ? `M615 ${middle}C655 ${middle} 655 ${y} 691 ${y}`
          : `M309 ${y}C345 ${y} 345 ${middle} 383 ${middle}`;
        picture.append(
          draw("path", { d: path, class: `line ${neighbour.summary.state}`, "marker-end": "url(#arrow)" }),
        );
        picture.append(nodeOf(neighbour, right ? 694 : 16, y - 20));
      }
      if (more[right] > 0) {
        picture.append(draw("text", { x: right ? 694 : 16, y: height - 10 }, `and ${more[right]} more, listed below`));
      }
    }
    const box = draw("rect", { x: 385, y: middle - 22, width: 230, height: 44, rx: 8 });
    const text = draw("text", { x: 500, y: middle + 5, "text-anchor": "middle" }, cut(label, 30));
    picture.append(draw("g", { class: "centre" }, draw("title", {}, label), box, text));
    return picture;
  }

  /** @param {string} title @param {Neighbour[]} neighbours @param {(other: string) => Partial<typeof state>} filter */
  function neighbourList(title, neighbours, filter) {
    const list = make("ul");
    const more = make("button", { type: "button", class: "more" });
    /** @type {Parts<Neighbour>} */
    const parts = new Parts(list, more, ({ leaf, rows: own, summary }) =>
      make(
        "li",
        {},
        make("span", {}, linkTo(leaf.label), ...markOf(ends[leaf.ends[0]].kind)),
        namesNode(summary.traffic, 6),
        verdictNode(summary.state, summary.words),
        button("Rules", () => showInTable(filter(leaf.label)), {
          class: "link",
          "aria-label": `Rules: ${title} ${leaf.label}, ${counted(own.length, "connection")}`,
        }),
      ),
    );
    parts.show(neighbours);
    const none = neighbours.length ? [] : [make("p", { class: "muted" }, "Nothing.")];
    return make("div", {}, make("h3", {}, `${title} (${neighbours.length})`), list, ...none, more);
  }

  /** @param {Partial<typeof state>} filter */
  function showInTable(filter) {
    change({ text: "", from: "", to: "", port: "", unknown: "", ...filter });
    goTo("connections");
  }

  /** @param {PortClass} one */
  function classCard(one) {
    const facts = make("dl", { class: "facts" });
    addFact(facts, "Security groups", make("span", { class: "name" }, one.groups.join(", ") || "none"));
    addFact(facts, "Owner", make("span", { class: "name" }, one.owners.join(", ") || "not managed"));
    addFact(facts, "Network", make("span", { class: "name" }, one.network));
    addFact(facts, "Families", one.families.join(", "));
    addFact(facts, "Way in", one.ways.map(pathWord).join(", ") || "none seen");
    if (!one.enforced) addFact(facts, "Enforced", "no: everything passes");
    if (one.unknown) addFact(facts, "Unknown", make("span", { class: "reason" }, one.unknown));
    return make("div", { class: "class-card" }, make("h3", { class: "name" }, one.id), facts, instances(one));
  }

  /** Return the instances of a class, which are listed once they are asked for. @param {PortClass} one */
  function instances(one) {
    const count =
      counted(one.instances, "instance") + (one.count === one.instances ? "" : `, ${counted(one.count, "port")}`);
    const box = make("details", {}, make("summary", {}, count));
    box.addEventListener("toggle", () => {
      if (box.querySelector("table")) return;
      const heads = ["Instance", "Addresses", "Port"].map((text) => make("th", { scope: "col" }, text));
      const body = make("tbody");
      const more = make("button", { type: "button", class: "more" });
      box.append(make("table", {}, make("thead", {}, make("tr", {}, ...heads)), body), more);
      /** @type {Parts<Port>} */
      const parts = new Parts(body, more, (port) =>
        make(
          "tr",
          {},
          make("td", { class: "name" }, port.server || "no instance"),
          make("td", { class: "code" }, port.addresses),
          make("td", { class: "name" }, port.name || make("span", { class: "code" }, port.id)),
        ),
      );
      parts.show(portsOf(one));
    });
    return box;
  }

  /** @type {Parts<PortClass>} */
  const cards = new Parts(byId("classes"), byId("more-classes"), classCard);

  /** @param {string} label */
  function showObject(label) {
    const found = label ? endsNamed(label) : [];
    byId("object").value = label;
    byId("object-problem").textContent = label && !found.length ? `There is no "${label}" in this report.` : "";
    const chosen = new Set(found);
    /** @type {number[][]} */
    const [incoming, outgoing] = [[], []];
    for (let row = 0; row < rows.count; row++) {
      if (chosen.has(rows.to[row])) incoming.push(row);
      if (chosen.has(rows.from[row])) outgoing.push(row);
    }
    const [sources, targets] = [neighboursOf(incoming, rows.from), neighboursOf(outgoing, rows.to)];
    byId("graph").replaceChildren(...(found.length ? [graphOf(label, sources, targets)] : []));
    const lists = [
      neighbourList("Reached from", sources, (other) => ({ from: other, to: label })),
      neighbourList("Reaches", targets, (other) => ({ from: label, to: other })),
    ];
    byId("neighbours").replaceChildren(...(found.length ? lists : []));
    cards.show(found.filter((number) => number < classes.length).map((number) => classes[number]));
  }

  function startObject() {
    byId("choose").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      change({ object: byId("object").value });
      showObject(state.object.trim());
    });
    showObject(INTERNET >= 0 ? "Internet" : (ends[0]?.label ?? ""));
  }

  // Overview and questions

  function showOverview() {
    byId("summary").textContent = data.summary;
    byId("assumptions").append(notes(data.assumptions, "None."));
    byId("limits").hidden = data.limits.length === 0;
    byId("limits").append(notes(data.limits, ""));
    const unknown = [...rows.verdicts].filter((number) => verdicts[number].verdict === "unknown").length;
    const ofClasses = classes.filter((one) => one.unknown).map((one) => `${one.id}: ${one.unknown}`);
    const ofRows = verdicts.filter((one) => one.verdict === "unknown").map((one) => one.reason);
    const reasons = [...new Set([...data.unknown, ...ofClasses, ...ofRows])].filter(Boolean);
    byId("unknown").append(notes(reasons, "Nothing: everything could be read."));
    if (unknown) {
      const text = `${counted(unknown, "connection")} with an unknown verdict`;
      byId("unknown").append(actionNode(text, () => showInTable({ unknown: "yes" })));
    }
    showInternet();
  }

  /** @param {Neighbour} neighbour what the Internet may send to a name */
  function reachedItem({ leaf, rows: own, summary }) {
    const paths = [...new Set(own.map((row) => pathWord(verdictOf(row).path)))].join(", ");
    const ofClasses = [...grouped(own, (row) => String(rows.to[row])).values()];
    const count = ofClasses.reduce((sum, some) => sum + Math.max(...some.map(instancesOf)), 0);
    const unsure = ["unknown", "partly"].includes(summary.state);
    return make(
      "li",
      {},
      linkTo(leaf.label),
      namesNode(summary.traffic, 4),
      make("span", { class: "muted" }, `${counted(count, "instance")}, ${paths}`),
      ...(unsure ? [verdictNode(summary.state, summary.words)] : []),
    );
  }

  /**
   * Return a list of what the Internet may reach, and where the rest of it is, if it is long.
   * @param {Neighbour[]} reached
   * @param {Partial<typeof state>} filter
   */
  function reachedNodes(reached, filter) {
    const list = make("ul", { class: "reached" }, ...reached.slice(0, 8).map(reachedItem));
    const all = actionNode(`All ${reached.length} in the table`, () => showInTable({ from: "Internet", ...filter }));
    return reached.length > 8 ? [list, all] : [list];
  }

  function showInternet() {
    const all = [...rows.from.keys()].filter((row) => rows.from[row] === INTERNET);
    const reached = neighboursOf(
      all.filter((row) => verdictOf(row).path !== "none_seen"),
      rows.to,
    );
    const seen = new Set(reached.map(({ leaf }) => leaf));
    const unseen = neighboursOf(all, rows.to).filter(({ leaf }) => !seen.has(leaf));
    if (reached.length) byId("internet").append(...reachedNodes(reached, {}));
    else byId("internet").append(make("p", { class: "muted" }, "Nothing that is seen."));
    if (!unseen.length) return;
    const title = make("h3", {}, "Open by rules, but no path is seen");
    byId("internet").append(title, ...reachedNodes(unseen, { text: "no path seen" }));
  }

  /** @param {any} answer */
  function answerLine(answer) {
    const line = make("tr", { class: "row", role: "row" });
    const what = [answer.protocol, answer.port].filter((part) => part !== null).join("/") || "any traffic";
    const question = `${answer.from} → ${answer.to}, ${what}`;
    const wrong = Boolean(answer.expected) && answer.expected !== answer.verdict;
    const parts = [make("span", { class: "name" }, question)];
    if (answer.rules.length) {
      parts.unshift(toggle(`Rules: ${question}`, line, 3, () => ruleList("Rules", answer.rules.map(ruleOf))));
    }
    const expected = wrong
      ? [" ", verdictNode("wrong", `expected ${answer.expected}`)]
      : answer.expected
        ? [" as expected"]
        : [];
    line.append(
      make("td", { role: "cell" }, make("div", { class: "from" }, ...parts)),
      make("td", { role: "cell" }, verdictNode(answer.verdict), ...expected),
      make(
        "td",
        { role: "cell", class: "reason" },
        answer.reason,
        make("div", { class: "muted" }, pathWord(answer.path)),
      ),
    );
    return line;
  }

  function showAnswers() {
    if (!data.answers.length) return;
    byId("questions").hidden = byId("to-questions").hidden = false;
    byId("answers").append(...data.answers.map(answerLine));
    moveByArrows(byId("answers"));
  }

  showOverview();
  showAnswers();
  startFilters();
  filterRows();
  // The first rows are painted before what is below them is made.
  setTimeout(() => {
    startMatrix();
    startObject();
    readFragment();
    addEventListener("hashchange", readFragment);
    // Of a link to what is already in the address, there is no such event.
    addEventListener("click", (event) => {
      const link = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest("a[href]"));
      if (link?.getAttribute("href") === location.hash) readFragment();
    });
  });
})();
