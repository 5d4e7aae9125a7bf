package protocol

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Scheme is a URI scheme of CoAP (RFC 7252 §6, RFC 8323 §8), in lower case.
type Scheme string

const (
	CoAP     Scheme = "coap"
	CoAPS    Scheme = "coaps"
	CoAPTCP  Scheme = "coap+tcp"
	CoAPSTCP Scheme = "coaps+tcp"
	CoAPWS   Scheme = "coap+ws"
	CoAPSWS  Scheme = "coaps+ws"
)

// DefaultPort is the port of a URI without one; 0 for a scheme that is not of CoAP.
func (s Scheme) DefaultPort() uint16 {
	switch s {
	case CoAP, CoAPTCP:
		return Port
	case CoAPS, CoAPSTCP:
		return SecurePort
	case CoAPWS:
		return 80
	case CoAPSWS:
		return 443
	}
	return 0
}

// URI is a CoAP URI taken apart (RFC 7252 §6.1 to §6.3). Host, path and query are decoded.
type URI struct {
	Scheme Scheme
	Host   string   // a name in lower case, or an IP address without brackets, its zone behind a "%"
	Port   uint16   // never 0
	Path   []string // segments without dot segments; nil for an empty path and for "/"
	Query  []string // arguments
}

// URIError says why a text is not a CoAP URI.
type URIError struct {
	Offset  int // byte offset in the text
	Field   string
	Reason  string
	Section string
}

func (e *URIError) Error() string {
	return fmt.Sprintf("character %d, %s: %s (%s)", e.Offset, e.Field, e.Reason, e.Section)
}

// ParseURI reads an absolute coap URI (RFC 7252 §6.4 steps 1 to 9, without choosing options). Text
// outside ASCII is taken as if it were percent-encoded. Segments "." and ".." are resolved as step 2
// asks; one that is percent-encoded, "%2E%2E", is a segment like any other. The error, if any, is a
// *[URIError].
func ParseURI(s string) (URI, error) {
	for i, r := range s {
		if r <= ' ' || r == 0x7f || strings.ContainsRune("\"<>\\^`{|}", r) {
			return URI{}, &URIError{i, "URI", fmt.Sprintf("%q must be percent-encoded as %%%02X", r, r), "RFC 3986 §2"}
		}
	}
	var u URI
	scheme, rest, ok := strings.Cut(s, ":")
	u.Scheme = Scheme(strings.ToLower(scheme))
	if !ok || u.Scheme.DefaultPort() == 0 {
		return u, &URIError{0, "scheme", "is not coap, coaps, or one of them with +tcp or +ws", "RFC 7252 §6.4 step 3"}
	}
	pos := len(scheme) + 1
	if !strings.HasPrefix(rest, "//") {
		return u, &URIError{pos, "authority", "\"//\" and a host must follow the scheme", "RFC 7252 §6.1"}
	}
	rest, pos = rest[2:], pos+2
	if i := strings.IndexByte(rest, '#'); i >= 0 {
		return u, &URIError{pos + i, "fragment", "a CoAP URI has no fragment", "RFC 7252 §6.4 step 4"}
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	if err := u.parseAuthority(rest[:end], pos); err != nil {
		return u, err
	}
	rest, pos = rest[end:], pos+end

	path, query, hasQuery := strings.Cut(rest, "?")
	var err error
	if path != "" && path != "/" {
		if u.Path, err = decodeParts(path[1:], "/", "path", pos+1); err != nil {
			return u, err
		}
		u.Path = withoutDotSegments(u.Path, strings.Split(path[1:], "/"))
	}
	if hasQuery {
		if u.Query, err = decodeParts(query, "&", "query", pos+len(path)+1); err != nil {
			return u, err
		}
	}
	return u, nil
}

func (u *URI) parseAuthority(s string, pos int) error {
	if i := strings.IndexByte(s, '@'); i >= 0 {
		return &URIError{pos + i, "authority", "a CoAP URI has no user information", "RFC 7252 §6.1"}
	}
	host, port := s, ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return &URIError{pos, "host", "\"[\" without \"]\"", "RFC 3986 §3.2.2"}
		}
		text := s[1:end]
		// RFC 6874 §2 writes the zone behind %25; people and tools also write a bare %.
		if ip, zone, ok := strings.Cut(text, "%25"); ok && zone != "" {
			zone, err := percentDecode(zone, "host", pos+1+len(ip)+len("%25"))
			if err != nil {
				return err
			}
			text = ip + "%" + zone
		}
		addr, err := netip.ParseAddr(text)
		if err != nil || !addr.Is6() {
			return &URIError{pos + 1, "host", "is not an IPv6 address", "RFC 3986 §3.2.2"}
		}
		host = addr.String()
		if after := s[end+1:]; after != "" {
			if after[0] != ':' {
				return &URIError{pos + end + 1, "authority", "only a port may follow \"]\"", "RFC 3986 §3.2.2"}
			}
			port, pos = after[1:], pos+end+2
		}
	} else {
		if i := strings.IndexByte(s, ':'); i >= 0 {
			host, port = s[:i], s[i+1:]
			if strings.Contains(port, ":") {
				return &URIError{pos, "host", "an IPv6 address stands in brackets: coap://[" + s + "]/", "RFC 3986 §3.2.2"}
			}
		}
		if i := strings.IndexAny(host, "[]"); i >= 0 {
			return &URIError{pos + i, "host", "brackets enclose a whole IPv6 address", "RFC 3986 §3.2.2"}
		}
		decoded, err := percentDecode(host, "host", pos)
		if err != nil {
			return err
		}
		if reason := nameFault(decoded); reason != "" {
			return &URIError{pos, "host", reason, "RFC 7252 §6.1"}
		}
		pos += len(host) + 1
		host = lowerASCII(decoded)
	}
	u.Host, u.Port = host, u.Scheme.DefaultPort()
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return &URIError{pos, "port", "is not a number from 1 to 65535", "RFC 3986 §3.2.3"}
		}
		u.Port = uint16(n)
	}
	return nil
}

