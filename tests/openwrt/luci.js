// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A stand-in for the little of LuCI's API that the pages use, so that they can
 * be drawn without a browser: node luci.js FOLDER. What it keeps of LuCI is the
 * trap: a plain string as an element's content is HTML, a string in an array is
 * text. Every word of the "daemon" is hostile; what becomes HTML is recorded.
 * Prints one line per fault, then each choice of the form with its values, and at
 * the end how many hostile words were shown.
 */
'use strict';

const fs = require('fs');
const path = require('path');
const folder = path.join(process.argv[2], 'htdocs/luci-static/resources');
const HOSTILE = '<img src=x onerror=alert(1)>';
const faults = [];
let shown = 0;

class Node {
	constructor(tag) {
		this.tagName = tag.toUpperCase();
		this.children = [];
		this.handlers = {};
		this.attributes = {};
	}
	contains() { return false; }
	blur() {}
	all(found = []) {
		found.push(this);
		this.children.forEach((child) => child.all(found));
		return found;
	}
}

function asText(word) {
	if (String(word).includes(HOSTILE))
		shown++;
}
function asHtml(word, where) {
	if (String(word).includes('<'))
		faults.push('HTML in %s: %s'.replace('%s', where).replace('%s', word));
}
function append(node, content) {
	if (Array.isArray(content))
		content.forEach((child) => child instanceof Node ? node.children.push(child)
			: child == null || asText(child));
	else if (content instanceof Node)
		node.children.push(content);
	else if (content != null)
		asHtml(content, node.tagName);
}
function E(tag, attributes, content) {
	const node = new Node(tag);

	if (tag.includes('<'))
		asHtml(tag, 'a tag');
	for (let [ key, value ] of Object.entries(attributes ?? {}))
		if (typeof value == 'function')
			node.handlers[key] = value;
		else
			node.attributes[key] = value;
	append(node, content);
	return node;
}
String.prototype.format = function(...args) {
	return this.replace(/%(\d+\.)?[\d.]*m?[sdBh]/g, () => String(args.shift()));
};

/* Every field that the daemon knows, and hostile. */
const word = () => HOSTILE;
const row = () => ({
	device: word(), mac: word(), vendor: word(), class: word(), profile: word(), evidence: [ word() ], policy: word(),
	addresses: [ word() ], countries: [ word() ], destination: word(), transport: word(), dport: 443, country: word(),
	jurisdiction: word(), action: word(), rule: word(), reason: word(), names: [ word() ], time: word(), observed: true,
	bytes_up: 1, bytes_down: 2, flows_blocked: 3, named: true
});
const daemon = {
	status: () => ({ mode: word(), on_failure: word(), rules: { present: true }, overrides: [ { ...row(), action: 'block', destination: '*' } ],
		today: {}, offload: { bypassed: true }, geo: { country: { file: word(), error: word() } } }),
	devices: (device) => device ? { device: row(), destinations: [ row(), { ...row(), destination: null, qname: word(), qtype: word() } ] }
		: { devices: [ row(), { device: 'plain', policy: 'observe' } ] },
	events: () => ({ events: [ row(), { ...row(), event: 'new-device', src: word() }, { ...row(), event: 'stripped' }, { event: word() } ] }),
	policies: () => ({ policies: [ { policy: word() }, { policy: 'observe' } ] })
};
const calls = [];
let refusing = false;

const modules = {
	baseclass: { extend: (members) => members },
	rpc: { declare: (spec) => (...args) => {
		calls.push([ spec.method, ...args ]);
		return Promise.resolve(refusing || !daemon[spec.method] ? { error: word() } : daemon[spec.method](...args));
	} },
	ui: {
		createHandlerFn: (self, fn) => fn,
		addNotification: (title, content) => { asHtml(title ?? '', 'a title'); append(new Node('div'), content); },
		showModal: (title, content) => { asHtml(title ?? '', 'a title'); modal = new Node('div'); append(modal, content); },
		hideModal: () => {}
	},
	'tools.widgets': { NetworkSelect: 'NetworkSelect' },
	form: {
		NamedSection: 'NamedSection', GridSection: 'GridSection',
		Flag: 'Flag', Value: 'Value', ListValue: 'ListValue', DynamicList: 'DynamicList',
		Map: class {
			section(kind, ...words) { return new Section(kind, words); }
			render() { return new Node('form'); }
		}
	},
	dom: { content: (node, content) => { node.children = []; append(node, content); } },
	poll: { add: () => {} },
	view: { extend: (members) => members }
};
let modal = null;

