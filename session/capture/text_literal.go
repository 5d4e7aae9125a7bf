package capture

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// array begins a list of numbers: a bracket, and an element before a comma.
var array = regexp.MustCompile(`[{\[(]\s*(?:\((?:byte|char|u?int8_t|unsigned char)\)\s*)?(?:-?[0-9][0-9a-fA-FxXoO_]*(?:[ui]8|[uUlL]*|\.toByte\(\))|b?'(?:\\[^']+|[^'\\])'|b?'\\'')\s*,`)

func hasArray(text string) bool { return array.MatchString(blankComments(text)) }

// blankComments puts spaces in place of the comments of C and its like, so that offsets stay.
func blankComments(text string) string {
	if !strings.Contains(text, "//") && !strings.Contains(text, "/*") {
		return text
	}
	b := []byte(text)
	for i := 0; i+1 < len(b); i++ {
		switch {
		case b[i] == '/' && b[i+1] == '/':
			for ; i < len(b) && b[i] != '\n'; i++ {
				b[i] = ' '
			}
		case b[i] == '/' && b[i+1] == '*':
			end := strings.Index(text[i+2:], "*/")
			if end < 0 {
				end = len(b) - i - 4
			}
			for j := i; j < min(i+end+4, len(b)); j++ {
				if b[j] != '\n' {
					b[j] = ' '
				}
			}
			i += end + 3
		}
	}
	return string(b)
}

// element is an element of a list as it is written.
type element struct {
	text   string
	offset int
}

// readArrays reads the lists of numbers in a text, each from the bracket that begins it. What stands outside of them is
// passed over.
func readArrays(text string) (blobs []blob, bad *misread) {
	text = blankComments(text)
	for at := 0; ; {
		m := array.FindStringIndex(text[at:])
		if m == nil {
			return blobs, nil
		}
		start := at + m[0]
		list, end := elements(text, start+1)
		data, wrong := numbers(list)
		if plain, ok := bareHex(list); ok && (wrong != nil || rank(plain) > rank(data)) {
			data, wrong = plain, nil
		}
		if wrong != nil {
			return nil, wrong
		}
		blobs = append(blobs, blob{data, start})
		at = end
	}
}

// elements splits a list at its commas, up to the bracket that ends it.
func elements(text string, at int) (list []element, end int) {
	start := at
	flush := func(to int) {
		if e := strings.TrimSpace(text[start:to]); e != "" {
			list = append(list, element{e, start + strings.Index(text[start:to], e)})
		}
	}
	for i := at; i < len(text); i++ {
		switch text[i] {
		case ',':
			flush(i)
			start = i + 1
		case '\'': // a character may be one of those looked for
			if end := charEnd(text, i); end > 0 {
				i = end - 1
			}
		case '(':
			if end := strings.IndexByte(text[i:min(len(text), i+20)], ')'); end > 0 { // a cast
				i += end
			}
		case '}', ']', ')':
			flush(i)
			return list, i + 1
		}
	}
	flush(len(text))
	return list, len(text)
}

// charEnd gives the position behind the character literal that begins there, or 0.
func charEnd(text string, at int) int {
	i := at + 1
	if i < len(text) && text[i] == '\\' {
		i++
	}
	for i++; i < min(len(text), at+12); i++ {
		if text[i] == '\'' {
			return i + 1
		}
	}
	return 0
}

var cast = regexp.MustCompile(`^\((?:byte|char|u?int8_t|unsigned char)\)\s*`)

// numbers reads the elements as C, Go, Java, Kotlin, Rust, Python and JavaScript write numbers.
func numbers(list []element) ([]byte, *misread) {
	data := make([]byte, 0, len(list))
	for _, e := range list {
		v, ok := number(e.text)
		if !ok {
			text := e.text
			if len(text) > 20 {
				text = text[:20] + "…"
			}
			return nil, &misread{e.offset, fmt.Sprintf("%q is no byte; expected a number from 0 to 255 or a character", text)}
		}
		data = append(data, v)
	}
	return data, nil
}