// nameFault says why a decoded host is not a name (RFC 3986 §3.2.2) that fits Uri-Host; "" if it is.
func nameFault(host string) string {
	if host == "" {
		return "must not be empty"
	}
	if len(host) > 255 {
		return "is longer than the 255 bytes of Uri-Host"
	}
	for i := range len(host) {
		if c := host[i]; c < 0x80 && !plainByte(c, inHost) {
			return fmt.Sprintf("a name has no %q", rune(c))
		}
	}
	return ""
}

// lowerASCII puts A to Z into lower case and leaves all else as it is (RFC 7252 §6.4 step 5).
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// withoutDotSegments resolves the segments that are "." or ".." as written (RFC 3986 §5.2.4).
func withoutDotSegments(decoded, written []string) []string {
	kept := decoded[:0]
	for i, segment := range written {
		switch segment {
		case ".":
		case "..":
			kept = kept[:max(len(kept)-1, 0)]
		default:
			kept = append(kept, decoded[i])
			continue
		}
		if i == len(written)-1 {
			kept = append(kept, "")
		}
	}
	if len(kept) == 1 && kept[0] == "" {
		return nil
	}
	return kept
}

// decodeParts splits at the separator and decodes each part; every one becomes an option.
func decodeParts(s, separator, field string, pos int) ([]string, error) {
	parts := strings.Split(s, separator)
	for i, part := range parts {
		if at := strings.IndexAny(part, "[]"); at >= 0 {
			return nil, &URIError{pos + at, field, fmt.Sprintf("%q must be percent-encoded as %%%02X", rune(part[at]), part[at]), "RFC 3986 §3.3"}
		}
		decoded, err := percentDecode(part, field, pos)
		if err != nil {
			return nil, err
		}
		if len(decoded) > 255 {
			return nil, &URIError{pos, field, "a part is longer than the 255 bytes of its option", "RFC 7252 §5.10"}
		}
		parts[i], pos = decoded, pos+len(part)+1
	}
	return parts, nil
}

func percentDecode(s, field string, pos int) (string, error) {
	if strings.IndexByte(s, '%') < 0 {
		return s, nil
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			if i+2 >= len(s) {
				return "", &URIError{pos + i, field, "\"%\" without two hexadecimal digits; a percent sign itself is %25", "RFC 3986 §2.1"}
			}
			v, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
			if err != nil {
				return "", &URIError{pos + i, field, "\"%\" without two hexadecimal digits; a percent sign itself is %25", "RFC 3986 §2.1"}
			}
			c, i = byte(v), i+2
		}
		b = append(b, c)
	}
	return string(b), nil
}

// Characters that stand for themselves, besides letters and digits (RFC 3986 §2.3, §3.2.2, §3.3;
// RFC 7252 §6.5 steps 6 and 7).
const (
	unreserved   = "-._~"
	subDelims    = "!$&'()*+,;="
	inHost       = unreserved + subDelims
	inPath       = unreserved + subDelims + ":@"
	inQuery      = unreserved + "!$'()*+,;=:@/?" // without "&", which separates arguments
	upperHexText = "0123456789ABCDEF"
)

