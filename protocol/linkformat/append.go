package linkformat

import (
	"fmt"
	"strings"
)

// Append adds the links to dst in the syntax of RFC 6690 §2. A value with characters that a token
// must not have is quoted whatever its Form; what must not stand in a target is percent-encoded.
// It fails at a name that cannot be written, and gives dst unchanged then.
func (ls Links) Append(dst []byte) ([]byte, error) {
	for i := range ls {
		for _, a := range ls[i].Attributes {
			if !parmname(a.Name) {
				return dst, fmt.Errorf("link %d <%s>: %q cannot be the name of an attribute; letters, digits and !#$&+-.^_`|~ can (RFC 6690 §2, parmname)",
					i+1, ls[i].Target, a.Name)
			}
		}
	}
	return ls.write(dst), nil
}

// String gives the links as Append does, names that cannot be written included.
func (ls Links) String() string { return string(ls.write(nil)) }

// String gives the link as [Links.String] does.
func (l Link) String() string { return string(l.write(nil)) }

// String gives the attribute as it stands in a link.
func (a Attribute) String() string { return string(a.write(nil)) }

func (ls Links) write(dst []byte) []byte {
	for i, l := range ls {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = l.write(dst)
	}
	return dst
}

func (l Link) write(dst []byte) []byte {
	dst = append(dst, '<')
	dst = appendEscaped(dst, l.Target, uriChar)
	dst = append(dst, '>')
	for _, a := range l.Attributes {
		dst = a.write(append(dst, ';'))
	}
	return dst
}

func (a Attribute) write(dst []byte) []byte {
	dst = append(dst, a.Name...)
	switch {
	case a.Form == Flag && a.Value == "":
		return dst
	case a.Form == Token && ptoken(a.Value):
		return append(append(dst, '='), a.Value...)
	}
	return appendQuoted(append(dst, '='), a.Value)
}

// appendEscaped percent-encodes the bytes that must not stand as they are (RFC 3986 §2.1).
func appendEscaped(dst []byte, s string, allowed func(byte) bool) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		if c := s[i]; allowed(c) {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}

// appendQuoted writes a quoted-string (RFC 2616 §2.2): control characters other than tab are
// allowed in a quoted-pair only.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		c := s[i]
		if c == '"' || c == '\\' || control(c) {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}

func unquote(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b = append(b, s[i])
	}
	return string(b)
}

func control(c byte) bool { return c < ' ' && c != '\t' || c == 0x7f }
