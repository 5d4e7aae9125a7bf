package snippet

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// quote writes a word for a POSIX shell. Text stands in single quotes, bytes that are no text go through printf, which
// cannot give a NUL, nor a newline at the end.
func quote(word string) (string, error) {
	switch {
	case strings.ContainsRune(word, 0):
		return "", errors.New("a word of a command line cannot hold a NUL byte")
	case bare(word):
		return word, nil
	case isText(word):
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'", nil
	case strings.HasSuffix(word, "\n"):
		return "", errors.New("bytes that are no text and end with a newline cannot stand in a command line")
	}
	return `"$(printf '` + octal([]byte(word)) + `')"`, nil
}

// bare tells whether a word means itself without quotes.
func bare(word string) bool {
	for i := range len(word) {
		c := word[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("_@%+:,./-", c) >= 0 || c == '=' && i > 0 {
			continue
		}
		return false
	}
	return word != ""
}

// isText tells whether bytes are text that can be seen, on one line.
func isText(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// octal writes bytes as printf reads them (POSIX XBD 5), in single quotes. One "-" in front would begin an option.
func octal(b []byte) string {
	var s strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case s.Len() == 0 && r == '-', r == utf8.RuneError && n <= 1 || !unicode.IsPrint(r) || r == '\'' || r == '\\':
			for _, c := range b[:n] {
				fmt.Fprintf(&s, `\%03o`, c)
			}
		case r == '%':
			s.WriteString("%%")
		default:
			s.Write(b[:n])
		}
		b = b[n:]
	}
	return s.String()
}

// line is a command line as it is written.
type line struct {
	words []string
	err   error // of the first word that cannot be written
}

// add adds words; those of which one is an option and its value are told together.
func (l *line) add(words ...string) {
	for _, w := range words {
		q, err := quote(w)
		if err != nil && l.err == nil {
			l.err = err
		}
		if len(q) > maxArgument && l.err == nil {
			l.err = errTooLong
		}
		l.words = append(l.words, q)
	}
}

func (l *line) String() string { return strings.Join(l.words, " ") }
