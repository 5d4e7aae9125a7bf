package protocol

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// ProxyURI gives the option by which a forward-proxy is asked for the URI: Proxy-Uri, which stands in place
// of Uri-Host, Uri-Port, Uri-Path and Uri-Query (RFC 7252 §5.10.2). The error, if any, is a *[URIError]
// without an offset: the URI is longer than the 1,034 bytes of the option, or names a zone.
func (u URI) ProxyURI() (Options, error) {
	if err := u.elsewhere(); err != nil {
		return nil, err
	}
	text := u.String()
	if most := ProxyURI.Lookup(Empty).MaxLen; len(text) > most {
		return nil, &URIError{0, "URI", fmt.Sprintf("is %d bytes long, and Proxy-Uri has at most %d: Proxy-Scheme has room for it", len(text), most), "RFC 7252 §5.10.2"}
	}
	return Options{{ProxyURI, []byte(text)}}, nil
}

// ProxyScheme gives the options by which a forward-proxy is asked for the URI in parts: Proxy-Scheme with
// Uri-Host, Uri-Port, Uri-Path and Uri-Query. Uri-Host and Uri-Port are always among them, because what
// they are without is the proxy itself (RFC 7252 §5.10.1). The error, if any, is a *[URIError] without an
// offset: the URI names a zone.
func (u URI) ProxyScheme() (Options, error) {
	if err := u.elsewhere(); err != nil {
		return nil, err
	}
	host := u.Host
	if addr, ok := u.Addr(); ok && addr.Is6() {
		host = "[" + host + "]"
	}
	o := make(Options, 0, 3+len(u.Path)+len(u.Query))
	o = append(o, Option{URIHost, []byte(host)}, Option{URIPort, EncodeUint(uint64(u.Port))})
	for _, segment := range u.Path {
		o = append(o, Option{URIPath, []byte(segment)})
	}
	for _, argument := range u.Query {
		o = append(o, Option{URIQuery, []byte(argument)})
	}
	return append(o, Option{ProxyScheme, []byte(u.Scheme)}), nil
}

// elsewhere says why the URI means nothing to another node.
func (u URI) elsewhere() error {
	if addr, ok := u.Addr(); ok && addr.Zone() != "" {
		return &URIError{0, "host", fmt.Sprintf("the zone %q means something to this system only, and not to a proxy", addr.Zone()), "RFC 4007 §6"}
	}
	return nil
}

// TargetOf gives, as text, the URI that a request with these options asks for, sent to destination: that of
// [URIOf], or the one that it asks a forward-proxy for by Proxy-Uri or Proxy-Scheme (RFC 7252 §5.10.2). That
// may have any scheme. The error, if any, is a *[URIError] without an offset.
func TargetOf(scheme Scheme, destination netip.AddrPort, o Options) (uri string, proxied bool, err error) {
	if value, ok := o.First(ProxyURI); ok {
		text := string(value)
		parsed, err := url.Parse(text)
		switch {
		case err != nil:
			return text, true, &URIError{0, "Proxy-Uri", err.Error(), "RFC 3986 §4.3"}
		case parsed.Scheme == "":
			return text, true, &URIError{0, "Proxy-Uri", fmt.Sprintf("%q has no scheme: an absolute URI is asked for", text), "RFC 7252 §5.10.2"}
		case strings.Contains(text, "#"):
			return text, true, &URIError{0, "Proxy-Uri", "an absolute URI has no fragment", "RFC 3986 §4.3"}
		}
		return text, true, nil
	}
	u, err := URIOf(scheme, destination, o)
	value, proxied := o.First(ProxyScheme)
	if err != nil || !proxied {
		return u.String(), proxied, err
	}
	name := string(value)
	if !isScheme(name) {
		return u.String(), true, &URIError{0, "Proxy-Scheme", fmt.Sprintf("%q is not the name of a scheme", name), "RFC 3986 §3.1"}
	}
	// The scheme is replaced in the text of the CoAP URI, where a default port is not written. One that the
	// request names must not become the default of another scheme by that.
	to := Scheme(strings.ToLower(name))
	if o.Has(URIPort) || u.Port != scheme.DefaultPort() {
		u.Scheme = to
		return u.String(), true, nil
	}
	return string(to) + strings.TrimPrefix(u.String(), string(scheme)), true, nil
}

// isScheme tells whether s is made as the name of a URI scheme is (RFC 3986 §3.1).
func isScheme(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if letter := c >= 'a' && c <= 'z'; !letter && (i == 0 || !plainByte(s[i], "+-.")) {
			return false
		}
	}
	return s != ""
}