// plainByte tells whether c is a letter, a digit or one of plain.
func plainByte(c byte, plain string) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(plain, c) >= 0
}

func appendPercent(b []byte, s, plain string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if plainByte(c, plain) {
			b = append(b, c)
		} else {
			b = append(b, '%', upperHexText[c>>4], upperHexText[c&15])
		}
	}
	return b
}

// Addr gives the host as an IP address, if it is one.
func (u URI) Addr() (netip.Addr, bool) {
	addr, err := netip.ParseAddr(u.Host)
	return addr, err == nil
}

// String composes the URI in normal form: the default port is left out, the path is at least "/",
// letters of escapes are upper case (RFC 7252 §6.3), a zone stands behind "%25" (RFC 6874 §2).
func (u URI) String() string {
	b := append([]byte(u.Scheme), "://"...)
	if addr, ok := u.Addr(); ok && addr.Is6() {
		ip, zone, hasZone := strings.Cut(u.Host, "%")
		b = append(append(b, '['), ip...)
		if hasZone {
			b = appendPercent(append(b, "%25"...), zone, unreserved)
		}
		b = append(b, ']')
	} else {
		b = appendPercent(b, u.Host, inHost)
	}
	if u.Port != u.Scheme.DefaultPort() {
		b = strconv.AppendUint(append(b, ':'), uint64(u.Port), 10)
	}
	return string(appendPathQuery(b, u.Path, u.Query))
}

// PathQuery gives path and query as in the URI, "/sensors/temp?unit=C".
func (u URI) PathQuery() string { return string(appendPathQuery(nil, u.Path, u.Query)) }

func appendPathQuery(b []byte, path, query []string) []byte {
	if len(path) == 0 {
		b = append(b, '/')
	}
	for _, segment := range path {
		plain := inPath
		if segment == "." || segment == ".." {
			plain = "" // as such it would be resolved away
		}
		b = appendPercent(append(b, '/'), segment, plain)
	}
	for i, argument := range query {
		b = append(b, "?&"[min(i, 1)])
		b = appendPercent(b, argument, inQuery)
	}
	return b
}

func pathText(o Options, n OptionNumber) string {
	return string(appendPathQuery(nil, o.Strings(n), nil))
}

// Options gives the options that make a request for the URI, sent to its host and port
// (RFC 7252 §6.4 steps 5 to 9): Uri-Host where the host is a name, Uri-Path and Uri-Query.
// Uri-Port is not needed, because the request goes to that port.
func (u URI) Options() Options {
	o := make(Options, 0, 1+len(u.Path)+len(u.Query))
	if _, ip := u.Addr(); !ip {
		o = append(o, Option{URIHost, []byte(u.Host)})
	}
	for _, segment := range u.Path {
		o = append(o, Option{URIPath, []byte(segment)})
	}
	for _, argument := range u.Query {
		o = append(o, Option{URIQuery, []byte(argument)})
	}
	return o
}

// URIOf composes the URI that a request with these options, sent to destination, asks for
// (RFC 7252 §6.5). The error, if any, is a *[URIError] without an offset.
func URIOf(scheme Scheme, destination netip.AddrPort, o Options) (URI, error) {
	u := URI{Scheme: scheme, Host: destination.Addr().Unmap().String(), Port: destination.Port()}
	if value, ok := o.First(URIHost); ok {
		// Step 2: a valid name, or an IP address in the notation of a URI.
		host := string(value)
		if strings.HasPrefix(host, "[") {
			addr, err := netip.ParseAddr(strings.TrimSuffix(host[1:], "]"))
			if err != nil || !addr.Is6() || !strings.HasSuffix(host, "]") {
				return u, &URIError{0, "Uri-Host", fmt.Sprintf("%q is not an IPv6 address in brackets", host), "RFC 7252 §6.5 step 2"}
			}
			u.Host = addr.String()
		} else {
			if reason := nameFault(host); reason != "" {
				return u, &URIError{0, "Uri-Host", reason, "RFC 7252 §6.5 step 2"}
			}
			u.Host = lowerASCII(host)
		}
	}
	if value, ok := o.First(URIPort); ok {
		port, ok := DecodeUint(value)
		if !ok || port == 0 || port > 0xffff {
			return u, &URIError{0, "Uri-Port", "is not from 1 to 65535", "RFC 7252 §6.5 step 4"}
		}
		u.Port = uint16(port)
	}
	u.Path, u.Query = o.Strings(URIPath), o.Strings(URIQuery)
	if len(u.Path) == 1 && u.Path[0] == "" {
		u.Path = nil // a single empty segment composes to "/", which is the empty path
	}
	return u, nil
}