func number(text string) (byte, bool) {
	text = text[len(cast.FindString(text)):]
	if literal := strings.TrimPrefix(text, "b"); len(literal) >= 3 && literal[0] == '\'' && strings.HasSuffix(literal, "'") {
		data, bad := unescape(literal[1:len(literal)-1], 0)
		return append(data, 0)[0], bad == nil && len(data) == 1
	}
	for _, suffix := range [...]string{".toByte()", "u8", "i8"} {
		text = strings.TrimSuffix(text, suffix)
	}
	text = strings.TrimRight(text, "uUlL_")
	v, err := strconv.ParseInt(text, 0, 16)
	return byte(v), err == nil && v >= -128 && v <= 255
}

// bareHex reads elements of two hex digits without 0x.
func bareHex(list []element) ([]byte, bool) {
	data := make([]byte, 0, len(list))
	for _, e := range list {
		v, err := strconv.ParseUint(e.text, 16, 8)
		if err != nil || len(e.text) != 2 {
			return nil, false
		}
		data = append(data, byte(v))
	}
	return data, true
}

// escaped is a byte in hex as strings have it, or the beginning of a string that holds bytes.
var escaped = regexp.MustCompile(`\\x[0-9A-Fa-f]{2}|(?:^|[\s=(:,])(?:b|rb)['"]|\[\]byte\(["` + "`]")

func hasEscapes(text string) bool { return escaped.MatchString(text) }

// readStrings reads string literals, and joins those that only white space, plus signs and backslashes separate. Without
// any quote the whole text is the content of one.
func readStrings(text string) (blobs []blob, bad *misread) {
	if !strings.ContainsAny(text, "\"'`") {
		for _, lines := range paragraphs(text) {
			first, last := lines[0], lines[len(lines)-1]
			data, wrong := unescape(strings.Join(strings.Fields(text[first.offset:last.offset+len(last.text)]), ""), first.offset)
			if wrong != nil {
				return nil, wrong
			}
			blobs = append(blobs, blob{data, first.offset})
		}
		return blobs, nil
	}
	end := -1 // of the last literal
	for i := 0; i < len(text); i++ {
		quote := text[i]
		if quote != '"' && quote != '\'' && quote != '`' {
			continue
		}
		start := i + 1
		for i++; i < len(text) && text[i] != quote; i++ {
			if text[i] == '\\' && quote != '`' {
				i++
			}
		}
		if i >= len(text) {
			return nil, &misread{start - 1, fmt.Sprintf("a string that is not closed; expected %c at its end", quote)}
		}
		data := []byte(text[start:i])
		if quote != '`' {
			if data, bad = unescape(text[start:i], start); bad != nil {
				return nil, bad
			}
		}
		if end >= 0 && strings.Trim(text[end:start-1], " \t\r\n\\+bu8") == "" {
			blobs[len(blobs)-1].data = append(blobs[len(blobs)-1].data, data...)
		} else if len(data) > 0 {
			blobs = append(blobs, blob{data, start})
		} else {
			continue
		}
		end = i + 1
	}
	return blobs, nil
}

// unescape reads the content of a string literal, which begins at that offset. \x has two digits, as in Go and Python.
func unescape(s string, offset int) ([]byte, *misread) {
	const letters, values = `abfnrtve`, "\a\b\f\n\r\t\v\x1b"
	data := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			data = append(data, s[i])
			continue
		}
		i++
		if i == len(s) {
			return nil, &misread{offset + i - 1, `expected a character behind \`}
		}
		digits, base := 0, 16
		first := i + 1
		switch c := s[i]; {
		case c == 'x':
			digits = 2
		case c == 'u':
			digits = 4
		case '0' <= c && c <= '7':
			first, base = i, 8
			for digits < 3 && first+digits < len(s) && '0' <= s[first+digits] && s[first+digits] <= '7' {
				digits++
			}
		case c == '\n':
			continue // the string goes on in the next line
		default:
			if n := strings.IndexByte(letters, c); n >= 0 {
				c = values[n]
			}
			data = append(data, c)
			continue
		}
		v, err := strconv.ParseUint(s[min(first, len(s)):min(first+digits, len(s))], base, 32)
		if err != nil || first+digits > len(s) || base == 8 && v > 255 {
			return nil, &misread{offset + i - 1, fmt.Sprintf(`expected %d digits behind \%c`, max(digits, 1), s[i])}
		}
		if digits == 4 && base == 16 {
			data = utf8.AppendRune(data, rune(v))
		} else {
			data = append(data, byte(v))
		}
		i = first + digits - 1
	}
	return data, nil
}
