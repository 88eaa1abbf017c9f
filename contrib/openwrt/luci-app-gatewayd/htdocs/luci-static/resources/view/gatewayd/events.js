// SPDX-License-Identifier: GPL-2.0-or-later
/* The latest decisions, newest first, of all devices or of one. */
'use strict';
'require dom';
'require poll';
'require view';
'require gatewayd';

function clock(time) {
	const date = new Date(time);

	return isNaN(date) ? '' : date.toLocaleTimeString();
}

return view.extend({
	load: function() {
		return this.read();
	},

	read: function() {
		return Promise.all([ gatewayd.events(this.device || null, 100), gatewayd.devices() ])
			.then((answers) => ({ events: answers[0].events, devices: answers[1].devices }),
				(error) => ({ error }));
	},

	refresh: function() {
		if (document.activeElement === this.select)
			return;
		return this.read().then((now) => this.show(now));
	},

	show: function(now) {
		const names = (now.devices ?? []).map((device) => device.device);

		if (this.device && names.indexOf(this.device) < 0)
			names.push(this.device);
		dom.content(this.select, [ '', ...names ].map((name) => E('option', {
			'value': name, 'selected': name == this.device ? '' : null
		}, [ name || _('all devices') ])));
		dom.content(this.node, now.error
			? [ E('div', { 'class': 'alert-message warning' }, [ now.error.message ]) ]
			: [ this.table(now.events) ]);
	},

	what: function(event) {
		if (event.event == 'new-device')
			return gatewayd.text(_('new device at %s').format(event.src ?? ''));
		return gatewayd.decision(event);
	},

	table: function(events) {
		return gatewayd.table([ _('Time'), _('Device'), _('Decision'), _('Destination'), _('Port'), _('Where'),
			_('Rule'), _('Reason') ],
		events.slice().reverse().map((event) => [
			clock(event.time), event.device, this.what(event),
			event.event == 'new-device' ? '' : gatewayd.destination(event),
			gatewayd.port(event), gatewayd.where(event), event.rule ?? '', event.reason ?? ''
		]), _('Nothing has been decided yet.'));
	},

	render: function(now) {
		this.device = '';
		this.node = E('div');
		this.select = E('select', {
			'class': 'cbi-input-select',
			'aria-label': _('Device'),
			'change': (ev) => { this.device = ev.target.value; ev.target.blur(); return this.refresh(); }
		});
		this.show(now);
		poll.add(() => this.refresh(), 3);
		return E('div', {}, [ E('h2', {}, [ _('Events') ]), E('p', {}, [ this.select ]), this.node ]);
	},

	handleSave: null,
	handleSaveApply: null,
	handleReset: null
});
