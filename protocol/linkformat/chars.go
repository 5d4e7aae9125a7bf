package linkformat

import "strings"

// ptoken is 1*ptokenchar (RFC 6690 §2).
func ptoken(s string) bool {
	for i := range len(s) {
		if !ptokenChar(s[i]) {
			return false
		}
	}
	return s != ""
}

func ptokenChar(c byte) bool {
	return c > ' ' && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\'
}

// parmname is 1*attr-char, with an asterisk at the end for an ext-value (RFC 6690 §2, RFC 8187 §3.2.1).
func parmname(s string) bool {
	s = strings.TrimSuffix(s, "*")
	for i := range len(s) {
		if !letter(s[i]) && !digit(s[i]) && strings.IndexByte("!#$&+-.^_`|~", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

// relationType is reg-rel-type or a URI, here anything that begins with a scheme (RFC 6690 §2).
func relationType(s string) bool {
	if s == "" {
		return false
	}
	registered := s[0] >= 'a' && s[0] <= 'z'
	for i := 1; i < len(s) && registered; i++ {
		c := s[i]
		registered = c >= 'a' && c <= 'z' || digit(c) || c == '.' || c == '-'
	}
	if registered {
		return true
	}
	scheme, _, ok := strings.Cut(s, ":")
	if !ok || scheme == "" || !letter(scheme[0]) {
		return false
	}
	for i := range len(scheme) {
		if c := scheme[i]; !letter(c) && !digit(c) && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// uriChar says whether RFC 3986 §2 knows the byte. Bytes of UTF-8 pass: link-format is UTF-8, and
// its percent-encodings are decoded (RFC 6690 §2).
func uriChar(c byte) bool {
	return c > ' ' && c != 0x7f && strings.IndexByte("\"<>\\^`{|}", c) < 0
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func digit(c byte) bool { return c >= '0' && c <= '9' }

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