/* A form as LuCI's: it keeps what it was told; what it does not know is a fault. */
const options = [];
class Option {
	constructor(kind, name, words) {
		Object.assign(this, { kind, name, values: [] });
		if (!kind)
			faults.push(name + ' is of no kind that LuCI has');
		words.forEach((text) => asHtml(text ?? '', name));
	}
	value(value, label) {
		this.values.push(value);
		asText(value);
		asHtml(label ?? '', this.name);
	}
}
class Section {
	constructor(kind, words) {
		this.tabs = [];
		if (!kind)
			faults.push('a section is of no kind that LuCI has');
		words.forEach((text) => asHtml(text ?? '', 'a section'));
	}
	tab(name) { this.tabs.push(name); }
	option(kind, name, ...words) {
		options.push(new Option(kind, name, words));
		return options.at(-1);
	}
	taboption(tab, ...rest) {
		if (!this.tabs.includes(tab))
			faults.push(rest[1] + ' is on no tab');
		return this.option(...rest);
	}
}

/* What the form takes and refuses: a validator says true, or why not. */
const tried = {
	home: { good: [ '', 'US', 'EEA', 'adequacy' ], bad: [ '<b>', 'US DE', '1' ] },
	country_url: { good: [ '', 'https://lists.example/a?b' ], bad: [ 'ftp://a', 'https://a b', 'a' ] },
	country: { good: [ '', 'country.mmdb', '/mnt/usb/a b' ], bad: [ 'a\nb' ] },
	mark: { good: [ '', '0x0f000000' ], bad: [ '0x', '15', '0x0f0000000', '0xg' ] }
};
function tryForm() {
	for (let [ name, words ] of Object.entries(tried)) {
		const validate = options.find((option) => option.name == name)?.validate;

		if (!validate) {
			faults.push(name + ' takes anything');
			continue;
		}
		words.good.filter((word) => validate('main', word) !== true)
			.forEach((word) => faults.push('%s refuses %s'.format(name, JSON.stringify(word))));
		words.bad.filter((word) => typeof validate('main', word) != 'string')
			.forEach((word) => faults.push('%s takes %s'.format(name, JSON.stringify(word))));
	}
}

/* 'require x as y' at the top of a file become its variables, as in LuCI. */
function load(name) {
	const file = path.join(folder, name + '.js');
	const source = fs.readFileSync(file, 'utf8');
	const names = [ ...source.matchAll(/^'require ([\w.]+)(?: as (\w+))?';$/gm) ].map((m) => [ m[1], m[2] ?? m[1] ]);
	const values = names.map(([ module ]) => modules[module] ??= load(module));

	return new Function('E', '_', 'document', 'Node', ...names.map((pair) => pair[1]), source)(
		E, (text) => text, { activeElement: null }, Node, ...values);
}

async function click(nodes) {
	for (let node of nodes)
		for (let [ kind, handler ] of Object.entries(node.handlers))
			if (kind == 'click' || kind == 'change')
				await handler({ target: node, currentTarget: node });
}

async function draw(name) {
	const page = load('view/gatewayd/' + name);
	const root = page.render(await page.load());

	await click(root.all());
	if (modal)
		await click(modal.all());
	refusing = true;
	await page.refresh(true);
	await click(root.all());
	refusing = false;
}

(async () => {
	for (let name of [ 'devices', 'events' ])
		await draw(name).catch((error) => faults.push(name + ': ' + error.stack));
	const form = load('view/gatewayd/settings');
	form.render(await form.load());
	refusing = true;
	form.render(await form.load());
	tryForm();
	for (let method of [ 'set', 'name', 'allow', 'block', 'pause' ])
		if (!calls.some((call) => call[0] == method))
			faults.push(method + ' is called by no button');
	faults.forEach((fault) => console.log(fault));
	options.slice(0, options.length / 2).filter((option) => option.kind == 'ListValue' && option.name != 'unknown_device')
		.forEach((option) => console.log('choice %s %s', option.name, option.values.join(' ')));
	console.log('shown %d', shown);
})();
