package linkformat

import (
	"net/url"
	"strings"
	"unicode/utf8"
)

// DecodeExtended decodes the ext-value of an attribute whose name ends in "*", such as
// UTF-8'de'T%C3%BCr: charset, language, percent-encoded text (RFC 8187 §3.2). It is false where
// the value is malformed, or in another charset than UTF-8 and ISO-8859-1.
func DecodeExtended(value string) (text, language string, ok bool) {
	charset, rest, ok := strings.Cut(value, "'")
	if !ok {
		return "", "", false
	}
	language, encoded, ok := strings.Cut(rest, "'")
	if !ok {
		return "", "", false
	}
	raw, err := url.PathUnescape(encoded)
	if err != nil {
		return "", "", false
	}
	switch strings.ToLower(charset) {
	case "utf-8":
		return raw, language, utf8.ValidString(raw)
	case "iso-8859-1":
		runes := make([]rune, len(raw))
		for i := range len(raw) {
			runes[i] = rune(raw[i])
		}
		return string(runes), language, true
	}
	return "", "", false
}
