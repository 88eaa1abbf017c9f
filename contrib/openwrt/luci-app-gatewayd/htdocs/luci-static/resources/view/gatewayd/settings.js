// SPDX-License-Identifier: GPL-2.0-or-later
/* /etc/config/gatewayd as a form. */
'use strict';
'require form';
'require view';
'require tools.widgets as widgets';
'require gatewayd';

/* Two letters, or the name of a region. */
function validHome(id, value) {
	return value == '' || /^([A-Z]{2}|[A-Za-z][A-Za-z0-9-]*)$/.test(value) ||
		_('Expected a country as two letters, or a region such as EEA');
}

function validAddress(id, value) {
	return value == '' || /^https?:\/\/\S+$/.test(value) || _('Expected an https:// address');
}

function validPath(id, value) {
	return value == '' || !/[\u0000-\u001f]/.test(value) || _('Expected a path');
}

function addMain(map, policies) {
	const s = map.section(form.NamedSection, 'main', 'gatewayd');
	let o;

	s.addremove = false;
	s.tab('general', _('General'));
	s.tab('advanced', _('Advanced'));

	s.taboption('general', form.Flag, 'enabled', _('Enabled')).default = '1';

	o = s.taboption('general', form.ListValue, 'mode', _('Mode'),
		_('Observing decides and records, but blocks nothing.'));
	o.value('observe', _('observe'));
	o.value('enforce', _('enforce'));

	o = s.taboption('general', widgets.NetworkSelect, 'network', _('Networks'),
		_('Networks whose devices are looked after.'));
	o.multiple = true;
	o.nocreate = true;
	o.exclude = 'loopback';

	o = s.taboption('general', form.DynamicList, 'home', _('Home countries'),
		_('What is not foreign. Without one it is the country of the wireless.'));
	o.validate = validHome;

	o = s.taboption('general', form.ListValue, 'unknown_device', _('Policy of unknown devices'));
	policies.forEach((row) => o.value(row.policy));
	o.default = 'observe';

	o = s.taboption('general', form.ListValue, 'on_failure', _('When gatewayd is gone'));
	o.value('open', _('devices pass'));
	o.value('closed', _('devices wait'));

	o = s.taboption('general', form.ListValue, 'offload', _('Offload'),
		_('Connections that others offload are never seen. Manage: gatewayd offloads those it has decided.'));
	o.value('warn', _('warn'));
	o.value('manage', _('manage'));

	o = s.taboption('advanced', form.DynamicList, 'device', _('Devices of the kernel'),
		_('Interfaces besides, for what is no network.'));
	o.datatype = 'netdevname';
	o = s.taboption('advanced', form.Value, 'country', _('Country database'),
		_('In MMDB format; a full path may be on a USB stick.'));
	o.placeholder = 'country.mmdb';
	o.validate = validPath;
	o = s.taboption('advanced', form.Value, 'country_url', _('Its address'),
		_('Where "gatewayctl lists update" fetches it.'));
	o.validate = validAddress;
	o = s.taboption('advanced', form.Value, 'asn', _('AS number database'));
	o.validate = validPath;
	o = s.taboption('advanced', form.Value, 'asn_url', _('Its address'));
	o.validate = validAddress;
	o = s.taboption('advanced', form.Value, 'keep_hours', _('Hours between writes to flash'),
		_('What was learned is written that often, and when gatewayd stops. 0: only then.'));
	o.datatype = 'range(0,168)';
	o.placeholder = '6';
	o = s.taboption('advanced', form.Value, 'queue', _('First queue'));
	o.datatype = 'range(1,65000)';
	o.placeholder = '61400';
	o = s.taboption('advanced', form.Value, 'mark', _('Mark'));
	o.validate = (id, value) => value == '' || /^0x[0-9a-fA-F]{1,8}$/.test(value) ||
		_('Expected a number such as 0x0f000000');
	o.placeholder = '0x0f000000';
	s.taboption('advanced', form.Flag, 'verbose', _('Log more'),
		_('Names and addresses of devices appear in the log.'));
}

function addLists(map) {
	const s = map.section(form.GridSection, 'list', _('Lists'),
		_('Names that policies may speak of: hosts files, domains, adblock or dnsmasq syntax.'));
	let o;

	s.anonymous = true;
	s.addremove = true;
	s.nodescriptions = true;
	o = s.option(form.Value, 'name', _('Name'));
	o.rmempty = false;
	o = s.option(form.Value, 'file', _('File'));
	o.validate = validPath;
	o = s.option(form.Value, 'url', _('Address'), _('Fetched by "gatewayctl lists update".'));
	o.validate = validAddress;
}

return view.extend({
	load: function() {
		return gatewayd.policies().then((answer) => answer.policies, () => [ { policy: 'observe' } ]);
	},

	render: function(policies) {
		const map = new form.Map('gatewayd', _('Settings'),
			_('Devices and policies are files in /etc/gatewayd/policy.d. A value that gatewayd refuses changes nothing; the system log says why.'));

		addMain(map, policies);
		addLists(map);
		return map.render();
	}
});
