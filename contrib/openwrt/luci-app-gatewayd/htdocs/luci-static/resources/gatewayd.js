// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the pages share: the calls of the ubus object "gatewayd", and texts.
 *
 * Names of devices, hosts and destinations come from devices that may be
 * hostile. LuCI takes a plain string as HTML; a string in an array is text.
 * So children are always arrays here, and text() is the only way to show a
 * word of the daemon's.
 */
'use strict';
'require baseclass';
'require rpc';
'require ui';

function declare(method, ...params) {
	return rpc.declare({ object: 'gatewayd', method: method, params: params });
}

/* An answer with `error` is none. */
function checked(call) {
	return (...args) => call(...args).then((answer) => {
		if (answer?.error)
			throw new Error(answer.error);
		return answer;
	});
}

const calls = {
	status: checked(declare('status')),
	devices: checked(declare('devices', 'device', 'limit')),
	events: checked(declare('events', 'device', 'limit')),
	policies: checked(declare('policies')),
	set: checked(declare('set', 'device', 'policy')),
	name: checked(declare('name', 'mac', 'name')),
	allow: checked(declare('allow', 'device', 'destination', 'for')),
	block: checked(declare('block', 'device', 'destination', 'for')),
	pause: checked(declare('pause', 'device', 'for'))
};

return baseclass.extend({
	...calls,

	text: function(word, attributes) {
		return E('span', attributes ?? {}, [ word == null ? '' : String(word) ]);
	},

	bytes: function(count) {
		return count ? '%1000.1mB'.format(count) : '-';
	},

	count: function(count) {
		return count ? String(count) : '-';
	},

	/* "CN", "US, law of CN" */
	where: function(row) {
		const law = row.jurisdiction;

		return [ row.country, law && law != row.country ? _('law of %s').format(law) : null ]
			.filter((word) => word).join(', ');
	},

	destination: function(row) {
		return row.destination ?? row.qname ?? row.names?.[0] ?? row.dst ?? '';
	},

	port: function(row) {
		if (row.qtype)
			return row.qtype + '?';
		return row.dport ? '%s/%s'.format(row.dport, row.transport) : (row.transport ?? '');
	},

	/* A badge; what was only noted, since the mode is to observe, is pale. */
	decision: function(row) {
		const word = row.event == 'stripped' ? _('stripped') : (row.action ?? '');
		const colour = { block: '#c33', strip: '#b80' }[row.action] ?? '#393';

		return this.text(row.observed ? _('%s (observed)').format(word) : word,
			{ 'style': 'color:%s%s'.format(colour, row.observed ? ';opacity:.7' : '') });
	},

	/* A table of the theme's; cells are nodes, or words that become text. */
	table: function(titles, rows, nothing) {
		const cell = (title, content) => E('td', { 'class': 'td', 'data-title': title },
			[ content instanceof Node ? content : this.text(content) ]);

		return E('table', { 'class': 'table' }, [
			E('tr', { 'class': 'tr table-titles' },
				titles.map((title) => E('th', { 'class': 'th' }, [ title ]))),
			...(rows.length
				? rows.map((row) => E('tr', { 'class': 'tr' },
					row.map((content, i) => cell(titles[i], content))))
				: [ E('tr', { 'class': 'tr placeholder' }, [ E('td', { 'class': 'td' }, [ nothing ]) ]) ])
		]);
	},

	button: function(title, style, action) {
		return E('button', {
			'class': 'btn cbi-button cbi-button-%s'.format(style),
			'click': ui.createHandlerFn(this, action)
		}, [ title ]);
	},

	fail: function(error) {
		ui.addNotification(null, E('p', {}, [ error.message ]), 'error');
	}
});
