# SPDX-License-Identifier: GPL-2.0-or-later
#
# Whether a source says where a fact can be looked up: an address (a page, or a
# repository and its file or issue), an RFC, a page of a manual, or one of the
# places that are known by their name. "Everybody knows" is none of them.
function is_citation(text) {
	if (tolower(text) ~ /common(ly)? know/)
		return 0
	# HOST/PAGE, or OWNER/REPOSITORY and a file or an issue in it.
	return text ~ /^(https:\/\/)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\// ||
		text ~ /^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+(\/[^ ]|: [^ ]+[.\/]| (issue|pull request) [0-9])/ ||
		text ~ /^RFC [1-9][0-9]*/ || text ~ /, page [1-9][0-9]*$/ ||
		text == "IEEE MA-L registry" ||
		text == "maker\047s own developer documentation" ||
		text == "regional Internet registry, name of the AS" ||
		text == "source code of devices and apps published on GitHub"
}
