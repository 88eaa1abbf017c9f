// SPDX-License-Identifier: GPL-2.0-or-later
/* Is it enforcing, which devices are there, and what each of them may. */
'use strict';
'require dom';
'require poll';
'require ui';
'require view';
'require gatewayd';

const LITTLE = '10m';
const LONG = '1h';

/* A device may call itself what another one is called; its address is its own. */
function idOf(device) {
	return device.mac ?? device.device;
}

function facts(status) {
	const rows = [
		[ _('Mode'), status.mode == 'enforce' ? _('enforcing') : _('observing: nothing is blocked') ],
		[ _('When gatewayd is gone'), status.on_failure == 'open' ? _('devices pass') : _('devices wait') ],
		[ _('Rules'), status.rules?.present ? _('in place') : _('missing') ],
		[ _('Today'), _('%d connections and %d questions blocked, %d stripped').format(
			status.today?.flows_blocked ?? 0, status.today?.questions_refused ?? 0,
			status.today?.flows_stripped ?? 0) ]
	];

	if (status.offload?.bypassed)
		rows.push([ _('Flow offloading'),
			_('others take connections away: they are not seen. Switch it off, or set Offload to manage') ]);
	for (let kind of [ 'country', 'asn' ])
		if (status.geo?.[kind]?.error)
			rows.push([ _('Database'), '%s: %s'.format(status.geo[kind].file ?? kind, status.geo[kind].error) ]);
	return rows;
}

return view.extend({
	load: function() {
		return gatewayd.policies().then((answer) => answer.policies, () => [])
			.then((policies) => this.read().then((now) => ({ policies, ...now })));
	},

	read: function() {
		return Promise.all([ gatewayd.status(), gatewayd.devices() ])
			.then((answers) => ({ status: answers[0], devices: answers[1].devices }),
				(error) => ({ error }));
	},

	/* Whatever was asked for, and then how it is. */
	act: function(promise) {
		return promise.then(() => this.refresh(true), gatewayd.fail);
	},

	/* Not while somebody chooses. */
	refresh: function(forced) {
		if (!forced && this.node.contains(document.activeElement) &&
		    document.activeElement.tagName == 'SELECT')
			return;
		return this.read().then((now) => dom.content(this.node, this.draw(now)));
	},

	policySelect: function(device) {
		const names = this.policies.map((row) => row.policy);

		if (names.indexOf(device.policy) < 0)
			names.unshift(device.policy);
		return E('select', {
			'class': 'cbi-input-select',
			'style': 'min-width:9em',
			'aria-label': _('Policy'),
			'change': (ev) => this.act(gatewayd.set(idOf(device), ev.target.value))
		}, names.map((name) => E('option', {
			'value': name, 'selected': name == device.policy ? '' : null
		}, [ name ])));
	},

	deviceName: function(device) {
		return E('div', {}, [
			gatewayd.text(device.device, { 'style': device.named ? 'font-weight:bold' : '' }),
			E('br'),
			gatewayd.text([ device.mac, device.vendor, ...(device.addresses ?? []).slice(0, 2) ]
				.filter((word) => word && word != device.device).join(', '), { 'style': 'font-size:85%' })
		]);
	},

	guess: function(device) {
		return gatewayd.text(device.class ?? '', { 'title': (device.evidence ?? []).join('\n') });
	},

	buttons: function(device, paused) {
		return E('div', {}, [
			gatewayd.button(_('Details'), 'neutral', () => this.showDetails(device)),
			' ',
			paused
				? gatewayd.button(_('Resume'), 'positive', () => this.act(gatewayd.pause(idOf(device), '0')))
				: gatewayd.button(_('Pause'), 'negative', () => this.act(gatewayd.pause(idOf(device), LITTLE)))
		]);
	},

	draw: function(now) {
		if (now.error)
			return [ E('div', { 'class': 'alert-message warning' }, [ now.error.message ]) ];

		const paused = (now.status.overrides ?? []).filter((row) =>
			row.action == 'block' && row.destination == '*').map((row) => row.device);

		return [
			E('table', { 'class': 'table' }, facts(now.status).map((row) => E('tr', { 'class': 'tr' }, [
				E('td', { 'class': 'td left', 'width': '33%' }, [ row[0] ]),
				E('td', { 'class': 'td left' }, [ row[1] ])
			]))),
			E('h3', {}, [ _('Devices') ]),
			gatewayd.table([ _('Device'), _('Perhaps'), _('Policy'), _('Up'), _('Down'), _('Blocked'),
				_('Stripped'), _('Countries'), '' ],
			now.devices.map((device) => [
				this.deviceName(device),
				this.guess(device),
				this.policySelect(device),
				gatewayd.bytes(device.bytes_up),
				gatewayd.bytes(device.bytes_down),
				gatewayd.count((device.flows_blocked ?? 0) + (device.questions_refused ?? 0)),
				gatewayd.count(device.flows_stripped),
				(device.countries ?? []).join(' '),
				this.buttons(device, paused.indexOf(device.device) >= 0)
			]), _('No device has been seen yet.'))
		];
	},

	destinationRow: function(device, row) {
		const place = gatewayd.destination(row);
		const then = (call) => () => call(idOf(device), place, LONG)
			.then(() => this.showDetails(device), gatewayd.fail);

		return [
			place, gatewayd.port(row), gatewayd.where(row), gatewayd.decision(row), row.reason ?? row.rule ?? '',
			E('div', {}, [
				gatewayd.button(_('Allow 1 h'), 'positive', then(gatewayd.allow)), ' ',
				gatewayd.button(_('Block 1 h'), 'negative', then(gatewayd.block))
			])
		];
	},

	nameField: function(device) {
		const input = E('input', {
			'class': 'cbi-input-text', 'type': 'text', 'maxlength': '63', 'aria-label': _('Name'),
			'value': device.named ? device.device : ''
		});

		return E('p', {}, [
			_('Name'), ' ', input, ' ',
			gatewayd.button(_('Save'), 'save', () => gatewayd.name(device.mac, input.value)
				.then(() => { ui.hideModal(); return this.refresh(true); }, gatewayd.fail))
		]);
	},

	showDetails: function(device) {
		return gatewayd.devices(idOf(device), 100).then((answer) => ui.showModal(null, [
			E('h4', {}, [ device.device ]),
			E('p', {}, [ device.class
				? _('Perhaps a kind of %s:').format(device.class) + ' ' + (device.evidence ?? []).join('; ')
				: '' ]),
			this.nameField(device),
			E('div', { 'style': 'max-height:60vh; overflow:auto' }, [
				gatewayd.table([ _('Destination'), _('Port'), _('Where'), _('Decision'), _('Reason'), '' ],
					answer.destinations.map((row) => this.destinationRow(device, row)),
					_('No destination now.'))
			]),
			E('div', { 'class': 'right' }, [
				E('button', { 'class': 'btn', 'click': () => { ui.hideModal(); this.refresh(true); } },
					[ _('Close') ])
			])
		]), gatewayd.fail);
	},

	render: function(now) {
		this.policies = now.policies;
		this.node = E('div', {}, this.draw(now));
		poll.add(() => this.refresh(false), 5);
		return E('div', {}, [
			E('h2', {}, [ 'gatewayd' ]),
			E('div', { 'class': 'cbi-map-descr' },
				[ _('Every device of the home has a policy. Pause cuts a device off for ten minutes; a policy that is chosen here counts at once and for good.') ]),
			this.node
		]);
	},

	handleSave: null,
	handleSaveApply: null,
	handleReset: null
});
