package dissect

import (
	"bytes"

	"coapscope/protocol"
)

// checkProxyURI reports Uri options that Proxy-Uri replaces, which have smaller numbers (RFC 7252 §5.10.2).
func (t *Tree) checkProxyURI(o *OptionEntry) {
	if t.context != protocol.InRequest || o.Delta == 0 {
		return // a repeated one is reported as such
	}
	for _, n := range [...]protocol.OptionNumber{protocol.URIHost, protocol.URIPort, protocol.URIPath, protocol.URIQuery} {
		if t.has(n) {
			t.reportField(ruleProxyURIBesideURI, o.Field, "Proxy-Uri alone", n.String()+" beside Proxy-Uri")
		}
	}
	if !absoluteURI(o.Value) {
		t.reportOption(ruleProxyURIRelative, o, "an absolute URI", stringText(o.Value))
	}
}

// absoluteURI tells whether the value starts with a scheme and has no fragment (RFC 3986 §4.3).
func absoluteURI(value []byte) bool {
	scheme, rest, ok := bytes.Cut(value, []byte(":"))
	if !ok || len(scheme) == 0 || len(rest) == 0 || bytes.IndexByte(value, '#') >= 0 {
		return false
	}
	for i, c := range scheme {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return true
}

// checkProxyScheme reports Proxy-Scheme where it says nothing (RFC 7252 §5.10.2). Uri-Host and Proxy-Uri come
// before it.
func (t *Tree) checkProxyScheme(o *OptionEntry) {
	if t.context != protocol.InRequest || o.Delta == 0 {
		return
	}
	switch {
	case t.has(protocol.ProxyURI):
		t.reportField(ruleProxySchemeBesideURI, o.Field, "Proxy-Uri or Proxy-Scheme", "both")
	case !t.has(protocol.URIHost):
		t.reportField(ruleProxySchemeWithoutHost, o.Field, "Uri-Host", "none")
	}
}

// checkHost reports upper-case letters (RFC 7252 §6.4 step 5).
func (t *Tree) checkHost(o *OptionEntry) {
	if lower := bytes.ToLower(o.Value); isASCII(o.Value) && !bytes.Equal(lower, o.Value) {
		t.reportOption(ruleHostCase, o, string(lower), string(o.Value))
	}
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// checkSegment reports path segments that a URI reference resolves away (RFC 7252 §5.10.1, §5.10.7), and those
// that look like several.
func (t *Tree) checkSegment(o *OptionEntry) {
	switch s := o.Value; {
	case string(s) == "." || string(s) == "..":
		t.reportOption(ruleDotSegment, o, "another segment", string(s))
	case bytes.IndexByte(o.Value, '/') >= 0:
		t.reportOption(rulePathSlash, o, "", stringText(o.Value))
	}
	if o.Number == protocol.LocationPath {
		t.checkLocation(o)
	}
}

// checkQuery reports arguments that look like several.
func (t *Tree) checkQuery(o *OptionEntry) {
	if bytes.IndexByte(o.Value, '&') >= 0 {
		t.reportOption(ruleQuerySeparator, o, "", stringText(o.Value))
	}
}

// checkLocation reports the first Location option where nothing was created (RFC 7252 §5.10.7).
func (t *Tree) checkLocation(o *OptionEntry) {
	if t.context == protocol.InResponse && t.Code != protocol.Created && o.Delta != 0 {
		t.reportField(ruleLocationCode, o.Field, "2.01 Created", t.codeText())
	}
}
